//! The program without a screen: line below line, for readers of screens, dumb terminals, `script` and
//! shells within editors. What happened becomes lines; a line that was typed becomes messages for the same
//! core that the screen has. What would lie over the panes there is written out here, with numbers for what
//! can be chosen, so that nothing can be done on the screen only.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::abilities::Abilities;
use super::hit::{Hits, Target};
use super::marks::{Marks, Set};
use super::text;
use super::theme::Theme;
use super::view::paint;
use crate::app::policies::BROKEN;
use crate::app::slash::{self, Typed};
use crate::app::{Action, App, ChatKey, Composer, Edit, Focus, Msg, Note, Overlay, Prompt, words};
use crate::model::{AccountId, Address, Author, Availability, Conversation, Entry, MessageRef, SignInPhase};

/// Columns and rows what lies on top is laid out in.
const PAGE: (u16, u16) = (78, 300);

/// What was written already.
#[derive(Debug, Default)]
pub struct Lines {
    said: BTreeMap<ChatKey, Entry>,
    states: BTreeMap<(AccountId, Address), (Availability, String)>,
    phases: BTreeMap<AccountId, String>,
    lost: BTreeMap<MessageRef, String>,
    note: Option<Note>,
    prompt: Option<Prompt>,
    broken: bool,
    warned: Option<ChatKey>,
    overlay: Vec<String>,
}

impl Lines {
    /// What is new, as lines that are safe for a terminal.
    pub fn news(&mut self, app: &App) -> Vec<String> {
        let mut out = Vec::new();
        for (id, account) in &app.accounts {
            let phase = match &account.phase {
                SignInPhase::Online => "signed in".to_owned(),
                SignInPhase::Waiting { why, .. } => {
                    format!("not signed in. {} It is tried again by itself.", words::wait_reason(why))
                }
                SignInPhase::Offline { why: Some(why) } => format!("not signed in. {}", words::wait_reason(why)),
                SignInPhase::Offline { why: None } => "signed out".to_owned(),
                _ => String::new(),
            };
            let before = self.phases.insert(id.clone(), phase.clone());
            if !phase.is_empty() && before.as_deref() != Some(&phase) && (before.is_some() || account.is_online()) {
                out.push(format!("-- {}{phase}", named(app, id)));
            } else if phase.is_empty()
                && let Some(before) = before
            {
                self.phases.insert(id.clone(), before);
            }
        }
        self.policies(app, &mut out);
        self.people(app, &mut out);
        self.talks(app, &mut out);
        self.notes(app, &mut out);
        let overlay = Self::overlay(app);
        if overlay != self.overlay {
            out.extend(overlay.iter().cloned());
            self.overlay = overlay;
        }
        out.iter().map(|line| text::line(line)).collect()
    }

    /// That policies are broken, when they come to be so; and what stands above every conversation, when another is
    /// opened.
    fn policies(&mut self, app: &App, out: &mut Vec<String>) {
        let broken = app.policies_are_broken();
        if broken && !self.broken {
            out.push(format!("-- {}", BROKEN[0]));
        }
        self.broken = broken;
        let open = app.screen.open().filter(|_| app.warning().is_some());
        if self.warned.as_ref() != open {
            out.extend(app.warning().filter(|_| open.is_some()).map(|warning| format!("-- {warning}")));
            self.warned = open.cloned();
        }
    }

    /// Who is how, where that changed.
    fn people(&mut self, app: &App, out: &mut Vec<String>) {
        for (id, account) in &app.accounts {
            for contact in account.roster.contacts().filter(|contact| !contact.presence.stale) {
                let state = contact.presence.availability;
                let note = contact.presence.note.clone().unwrap_or_default();
                let before = self.states.insert((id.clone(), contact.address.clone()), (state, note.clone()));
                // How somebody is at the beginning is no news.
                let Some(before) = before.filter(|(before, _)| *before != Availability::Unknown) else { continue };
                if before != (state, note.clone()) && state != Availability::Unknown {
                    let note = if note.trim().is_empty() { String::new() } else { format!(": {note}") };
                    let word = words::availability(state).to_lowercase();
                    out.push(format!("-- {}{} is now {word}{note}", named(app, id), contact.shown_name()));
                }
            }
        }
    }

