//! Several accounts at once: short names for them, and which one is meant where nobody says so.

use crate::app::{App, Focus, GroupKey, RowKey};
use crate::model::AccountId;

impl App {
    /// Whether people of several accounts stand in one list, so that each must say on which they are.
    #[must_use]
    pub fn is_mixed(&self) -> bool {
        self.accounts.len() > 1 && !self.screen.apart && self.screen.account.is_none()
    }

    /// A short name for an account, of at most so many characters (at least two), and its number among all.
    /// No two accounts have the same. Not yet made safe for a terminal.
    #[must_use]
    pub fn tag(&self, id: &AccountId, most: usize) -> (String, usize) {
        let number = self.accounts.keys().position(|other| other == id).unwrap_or(0);
        let begin = |id: &AccountId| id.as_str().chars().take(most).collect::<String>();
        let tag = begin(id);
        if self.accounts.keys().filter(|other| begin(other) == tag).count() < 2 {
            return (tag, number);
        }
        // Those that begin alike are counted.
        let digits = (number + 1).to_string();
        let kept = most.max(2).saturating_sub(digits.len()).max(1);
        (tag.chars().take(kept).chain(digits.chars()).collect(), number)
    }

    /// The account that is meant where nobody names one: that of the selected row, if the list has the
    /// keyboard, else that of the open conversation, else the only one that is listed, else the first.
    #[must_use]
    pub fn account_at_hand(&self) -> Option<AccountId> {
        let selected = || self.rows().get(self.selected_row()).map(|row| row.key.account().clone());
        let listed = (self.focus == Focus::Roster && !self.screen.board.shown).then(selected).flatten();
        let open = || self.screen.open().map(|chat| chat.account().clone());
        listed.or_else(open).or_else(|| self.screen.account.clone()).or_else(|| self.accounts.keys().next().cloned())
    }

    /// The account and the group somebody added now comes to: those of the selected row.
    #[must_use]
    pub fn place_to_add(&self) -> Option<(AccountId, Option<String>)> {
        let chosen = self.rows().get(self.selected_row()).map(|row| row.key);
        let id = chosen.as_ref().map(|row| row.account().clone());
        let id = id.or_else(|| self.screen.account.clone()).or_else(|| self.accounts.keys().next().cloned())?;
        let group = match chosen {
            Some(RowKey::Group(_, GroupKey::Named(name)) | RowKey::Person(_, GroupKey::Named(name))) => Some(name.to_string()),
            _ => None,
        };
        Some((id, group))
    }

    /// The account whose heading is selected, while the list has the keyboard.
    #[must_use]
    pub fn selected_account(&self) -> Option<AccountId> {
        let selected = (self.focus == Focus::Roster).then(|| self.rows().get(self.selected_row()))??;
        match selected.key {
            RowKey::Account(id) => Some(id),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::AccountView;
    use crate::model::Address;
    use crate::policy::Policy;

    #[test]
    fn no_two_accounts_are_called_the_same() {
        let ids = ["company-home", "company-work", "club", "büro", "b"].map(AccountId::new);
        let aor = Address::parse("a@example.test").unwrap();
        let app = App::new(ids.clone().map(|id| (id, AccountView::new(aor.clone()))), Policy::default());
        for most in [2, 4, 8] {
            let tags: std::collections::BTreeSet<String> = ids.iter().map(|id| app.tag(id, most).0).collect();
            assert_eq!(tags.len(), ids.len(), "{tags:?}");
            assert!(tags.iter().all(|tag| tag.chars().count() <= most), "{tags:?}");
        }
        assert_eq!(app.tag(&ids[2], 4).0, "club");
        assert_eq!(app.tag(&ids[0], 4).0, "com4");
    }
}
