//! The screen as text and style runs, at every size; mouse targets; keys through to the core.

use std::fmt::Write as _;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};

use super::keymap::chord as chord_of;
use super::*;
use crate::app::sample::{sample_app, sample_crowd, sample_with_note};
use crate::app::{
    Action, App, ChatAct, Chord, ContactAct, Focus, Key, ListAct, Msg, NoteLevel, Overlay, OwnAct, PaneId, RowKey, Step, update,
};
use crate::config::UiSettings;
use crate::model::Stamp;

mod accounts;
mod anything;
mod bad_input;
mod board;
mod keys;
mod panes;
mod policies;
mod reading;
mod rooms;
mod screens;
mod states;
mod widths;
mod writing;

fn settings() -> UiSettings {
    UiSettings::default()
}

struct Drawn {
    buffer: ratatui::buffer::Buffer,
    hits: Hits,
}

#[allow(clippy::needless_pass_by_value)] // Themes are made where they are used.
fn draw_with(app: &App, theme: Theme, columns: u16, rows: u16) -> Drawn {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    let mut hits = Hits::default();
    terminal.draw(|frame| view(app, &theme, frame, &mut hits)).unwrap();
    Drawn { buffer: terminal.backend().buffer().clone(), hits }
}

fn sized(app: &mut App, columns: u16, rows: u16) -> Drawn {
    update(app, Msg::Resize(columns, rows), app.now);
    draw_with(app, Theme::new(true, false), columns, rows)
}

impl Drawn {
    /// The rows as text, without blanks at their ends.
    fn text(&self) -> String {
        let area = self.buffer.area;
        let mut out = String::new();
        for y in 0..area.height {
            let mut row = String::new();
            let mut skip = 0;
            for x in 0..area.width {
                let symbol = self.buffer[(x, y)].symbol();
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                row.push_str(symbol);
                skip = text::width(symbol).saturating_sub(1);
            }
            out.push_str(row.trim_end());
            out.push('\n');
        }
        out
    }

    /// Every cell holds one letter of the width it takes, and nothing a terminal obeys.
    fn assert_sound(&self, about: &dyn std::fmt::Debug) {
        let area = self.buffer.area;
        for y in 0..area.height {
            let mut x = 0;
            while x < area.width {
                let symbol = self.buffer[(x, y)].symbol();
                let obeyed = |c: char| {
                    c.is_control()
                        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
                };
                assert!(!symbol.chars().any(obeyed), "{about:?}: {symbol:?} at {x},{y}");
                let wide = u16::try_from(text::width(symbol)).unwrap().max(1);
                assert!(x + wide <= area.width, "{about:?}: {symbol:?} at {x},{y} goes over the edge");
                for under in x + 1..x + wide {
                    assert_eq!(self.buffer[(under, y)].symbol(), " ", "{about:?}: nothing under {symbol:?} at {x},{y}");
                }
                x += wide;
            }
        }
    }

    /// The runs of cells that do not look ordinary: place, colour, attributes, text.
    fn styles(&self) -> String {
        let area = self.buffer.area;
        let mut out = String::new();
        for y in 0..area.height {
            let mut x = 0;
            while x < area.width {
                let style = |x: u16| (self.buffer[(x, y)].fg, self.buffer[(x, y)].modifier);
                let (from, look) = (x, style(x));
                let mut run = String::new();
                while x < area.width && style(x) == look {
                    run.push_str(self.buffer[(x, y)].symbol());
                    x += 1;
                }
                if look != (Color::Reset, Modifier::empty()) && !run.trim().is_empty() {
                    writeln!(out, "{y}:{from} {:?} {:?} {:?}", look.0, look.1, run.trim()).unwrap();
                }
            }
        }
        out
    }
}

#[test]
fn two_panes_80x24() {
    let drawn = sized(&mut sample_app(), 80, 24);
    insta::assert_snapshot!(format!("{}\n{}", drawn.text(), drawn.styles()));
}

#[test]
fn three_panes_120x40() {
    insta::assert_snapshot!(sized(&mut sample_app(), 120, 40).text());
}