    fn talks(&mut self, app: &App, out: &mut Vec<String>) {
        for (id, account) in &app.accounts {
            for (chat, talk) in account.chats(id) {
                // What strangers say among themselves is told from when the user goes there.
                let goes_there = app.screen.open() == Some(&chat) || self.said.contains_key(&chat);
                if goes_there || !matches!(&chat, ChatKey::Room(key) if app.is_of_strangers(key)) {
                    self.talk(app, &chat, talk, out);
                }
            }
        }
    }

    /// What was said and what happened in a conversation since.
    fn talk(&mut self, app: &App, chat: &ChatKey, talk: &Conversation, out: &mut Vec<String>) {
        let Some(account) = app.accounts.get(chat.account()) else { return };
        let last = self.said.get(chat);
        let new = talk.entries.iter().rev().take_while(|entry| !last.is_some_and(|last| is_same(last, entry))).count();
        let place = match chat {
            ChatKey::Person(_) => String::new(),
            ChatKey::Room(key) => {
                account.rooms.get(&key.room).map_or_else(String::new, |of| format!("# {}: ", account.room_name(of)))
            }
        };
        for entry in talk.entries.iter().skip(talk.entries.len() - new) {
            match entry {
                Entry::Said(line) => {
                    let Author::Them(who) = &line.by else { continue };
                    let head = format!("{} {place}{}: ", line.at.clock(), account.shown_name(who));
                    let late = if line.delayed { " (kept by the server while you were away)" } else { "" };
                    // Made safe before it is looked through: what is dropped then could hide a link.
                    let safe = text::block(line.body.text.trim_end());
                    for (at, row) in app.as_shown(&safe).lines().enumerate() {
                        out.push(if at == 0 { format!("{head}{row}{late}") } else { format!("      {row}") });
                    }
                }
                Entry::Happened { at, what } => {
                    let said = words::happening(what, |who| account.shown_name(who).to_owned(), |id| words::file(account, id));
                    out.push(format!("{} {place}-- {said}", at.clock()));
                }
            }
        }
        if let Some(newest) = talk.entries.back()
            && new > 0
        {
            self.said.insert(chat.clone(), newest.clone());
        }
        // What became of ours, where it did not arrive.
        for line in talk.lines().rev().take(20) {
            if let (Some(tag), Some(why)) = (line.tag, line.fate.as_ref().and_then(words::fate)) {
                let told = self.lost.insert(tag, why.clone());
                if told.as_ref() != Some(&why) {
                    let text = text::truncate(line.body.text.lines().next().unwrap_or_default(), 30);
                    out.push(format!("-- to {}, \"{text}\": {why}", account.chat_name(chat)));
                }
            }
        }
    }

    /// Notes, and questions that wait.
    fn notes(&mut self, app: &App, out: &mut Vec<String>) {
        let new = app.notes.iter().rev().take_while(|note| Some(*note) != self.note.as_ref()).count();
        out.extend(app.notes.iter().skip(app.notes.len() - new).map(|note| format!("-- {}", note.text)));
        self.note = app.notes.back().cloned();
        let prompt = app.prompts.front();
        if prompt != self.prompt.as_ref()
            && let Some(Prompt::Watcher { who, name, .. }) = prompt
        {
            let question = words::watcher_question(who, name.as_deref());
            out.push(format!("-- {question} Answer with /allow {0} or /block {0}", who.short()));
        }
        self.prompt = prompt.cloned();
    }

    /// What lies on top, as the screen would show it, with numbers before what can be chosen.
    fn overlay(app: &App) -> Vec<String> {
        let Some(overlay) = &app.screen.overlay else { return Vec::new() };
        let marks = Marks { set: Set::Ascii, utf8: true };
        let theme = Theme::of("mono", &[], &Abilities { marks, ..Abilities::default() });
        let mut cells = Buffer::empty(Rect::new(0, 0, PAGE.0, PAGE.1));
        let mut hits = Hits::default();
        paint(app, &theme, &mut cells, &mut hits);
        let Some(place) = hits.area_of(&Target::Overlay) else { return Vec::new() };
        let mut rows = Vec::new();
        for y in place.y..place.bottom() {
            let row = row_of(&cells, place, y);
            let row = row.trim_matches(|c: char| c.is_whitespace() || matches!(c, '|' | '+' | '-'));
            let choice = match hits.at(place.x + place.width / 2, y) {
                Some(Target::Choice(at)) if !matches!(overlay, Overlay::Confirm(_)) => format!("{}. ", at + 1),
                _ => String::new(),
            };
            if !row.is_empty() {
                rows.push(format!("   {choice}{row}"));
            }
        }
        let how = match overlay {
            Overlay::Help(..) => return rows,
            Overlay::Confirm(_) => "Type y or n.",
            Overlay::Ask(..) | Overlay::Password(..) => "Type it, or . to leave it.",
            _ => "Type a number, or words to look for, or . to leave it.",
        };
        rows.push(format!("   {how}"));
        rows
    }

