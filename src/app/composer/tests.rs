//! What is typed, moved over, cut, taken back.

use proptest::prelude::*;

use super::*;

fn typed(text: &str, edits: &[Edit]) -> (String, usize) {
    let mut composer = Composer::with(text);
    for edit in edits {
        composer.apply(*edit);
    }
    (composer.text().to_owned(), composer.cursor())
}

#[test]
fn cursor_moves_by_graphemes() {
    // Family emoji (ZWJ), flag, e + combining acute, CJK.
    for one in ["👨‍👩‍👧", "🇩🇪", "e\u{301}", "字"] {
        let text = format!("a{one}b");
        assert_eq!(typed(&text, &[Edit::Left, Edit::Backspace]), ("ab".to_owned(), 1), "{one}");
        assert_eq!(typed(&text, &[Edit::Home, Edit::Right, Edit::Delete]), ("ab".to_owned(), 1), "{one}");
    }
}

#[test]
fn combining_mark_joins_the_letter_before() {
    let (text, cursor) = typed("e", &[Edit::Insert('\u{301}'), Edit::Left]);
    assert_eq!((text.as_str(), cursor), ("e\u{301}", 0));
}

#[test]
fn words_and_kills() {
    assert_eq!(typed("one two three", &[Edit::KillWordLeft]), ("one two ".to_owned(), 8));
    assert_eq!(typed("one two", &[Edit::WordLeft, Edit::KillToStart, Edit::End, Edit::Yank]), ("twoone ".to_owned(), 7));
    assert_eq!(typed("one two", &[Edit::Home, Edit::KillWordRight]), (" two".to_owned(), 0));
    assert_eq!(typed("ab\ncd", &[Edit::KillToStart, Edit::Backspace]), ("ab".to_owned(), 2));
    assert_eq!(typed("ab", &[Edit::Transpose]), ("ba".to_owned(), 2));
}

#[test]
fn lines_up_and_down_keep_the_column() {
    assert_eq!(typed("abc\nde\nfgh", &[Edit::Up]).1, 6);
    assert_eq!(typed("abc\nde\nfgh", &[Edit::Up, Edit::Up, Edit::Up]).1, 0);
    assert_eq!(typed("abc\ndef", &[Edit::Up, Edit::Left, Edit::Down]).1, 6);
}

#[test]
fn paste_is_text_only_and_bounded() {
    let mut composer = Composer::default();
    composer.paste("/quit\r\n\u{1b}[2Jx\u{9b}y");
    assert_eq!(composer.text(), "/quit\n[2Jxy");
    composer.paste(&"字".repeat(MAX_TEXT));
    assert!(composer.text().len() <= MAX_TEXT);
    assert!(composer.apply(Edit::Undo));
    assert_eq!(composer.text(), "/quit\n[2Jxy");
}

#[test]
fn undoing_goes_by_words_and_redoing_brings_them_back() {
    let mut composer = Composer::default();
    for c in "one two  three".chars() {
        composer.apply(Edit::Insert(c));
    }
    let mut seen = Vec::new();
    while composer.apply(Edit::Undo) {
        seen.push(composer.text().to_owned());
    }
    assert_eq!(seen, ["one two  ", "one ", ""]);
    while composer.apply(Edit::Redo) {}
    assert_eq!((composer.text(), composer.cursor()), ("one two  three", 14));
    // Letters deleted one by one belong together, up to a word.
    for _ in 0..7 {
        composer.apply(Edit::Backspace);
    }
    assert_eq!(composer.text(), "one two");
    composer.apply(Edit::Undo);
    assert_eq!(composer.text(), "one two  three");
    // Moving in between makes two changes of it; a new change ends what could be done again.
    composer.apply(Edit::Insert('x'));
    composer.apply(Edit::Home);
    composer.apply(Edit::Insert('y'));
    composer.apply(Edit::Undo);
    assert_eq!(composer.text(), "one two  threex");
    composer.apply(Edit::Insert('z'));
    assert!(!composer.apply(Edit::Redo));
    assert_eq!(composer.text(), "zone two  threex");
}

#[test]
fn pieces_cut_are_put_back_and_exchanged() {
    let text = |edits: &[Edit]| typed("one two three", edits).0;
    // Cut one after the other they are one piece, in the order of the text.
    assert_eq!(text(&[Edit::KillWordLeft, Edit::KillWordLeft, Edit::Home, Edit::Yank]), "two threeone ");
    assert_eq!(text(&[Edit::Home, Edit::KillWordRight, Edit::KillWordRight, Edit::End, Edit::Yank]), " threeone two");
    let two = [Edit::KillWordLeft, Edit::Home, Edit::KillWordRight, Edit::End];
    assert_eq!(text(&two), " two ");
    let put = |more: &[Edit]| text(&[&two[..], more].concat());
    assert_eq!(put(&[Edit::Yank]), " two one");
    assert_eq!(put(&[Edit::Yank, Edit::YankOther]), " two three");
    assert_eq!(put(&[Edit::Yank, Edit::YankOther, Edit::YankOther]), " two one");
    assert_eq!(put(&[Edit::Yank, Edit::Left, Edit::YankOther]), " two one", "only right after it was put");
    assert_eq!(put(&[Edit::YankOther]), " two ");
}