#[test]
fn stack_40x12() {
    let mut app = sample_app();
    let chat = sized(&mut app, 40, 12).text();
    app.focus = Focus::Roster;
    let list = sized(&mut app, 40, 12).text();
    insta::assert_snapshot!(format!("{list}\n{chat}"));
}

#[test]
fn plain_letters_without_colour() {
    let mut app = sample_app();
    app.focus = Focus::Roster;
    let drawn = draw_with(&app, Theme::new(false, true), 80, 24);
    assert!(drawn.buffer.content().iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    let selected = drawn.hits.area_of(&Target::Row(app.screen.selected.clone().unwrap())).unwrap();
    assert!(drawn.buffer[(selected.x, selected.y)].modifier.contains(Modifier::REVERSED), "selection is visible without colour");
    insta::assert_snapshot!(drawn.text());
}

#[test]
fn stale_list_says_so() {
    let mut app = sample_app();
    let id = app.accounts.keys().next().unwrap().clone();
    let why = crate::model::WaitReason::Closed;
    let phase = crate::model::SignInPhase::Waiting { retry_in: std::time::Duration::from_secs(4), why };
    let now = app.now;
    update(&mut app, Msg::Account(id.clone(), crate::backend::Event::Phase { phase, server: None, transport: None }), now);
    update(&mut app, Msg::Account(id, crate::backend::Event::AllStale), now);
    app.prompts.clear();
    insta::assert_snapshot!(sized(&mut app, 80, 24).text());
}

#[test]
fn overlays() {
    let mut app = sample_app();
    app.prompts.clear();
    let mut all = String::new();
    for action in [
        Action::Help,
        Action::Palette,
        Action::Own(OwnAct::Menu),
        Action::Contact(ContactAct::Add, None),
        Action::Contact(ContactAct::Remove, None),
        Action::Quit,
    ] {
        let now = app.now;
        update(&mut app, Msg::Action(action), now);
        if let Some(Overlay::Palette(line, _)) = &mut app.screen.overlay {
            line.paste("ca");
        }
        all.push_str(&sized(&mut app, 80, 20).text());
        all.push('\n');
    }
    insta::assert_snapshot!(all);
}

#[test]
fn note_and_empty_states() {
    let mut noted = sample_with_note(NoteLevel::Error, "The server's certificate is out of date or not valid yet.");
    let mut fresh = sample_crowd(0);
    insta::assert_snapshot!(format!("{}\n{}", sized(&mut noted, 80, 14).text(), sized(&mut fresh, 80, 14).text()));
}

#[test]
fn no_size_panics_and_none_writes_outside() {
    let mut apps = vec![sample_app(), sample_app(), sample_with_note(NoteLevel::Info, "x"), sample_crowd(3), sample_crowd(0)];
    apps[1].focus = Focus::Roster;
    for action in [
        Action::Help,
        Action::Palette,
        Action::Own(OwnAct::Menu),
        Action::Contact(ContactAct::Add, None),
        Action::Contact(ContactAct::Remove, None),
        Action::Answer,
        Action::List(ListAct::Board),
    ] {
        let mut app = sample_app();
        let now = app.now;
        update(&mut app, Msg::Action(action), now);
        apps.push(app);
    }
    for mut app in apps {
        for columns in 0..=30 {
            for rows in 0..=12 {
                sized(&mut app, columns, rows);
            }
        }
        for (columns, rows) in [(49, 5), (50, 6), (99, 13), (100, 14), (300, 80)] {
            sized(&mut app, columns, rows);
        }
    }
    assert_eq!(sized(&mut sample_app(), 9, 2).text(), "chinwag:…\n\n");
    assert_eq!(sized(&mut sample_app(), 17, 2).text(), "chinwag: 2 unread\n\n");
}

#[test]
fn foreign_text_cannot_leave_its_cells() {
    let mut app = sample_app();
    let id = app.accounts.keys().next().unwrap().clone();
    let evil = "\u{1b}[2J\u{1b}]0;pwned\u{7}\u{202e}evil\r\n\u{9b}31m👨‍👩‍👧字\u{301}\u{301}";
    let now = app.now;
    let account = app.accounts.get_mut(&id).unwrap();
    let bob = app.screen.open().unwrap().person().unwrap().who.clone();
    let contact = account.roster.contact_mut(&bob).unwrap();
    contact.name = evil.into();
    contact.presence.note = Some(evil.into());
    let event = crate::backend::Event::Text {
        id: "0123456789abcdef".into(),
        from: bob,
        body: crate::model::Body::plain(evil),
        sent: None,
        delayed: false,
    };
    update(&mut app, Msg::Account(id.clone(), event), now);
    let notice =
        crate::backend::Event::Notice { level: crate::backend::NoticeLevel::Error, code: "x", text: evil.into(), by: None };
    update(&mut app, Msg::Account(id, notice), now);
    for (columns, rows) in [(40, 12), (80, 24), (120, 40)] {
        let drawn = sized(&mut app, columns, rows);
        assert!(!drawn.buffer.content().iter().any(|cell| cell.symbol().chars().any(char::is_control)));
        assert!(!drawn.text().contains('\u{202e}'));
    }
}

/// Presses a key on the state as drawn at 80x24, through the keymap and the core.
fn press(app: &mut App, keymap: &Keymap, key: &str) -> crate::app::Effects {
    let hits = sized(app, 80, 24).hits;
    let now = app.now;
    translate(Event::Key(event(key)), app, &hits, keymap).into_iter().flat_map(|msg| update(app, msg, now)).collect()
}

/// The event of a key.
fn event(key: &str) -> KeyEvent {
    event_of(Chord::parse(key).unwrap())
}

/// The event by which a terminal tells a chord.
fn event_of(chord: Chord) -> KeyEvent {
    let (ctrl, alt, shift) = chord.held();
    let held = [(ctrl, KeyModifiers::CONTROL), (alt, KeyModifiers::ALT), (shift, KeyModifiers::SHIFT)];
    let modifiers = held.into_iter().filter(|(on, _)| *on).map(|(_, modifier)| modifier).collect();
    let code = match chord.key() {
        Key::Char(c) => KeyCode::Char(c),
        Key::Enter => KeyCode::Enter,
        Key::Esc => KeyCode::Esc,
        Key::Tab => KeyCode::Tab,
        Key::Backspace => KeyCode::Backspace,
        Key::Delete => KeyCode::Delete,
        Key::Insert => KeyCode::Insert,
        Key::Up => KeyCode::Up,
        Key::Down => KeyCode::Down,
        Key::Left => KeyCode::Left,
        Key::Right => KeyCode::Right,
        Key::Home => KeyCode::Home,
        Key::End => KeyCode::End,
        Key::PageUp => KeyCode::PageUp,
        Key::PageDown => KeyCode::PageDown,
        Key::F(number) => KeyCode::F(number),
    };
    assert_eq!(chord_of(&KeyEvent::new(code, modifiers)), Some(chord));
    KeyEvent::new(code, modifiers)
}

#[test]
fn keys_reach_the_core() {
    let (keymap, problems) = Keymap::new(&settings());
    assert_eq!(problems, []);
    let mut app = sample_app();
    for key in ["o", "n", "e"] {
        press(&mut app, &keymap, key);
    }
    assert!(app.screen.drafts.values().any(|draft| draft.text() == "looks good, the alert is gone"));
    let effects = press(&mut app, &keymap, "enter");
    assert!(effects.iter().any(|effect| matches!(effect, crate::app::Effect::Account(_, order)
        if matches!(order.as_inner(), crate::backend::Command::SendText { body, .. } if body.text == "looks good, the alert is gone"))));
    press(&mut app, &keymap, "ctrl-k");
    assert!(matches!(app.screen.overlay, Some(Overlay::Palette(..))));
    for key in ["c", "a", "r", "enter"] {
        press(&mut app, &keymap, key);
    }
    assert_eq!(app.screen.open().unwrap().person().unwrap().who.user(), "carla");
    press(&mut app, &keymap, "esc");
    assert_eq!(app.focus, Focus::Roster);
    press(&mut app, &keymap, "f5");
    press(&mut app, &keymap, "down");
    let effects = press(&mut app, &keymap, "enter");
    assert!(effects.iter().any(|effect| matches!(effect, crate::app::Effect::Account(_, order)
        if matches!(order.as_inner(), crate::backend::Command::SetPresence(own) if own.chosen == crate::model::Availability::Busy))));
    assert!(app.prompts.len() == 1 && app.screen.answering.is_none(), "typing never answered the question");
    press(&mut app, &keymap, "alt-p");
    let effects = press(&mut app, &keymap, "a");
    assert!(effects.iter().any(|effect| matches!(effect, crate::app::Effect::Account(_, order)
        if matches!(order.as_inner(), crate::backend::Command::SetAccess { access: crate::model::Access::Allow, .. }))));
}

#[test]
fn a_question_to_make_sure_takes_only_its_own_keys() {
    let mut with = settings();
    with.keys = vec![crate::app::keys::script::line("everywhere", "h", "help", 1)];
    let (keymap, _) = Keymap::new(&with);
    let mut app = sample_app();
    let draft = |app: &App| app.screen.drafts.values().map(|draft| draft.text().to_owned()).collect::<Vec<_>>();
    let block = |app: &mut App| update(app, Msg::Action(Action::Contact(ContactAct::Block, None)), Stamp::default());
    let before = (draft(&app), app.screen.open().cloned(), app.focus);
    block(&mut app);
    let asked = app.screen.overlay.clone();
    assert!(app.asks_to_confirm());
    for key in ["a", "r", "e", "space", "y", "h", "backspace", "ctrl-w", "tab", "ctrl-k", "alt-1", "ctrl-n", "f1", "f5", "alt-p"]
    {
        assert!(!press(&mut app, &keymap, key).iter().any(|effect| matches!(effect, crate::app::Effect::Account(..))), "{key}");
        assert_eq!(app.screen.overlay, asked, "{key}");
    }
    assert_eq!((draft(&app), app.screen.open().cloned(), app.focus), before);
    assert!(app.screen.answering.is_none());
    for key in ["enter", "esc", "ctrl-c", "n"] {
        block(&mut app);
        press(&mut app, &keymap, key);
        assert_eq!(app.screen.overlay, None, "{key}");
    }
    block(&mut app);
    assert!(press(&mut app, &keymap, "y").iter().any(|effect| matches!(effect, crate::app::Effect::Account(..))));
}

fn click(hits: &Hits, target: &Target, kind: MouseEventKind) -> Event {
    let area = hits.area_of(target).unwrap();
    Event::Mouse(MouseEvent { kind, column: area.x, row: area.y, modifiers: KeyModifiers::NONE })
}

/// The row of a person in the contact list, the first if there are several.
fn person_row(app: &App, user: &str) -> RowKey {
    let mut keys = app.rows().iter().map(|row| row.key);
    keys.find(|key| matches!(key, RowKey::Person(peer, _) if peer.who.user() == user)).unwrap()
}

/// It may be a password, and what was left behind would be wiped by nobody.
#[test]
fn what_is_pasted_is_handed_on_and_not_copied() {
    let (keymap, _) = Keymap::new(&settings());
    let mut app = sample_app();
    let hits = sized(&mut app, 80, 24).hits;
    let text = "a passphrase".to_owned();
    let place = text.as_ptr();
    let msgs = translate(Event::Paste(text), &app, &hits, &keymap);
    let [Msg::Paste(taken)] = msgs.as_slice() else { panic!("{msgs:?}") };
    assert_eq!((taken.as_str(), taken.as_ptr()), ("a passphrase", place));
}

#[test]
fn mouse_finds_its_targets() {
    let (keymap, _) = Keymap::new(&settings());
    let mut app = sample_app();
    let hits = sized(&mut app, 80, 24).hits;
    let left = MouseEventKind::Down(MouseButton::Left);
    let carla = person_row(&app, "carla");
    let msgs = translate(click(&hits, &Target::Row(carla.clone()), left), &app, &hits, &keymap);
    assert_eq!(msgs, [Msg::Action(Action::Select(carla)), Msg::Action(Action::Open)]);
    let msgs = translate(click(&hits, &Target::Answer(1), left), &app, &hits, &keymap);
    assert_eq!(msgs, [Msg::Action(Action::Answer), Msg::Action(Action::Choose(1))]);
    let msgs = translate(click(&hits, &Target::Messages(PaneId::default()), MouseEventKind::ScrollUp), &app, &hits, &keymap);
    assert_eq!(msgs, [Msg::Action(Action::Wheel(Focus::Messages, -3))]);
    let now = app.now;
    update(&mut app, Msg::Action(Action::Own(OwnAct::Menu)), now);
    let hits = sized(&mut app, 80, 24).hits;
    let msgs = translate(click(&hits, &Target::Choice(2), left), &app, &hits, &keymap);
    assert_eq!(msgs, [Msg::Action(Action::Choose(2))]);
}

#[test]
fn ten_thousand_contacts_draw_only_what_is_seen() {
    let mut app = sample_crowd(10_000);
    let now = app.now;
    update(&mut app, Msg::Action(Action::Move(Step::Bottom)), now);
    let drawn = sized(&mut app, 80, 24);
    let rows = app.rows().len();
    assert_eq!(rows, 10_020);
    assert_eq!(drawn.hits.roster_top, rows - 21);
    assert!(drawn.text().contains("Person "));
}

/// A painter for an emulator of 80x24, with what was drawn last.
struct Watched {
    painter: Painter,
    emulator: vt100::Parser,
    theme: Theme,
}

impl Watched {
    fn new(theme: Theme) -> Self {
        let emulator = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0);
        Self { painter: Painter::new(false), emulator, theme }
    }

    /// The bytes of one frame; the emulator has them too.
    fn draw(&mut self, app: &App) -> String {
        let mut cells = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, 80, 24));
        let mut hits = Hits::default();
        let cursor = paint(app, &self.theme, &mut cells, &mut hits);
        let sent = self.painter.frame(&cells, &hits.leads, cursor);
        self.emulator.process(sent.as_bytes());
        sent
    }
}