    /// What stands before the line to be typed.
    #[must_use]
    pub fn prompt(&self, app: &App) -> String {
        let name = |chat: &ChatKey| Some(text::line(&app.accounts.get(chat.account())?.chat_name(chat)));
        let open = app.screen.open().and_then(name).map(|name| text::truncate(&name, 30)).unwrap_or_default();
        if app.screen.overlay.is_some() { "? ".to_owned() } else { format!("{open}> ") }
    }

    /// Whether what is typed next must not be shown.
    #[must_use]
    pub fn is_secret(app: &App) -> bool {
        matches!(&app.screen.overlay, Some(Overlay::Password(..)))
    }
}

/// What a line that was typed means to the core.
#[must_use]
pub fn typed(app: &mut App, line: &str) -> Vec<Msg> {
    let act = |action: Action| Msg::Action(action);
    if app.screen.overlay.is_some() {
        return answer(app, line);
    }
    let line = line.trim_end();
    if line.is_empty() {
        return Vec::new();
    }
    match (slash::read(line), app.screen.open().cloned()) {
        (Typed::Act(action), _) => vec![act(action)],
        (Typed::Unknown(why), _) => vec![Msg::Trouble(why)],
        (Typed::Text(_), None) => {
            vec![Msg::Trouble("nobody is spoken to yet: /msg who opens a conversation, /go shows everybody".to_owned())]
        }
        (Typed::Text(_), Some(chat)) => {
            // As it was typed: the core reads what begins with two slashes once more.
            let mut draft = Composer::default();
            draft.rewrite(line, false);
            app.screen.drafts.insert(chat, draft);
            vec![act(Action::FocusOn(Focus::Composer)), act(Action::Submit)]
        }
    }
}

/// A line for what lies on top.
fn answer(app: &App, line: &str) -> Vec<Msg> {
    let words = line.trim();
    let back = vec![Msg::Action(Action::Back)];
    let edit = |step: Edit| Msg::Action(Action::Edit(step));
    match &app.screen.overlay {
        None | Some(Overlay::Help(..)) => back,
        _ if words == "." => back,
        Some(Overlay::Confirm(_)) => words.chars().next().map(|c| vec![edit(Edit::Insert(c))]).unwrap_or_default(),
        Some(Overlay::Password(..)) => {
            // In one piece, as a paste is: the core wipes that.
            vec![edit(Edit::KillToStart), Msg::Paste(line.to_owned()), Msg::Action(Action::Open)]
        }
        Some(Overlay::Ask(..) | Overlay::Find(_))
            if words.parse::<usize>().is_err() || matches!(app.screen.overlay, Some(Overlay::Ask(..))) =>
        {
            let letters = line.chars().map(|c| edit(Edit::Insert(c)));
            [edit(Edit::End), edit(Edit::KillToStart)].into_iter().chain(letters).chain([Msg::Action(Action::Open)]).collect()
        }
        Some(_) => match words.parse::<usize>() {
            Ok(number) => vec![Msg::Action(Action::Choose(number.saturating_sub(1)))],
            Err(_) if words.is_empty() => Vec::new(),
            Err(_) => {
                let letters = words.chars().map(|c| edit(Edit::Insert(c)));
                [edit(Edit::End), edit(Edit::KillToStart)].into_iter().chain(letters).collect()
            }
        },
    }
}

/// The account's name where there are several.
fn named(app: &App, id: &AccountId) -> String {
    if app.accounts.len() > 1 { format!("{id}: ") } else { String::new() }
}

/// Whether it is the same entry; what became of it since does not count.
fn is_same(a: &Entry, b: &Entry) -> bool {
    match (a, b) {
        (Entry::Said(a), Entry::Said(b)) => a.at == b.at && a.by == b.by && a.tag == b.tag && a.body == b.body,
        _ => a == b,
    }
}

