//! How the screen is remembered over restarts: which conversations were open where, what was folded
//! and hidden. As text, for the ledger to keep; conversations are named by addresses, not by the names
//! of accounts in the configuration.
//!
//! Conversations of several people end with the program and are not remembered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{App, ChatKey, GroupKey, Layout, Pane, PaneId, Panes, Peer, RowKey, Split, Way};
use crate::model::{AccountId, Address};

/// Longest text read, in octets.
const LONGEST: usize = 256 * 1024;
/// Deepest tree read.
const DEEPEST: usize = 24;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    panes: Option<Part>,
    focused: usize,
    roster_hidden: bool,
    details_hidden: bool,
    roster_width: Option<u16>,
    folded: Vec<(String, Group)>,
}

/// A part of the room for conversations.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Part {
    /// One pane, and with whom its conversation is: our address, theirs.
    Pane(Option<(String, String)>),
    Beside(u16, Box<(Part, Part)>),
    Below(u16, Box<(Part, Part)>),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Group {
    Asking,
    Pinned,
    Rooms,
    Strangers,
    Named(String),
    Ungrouped,
    /// The account with all its groups.
    All,
}

impl App {
    /// The screen as it is, as text.
    #[must_use]
    pub fn memory(&self) -> String {
        let screen = &self.screen;
        let ids = screen.panes.layout().ids();
        let named = |key: &RowKey| Some((self.own_address(key.account())?, Group::of(key)?));
        let memory = Memory {
            panes: Some(self.part(screen.panes.layout())),
            focused: ids.iter().position(|id| *id == screen.panes.focused_id()).unwrap_or(0),
            roster_hidden: screen.roster_hidden,
            details_hidden: screen.details_hidden,
            roster_width: screen.roster_width,
            folded: screen.folded.iter().filter_map(named).collect(),
        };
        serde_json::to_string(&memory).unwrap_or_default()
    }

    /// Makes the screen as it was. What cannot be read, and who is not known any more, is left out.
    pub(super) fn recall(&mut self, text: &str) {
        let read = Some(text).filter(|text| text.len() <= LONGEST).and_then(|text| serde_json::from_str::<Memory>(text).ok());
        let Some(memory) = read else { return };
        let mut panes = BTreeMap::new();
        if let Some(layout) = memory.panes.and_then(|part| self.layout(&part, &mut panes, 0)) {
            let focused = layout.ids().get(memory.focused).copied().unwrap_or_default();
            if let Some(panes) = Panes::with(layout, panes, focused) {
                self.screen.panes = panes;
            }
        }
        self.screen.roster_hidden = memory.roster_hidden;
        self.screen.details_hidden = memory.details_hidden;
        self.screen.roster_width = memory.roster_width;
        for (aor, group) in memory.folded {
            if let Some(id) = self.account_called(&aor) {
                self.screen.folded.insert(group.header(id));
            }
        }
        self.rows_changed();
    }

    fn own_address(&self, id: &AccountId) -> Option<String> {
        self.accounts.get(id).map(|account| account.aor.as_str().to_owned())
    }

    fn account_called(&self, aor: &str) -> Option<AccountId> {
        self.accounts.iter().find(|(_, account)| account.aor.as_str() == aor).map(|(id, _)| id.clone())
    }

    fn part(&self, layout: &Layout) -> Part {
        match layout {
            Layout::Pane(id) => {
                let chat = self.screen.panes.get(*id).and_then(|pane| pane.chat.as_ref());
                let peer = chat.and_then(ChatKey::person);
                Part::Pane(peer.and_then(|peer| Some((self.own_address(&peer.account)?, peer.who.as_str().to_owned()))))
            }
            Layout::Split(split) => {
                let both = Box::new((self.part(&split.first), self.part(&split.second)));
                match split.way {
                    Way::Beside => Part::Beside(split.share, both),
                    Way::Below => Part::Below(split.share, both),
                }
            }
        }
    }

    fn layout(&self, part: &Part, panes: &mut BTreeMap<PaneId, Pane>, deep: usize) -> Option<Layout> {
        if deep > DEEPEST {
            return None;
        }
        let (way, share, both) = match part {
            Part::Pane(peer) => {
                let id = PaneId(u32::try_from(panes.len()).ok()?);
                let peer = peer.as_ref().and_then(|(aor, who)| {
                    let account = self.account_called(aor)?;
                    Some(Peer { account, who: Address::parse(who).ok()? })
                });
                panes.insert(id, Pane { chat: peer.map(ChatKey::from), ..Pane::default() });
                return Some(Layout::Pane(id));
            }
            Part::Beside(share, both) => (Way::Beside, share, both),
            Part::Below(share, both) => (Way::Below, share, both),
        };
        let (first, second) = (self.layout(&both.0, panes, deep + 1)?, self.layout(&both.1, panes, deep + 1)?);
        Some(Layout::Split(Box::new(Split { way, share: Split::bounded(*share), first, second })))
    }
}