#[test]
fn bytes_of_a_typed_key_are_few() {
    let mut watched = Watched::new(Theme::new(true, false));
    let mut app = sample_app();
    let now = app.now;
    let first = watched.draw(&app).len();
    assert!(first < 4_000, "{first}");
    let mut sizes = Vec::new();
    for c in "abcd efgh ijkl".chars() {
        update(&mut app, Msg::Action(Action::Edit(crate::app::Edit::Insert(c))), now);
        sizes.push(watched.draw(&app).len());
    }
    for _ in 0..6 {
        update(&mut app, Msg::Action(Action::Edit(crate::app::Edit::Backspace)), now);
        sizes.push(watched.draw(&app).len());
    }
    assert!(sizes.iter().all(|size| *size <= 9), "{sizes:?}");
}

/// What a presence change and a line of somebody else cost.
#[test]
fn bytes_of_what_others_do_are_few() {
    let mut watched = Watched::new(Theme::new(true, false));
    let mut app = sample_app();
    app.prompts.clear();
    let (id, now) = (app.accounts.keys().next().unwrap().clone(), app.now);
    watched.draw(&app);
    let who = crate::model::Address::parse("sip:grace@example.test").unwrap();
    let presence = crate::model::Presence { availability: crate::model::Availability::Busy, ..Default::default() };
    update(&mut app, Msg::Account(id.clone(), crate::backend::Event::Presence { who, now: presence }), now);
    let presence = watched.draw(&app);
    assert!(presence.len() <= 40, "{} {presence:?}", presence.len());
    // Until the place is full, then on: rows move up beside a contact list that does not.
    let mut sizes = Vec::new();
    for n in 0..20 {
        let event = crate::backend::Event::Text {
            id: format!("m{n}"),
            from: app.screen.open().unwrap().person().unwrap().who.clone(),
            body: crate::model::Body::plain(format!("{} is what Bob says of {n}", "much".repeat(n % 5 + 1))),
            sent: Some(now),
            delayed: false,
        };
        update(&mut app, Msg::Account(id.clone(), event), now);
        sizes.push(watched.draw(&app).len());
    }
    assert!(sizes.iter().all(|size| *size <= 900), "{sizes:?}");
    // Without the contact list the terminal moves the rows by itself.
    app.screen.roster_hidden = true;
    watched.draw(&app);
    let mut sizes = Vec::new();
    for n in 20..26 {
        let event = crate::backend::Event::Text {
            id: format!("m{n}"),
            from: app.screen.open().unwrap().person().unwrap().who.clone(),
            body: crate::model::Body::plain(format!("{} is what Bob says of {n}", "much".repeat(n % 5 + 1))),
            sent: Some(now),
            delayed: false,
        };
        update(&mut app, Msg::Account(id.clone(), event), now);
        sizes.push(watched.draw(&app).len());
    }
    assert!(sizes.iter().all(|size| *size <= 140), "{sizes:?}");
}

