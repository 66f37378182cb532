//! Foreign text becomes text a terminal can show: examples, properties, and the hostile cases T11, T35 and T36
//! of `docs/security.md`.

use proptest::prelude::*;

use super::*;

#[test]
fn flags_are_letters() {
    assert_eq!(line("\u{1f1e9}\u{1f1ea} and \u{1f1ff}"), "DE and Z");
    assert_eq!(width(&line("\u{1f1e9}\u{1f1ea}")), 2);
}

#[test]
fn escapes_overrides_and_smears_are_gone() {
    assert_eq!(line("a\u{1b}[2Jb\u{7}\u{9b}31m\u{7f}"), "a␛[2Jb␇\u{fffd}31m␡");
    assert_eq!(line("evil\u{202e}txt.exe\u{2066}x\u{2069}"), "eviltxt.exex");
    assert_eq!(line("a\u{200b}b\u{feff}c\u{e0041}"), "abc");
    assert_eq!(line(&format!("a{}", "\u{301}".repeat(500))), format!("a{}", "\u{301}".repeat(MAX_MARKS)));
    assert_eq!(line("\u{301}\u{301}a"), "a");
    assert_eq!(line("one\r\ntwo\tthree\u{2028}four"), "one two three four");
    assert_eq!(block("one\r\ntwo\tx\rthree"), "one\ntwo    x\nthree");
}

/// Sequences that terminals obey, or answer into the input of whoever reads them: titles, fonts, palettes, the
/// clipboard, links, reports, modes, in the seven-bit form and in that of one character.
const SEQUENCES: [&str; 24] = [
    "\u{1b}[2J",
    "\u{1b}[?1049l",
    "\u{1b}[6n",
    "\u{1b}[21t",
    "\u{1b}]0;title\u{7}",
    "\u{1b}]2;title\u{1b}\\",
    "\u{1b}]4;1;?\u{7}",
    "\u{1b}]7;file://host/\u{7}",
    "\u{1b}]8;;https://evil.test\u{1b}\\here\u{1b}]8;;\u{1b}\\",
    "\u{1b}]9;notice\u{7}",
    "\u{1b}]50;$(reboot)\u{7}",
    "\u{1b}]52;c;cmVib290Cg==\u{7}",
    "\u{1b}]1337;File=inline=1:AAAA\u{7}",
    "\u{1b}P$q\"p\u{1b}\\",
    "\u{1b}P+q544e\u{1b}\\",
    "\u{1b}_apc\u{1b}\\",
    "\u{1b}^pm\u{1b}\\",
    "\u{1b}Xsos\u{1b}\\",
    "\u{1b}GQ\r",
    "\u{1b}c",
    "\u{9b}31m",
    "\u{9d}0;title\u{9c}",
    "\u{90}$q\u{9c}",
    "\r\n\u{8}\u{7f}\u{0}\u{e}\u{f}\u{85}\u{84}",
];

/// Whether nothing in it is obeyed by a terminal, or cannot be seen.
fn is_tame(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || is_unseen(c))
}

/// What Unicode calls ignorable by default, but joiners and selectors of pictures; told here by its own list, so
/// that a hole in the other one is found.
fn is_unseen(c: char) -> bool {
    matches!(u32::from(c),
        0xad | 0x34f | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f | 0x200b | 0x200e | 0x200f
        | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0d | 0xfeff | 0xffa0 | 0xfff0..=0xfff8
        | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff)
}

/// Every way into the terminal: as one line, as several, cut, broken into rows.
fn assert_tame(text: &str) {
    assert!(is_tame(&line(text)), "{text:?}");
    for row in block(text).split('\n') {
        assert!(is_tame(row), "{text:?}");
    }
    for cells in [1, 4, 30] {
        assert!(is_tame(&fit(&line(text), cells)) && width(&fit(&line(text), cells)) == cells, "{text:?}");
        assert!(wrap(&block(text), cells).iter().all(|row| is_tame(row) && width(row) <= cells), "{text:?}");
    }
    assert_eq!(line(&line(text)), line(text), "what is safe stays as it is");
    assert_eq!(block(&block(text)), block(text), "what is safe stays as it is");
}

#[test]
fn t11_a_sequence_cut_anywhere_is_none() {
    for sequence in SEQUENCES {
        for end in 0..=sequence.len() {
            // Octets that are no text any more are read as everywhere: with signs in their place.
            let cut = String::from_utf8_lossy(&sequence.as_bytes()[..end]);
            assert_tame(&cut);
            // A letter behind it is not swallowed, as the rest of a sequence would be.
            assert!(line(&format!("{cut}z")).ends_with('z'), "{cut:?}");
            for other in SEQUENCES {
                assert!(is_tame(&line(&format!("{cut}{other}"))), "{cut:?} {other:?}");
            }
        }
    }
}

