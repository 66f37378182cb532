//! Reading: places that survive, long conversations, what is selected, found, pointed at.

use super::*;
use crate::app::{Anchor, ChatAct, ChatKey, Effect, Effects, Peer, Place, Purpose, Reading};
use crate::model::{Address, Author, Body, Conversation, Entry, Fate, Line, MessageRef, Stamp, TextStyle};

mod finding;

const MINUTE: i64 = 60_000;

fn line(at: Stamp, who: Option<&str>, text: &str) -> Entry {
    let by = who.map_or(Author::Us, |who| Author::Them(Address::parse(&format!("{who}@example.test")).unwrap()));
    let own = who.is_none();
    let (tag, fate) = (own.then_some(MessageRef(7)), own.then_some(Fate::Delivered));
    Entry::Said(Line { at, by, body: Body::plain(text), tag, id: None, fate, delayed: false })
}

/// The sample with this conversation open instead of Bob's.
fn with_talk(talk: Conversation) -> App {
    let mut app = sample_app();
    app.prompts.clear();
    let chat = app.screen.open().cloned().unwrap();
    let account = app.accounts.values_mut().next().unwrap();
    account.own.note.clear();
    "Alice Adams".clone_into(&mut account.chosen_name);
    account.conversations.insert(chat.person().unwrap().who.clone(), talk);
    app.screen.drafts.clear();
    *app.screen.pane_mut() = crate::app::Pane { chat: Some(chat), ..crate::app::Pane::default() };
    app
}

/// A day's talk of everything there can be in one.
fn long_talk() -> Conversation {
    let start = sample_app().now.as_millis() - 30 * 60 * MINUTE;
    let mut talk = Conversation::default();
    let mut minutes = 0;
    let mut say = |after: i64, who: Option<&str>, text: &str| {
        minutes += after;
        talk.push(line(Stamp::from_millis(start + minutes * MINUTE), who, text));
    };
    for n in 0..12 {
        say(1, Some("bob"), &format!("line {n} of the night: all quiet on db{n}"));
    }
    say(9 * 60, Some("bob"), "disk on db3 is at 91 %, shall I rotate?");
    say(3, None, "yes, keep two days\n> shall I rotate?\nthe way to do it:");
    say(
        0,
        None,
        "```sh\nfor log in /var/log/db3/*; do\n    gzip   \"$log\"   # keep the blanks, and break only where the row is full, not between words\ndone\n```",
    );
    say(
        2,
        Some("bob"),
        "doing it now, Alice. log: https://example.test/r/4711, see also (https://example.test/wiki/Rotate_(db)) and https://long.example.test/a/very/long/path/that/does/not/fit/into/a/single/row/of/any/terminal/we/draw/here?with=some&more=words#end",
    );
    say(1, Some("bob"), "done, 64 %");
    say(0, Some("bob"), "can you check the alert cleared?");
    say(20, None, "cleared 👍🏽 日本語のテキスト");
    say(1, Some("bob"), "    indented, as from a terminal");
    talk
}

fn reading(app: &mut App, what: Reading) -> Effects {
    let now = app.now;
    update(app, Msg::Action(Action::Reading(what)), now)
}

fn act(app: &mut App, action: Action) -> Effects {
    let now = app.now;
    update(app, Msg::Action(action), now)
}

/// Draws, and tells the core what was drawn, as the program does.
fn settled(app: &mut App, columns: u16, rows: u16) -> Drawn {
    let drawn = sized(app, columns, rows);
    if let Some(msg) = shown(app, &drawn.hits) {
        let now = app.now;
        update(app, msg, now);
    }
    assert_eq!(shown(app, &drawn.hits), None, "what was told is known");
    drawn
}

fn type_words(app: &mut App, words: &str) {
    for c in words.chars() {
        act(app, Action::Edit(crate::app::Edit::Insert(c)));
    }
}