impl Group {
    fn of(header: &RowKey) -> Option<Self> {
        Some(match header {
            RowKey::Account(_) => Self::All,
            RowKey::Group(_, GroupKey::Asking) => Self::Asking,
            RowKey::Group(_, GroupKey::Pinned) => Self::Pinned,
            RowKey::Group(_, GroupKey::Rooms) => Self::Rooms,
            RowKey::Group(_, GroupKey::Strangers) => Self::Strangers,
            RowKey::Group(_, GroupKey::Named(name)) => Self::Named(name.to_string()),
            RowKey::Group(_, GroupKey::Ungrouped) => Self::Ungrouped,
            RowKey::Person(..) | RowKey::Room(_) | RowKey::Group(_, GroupKey::Requests) => return None,
        })
    }

    fn header(self, id: AccountId) -> RowKey {
        let group = match self {
            Self::All => return RowKey::Account(id),
            Self::Asking => GroupKey::Asking,
            Self::Pinned => GroupKey::Pinned,
            Self::Rooms => GroupKey::Rooms,
            Self::Strangers => GroupKey::Strangers,
            Self::Named(name) => GroupKey::Named(name.into()),
            Self::Ungrouped => GroupKey::Ungrouped,
        };
        RowKey::Group(id, group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::sample::sample_app;
    use crate::app::{Action, Focus, Msg, PaneAct, Part as ScreenPart, update};

    fn arranged() -> App {
        let mut app = sample_app();
        let now = app.now;
        app.focus = Focus::Composer;
        app.size = (200, 50);
        for action in [
            Action::Pane(PaneAct::Split(Way::Beside)),
            Action::Message(Some("carla".into())),
            Action::Pane(PaneAct::Split(Way::Below)),
            Action::Message(Some("grace".into())),
            Action::Pane(PaneAct::Push(crate::app::Toward::Left)),
            Action::Toggle(ScreenPart::Details),
        ] {
            update(&mut app, Msg::Action(action), now);
        }
        let id = app.accounts.keys().next().unwrap().clone();
        app.screen.folded.insert(RowKey::Group(id.clone(), GroupKey::Named("Friends".into())));
        app.screen.folded.insert(RowKey::Account(id));
        app
    }

    #[test]
    fn the_screen_comes_back_as_it_was() {
        let app = arranged();
        let mut again = sample_app();
        again.screen = crate::app::Screen::default();
        again.recall(&app.memory());
        let shown = |app: &App| app.screen.panes.iter().map(|(_, pane)| pane.chat.clone()).collect::<Vec<_>>();
        assert_eq!(shown(&again), shown(&app));
        assert_eq!(again.screen.panes.layout(), app.screen.panes.layout());
        assert_eq!(again.screen.open(), app.screen.open());
        assert!(again.screen.details_hidden && again.screen.folded == app.screen.folded);
    }

    #[test]
    fn nonsense_changes_nothing_that_matters() {
        let deep = format!("{}{{\"pane\":null}}{}", "{\"beside\":[500,[{\"pane\":null},".repeat(60), "]]}".repeat(60));
        let long = format!("{{\"panes\":{deep}}}");
        for text in ["", "{", "[]", "{\"panes\":{\"pane\":[\"nobody\",\"\\u001b\"]}}", "{\"focused\":99}", &long] {
            let mut app = sample_app();
            app.recall(text);
            assert_eq!(app.screen.panes.count(), 1, "{text}");
        }
        let mut app = sample_app();
        app.recall(r#"{"panes":{"below":[65535,[{"pane":null},{"pane":null}]]},"focused":7}"#);
        assert_eq!(app.screen.panes.count(), 2);
    }

    #[test]
    fn it_is_written_down_a_moment_after_a_change() {
        use crate::app::Effect;
        use crate::history::{Keep, Remembered};
        let mut app = sample_app();
        let now = app.now;
        update(&mut app, Msg::Remembered(Remembered::default()), now);
        let effects = update(&mut app, Msg::Action(Action::Pane(PaneAct::Split(Way::Below))), now);
        assert!(effects.iter().any(|effect| matches!(effect, Effect::StartTimer("screen", _))));
        let more = update(&mut app, Msg::Action(Action::Pane(PaneAct::Even)), now);
        assert!(!more.iter().any(|effect| matches!(effect, Effect::StartTimer("screen", _))), "the clock runs already");
        let effects = update(&mut app, Msg::Timer("screen"), now);
        assert!(effects.iter().any(|effect| matches!(effect, Effect::Keep(Keep::Screen(text)) if *text == app.memory())));
        assert_eq!(update(&mut app, Msg::Timer("screen"), now), [], "once for each change");
    }
}