#[test]
fn t35_sequences_are_shown_not_obeyed() {
    for sequence in SEQUENCES {
        assert_tame(sequence);
        assert_tame(&format!("name {sequence} and more"));
        assert_tame(&sequence.repeat(200));
        let octets = [b"a\x9b\x9d\x90\xc2", sequence.as_bytes(), b"\xc2\x1b"].concat();
        assert_tame(&String::from_utf8_lossy(&octets));
    }
    assert_eq!(line("end\u{1b}"), "end␛");
    assert_eq!(line("\u{1b}]52;c;eA==\u{7}"), "␛]52;c;eA==␇");
}

#[test]
fn t36_a_flood_of_marks_is_a_letter_with_a_few() {
    for mark in ['\u{301}', '\u{20dd}', '\u{e31}', '\u{483}', '\u{1ab0}', '\u{fe20}', '\u{11a8}', '\u{94d}'] {
        let flood = line(&format!("a{}b", String::from(mark).repeat(100_000)));
        assert!(flood.chars().count() <= MAX_MARKS + 2, "{mark:?}");
    }
    let mixed: String = "\u{301}\u{302}\u{200b}\u{ad}\u{200d}\u{323}".repeat(1_000);
    assert!(line(&format!("a{mixed}")).chars().count() <= MAX_MARKS + 1);
    // Pictures joined without end, of which a terminal may show each.
    let chain = line(&"👩\u{200d}".repeat(1_000));
    assert!(chain.graphemes(true).all(|picture| picture.chars().count() <= 2 * MAX_JOINTS + 1), "{chain}");
}

#[test]
fn what_cannot_be_seen_stays_only_where_it_means_something() {
    for (text, shown) in [
        ("al\u{200d}ice", "alice"),
        ("al\u{200c}ice", "alice"),
        ("a\u{fe0f}b\u{fe0e}\u{fe00}", "ab"),
        ("a\u{34f}b", "ab"),
        ("👩\u{200d}", "👩"),
        ("👩\u{200d}x", "👩x"),
        ("👩\u{200d}\u{1f1e9}", "👩D"),
        ("👩\u{200d}👩\u{200d}👧", "👩\u{200d}👩\u{200d}👧"),
        ("🏳\u{fe0f}\u{200d}🌈", "🏳\u{fe0f}\u{200d}🌈"),
        ("1\u{fe0f}\u{20e3}", "1\u{fe0f}\u{20e3}"),
        ("می\u{200c}خواهم", "می\u{200c}خواهم"),
        ("می\u{200c}", "می"),
        // By what stands behind it in the end: the mark of direction goes, and so does the seventh mark.
        ("می\u{200c}\u{61c}x", "میx"),
        ("ی\u{64b}\u{64b}\u{64b}\u{64b}\u{64b}\u{200c}\u{64b}x", "ی\u{64b}\u{64b}\u{64b}\u{64b}\u{64b}x"),
        ("ന\u{d4d}\u{200d}", "ന\u{d4d}\u{200d}"),
        ("क\u{94d}\u{200d}\u{200d}ष", "क\u{94d}\u{200d}ष"),
    ] {
        assert_eq!(line(text), shown, "{text:?}");
        assert_eq!(line(shown), shown, "{text:?}");
    }
}

#[test]
fn links_lead_where_they_may() {
    assert_eq!(link("HTTPS://example.test/a?b=c;d"), Some("HTTPS://example.test/a?b=c;d".to_owned()));
    assert_eq!(link("https://example.test/ä \u{1b}\\x"), Some("https://example.test/%C3%A4%20%1B\\x".to_owned()));
    assert_eq!(link("sip:bob@example.test"), Some("sip:bob@example.test".to_owned()));
    for bad in
        ["file:///etc/passwd", "javascript:alert(1)", "example.test", "", "ssh://x", &format!("http://{}", "x".repeat(3_000))]
    {
        assert_eq!(link(bad), None, "{bad}");
    }
}

#[test]
fn widths_by_grapheme() {
    for (text, cells) in
        [("abc", 3), ("字字", 4), ("e\u{301}", 1), ("❤\u{fe0f}", 2), ("👨‍👩‍👧", 2), ("🇩🇪", 2), ("שלום", 4), ("ｆｕｌｌ", 8)]
    {
        assert_eq!(width(&line(text)), cells, "{text}");
    }
}

