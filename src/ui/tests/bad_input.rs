//! Input nobody would wish for: a screen of one cell, a crowd, files of nonsense, a clock that jumps. All
//! goes on, and what is wrong is said.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::app::Effect;
use crate::backend::Event as Report;
use crate::config::{Binding, IdleSettings, KeySet, LooksFile, Place};
use crate::model::{Body, SignInPhase, WaitReason};

const YEAR: i64 = 366 * 24 * 60 * 60 * 1_000;

fn press_all(app: &mut App, script: &str) -> crate::app::Effects {
    crate::app::keys::script::play(app, script)
}

#[test]
fn fifty_thousand_contacts() {
    let mut app = sample_crowd(50_000);
    states::give_keys(&mut app, KeySet::Plain);
    let timed = |what: &str, mut act: Box<dyn FnMut() + '_>| {
        let start = Instant::now();
        act();
        println!("50,000 contacts, {what}: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    };
    timed("the rows made", Box::new(|| drop(sized(&mut app, 80, 24))));
    timed("a frame at 80x24", Box::new(|| drop(sized(&mut app, 80, 24))));
    timed("a frame at 250x70", Box::new(|| drop(sized(&mut app, 250, 70))));
    timed("a key", Box::new(|| drop(press_all(&mut app, "j"))));
    timed("to the last", Box::new(|| drop(press_all(&mut app, "G"))));
    assert!(sized(&mut app, 80, 24).text().contains("Person "));
    timed("a letter of a filter", Box::new(|| drop(press_all(&mut app, "/4"))));
    press_all(&mut app, "9999");
    assert_eq!(sized(&mut app, 80, 24).text().matches("Person 49999").count(), 1);
    press_all(&mut app, "<esc>");
    timed(
        "a letter in the palette, drawn",
        Box::new(|| {
            press_all(&mut app, "<C-k>7");
            sized(&mut app, 80, 24);
        }),
    );
    press_all(&mut app, "777<ret>");
    assert_eq!(app.screen.open().unwrap().person().unwrap().who.user(), "person7777");
    timed(
        "a presence",
        Box::new(|| {
            let now = crate::model::Presence { availability: crate::model::Availability::Busy, ..Default::default() };
            states::tell(&mut app, Report::Presence { who: states::address("person321"), now });
            sized(&mut app, 80, 24);
        }),
    );
    for (columns, rows) in [(1, 1), (2, 1), (1, 2), (10, 3), (40, 12)] {
        sized(&mut app, columns, rows).assert_sound(&(columns, rows));
    }
}

/// Each of five hundred people said something: all are found one by one, and nothing is left unread.
#[test]
fn five_hundred_conversations() {
    let mut app = sample_crowd(500);
    states::give_keys(&mut app, KeySet::Plain);
    for n in 0..500 {
        let body = Body::plain(format!("hello from {n}"));
        let from = states::address(&format!("person{n}"));
        states::tell(&mut app, Report::Text { id: format!("{n:016x}"), from, body, sent: None, delayed: false });
    }
    assert_eq!(app.unread(), 500);
    assert!(sized(&mut app, 80, 24).text().contains("500 unread"));
    for left in (0..500).rev() {
        press_all(&mut app, "<C-x>a");
        assert_eq!(app.unread(), left);
    }
    press_all(&mut app, "a word<C-n>another");
    assert_eq!(app.screen.drafts.values().filter(|draft| !draft.is_empty()).count(), 2);
    assert!(!app.notes.iter().any(|note| note.text.contains("dropped")));
}

#[test]
fn a_screen_of_one_cell() {
    for (name, make) in states::ALL {
        for (columns, rows) in [(1, 1), (1, 70), (250, 1), (2, 2), (3, 3)] {
            let mut app = make();
            let drawn = sized(&mut app, columns, rows);
            drawn.assert_sound(&(name, columns, rows));
            press_all(&mut app, "<C-k>x<esc><f1><pgdown><esc><tab><pgup><up>");
            sized(&mut app, columns, rows).assert_sound(&(name, columns, rows));
        }
    }
    assert_eq!(sized(&mut sample_app(), 1, 1).text(), "…\n");
}

/// A book pasted into a line: its end is shown, and each frame takes no longer than another.
#[test]
fn a_book_in_one_line() {
    for script in ["<C-k>", "<f1>", "<C-f>", "<f4>"] {
        let mut app = sample_app();
        app.prompts.clear();
        press_all(&mut app, script);
        let now = app.now;
        update(&mut app, Msg::Paste("ﷺ字 words ".repeat(6_000)), now);
        update(&mut app, Msg::Paste("the end".to_owned()), now);
        for _ in 0..3 {
            let drawn = sized(&mut app, 80, 24);
            drawn.assert_sound(&script);
        }
        assert!(sized(&mut app, 80, 24).text().contains("words "), "{script}");
    }
}

/// A file of keys full of nonsense: each line of it is named, once, and the keys one needs to leave and to
/// find help go on.
#[test]
fn keys_of_nonsense() {
    let words = prop_oneof!["\\PC{0,12}", "ctrl-\\PC", "[a-z-]{0,10}", Just("help".to_owned()), Just("ctrl-x".to_owned())];
    let line = (prop_oneof![Just("everywhere"), Just("roster"), Just("nowhere"), Just("overlay")], words.clone(), words);
    proptest!(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) }, |(lines in proptest::collection::vec(line, 0..60))| {
        let keys: Vec<Binding> = lines.into_iter().enumerate().map(|(at, (context, chord, action))| {
            Binding { context: context.to_owned(), chord, action, place: Place { line: at + 1, column: 1 } }
        }).collect();
        let mut app = sample_app();
        let idle = IdleSettings { idle_after: Duration::ZERO, away_after: Duration::ZERO, lock_after: Duration::ZERO, multiplexer: false };
        let problems = app.configure(&UiSettings { keys: keys.clone(), ..UiSettings::default() }, &idle);
        for binding in keys.iter().filter(|key| key.context != "nowhere" && crate::app::keys::Sequence::parse(&key.chord).is_none()) {
            prop_assert!(problems.iter().any(|problem| problem.binding.place.line == binding.place.line), "{binding:?} is not said");
        }
        for problem in &problems {
            let said = problem.to_string();
            prop_assert!(!said.is_empty() && said.contains(&format!("line {}", problem.binding.place.line)), "{said}");
        }
        app.screen.overlay = None;
        app.screen.drafts.clear();
        sized(&mut app, 80, 24);
        prop_assert!(!app.keys.of("quit").is_empty() || keys.iter().any(|key| key.chord.contains("ctrl-q") || key.chord.contains("ctrl-x")));
    });
}

