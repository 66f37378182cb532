//! Normal mode, command by command.

use super::*;

/// Presses keys in normal mode on a text whose `|` is the cursor; gives the text with its cursor, and
/// the mode by a letter.
fn vim(text: &str, keys: &str) -> String {
    let at = text.find('|').unwrap();
    let mut composer = Composer::with(&text.replacen('|', "", 1));
    composer.go_to(at);
    let mut vim = Vim { mode: Mode::Normal, ..Vim::default() };
    let mut letters = keys.chars();
    while let Some(c) = letters.next() {
        if vim.mode == Mode::Insert && c != '\u{1b}' {
            composer.apply(Edit::Insert(c));
            continue;
        }
        if vim.waits_for_letter() {
            vim.step(VimAct::Letter(c), &mut composer);
            continue;
        }
        let c = if c == 'g' { letters.next().map_or('g', |_| '\u{2}') } else { c };
        vim.step(act(c), &mut composer);
    }
    let mode = if vim.mode == Mode::Insert { "i" } else { "n" };
    let (before, after) = composer.text().split_at(composer.cursor());
    format!("{mode} {before}|{after}")
}

fn act(c: char) -> VimAct {
    let find = |till, back| VimAct::Find(Find { till, back });
    match c {
        '\u{1b}' => VimAct::Normal,
        '\u{2}' => VimAct::Motion(Motion::Top),
        '\u{12}' => VimAct::Redo,
        'i' => VimAct::Insert(Where::Before),
        'a' => VimAct::Insert(Where::After),
        'I' => VimAct::Insert(Where::Start),
        'A' => VimAct::Insert(Where::End),
        'o' => VimAct::Insert(Where::Below),
        'O' => VimAct::Insert(Where::Above),
        'h' => VimAct::Motion(Motion::Left),
        'l' => VimAct::Motion(Motion::Right),
        'j' => VimAct::Motion(Motion::Down),
        'k' => VimAct::Motion(Motion::Up),
        'w' => VimAct::Motion(Motion::Word),
        'b' => VimAct::Motion(Motion::Back),
        'e' => VimAct::Motion(Motion::WordEnd),
        '^' => VimAct::Motion(Motion::First),
        '$' => VimAct::Motion(Motion::End),
        'G' => VimAct::Motion(Motion::Bottom),
        'd' => VimAct::Operator(Operator::Delete),
        'c' => VimAct::Operator(Operator::Change),
        'y' => VimAct::Operator(Operator::Yank),
        'D' => VimAct::ToEnd(Operator::Delete),
        'C' => VimAct::ToEnd(Operator::Change),
        'x' => VimAct::Letters(false),
        's' => VimAct::Letters(true),
        'X' => VimAct::LettersBefore,
        'p' => VimAct::Put(false),
        'P' => VimAct::Put(true),
        'u' => VimAct::Undo,
        'f' => find(false, false),
        'F' => find(false, true),
        't' => find(true, false),
        'T' => find(true, true),
        ';' => VimAct::FindAgain(false),
        ',' => VimAct::FindAgain(true),
        'r' => VimAct::Replace,
        'J' => VimAct::Join,
        digit => VimAct::Digit(u8::try_from(digit.to_digit(10).unwrap()).unwrap()),
    }
}

#[test]
fn motions() {
    for (text, keys, after) in [
        ("one| two", "h", "n on|e two"),
        ("|one", "h", "n |one"),
        ("|one", "9l", "n on|e"),
        ("|one, two", "w", "n one|, two"),
        ("|one, two", "2w", "n one, |two"),
        ("|one", "w", "n on|e"),
        ("one tw|o", "b", "n one |two"),
        ("one |two", "b", "n |one two"),
        ("|one two", "e", "n on|e two"),
        ("on|e two", "e", "n one tw|o"),
        ("  one| two", "0", "n |  one two"),
        ("  one| two", "^", "n   |one two"),
        ("|one two", "$", "n one tw|o"),
        ("one\ntw|o\nthree", "k", "n on|e\ntwo\nthree"),
        ("on|e\nt\nthree", "j", "n one\n|t\nthree"),
        ("on|e\n\nthree", "j", "n one\n|\nthree"),
        ("one\ntw|o\nthree", "gg", "n |one\ntwo\nthree"),
        ("|one\ntwo\nthree", "G", "n one\ntwo\n|three"),
        ("|one\ntwo\nthree", "2G", "n one\n|two\nthree"),
        ("|abcabc", "fc", "n ab|cabc"),
        ("|abcabc", "2fc", "n abcab|c"),
        ("|abcabc", "fc;", "n abcab|c"),
        ("|abcabc", "tc", "n a|bcabc"),
        ("abcab|c", "Fa", "n abc|abc"),
        ("abcab|c", "Ta", "n abca|bc"),
        ("|abc", "fz", "n |abc"),
        ("|👨‍👩‍👧x字", "l", "n 👨‍👩‍👧|x字"),
        ("👨‍👩‍👧x|字", "hh", "n |👨‍👩‍👧x字"),
    ] {
        assert_eq!(vim(text, keys), after, "{text:?} {keys}");
    }
}