/// Whether these words stand somewhere as what was searched for.
fn found(drawn: &Drawn, words: &str) -> bool {
    let look = Theme::new(true, false).found();
    let wanted = format!("{:?} {:?} {words:?}", look.fg.unwrap_or_default(), look.add_modifier);
    drawn.styles().lines().any(|line| line.ends_with(&wanted))
}

const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 50)];

fn at_all_sizes(app: &mut App) -> String {
    let mut all = String::new();
    for (columns, rows) in SIZES {
        let text = settled(app, columns, rows).text();
        write!(all, "{columns}x{rows}\n{text}\n").unwrap();
    }
    all
}

#[test]
fn grouped() {
    insta::assert_snapshot!(at_all_sizes(&mut with_talk(long_talk())));
}

#[test]
fn scrolled_up() {
    let mut app = with_talk(long_talk());
    settled(&mut app, 80, 24);
    act(&mut app, Action::Scroll(Step::PageUp));
    let chat = app.screen.open().cloned().unwrap();
    app.accounts.values_mut().next().unwrap().conversations.get_mut(&chat.person().unwrap().who).unwrap().unread = 2;
    let mut all = String::new();
    for (columns, rows) in SIZES {
        app.screen.pane_mut().place = Place::END;
        act(&mut app, Action::Scroll(Step::PageUp));
        all.push_str(&settled(&mut app, columns, rows).text());
    }
    insta::assert_snapshot!(all);
}

#[test]
fn selecting() {
    let mut app = with_talk(long_talk());
    settled(&mut app, 80, 24);
    reading(&mut app, Reading::Select);
    for _ in 0..4 {
        reading(&mut app, Reading::Step(Step::Up));
    }
    let mut all = at_all_sizes(&mut app);
    all.push_str(&settled(&mut app, 80, 24).styles());
    insta::assert_snapshot!(all);
}