/// What a terminal shows after a few frames must be what the frames hold.
#[test]
fn painter_and_emulator_agree() {
    let mut watched = Watched::new(Theme::new(true, false));
    let mut app = sample_app();
    let now = app.now;
    for action in [
        Action::Redraw,
        Action::Edit(crate::app::Edit::Insert('x')),
        Action::FocusNext(false),
        Action::Move(Step::Down),
        Action::Help,
        Action::Move(Step::PageDown),
        Action::Back,
        Action::Chat(ChatAct::NextUnread),
    ] {
        update(&mut app, Msg::Action(action.clone()), now);
        watched.draw(&app);
        let wanted = draw_with(&app, Theme::new(true, false), 80, 24);
        let shown: Vec<String> = watched.emulator.screen().rows(0, 80).map(|row| row.trim_end().to_owned()).collect();
        let wanted_rows: Vec<String> = wanted.text().lines().map(str::to_owned).collect();
        assert_eq!(shown, wanted_rows, "after {action:?}");
        for (y, x) in (0..24).flat_map(|y| (0..80).map(move |x| (y, x))) {
            let cell = &wanted.buffer[(x, y)];
            let inverse = watched.emulator.screen().cell(y, x).unwrap().inverse();
            assert_eq!(inverse, cell.modifier.contains(Modifier::REVERSED), "{action:?} {x},{y}");
        }
    }
}