fn row_of(cells: &Buffer, place: Rect, y: u16) -> String {
    let (mut row, mut covered) = (String::new(), 0);
    for x in place.x..place.right() {
        if covered > 0 {
            covered -= 1;
            continue;
        }
        let symbol = cells.cell((x, y)).map_or(" ", |cell| cell.symbol());
        covered = text::width(symbol).saturating_sub(1);
        row.push_str(symbol);
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::sample::sample_app;
    use crate::app::{RoomKey, update};
    use crate::backend::{Event, RoomEvent};
    use crate::model::{Body, Presence, RoomId};

    fn happen(app: &mut App, event: Event) {
        let (id, now) = (app.accounts.keys().next().unwrap().clone(), app.now);
        update(app, Msg::Account(id, event), now);
    }

    fn type_in(app: &mut App, line: &str) {
        for msg in typed(app, line) {
            let now = app.now;
            update(app, msg, now);
        }
    }

    fn who(user: &str) -> Address {
        Address::parse(&format!("sip:{user}@example.test")).unwrap()
    }

    #[test]
    fn what_happens_is_a_line_and_is_said_once() {
        let (mut app, mut lines) = (sample_app(), Lines::default());
        lines.news(&app);
        assert_eq!(lines.news(&app), [""; 0]);
        let body = Body::plain("done\u{1b}[2J, 64 %\nand more");
        happen(&mut app, Event::Text { id: "1".into(), from: who("bob"), body, sent: None, delayed: false });
        let clock = app.now.clock();
        assert_eq!(lines.news(&app), [format!("{clock} Bob Stone: done␛[2J, 64 %"), "      and more".to_owned()]);
        let now = Presence { availability: Availability::Away, note: Some("lunch".into()), ..Presence::default() };
        happen(&mut app, Event::Presence { who: who("bob"), now });
        assert_eq!(lines.news(&app), ["-- Bob Stone is now away: lunch"]);
        assert_eq!(lines.news(&app), [""; 0]);
        assert_eq!(lines.prompt(&app), "Bob Stone> ");
    }

    #[test]
    fn what_strangers_begin_is_not_told_before_the_user_goes_there() {
        let (mut app, mut lines) = (sample_app(), Lines::default());
        lines.news(&app);
        let (room, eve) = (RoomId::new("r9"), Address::parse("sip:eve@elsewhere.test").unwrap());
        let says = |id: &str, from: &Address, text: &str| {
            Event::Room(RoomEvent::Text { room: room.clone(), id: id.into(), from: from.clone(), body: Body::plain(text) })
        };
        let (people, by) = (vec![eve.clone()], Some(eve.clone()));
        happen(&mut app, Event::Room(RoomEvent::Opened { room: room.clone(), people, by }));
        happen(&mut app, says("1", &eve, "buy this"));
        assert_eq!(lines.news(&app), [""; 0]);
        app.screen.pane_mut().chat = Some(RoomKey::new(app.accounts.keys().next().unwrap(), &room).into());
        let told = lines.news(&app);
        assert!(told.last().unwrap().ends_with("buy this") && told.len() == 2, "{told:#?}");
        app.screen.pane_mut().chat = None;
        happen(&mut app, says("2", &eve, "really"));
        assert_eq!(lines.news(&app).len(), 1, "whoever was there hears the rest");
        // Where somebody known says something it is told as ever.
        let (mut app, mut lines) = (sample_app(), Lines::default());
        lines.news(&app);
        happen(&mut app, says("1", &eve, "buy this"));
        assert_eq!(lines.news(&app), [""; 0]);
        happen(&mut app, says("2", &who("bob"), "who are you?"));
        assert_eq!(lines.news(&app).len(), 2);
    }

    #[test]
    fn everything_can_be_done_by_lines() {
        let (mut app, mut lines) = (sample_app(), Lines::default());
        lines.news(&app);
        type_in(&mut app, "hello there");
        let said = |app: &App| {
            app.screen.open().and_then(|chat| app.conversation(chat)).unwrap().lines().next_back().unwrap().body.text.clone()
        };
        assert_eq!(said(&app), "hello there");
        type_in(&mut app, "//etc/hosts");
        assert_eq!(said(&app), "/etc/hosts");
        type_in(&mut app, "/qiut");
        assert!(lines.news(&app).iter().any(|line| line.contains("did you mean /quit?")));
        // The palette by words: a list with numbers, narrowed, chosen from.
        type_in(&mut app, "/go");
        let list = lines.news(&app);
        assert!(list.iter().any(|line| line.starts_with("   1. ")), "{list:#?}");
        assert_eq!(lines.prompt(&app), "? ");
        type_in(&mut app, "carla");
        let list = lines.news(&app);
        assert!(list.iter().any(|line| line.starts_with("   1. B Carla Diaz")), "{list:#?}");
        type_in(&mut app, "1");
        lines.news(&app);
        assert_eq!(lines.prompt(&app), "Carla Diaz> ");
        // A question to make sure, and one for a line.
        type_in(&mut app, "/block");
        let asked = lines.news(&app);
        assert!(
            asked.iter().any(|line| line.contains("Carla")) && asked.iter().any(|line| line.contains("y or n")),
            "{asked:#?}"
        );
        type_in(&mut app, "n");
        assert!(app.screen.overlay.is_none());
        type_in(&mut app, "/rename");
        assert!(lines.news(&app).iter().any(|line| line.contains("Rename")));
        type_in(&mut app, ".");
        assert!(app.screen.overlay.is_none());
        type_in(&mut app, "/help");
        let help = lines.news(&app);
        assert!(help.iter().any(|line| line.contains("/away")), "{help:#?}");
        type_in(&mut app, "");
        assert!(app.screen.overlay.is_none());
    }

    #[test]
    fn a_password_is_a_line_that_is_shown_nowhere() {
        let (mut app, mut lines) = (sample_app(), Lines::default());
        type_in(&mut app, "/password");
        assert!(Lines::is_secret(&app));
        assert!(lines.news(&app).iter().any(|line| line.contains("Type it, or . to leave it.")));
        let msgs = typed(&mut app, " 0pen 5esame");
        let [_, Msg::Paste(line), Msg::Action(Action::Open)] = msgs.as_slice() else { panic!("{msgs:?}") };
        assert_eq!(line, " 0pen 5esame");
        type_in(&mut app, " 0pen 5esame");
        assert!(!Lines::is_secret(&app) && app.screen.overlay.is_none());
        assert!(!lines.news(&app).iter().any(|line| line.contains("5esame")));
        type_in(&mut app, "/password");
        type_in(&mut app, ".");
        assert!(app.screen.overlay.is_none());
    }

    #[test]
    fn policies_are_lines_too() {
        use crate::app::sample::{sample_policies, sample_policy};
        let (mut app, mut lines) = (sample_app(), Lines::default());
        lines.news(&app);
        app.policy = sample_policies();
        let said = lines.news(&app);
        assert_eq!(said, [format!("-- {}", BROKEN[0]), "-- Mind what you write.".to_owned()]);
        assert_eq!(lines.news(&app), [""; 0], "once");
        type_in(&mut app, "/policies");
        let page = lines.news(&app);
        assert!(page.iter().any(|line| line.contains("   1. ! /etc/chinwag/policies/managed/30-broken.toml:1")), "{page:#?}");
        let transport = page.iter().position(|line| line.contains(". Transport")).unwrap();
        let number = page[transport].trim().split('.').next().unwrap().to_owned();
        type_in(&mut app, &number);
        let page = lines.news(&app);
        assert!(page.iter().any(|line| line.contains("managed, machine, /etc/chinwag/policies/managed/20-late.toml:1")));
        assert!(page.iter().any(|line| line.contains("not auto: recommended, user,")), "{page:#?}");
        let more = page.iter().find(|line| line.contains("more are not set")).unwrap();
        type_in(&mut app, more.trim().split('.').next().unwrap());
        assert!(lines.news(&app).iter().any(|line| line.contains("DisableVideo")));
        type_in(&mut app, "rival partner");
        assert!(lines.news(&app).iter().any(|line| line.contains("No policy holds these words.")));
        type_in(&mut app, ".");
        assert!(app.screen.overlay.is_none());
        app.policy = sample_policy("EnableURL = \"defang\"");
        let body = Body::plain("see ht\u{200b}tps://example.test/x");
        happen(&mut app, Event::Text { id: "1".into(), from: who("bob"), body, sent: None, delayed: false });
        assert!(lines.news(&app)[0].ends_with(": see _https://example.test/x"), "made safe first");
    }
}