#[test]
fn truncation_says_so() {
    assert_eq!(truncate("abcdef", 4), "abc…");
    assert_eq!(truncate("字字字", 4), "字…");
    assert_eq!(truncate("abc", 3), "abc");
    assert_eq!(truncate("abc", 0), "");
    assert_eq!(fit("字字字", 4), "字… ");
}

#[test]
fn the_end_of_a_text_is_whole_letters() {
    assert_eq!((tail("one two", 3), tail("one", 9), tail("one", 0)), ("two", "one", ""));
    assert_eq!((tail("a字", 1), tail("a字", 2), tail("👨‍👩‍👧e\u{301}", 3)), ("", "字", "👨‍👩‍👧e\u{301}"));
}

#[test]
fn wraps_between_words() {
    assert_eq!(wrap("can you check the alert", 10), ["can you", "check the", "alert"]);
    assert_eq!(wrap("https://example.test/r/4711", 12), ["https://exam", "ple.test/r/4", "711"]);
    assert_eq!(wrap("字字字字", 5), ["字字", "字字"]);
    assert_eq!(wrap("log: https://a.test", 14), ["log:", "https://a.test"]);
    assert_eq!(wrap("  in  it", 20), ["  in  it"]);
    assert_eq!(wrap("a\n\nb", 5), ["a", "", "b"]);
    assert_eq!(wrap("字", 1), ["…"]);
}

#[test]
fn rows_know_where_they_begin() {
    let rows = |text: &str, lead| break_words(text, lead, 10).into_iter().map(|row| text[row].to_owned()).collect::<Vec<_>>();
    assert_eq!(rows("can you check the alert", 6), ["can", "you check", "the alert"]);
    assert_eq!(rows("understand it", 6), ["", "understand", "it"]);
    let text = "if x:    go  to 1";
    assert_eq!(break_cells(text, 0, 8).into_iter().map(|row| &text[row]).collect::<Vec<_>>(), ["if x:", " go  to", "1"]);
}

#[test]
fn a_letter_wider_than_the_row_is_an_ellipsis() {
    // One grapheme of three cells: a wide letter with a spacing mark.
    for (text, cells, shown) in [("꒐ો", 2, "…"), ("字", 1, "…"), ("a字", 2, "a字"), ("꒐ો", 3, "꒐ો")] {
        assert_eq!(narrowed(text, cells), shown, "{text} in {cells}");
    }
}

proptest! {
    #[test]
    fn never_a_control_character(text in any::<String>(), raw in proptest::collection::vec(0u32..0x300, 0..40)) {
        let all: String = text.chars().chain(raw.into_iter().filter_map(char::from_u32)).collect();
        assert_tame(&all);
        prop_assert!(!line(&all).chars().any(|c| c.is_control() || is_dropped(c)));
        prop_assert!(!block(&all).chars().any(|c| (c.is_control() && c != '\n') || is_dropped(c)));
    }

    #[test]
    fn never_wider_than_asked(text in any::<String>(), mixed in "[a-z 字👨é\u{301}\u{200d}]{0,40}", cells in 0usize..30) {
        for text in [line(&text), line(&mixed)] {
            prop_assert!(width(&truncate(&text, cells)) <= cells);
            prop_assert_eq!(width(&fit(&text, cells)), cells);
            for row in wrap(&text, cells) {
                prop_assert!(width(&row) <= cells.max(1), "{:?}", row);
            }
            for rows in [break_words(&text, 3, cells), break_cells(&text, 3, cells)] {
                let mut last = 0;
                for (n, row) in rows.into_iter().enumerate() {
                    prop_assert!(row.start >= last && text[last..row.start].trim().is_empty(), "nothing is left out");
                    let shown = narrowed(&text[row.clone()], cells.max(1));
                    prop_assert!(width(&shown) + if n == 0 { 3.min(cells.max(1)) } else { 0 } <= cells.max(1).max(3), "{shown:?}");
                    last = row.end;
                }
                prop_assert!(text[last..].trim().is_empty());
            }
        }
    }

    #[test]
    fn parts_of_sequences_in_any_order_are_tame(parts in proptest::collection::vec((0..SEQUENCES.len(), any::<prop::sample::Index>(), "\\PC{0,3}"), 0..12)) {
        let all: Vec<u8> = parts.into_iter().flat_map(|(which, end, text)| {
            let whole = SEQUENCES[which].as_bytes();
            [&whole[..end.index(whole.len() + 1)], text.as_bytes()].concat()
        }).collect();
        assert_tame(&String::from_utf8_lossy(&all));
    }
}