#[test]
fn without_colours_no_colour_sequence_is_written() {
    let out = Watched::new(Theme::new(false, false)).draw(&sample_app());
    for sequence in out.split("\x1b[").skip(1) {
        let Some((codes, _)) =
            sequence.split_once('m').filter(|(codes, _)| codes.chars().all(|c| c.is_ascii_digit() || c == ';'))
        else {
            continue;
        };
        assert!(codes.split(';').all(|code| code.is_empty() || code.parse::<u8>().unwrap() < 30), "{codes}");
    }
}

/// Without colours the selected row is seen in the terminal, and not only in what was meant for it.
#[test]
fn without_colours_the_selection_is_seen() {
    let mut watched = Watched::new(Theme::new(false, false));
    let mut app = sample_app();
    app.focus = Focus::Roster;
    watched.draw(&app);
    for _ in 0..3 {
        let now = app.now;
        update(&mut app, Msg::Action(Action::Move(Step::Down)), now);
        watched.draw(&app);
        let drawn = draw_with(&app, Theme::new(false, false), 80, 24);
        let selected = drawn.hits.area_of(&Target::Row(app.screen.selected.clone().unwrap())).unwrap();
        for (x, y) in [(selected.x, selected.y), (selected.x + 3, selected.y), (selected.right() - 1, selected.y)] {
            assert!(watched.emulator.screen().cell(y, x).unwrap().inverse(), "{x},{y}");
        }
        assert!(!watched.emulator.screen().cell(selected.y + 1, selected.x).unwrap().inverse());
    }
}