#[test]
fn operators() {
    for (text, keys, after) in [
        ("|one two three", "dw", "n |two three"),
        ("|one two three", "2dw", "n |three"),
        ("|one two three", "d2w", "n |three"),
        ("one |two", "dw", "n one| "),
        ("one |two\nthree", "dw", "n one| \nthree"),
        ("one t|wo", "db", "n one |wo"),
        ("|one two", "de", "n | two"),
        ("|one two", "cwin\u{1b}", "n i|n two"),
        ("|one two", "cw", "i | two"),
        ("on|e two", "cw", "i on| two"),
        ("one |two three", "D", "n one| "),
        ("one |two three", "C", "i one |"),
        ("one |two", "d0", "n |two"),
        ("one\nt|wo\nthree", "dd", "n one\n|three"),
        ("one\nt|wo", "dd", "n |one"),
        ("|one", "dd", "n |"),
        ("|one\ntwo\nthree", "2dd", "n |three"),
        ("|one\ntwo\nthree", "dj", "n |three"),
        ("one\ntwo\n|three", "dgg", "n |"),
        ("one\nt|wo\nthree", "dG", "n |one"),
        ("one\nt|wo\nthree", "cc", "i one\n|\nthree"),
        ("|one", "yyp", "n one\n|one"),
        ("|one", "yyP", "n |one\none"),
        ("|one two", "dwp", "n tone| wo"),
        ("|one two", "dwP", "n one| two"),
        ("|abc", "x", "n |bc"),
        ("|abc", "2x", "n |c"),
        ("ab|c", "X", "n a|c"),
        ("ab|c", "x", "n a|b"),
        ("|abc", "xp", "n b|ac"),
        ("|abc", "s", "i |bc"),
        ("|abcabc", "dfc", "n |abc"),
        ("|abcabc", "dtc", "n |cabc"),
        ("abca|bc", "dFb", "n a|bc"),
        ("|abc", "rx", "n |xbc"),
        ("|abc", "3rx", "n xx|x"),
        ("|abc", "4rx", "n |abc"),
        ("|one\n  two", "J", "n one| two"),
        ("|abc", "d\u{1b}x", "n |bc"),
        ("|abc", "dyx", "n |bc"),
        ("|字👨‍👩‍👧b", "dl", "n |👨‍👩‍👧b"),
    ] {
        assert_eq!(vim(text, keys), after, "{text:?} {keys}");
    }
}

#[test]
fn inserting_undo_and_redo() {
    for (text, keys, after) in [
        ("a|b", "iX", "i aX|b"),
        ("a|b", "aX", "i abX|"),
        ("  a|b", "IX", "i   X|ab"),
        ("|ab\nc", "AX", "i abX|\nc"),
        ("|ab\nc", "oX", "i ab\nX|\nc"),
        ("ab\n|c", "OX", "i ab\nX|\nc"),
        ("|", "oX", "i \nX|"),
        ("|", "x", "n |"),
        ("|", "dd", "n |"),
        ("|", "p", "n |"),
        ("|one two", "dwu", "n |one two"),
        ("|one two", "dwu\u{12}", "n |two"),
        ("|one", "Aab\u{1b}u", "n on|e"),
        ("|one", "i\u{1b}", "n |one"),
        ("one|", "\u{1b}", "n on|e"),
    ] {
        assert_eq!(vim(text, keys), after, "{text:?} {keys}");
    }
}

#[test]
fn what_was_undone_is_of_its_text_alone() {
    let (mut one, mut other) = (Composer::with("one two"), Composer::with("other"));
    let mut vim = Vim { mode: Mode::Normal, ..Vim::default() };
    for c in "bdwu".chars() {
        vim.step(act(c), &mut one);
    }
    // The conversation is another one now; and what is typed meanwhile is not lost by it.
    vim.step(VimAct::Redo, &mut other);
    assert_eq!((one.text(), other.text()), ("one two", "other"));
    one.apply(Edit::Insert('!'));
    vim.step(VimAct::Redo, &mut one);
    assert!(one.text().contains('!') && one.text().contains("two"), "{}", one.text());
}

#[test]
fn no_command_loses_the_cursor_between_graphemes() {
    use proptest::prelude::*;
    let keys = proptest::collection::vec(
        prop::sample::select("iaIAoOhjklwbe^$GdcyDCxsXpPufFtT;,rJ0123\u{1b}\u{12}ab \u{1b}".chars().collect::<Vec<_>>()),
        0..50,
    );
    proptest!(ProptestConfig::with_cases(128), |(text in "[a字é\u{301}\n ,👨\u{200d}]{0,14}", keys in keys)| {
        let mut composer = Composer::with(&text);
        let mut vim = Vim { mode: Mode::Normal, ..Vim::default() };
        for c in keys {
            if vim.mode == Mode::Insert && c != '\u{1b}' {
                composer.apply(Edit::Insert(c));
            } else if vim.waits_for_letter() {
                vim.step(VimAct::Letter(c), &mut composer);
            } else if c != ' ' {
                vim.step(act(c), &mut composer);
            }
            let at = composer.cursor();
            prop_assert!(at == composer.text().len() || composer.text().grapheme_indices(true).any(|(i, _)| i == at));
        }
    });
}