#[test]
fn details() {
    let mut app = with_talk(long_talk());
    let chat = app.screen.open().cloned().unwrap();
    let account = app.accounts.values_mut().next().unwrap();
    let talk = account.conversations.get_mut(&chat.person().unwrap().who).unwrap();
    let mut lost = talk.lines().next_back().unwrap().clone();
    lost.by = Author::Us;
    lost.fate = Some(Fate::Unconfirmed { why: "no answer came in time".to_owned() });
    (lost.tag, lost.body.style.bold) = (Some(MessageRef(9)), true);
    talk.push(Entry::Said(lost));
    let heard = app.now;
    talk.heard.insert(MessageRef(9), heard);
    reading(&mut app, Reading::Select);
    reading(&mut app, Reading::Details);
    // The zone of the machine that draws is not part of the picture.
    let zone = app.now.full().rsplit(' ').next().unwrap().to_owned();
    let utc: Vec<String> =
        app.screen.open().and_then(|chat| app.conversation(chat)).unwrap().lines().map(|line| line.at.to_rfc3339()).collect();
    let mut text = at_all_sizes(&mut app).replace(&zone, "+ZZ:ZZ");
    for time in utc {
        text = text.replace(&time, "UUUU-UU-UUTUU:UU:UU.UUUZ");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn hints() {
    let mut app = with_talk(long_talk());
    settled(&mut app, 80, 24);
    reading(&mut app, Reading::Links);
    let mut all = at_all_sizes(&mut app);
    all.push_str(&settled(&mut app, 80, 24).styles());
    insta::assert_snapshot!(all);
}

#[test]
fn searching() {
    let mut app = with_talk(long_talk());
    settled(&mut app, 80, 24);
    reading(&mut app, Reading::Search);
    type_words(&mut app, "line");
    let mut all = at_all_sizes(&mut app);
    all.push_str(&settled(&mut app, 80, 24).styles());
    insta::assert_snapshot!(all);
}

#[test]
fn searching_everywhere() {
    let mut app = with_talk(long_talk());
    settled(&mut app, 80, 24);
    reading(&mut app, Reading::History(Some("the".to_owned())));
    let mut all = at_all_sizes(&mut app);
    all.push_str(&settled(&mut app, 80, 24).styles());
    insta::assert_snapshot!(all);
}

/// The row of the pane in which a text stands.
fn row_of(drawn: &Drawn, wanted: &str) -> Option<usize> {
    drawn.text().lines().position(|row| row.contains(wanted))
}

#[test]
fn a_place_survives_sizes_and_news() {
    let mut talk = Conversation::default();
    let now = sample_app().now;
    for n in 0..500 {
        talk.push(line(now, Some("bob"), &format!("message {n} {}", "and many words ".repeat(n % 7))));
    }
    let mut app = with_talk(talk);
    settled(&mut app, 80, 24);
    for _ in 0..12 {
        act(&mut app, Action::Scroll(Step::PageUp));
        settled(&mut app, 80, 24);
    }
    let first = app.screen.pane().place.anchor.unwrap();
    let name = format!("message {} ", first.entry + 1);
    let row = row_of(&settled(&mut app, 80, 24), &name);
    assert!(row.is_some());
    for (columns, rows) in [(200, 50), (60, 10), (41, 12), (120, 40), (80, 24)] {
        assert!(row_of(&settled(&mut app, columns, rows), &name).is_some(), "{columns}x{rows}");
    }
    let (id, bob) = (app.accounts.keys().next().unwrap().clone(), app.screen.open().unwrap().person().unwrap().who.clone());
    let before = (app.screen.pane().place, row_of(&settled(&mut app, 80, 24), &name));
    for _ in 0..3 {
        let event = crate::backend::Event::Text {
            id: "x".into(),
            from: bob.clone(),
            body: Body::plain("new"),
            sent: None,
            delayed: false,
        };
        update(&mut app, Msg::Account(id.clone(), event), now);
    }
    let drawn = settled(&mut app, 80, 24);
    assert_eq!((app.screen.pane().place, row_of(&drawn, &name)), before, "nothing moves when messages come");
    assert!(drawn.text().contains("newer, 3 unread"), "{}", drawn.text());
    // Older ones before them do not move it either.
    let talk = app.accounts.get_mut(&id).unwrap().conversations.get_mut(&bob).unwrap();
    older(talk, 100, &line(now, None, "older"));
    assert_eq!((app.screen.pane().place, row_of(&settled(&mut app, 80, 24), &name)), before);
    act(&mut app, Action::Edit(crate::app::Edit::End));
    assert!(row_of(&settled(&mut app, 80, 24), "message 499").is_some(), "End goes to the end");
    assert_eq!(app.unread(), 2, "only those of Carla are left");
}

#[test]
fn scrolling_ends_where_the_messages_end() {
    let mut app = sample_app();
    act(&mut app, Action::Scroll(Step::Top));
    let drawn = settled(&mut app, 80, 14);
    assert!(drawn.text().contains("leaving now"), "{}", drawn.text());
    for _ in 0..40 {
        act(&mut app, Action::Scroll(Step::PageUp));
    }
    settled(&mut app, 80, 14);
    assert_eq!(app.screen.pane().place.anchor, Some(Anchor::default()));
    act(&mut app, Action::Scroll(Step::Down));
    settled(&mut app, 80, 14);
    assert_eq!(app.screen.pane().place.anchor, Some(Anchor { entry: 0, row: 1 }), "steps beyond the top do not count");
    for _ in 0..40 {
        act(&mut app, Action::Scroll(Step::PageDown));
    }
    settled(&mut app, 80, 14);
    assert_eq!(app.screen.pane().place, Place::END);
}

#[test]
fn a_million_lines_cost_what_is_on_the_screen() {
    let now = sample_app().now;
    let mut talk = Conversation::default();
    let by = Author::Them(Address::parse("bob@example.test").unwrap());
    talk.entries = (0..1_000_000)
        .map(|_| {
            Entry::Said(Line { at: now, by: by.clone(), body: Body::plain("x"), tag: None, id: None, fate: None, delayed: false })
        })
        .collect();
    talk.first = -3;
    let mut app = with_talk(talk);
    let mut most = 0;
    for place in [Place::END, Place::from(500_000), Place::from(-3)] {
        app.screen.pane_mut().place = place;
        for scroll in [None, Some(Step::PageUp), Some(Step::PageDown), Some(Step::Up), Some(Step::Bottom)] {
            if let Some(step) = scroll {
                act(&mut app, Action::Scroll(step));
            }
            most = most.max(settled(&mut app, 80, 24).hits.laid_out);
        }
    }
    assert!(most <= 24 * 4, "{most} entries laid out");
    reading(&mut app, Reading::Step(Step::Top));
    assert_eq!(app.screen.pane().place.anchor, Some(Anchor { entry: -3, row: 0 }));
}

#[test]
fn unread_messages_are_read_from_the_first() {
    let mut app = with_talk(Conversation::default());
    let (id, now) = (app.accounts.keys().next().unwrap().clone(), app.now);
    let carla = Address::parse("carla@example.test").unwrap();
    let talk = app.accounts.get_mut(&id).unwrap().conversations.get_mut(&carla).unwrap();
    for n in 0..60 {
        talk.push(line(now, Some("carla"), &format!("carla {n}")));
    }
    talk.unread = 40;
    app.size = (80, 24);
    act(&mut app, Action::Chat(ChatAct::NextUnread));
    assert_eq!(app.unread(), 40, "what is not seen is not read");
    let drawn = settled(&mut app, 80, 24);
    let text = drawn.text();
    assert!(text.contains("40 new") && text.contains("carla 22") && !text.contains("carla 59"), "{text}");
    act(&mut app, Action::Scroll(Step::Bottom));
    settled(&mut app, 80, 24);
    assert_eq!((app.unread(), app.screen.pane().mark), (0, Some(22)), "the line stays until it is left");
    act(&mut app, Action::Scroll(Step::PageUp));
    settled(&mut app, 80, 24);
    let place = app.screen.pane().place;
    act(&mut app, Action::Chat(ChatAct::Last));
    act(&mut app, Action::Chat(ChatAct::Last));
    assert_eq!(app.screen.pane().place.anchor, place.anchor, "where one was is where one comes back to");
    assert_eq!(app.screen.pane().mark, None);
}

#[test]
fn what_is_selected_is_done_with() {
    let mut app = with_talk(long_talk());
    let (keymap, problems) = Keymap::new(&settings());
    assert_eq!(problems, []);
    press(&mut app, &keymap, "up");
    assert_eq!((app.focus, app.screen.pane().place.cursor), (Focus::Messages, Some(19)));
    for key in ["k", "k"] {
        press(&mut app, &keymap, key);
    }
    assert_eq!(press(&mut app, &keymap, "y")[0], Effect::Copy("can you check the alert cleared?".to_owned()));
    let Effect::Copy(whole) = press(&mut app, &keymap, "shift-y").remove(0) else { panic!("copied") };
    assert!(whole.ends_with(" Bob Stone: can you check the alert cleared?") && whole.contains("2026"), "{whole}");
    press(&mut app, &keymap, "shift-r");
    assert!(app.notes.back().unwrap().text.starts_with("only messages of yours"));
    press(&mut app, &keymap, "u");
    settled(&mut app, 80, 24);
    assert_eq!((app.unread(), app.screen.pane().mark), (2 + 3, Some(17)), "stays unread although it is in view");
    press(&mut app, &keymap, "r");
    assert_eq!(app.focus, Focus::Composer);
    assert_eq!(app.screen.drafts.values().next().unwrap().text(), "> can you check the alert cleared?\n");
    press(&mut app, &keymap, "ctrl-s");
    press(&mut app, &keymap, "g");
    settled(&mut app, 80, 24);
    assert_eq!(app.screen.pane().place.cursor, Some(0));
    press(&mut app, &keymap, "pagedown");
    settled(&mut app, 80, 24);
    assert!(app.screen.pane().place.cursor > Some(5), "the selection stays in view");
    press(&mut app, &keymap, "shift-g");
    press(&mut app, &keymap, "j");
    assert_eq!(app.focus, Focus::Composer);
}

#[test]
fn the_cursor_stands_on_the_selected_message() {
    let mut app = with_talk(long_talk());
    reading(&mut app, Reading::Select);
    reading(&mut app, Reading::Step(Step::Up));
    for (columns, rows) in SIZES {
        settled(&mut app, columns, rows);
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        let mut hits = Hits::default();
        terminal.draw(|frame| view(&app, &Theme::new(true, false), frame, &mut hits)).unwrap();
        let cursor = terminal.get_cursor_position().unwrap();
        let Some(Target::Message(_, number)) = hits.at(cursor.x, cursor.y) else { panic!("{columns}x{rows}: no message there") };
        assert_eq!(Some(*number), app.screen.pane().place.cursor);
    }
}

#[test]
fn a_message_higher_than_the_screen_can_be_read_through() {
    let mut talk = Conversation::default();
    let now = sample_app().now;
    talk.push(line(now, Some("bob"), "before"));
    let rows: Vec<String> = (0..60).map(|n| format!("row {n}")).collect();
    talk.push(line(now, Some("bob"), &rows.join("\n")));
    talk.push(line(now, Some("bob"), "after"));
    let mut app = with_talk(talk);
    reading(&mut app, Reading::Select);
    reading(&mut app, Reading::Step(Step::Top));
    settled(&mut app, 80, 24);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..80 {
        let text = settled(&mut app, 80, 24).text();
        seen.extend((0..60).filter(|n| {
            text.contains(&format!("row {n} ")) || text.lines().any(|row| row.trim_end().ends_with(&format!("row {n}")))
        }));
        reading(&mut app, Reading::Step(Step::Down));
    }
    assert_eq!(seen.len(), 60);
}

fn mouse(app: &mut App, kind: MouseEventKind, (column, row): (u16, u16)) -> Effects {
    let drawn = settled(app, 80, 24);
    let (keymap, _) = Keymap::new(&settings());
    let event = Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
    let now = app.now;
    translate(event, app, &drawn.hits, &keymap).into_iter().flat_map(|msg| update(app, msg, now)).collect()
}

#[test]
fn the_mouse_selects_messages_and_text() {
    let mut app = with_talk(long_talk());
    let drawn = settled(&mut app, 80, 24);
    let row = u16::try_from(row_of(&drawn, "done, 64 %").unwrap()).unwrap();
    let row_text = drawn.text().lines().nth(usize::from(row)).unwrap().to_owned();
    let column = u16::try_from(text::width(row_text.split("done").next().unwrap())).unwrap();
    let (down, drag, up) =
        (MouseEventKind::Down(MouseButton::Left), MouseEventKind::Drag(MouseButton::Left), MouseEventKind::Up(MouseButton::Left));
    mouse(&mut app, down, (column, row));
    assert_eq!((app.focus, app.screen.pane().place.cursor), (Focus::Messages, Some(16)));
    assert_eq!(mouse(&mut app, up, (column, row)), [], "a click copies nothing");
    app.now = Stamp::from_millis(app.now.as_millis() + 1_000);
    mouse(&mut app, down, (column + 6, row));
    assert!(app.screen.overlay.is_none(), "two clicks far apart are two");
    mouse(&mut app, drag, (column + 2, row + 1));
    let marked = settled(&mut app, 80, 24).styles();
    assert!(marked.contains("REVERSED \"64 %\"") && marked.contains("REVERSED \"can\""), "{marked}");
    assert_eq!(mouse(&mut app, up, (column + 2, row + 1))[0], Effect::Copy("64 %\ncan".to_owned()));
    assert!(app.screen.dragged.is_none());
    app.now = Stamp::from_millis(app.now.as_millis() + 1_000);
    mouse(&mut app, down, (column, row));
    mouse(&mut app, up, (column, row));
    mouse(&mut app, down, (column, row));
    assert!(matches!(app.screen.overlay, Some(Overlay::Letter(_, 16, _))), "twice: all about it");
    act(&mut app, Action::Back);
    mouse(&mut app, MouseEventKind::ScrollUp, (column, row));
    settled(&mut app, 80, 24);
    assert!(app.screen.pane().place.anchor.is_some());
    // Wrapped rows are one line again, code keeps its blanks.
    let drawn = settled(&mut app, 80, 24);
    let gzip =
        drawn.hits.texts.iter().find(|row| row.safe.get(row.part.clone()).is_some_and(|row| row.contains("gzip"))).unwrap();
    let from = (gzip.place.x, gzip.place.y);
    let dragged = crate::app::Dragged { from, to: (79, from.1 + 2) };
    let copied = drawn.hits.text_between(&dragged);
    assert!(copied.starts_with("    gzip   \"$log\"   # keep the blanks, and break only where"), "{copied}");
}

/// What terminals and people do to widths.
const ODD: [&str; 14] = [
    "👨‍👩‍👧‍👦 family 👩🏽‍🚀 🏳️‍🌈 ❤️ ☎︎ ©️ 1️⃣",
    "漢字とかな、ｆｕｌｌ ｗｉｄｔｈ 한국어 텍스트",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞",
    "שלום עולם مرحبا بالعالم mixed עם English",
    "\u{202e}evil\u{202c} \u{2066}isolate\u{2069} \u{200f}mark",
    "zero\u{200b}width\u{200c}joi\u{200d}ner\u{feff}bom\u{2060}",
    "tab\there\t\tand\tthere",
    "ปฏิบัติการ ไทย नमस्ते क्षत्रिय தமிழ்",
    "🇩🇪🇸🇪🇯🇵 flags 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "\u{1b}[31mred\u{7}\u{0}\u{9b}2J",
    "a\u{300}\u{300}\u{300}\u{300}\u{300}\u{300}\u{300}\u{300}\u{300}\u{300} flood",
    "ﷺ ꧅ 𒐫 ‱ … — wide signs",
    "https://例え.test/パス/に/長い/名前 https://a.test/ü👍🏽",
    "```\n漢字\tcode\t👨‍👩‍👧‍👦    x\n```\n> 引用 שלום\n    ｉｎｄｅｎｔ",
];

#[test]
fn odd_text_stays_in_its_cells() {
    let now = sample_app().now;
    for rows_of_text in [ODD.to_vec(), vec![&ODD.join(" ")], vec![&ODD.concat()]] {
        let mut talk = Conversation::default();
        for (n, text) in rows_of_text.iter().enumerate() {
            talk.push(line(now, (n % 2 == 0).then_some("bob"), text));
        }
        let mut app = with_talk(talk);
        for what in
            [None, Some(Reading::Select), Some(Reading::Links), Some(Reading::Details), Some(Reading::History(Some("e".into())))]
        {
            if let Some(what) = what {
                reading(&mut app, what);
            }
            for columns in (20..=130).step_by(11) {
                for place in [Place::END, Place { cursor: app.screen.pane().place.cursor, ..Place::from(0) }] {
                    app.screen.pane_mut().place = place;
                    fits(&settled(&mut app, columns, 24), columns);
                }
            }
            act(&mut app, Action::Back);
        }
    }
}

/// Every cell holds what it may, and lines between parts are whole.
fn fits(drawn: &Drawn, columns: u16) {
    let area = drawn.buffer.area;
    drawn.assert_sound(&columns);
    if columns >= 50 && !drawn.text().contains('╭') {
        let rule = (columns * 3 / 10).clamp(22, 32);
        assert!((1..area.height - 1).all(|y| drawn.buffer[(rule, y)].symbol() == "│"), "{columns}: {}", drawn.text());
    }
}

#[test]
fn looks_of_parts_do_not_need_colour() {
    let mut talk = Conversation::default();
    talk.push(line(sample_app().now, Some("bob"), "alice, see https://a.test"));
    if let Some(Entry::Said(line)) = talk.entries.back_mut() {
        line.body.style = TextStyle { italic: true, ..TextStyle::default() };
    }
    let mut app = with_talk(talk);
    reading(&mut app, Reading::Select);
    let styles = draw_with(&app, Theme::new(false, false), 80, 24).styles();
    assert!(
        styles.contains("BOLD | ITALIC | UNDERLINED \"alice\"") && styles.contains("ITALIC | UNDERLINED \"https://a.test\""),
        "{styles}"
    );
}

#[test]
fn any_wishes_keep_the_place_sound() {
    use proptest::prelude::*;
    let chat = sample_app().screen.open().cloned().unwrap();
    proptest!(ProptestConfig::with_cases(32), |(steps in proptest::collection::vec((0_u8..18, 10_u16..120, 3_u16..40), 1..40))| {
        let mut app = with_talk(long_talk());
        for (step, columns, rows) in steps {
            let now = app.now;
            match step {
                0 => drop(act(&mut app, Action::Scroll(Step::PageUp))),
                1 => drop(act(&mut app, Action::Scroll(Step::Down))),
                2 => drop(act(&mut app, Action::Wheel(Focus::Messages, -3))),
                3 => drop(reading(&mut app, Reading::Step(Step::Up))),
                4 => drop(reading(&mut app, Reading::Step(Step::Down))),
                5 => drop(reading(&mut app, Reading::Step(Step::Top))),
                6 => drop(reading(&mut app, Reading::Step(Step::PageDown))),
                7 => drop(reading(&mut app, Reading::Select)),
                8 => drop(reading(&mut app, Reading::Search)),
                9 => type_words(&mut app, "e"),
                10 => drop(reading(&mut app, Reading::NextHit(columns % 2 == 0))),
                11 => drop(reading(&mut app, Reading::Links)),
                12 => drop(act(&mut app, Action::Back)),
                13 => drop(reading(&mut app, Reading::Unread)),
                14 => drop(reading(&mut app, Reading::Pick(PaneId::default(), i64::from(columns) - 20))),
                15 => drop(act(&mut app, Action::Open)),
                16 => {
                    let talk = app.accounts.values_mut().next().unwrap().conversations.get_mut(&chat.person().unwrap().who).unwrap();
                    if columns % 2 == 0 {
                        talk.drop_oldest();
                    } else {
                        older(talk, 3, &line(now, Some("bob"), "older"));
                    }
                }
                _ => {
                    let drawn = settled(&mut app, columns, rows);
                    prop_assert!(drawn.hits.laid_out <= usize::from(rows) * 6 + 60, "{}", drawn.hits.laid_out);
                    let talk = app.conversation(&chat).unwrap();
                    let place = app.screen.panes.focused().place;
                    prop_assert!(place.anchor.is_none_or(|anchor| talk.entry(anchor.entry).is_some() || app.screen.open() != Some(&chat)));
                }
            }
        }
    });
}

/// Messages of the history before those that are here.
fn older(talk: &mut Conversation, count: i64, entry: &Entry) {
    let Entry::Said(line) = entry else { return };
    let lines: Vec<(i64, Line)> = (0..count).map(|place| (place, line.clone())).collect();
    talk.past.put(talk.first, crate::model::Side::Older, lines.into_iter());
}
