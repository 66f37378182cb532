//! Menus: what can be done with the thing at hand, as rows of the catalogue.

use crate::app::{ActionSpec, App, ChatKey, Focus, GroupKey, RowKey, catalogue};
use crate::config::KeySet;

/// What a menu is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A person of the contact list.
    Person,
    /// A conversation of several people.
    Room,
    /// A group of the contact list.
    Group,
    /// An account.
    Account,
    /// What was said.
    Message,
    /// A place for a conversation, and the conversation in it.
    Pane,
}

/// A menu that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Menu {
    /// What it is about.
    pub about: About,
    /// Which row is marked.
    pub marked: usize,
    /// Where it was asked for by mouse: column and row.
    pub at: Option<(u16, u16)>,
}

impl About {
    /// Names of actions, and beginnings of names (with a dot at their end) that take in whatever is
    /// called so, now or later.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Person => &["contact.", "chat.invite", "group.new"],
            Self::Room => &["contact.open", "chat.invite", "chat.who", "chat.leave", "contact.remove"],
            Self::Group => &["contact.open", "contact.rename", "contact.remove", "contact.add", "group."],
            Self::Account => &[
                "contact.add",
                "contact.find",
                "group.new",
                "account.",
                "status.menu",
                "view.account",
                "view.accounts",
                "policies",
            ],
            Self::Message => &["message."],
            Self::Pane => &[
                "edit.external",
                "message.look",
                "search",
                "links",
                "chat.close",
                "chat.invite",
                "file.view",
                "chat.who",
                "chat.leave",
                "view.details",
                "pane.",
            ],
        }
    }

    /// The title of the menu.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Person => "Contact",
            Self::Room => "Conversation",
            Self::Group => "Group",
            Self::Account => "Account",
            Self::Message => "Messages",
            Self::Pane => "Conversation and pane",
        }
    }
}

impl Menu {
    /// A menu for what has the keyboard.
    #[must_use]
    pub fn here(app: &App) -> Self {
        let about = match app.focus {
            _ if app.screen.board.shown => About::Person,
            Focus::Messages => About::Message,
            Focus::Composer => About::Pane,
            Focus::Roster => match app.rows().get(app.selected_row()).map(|row| row.key) {
                Some(RowKey::Person(..)) => About::Person,
                Some(RowKey::Room(_) | RowKey::Group(_, GroupKey::Rooms)) => About::Room,
                Some(RowKey::Group(..)) => About::Group,
                Some(RowKey::Account(_)) | None => About::Account,
            },
        };
        Self::new(about, None)
    }

    /// A menu about something, at a place of the screen.
    #[must_use]
    pub const fn new(about: About, at: Option<(u16, u16)>) -> Self {
        Self { about, marked: 0, at }
    }

    /// Its rows, each action once.
    #[must_use]
    pub fn items(&self) -> Vec<&'static ActionSpec> {
        let mut items: Vec<&'static ActionSpec> = Vec::new();
        for name in self.about.names() {
            let fits = |spec: &&ActionSpec| if name.ends_with('.') { spec.name.starts_with(name) } else { spec.name == *name };
            for spec in catalogue().filter(fits).filter(|spec| spec.is_in(KeySet::Plain)) {
                if !items.iter().any(|known| known.name == spec.name) {
                    items.push(spec);
                }
            }
        }
        items
    }
}

impl From<&ChatKey> for About {
    fn from(chat: &ChatKey) -> Self {
        match chat {
            ChatKey::Person(_) => Self::Person,
            ChatKey::Room(_) => Self::Room,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Overlay;
    use crate::app::keys::script::play;
    use crate::app::sample::sample_app;

    const ALL: [About; 6] = [About::Person, About::Room, About::Group, About::Account, About::Message, About::Pane];

    #[test]
    fn every_name_is_of_the_catalogue_and_no_menu_is_empty() {
        for about in ALL {
            for name in about.names() {
                let known =
                    catalogue().any(|spec| if name.ends_with('.') { spec.name.starts_with(name) } else { spec.name == *name });
                assert!(known, "{about:?}: {name}");
            }
            assert!(Menu::new(about, None).items().len() >= 2, "{about:?}");
        }
    }

    #[test]
    fn by_keys() {
        let mut app = sample_app();
        app.prompts.clear();
        app.focus = Focus::Roster;
        play(&mut app, "<f9>");
        let Some(Overlay::Menu(menu)) = app.screen.overlay else { panic!("{:?}", app.screen.overlay) };
        assert_eq!(menu.about, About::Person);
        let steps = menu.items().iter().position(|spec| spec.name == "contact.remove").unwrap();
        play(&mut app, &"<down>".repeat(steps));
        play(&mut app, "<ret>");
        assert!(app.asks_to_confirm());
        play(&mut app, "n");
        app.focus = Focus::Composer;
        play(&mut app, "<C-x><space>");
        assert!(matches!(app.screen.overlay, Some(Overlay::Menu(Menu { about: About::Pane, .. }))));
    }
}