/// Readers of screens follow the cursor: it stands on what has the keyboard, whatever that is.
#[test]
fn the_cursor_stands_on_what_has_the_keyboard() {
    let place = |app: &App| {
        let mut watched = Watched::new(Theme::new(true, false));
        watched.draw(app);
        assert!(!watched.emulator.screen().hide_cursor(), "it is shown");
        let (y, x) = watched.emulator.screen().cursor_position();
        (x, watched.emulator.screen().rows(0, 80).nth(usize::from(y)).unwrap())
    };
    let mut app = sample_app();
    app.focus = Focus::Roster;
    for wanted in ["Bob Stone", "Carla Diaz"] {
        let (x, row) = place(&app);
        assert!(x < 24 && row.contains(wanted), "{x} {row}");
        let now = app.now;
        update(&mut app, Msg::Action(Action::Move(Step::Down)), now);
    }
    app.focus = Focus::Messages;
    assert!(place(&app).0 > 22);
    app.focus = Focus::Composer;
    assert!(place(&app).1.contains("> looks good"));
    for (action, wanted) in [
        (Action::Own(crate::app::OwnAct::Menu), "Online"),
        (Action::Palette, "> "),
        (Action::Help, "> "),
        (Action::Contact(ContactAct::Remove, None), "[y] yes"),
        (Action::Contact(ContactAct::Add, None), "> "),
        (Action::Answer, "[Allow]"),
    ] {
        let mut app = sample_app();
        if !matches!(action, Action::Answer) {
            app.prompts.clear();
        }
        let now = app.now;
        update(&mut app, Msg::Action(action.clone()), now);
        let (_, row) = place(&app);
        assert!(row.contains(wanted), "{action:?}: {row}");
    }
}