#[test]
fn up_and_down_go_by_the_rows_that_are_shown() {
    let mut composer = Composer::with("can you check the alert");
    // can you / check the / alert
    let mut steps = Vec::new();
    for edit in [Edit::Up, Edit::Up, Edit::Up, Edit::Down, Edit::Down, Edit::Down] {
        composer.apply_at(edit, 10);
        steps.push(composer.cursor());
    }
    assert_eq!(steps, [13, 5, 0, 13, 23, 23], "the column stays, also past the beginning");
    let mut wide = Composer::with("字字字字");
    wide.apply_at(Edit::Up, 4);
    assert_eq!(wide.cursor(), 6, "from the row behind the last full one");
    let mut short = Composer::with("abcdef\nx\nabcdef");
    for (edit, at) in [(Edit::Up, 8), (Edit::Up, 6), (Edit::Down, 8), (Edit::Down, 15)] {
        short.apply_at(edit, 20);
        assert_eq!(short.cursor(), at, "{edit:?}");
    }
    assert!(Composer::with("one row").is_at_edge(true, 20) && Composer::with("one row").is_at_edge(false, 20));
    assert!(!Composer::with("two\nrows").is_at_edge(true, 20));
}

#[test]
fn what_was_not_typed_is_known_as_such() {
    let mut composer = Composer::default();
    composer.apply(Edit::Insert('/'));
    composer.paste("quit");
    assert!(!composer.is_foreign());
    composer.take();
    composer.paste("/quit");
    assert!(composer.is_foreign());
    composer.apply(Edit::KillToStart);
    assert!(!composer.is_foreign());
    composer.paste("x");
    composer.apply(Edit::Home);
    composer.apply(Edit::Insert('/'));
    assert!(!composer.is_foreign(), "it begins with what was typed");
}

/// Where graphemes end, from the Unicode Consortium.
#[test]
fn the_cursor_stops_where_unicode_says() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/unicode/GraphemeBreakTest.txt");
    let file = std::fs::read_to_string(path).unwrap();
    let mut lines = 0;
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        let char = |code: &str| char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap();
        let graphemes: Vec<String> = line
            .split('÷')
            .map(|part| part.split('×').map(str::trim).filter(|code| !code.is_empty()).map(char).collect())
            .collect();
        let graphemes: Vec<String> = graphemes.into_iter().filter(|grapheme: &String| !grapheme.is_empty()).collect();
        let text = graphemes.concat();
        let mut ends: Vec<usize> = graphemes
            .iter()
            .scan(0, |at, grapheme| {
                *at += grapheme.len();
                Some(*at)
            })
            .collect();
        let mut composer = Composer::with(&text);
        composer.apply(Edit::Home);
        let mut stops = Vec::new();
        while composer.cursor() < text.len() {
            composer.apply(Edit::Right);
            stops.push(composer.cursor());
        }
        assert_eq!(stops, ends, "{line}");
        // Backwards the same places, and one row of one cell for each grapheme at most.
        ends.pop();
        let mut back = Vec::new();
        composer.apply(Edit::Left);
        while composer.cursor() > 0 {
            back.insert(0, composer.cursor());
            composer.apply(Edit::Left);
        }
        assert_eq!(back, ends, "{line}");
        assert!(
            rows(&text, 1).iter().all(|row| row.start == 0 || row.start == text.len() || ends.contains(&row.start)),
            "{line}"
        );
        lines += 1;
    }
    assert!(lines > 100);
}

const ALL: [Edit; 20] = [
    Edit::Newline,
    Edit::Backspace,
    Edit::Delete,
    Edit::Left,
    Edit::Right,
    Edit::WordLeft,
    Edit::WordRight,
    Edit::Home,
    Edit::End,
    Edit::Up,
    Edit::Down,
    Edit::KillToEnd,
    Edit::KillToStart,
    Edit::KillWordLeft,
    Edit::KillWordRight,
    Edit::Yank,
    Edit::YankOther,
    Edit::Transpose,
    Edit::Undo,
    Edit::Redo,
];

fn steps() -> impl Strategy<Value = Vec<Edit>> {
    let letter = "[a-z 字👨é\u{301}\u{200d}\u{1f1e9}]".prop_map(|text| Edit::Insert(text.chars().next().unwrap_or('x')));
    let step = prop_oneof![letter, any::<char>().prop_map(Edit::Insert), (0..ALL.len()).prop_map(|at| ALL[at])];
    proptest::collection::vec(step, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn arbitrary_edits_keep_the_cursor_between_graphemes(start in ".{0,12}", edits in steps(), width in 1usize..12) {
        let mut composer = Composer::with(&start);
        for edit in edits {
            composer.apply_at(edit, width);
            let at = composer.cursor();
            prop_assert!(at == composer.text().len() || composer.text().grapheme_indices(true).any(|(i, _)| i == at));
        }
    }

    #[test]
    fn what_is_undone_can_be_redone(start in ".{0,12}", edits in steps()) {
        let mut composer = Composer::with(&start);
        let start = composer.text().to_owned();
        for edit in edits {
            composer.apply_at(edit, 7);
        }
        // To the end of what can be done again first.
        while composer.apply(Edit::Redo) {}
        let end = composer.text().to_owned();
        let mut back = vec![end.clone()];
        while composer.apply(Edit::Undo) {
            back.push(composer.text().to_owned());
        }
        prop_assert_eq!(composer.text(), &start);
        for text in back.iter().rev().skip(1) {
            prop_assert!(composer.apply(Edit::Redo));
            prop_assert_eq!(composer.text(), text);
        }
        prop_assert_eq!(composer.text(), &end);
    }
}
