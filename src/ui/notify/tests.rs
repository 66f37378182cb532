//! Bytes for terminals, and what the environment gives away.

use super::*;
use crate::app::notices::NoticeKind;

fn notice(title: &str, body: &str) -> Notice {
    Notice { id: 7, kind: NoticeKind::Message, title: title.into(), body: body.into(), ..Notice::test() }
}

fn around(set: &[(&str, &str)]) -> Surroundings {
    Surroundings::of(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
}

#[test]
fn golden_bytes() {
    let bob = notice("Bob Stone", "hi; there");
    for (way, between, bytes) in [
        (Via::Bell, Between::Tmux, "\x07"),
        (
            Via::Osc99,
            Between::Nothing,
            "\x1b]99;i=chinwag-ab-7:d=0;Bob Stone\x1b\\\x1b]99;i=chinwag-ab-7:d=1:p=body;hi; there\x1b\\",
        ),
        (Via::Osc777, Between::Nothing, "\x1b]777;notify;Bob Stone;hi, there\x1b\\"),
        (Via::Osc9, Between::Nothing, "\x1b]9;Bob Stone: hi, there\x1b\\"),
        (Via::Osc777, Between::Tmux, "\x1bPtmux;\x1b\x1b]777;notify;Bob Stone;hi, there\x1b\x1b\\\x1b\\"),
        (Via::Osc9, Between::Screen, "\x1bP\x1b]9;Bob Stone: hi, there\x07\x1b\\"),
        (Via::Desktop, Between::Nothing, ""),
    ] {
        assert_eq!(sequence(way, &bob, 0xab, between), bytes, "{way:?} {between:?}");
    }
    assert_eq!(recall(Via::Osc99, 7, 0xab, Between::Nothing), "\x1b]99;i=chinwag-ab-7:p=close;\x1b\\");
    assert_eq!(recall(Via::Osc9, 7, 0xab, Between::Nothing), "");
    assert_eq!(readable("\x1b]9;x\x1b\\\x07"), "ESC ]9;xESC \\BEL");
}

#[test]
fn names_and_texts_of_others_drive_nothing() {
    let evil = "\x1b]2;owned\x07 \x1b\\ \u{9c} \u{9d}9;x \r\n \u{202e}live\u{2066} \u{0}\x7f;4;1";
    for way in [Via::Osc99, Via::Osc777, Via::Osc9] {
        for between in [Between::Nothing, Between::Tmux, Between::Screen] {
            let tame = sequence(way, &notice("n", "t"), 1, between);
            let wild = sequence(way, &notice(evil, evil), 1, between);
            let controls = |text: &str| text.chars().filter(|c| c.is_control()).collect::<String>();
            assert_eq!(controls(&wild), controls(&tame), "{way:?} {between:?}: {wild:?}");
            assert!(!wild.contains(['\u{202e}', '\u{2066}']), "{wild:?}");
        }
    }
    let order = sequence(Via::Osc9, &notice("4;1;50", "x"), 1, Between::Nothing);
    assert_eq!(order, "\x1b]9;4,1,50: x\x1b\\", "no order of ConEmu's");
}

#[test]
fn nothing_is_longer_than_screen_passes_on() {
    for letter in ["x", "é", "漢", "🎣", "a\u{301}"] {
        let long = notice(&letter.repeat(5_000), &letter.repeat(50_000));
        for way in [Via::Osc777, Via::Osc9] {
            assert!(sequence(way, &long, u32::MAX, Between::Screen).len() <= 700, "{way:?} {letter}");
        }
        for part in sequence(Via::Osc99, &long, u32::MAX, Between::Screen).split_inclusive("\x1b\\") {
            assert!(part.len() <= 700, "{letter}");
        }
        let (title, body) = texts(&long);
        assert!(title.chars().count() <= MAX_TITLE && body.chars().count() <= MAX_BODY);
    }
}

#[test]
fn ways_by_the_environment() {
    let auto = NotifySettings::default();
    let bus = ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/1000/bus");
    let ssh = ("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22");
    let tmux = [("TERM", "tmux-256color"), ("TMUX", "/tmp/tmux-0/default,1,0")];
    for (set, expected) in [
        (vec![("TERM", "xterm-256color")], vec![Via::Bell]),
        (vec![("TERM", "xterm-256color"), bus], vec![Via::Bell, Via::Desktop]),
        (vec![("TERM", "xterm-256color"), bus, ssh], vec![Via::Bell]),
        (vec![("TERM", "xterm-kitty"), ssh], vec![Via::Osc99]),
        (vec![("TERM", "xterm-kitty"), bus, ssh], vec![Via::Osc99]),
        (vec![("TERM", "xterm-kitty"), bus], vec![Via::Bell, Via::Desktop]),
        (vec![("TERM", "foot-extra")], vec![Via::Osc777]),
        (vec![("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")], vec![Via::Osc9]),
        (vec![("TERM", "xterm-256color"), ("WT_SESSION", "x")], vec![Via::Osc9]),
        (vec![tmux[0], tmux[1], ("KITTY_WINDOW_ID", "1")], vec![Via::Osc99, Via::Bell]),
        (vec![tmux[0], tmux[1]], vec![Via::Bell]),
        (vec![("TERM", "screen-256color"), ssh, ("LC_TERMINAL", "iTerm2")], vec![Via::Bell]),
        (vec![("TERM", "screen"), ("STY", "1.x"), ("LC_TERMINAL", "iTerm2")], vec![Via::Osc9, Via::Bell]),
        (vec![], vec![Via::Bell]),
    ] {
        assert_eq!(ways(&auto, &around(&set), true), expected, "{set:?}");
    }
    let at_desk = around(&[("TERM", "xterm-kitty"), bus]);
    assert_eq!(ways(&auto, &at_desk, false), [Via::Osc99], "the desktop was given up");
    let chosen = NotifySettings { via: vec![Via::Command, Via::Auto, Via::Bell, Via::Bell], ..auto.clone() };
    assert_eq!(ways(&chosen, &at_desk, true), [Via::Bell, Via::Desktop], "no command is set");
    let chosen = NotifySettings { command: vec!["true".into()], bell: false, ..chosen };
    assert_eq!(ways(&chosen, &at_desk, true), [Via::Desktop, Via::Command]);
    assert!(ways(&NotifySettings { via: vec![], ..auto }, &at_desk, true).is_empty());
}