/// Every symbol on every part of the screen has a letter for terminals that have no symbols.
#[test]
fn in_ascii_nothing_else_is_shown() {
    let marks = |set, utf8| Abilities { marks: Marks { set, utf8 }, depth: Depth::True, ..Abilities::default() };
    let ascii = Theme::of("terminal", &[], &marks(Set::Ascii, false));
    let console = Theme::of("terminal", &[], &marks(Set::Console, true));
    let mut apps = vec![sample_app(), sample_with_note(NoteLevel::Info, "x … y"), sample_crowd(3), sample_crowd(0)];
    for action in [
        Action::Help,
        Action::Palette,
        Action::Own(crate::app::OwnAct::Menu),
        Action::Contact(ContactAct::Add, None),
        Action::Answer,
    ] {
        let mut app = sample_app();
        let now = app.now;
        update(&mut app, Msg::Action(action), now);
        apps.push(app);
    }
    for mut app in apps {
        for (columns, rows) in [(30, 10), (80, 24), (120, 40)] {
            app.size = (columns, rows);
            let drawn = draw_with(&app, ascii.clone(), columns, rows);
            assert!(drawn.text().is_ascii(), "{}", drawn.text());
            // Names and texts of people aside, the console gets lines and nothing else.
            let allowed = |c: char| c.is_alphanumeric() || "│─┌┐└┘├┤┬┴┼·×🎣".contains(c) || c == '\u{301}';
            let shown = draw_with(&app, console.clone(), columns, rows).text();
            assert!(shown.chars().all(|c| c.is_ascii() || allowed(c)), "{shown}");
        }
    }
}

#[test]
fn a_wait_counts_down_and_says_why() {
    let mut app = sample_app();
    app.prompts.clear();
    app.screen.panes = crate::app::Panes::default();
    app.focus = Focus::Roster;
    let (id, start) = (app.accounts.keys().next().unwrap().clone(), app.now);
    let why = crate::model::WaitReason::Refused { at: "sip.example.test:5061".into() };
    let phase = crate::model::SignInPhase::Waiting { retry_in: std::time::Duration::from_secs(4), why };
    update(&mut app, Msg::Account(id, crate::backend::Event::Phase { phase, server: None, transport: None }), start);
    let status = |app: &mut App, millis: i64| {
        app.now = crate::model::Stamp::from_millis(start.as_millis() + millis);
        sized(app, 80, 24).text()
    };
    let first = status(&mut app, 0);
    assert!(first.contains("nobody answers there, next try in 4 s"), "{first}");
    assert!(first.contains("Nobody listens at sip.example.test:5061."), "{first}");
    assert!(status(&mut app, 1_001).contains("next try in 3 s"));
    assert!(status(&mut app, 4_000).contains("next try soon"));
    app.attended = false;
    assert!(status(&mut app, 0).contains("next try soon"), "no number that nobody keeps true");
}