/// A file of looks full of nonsense: something is said of it, and everything can still be read.
#[test]
fn looks_of_nonsense() {
    let word = "[a-z\"\\[\\]{}=#0-9. \n]{0,30}";
    proptest!(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) }, |(parts in proptest::collection::vec(word, 1..8))| {
        let text = format!("inherits = \"dark\"\n{}\ntext = {{ fg = \"nothing\" }}\n", parts.join("\n"));
        let (file, problems) = LooksFile::parse(&text, std::path::Path::new("odd.toml"));
        prop_assert!(!problems.is_empty(), "{text}");
        let abilities = Abilities { depth: Depth::True, marks: Marks { set: Set::Unicode, utf8: true }, ..Abilities::default() };
        let theme = Theme::of("odd", &[("odd".to_owned(), file)], &abilities);
        let drawn = draw_with(&sample_app(), theme, 80, 24);
        prop_assert_eq!(drawn.text(), draw_with(&sample_app(), Theme::new(true, false), 80, 24).text());
    });
}

/// A clock that is set back by a year, or forward: what is shown stays sane, waits are not told wrong, and
/// all goes on.
#[test]
fn a_clock_that_jumps() {
    for jump in [-YEAR, YEAR] {
        for (name, make) in states::ALL {
            let mut app = make();
            let later = Stamp::from_millis(app.now.as_millis() + jump);
            update(&mut app, Msg::Timer("none"), later);
            for (columns, rows) in [(40, 12), (80, 24), (200, 50)] {
                let text = sized(&mut app, columns, rows).text();
                assert!(!(0..10).any(|digit| text.contains(&format!(" -{digit}"))), "{name} {jump}:\n{text}");
            }
            let came = Report::Text {
                id: "0123456789abcdef".into(),
                from: states::address("bob"),
                body: Body::plain("still here?"),
                sent: Some(Stamp::from_millis(app.now.as_millis() - 2 * jump)),
                delayed: true,
            };
            states::tell(&mut app, came);
            states::tell(&mut app, Report::AllStale);
            press_all(&mut app, "<esc><esc><f7><esc><C-c>");
            sized(&mut app, 80, 24).assert_sound(name);
        }
    }
}

/// What waits for the next try is told by the wait, not by a clock that was set since.
#[test]
fn a_wait_is_not_told_by_a_clock_that_was_set_back() {
    let mut app = sample_app();
    app.prompts.clear();
    let phase = SignInPhase::Waiting { retry_in: Duration::from_secs(30), why: WaitReason::Closed };
    states::tell(&mut app, Report::Phase { phase, server: None, transport: None });
    let start = app.now;
    for (jump, wanted) in [(0, "next try in 30 s"), (-YEAR, "next try soon"), (YEAR, "next try soon")] {
        let effects = update(&mut app, Msg::Timer("retry"), Stamp::from_millis(start.as_millis() + jump));
        let text = sized(&mut app, 80, 24).text();
        assert!(text.contains(wanted), "{jump}:\n{text}");
        for effect in effects {
            if let Effect::StartTimer(_, after) = effect {
                assert!(after <= Duration::from_mins(2), "{jump}: {after:?}");
            }
        }
    }
}
