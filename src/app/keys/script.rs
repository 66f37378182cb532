//! Keystrokes as text, for tests: `"<C-k>carla<ret>"` is Ctrl-K, five letters, Enter.

use super::{Chord, Key, press};
use crate::app::{App, Effects, Msg, update};
use crate::config::{Binding, Place};

/// The chords of a script. Between `<` and `>` stands a key by its name; `<lt>` is `<` itself.
pub(crate) fn chords(script: &str) -> Vec<Chord> {
    let mut rest = script;
    let mut all = Vec::new();
    while let Some(c) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|more| more.split_once('>'));
        match named {
            Some(("lt", after)) => {
                all.push(Chord::new(Key::Char('<'), false, false, false));
                rest = after;
            }
            Some((name, after)) => {
                all.push(Chord::parse(name).unwrap_or_else(|| panic!("<{name}> is no key")));
                rest = after;
            }
            None => {
                all.push(Chord::new(Key::Char(c), false, false, false));
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    all
}

/// Presses the keys of a script, and gives what the world was asked to do.
pub(crate) fn play(app: &mut App, script: &str) -> Effects {
    let mut effects = Vec::new();
    for chord in chords(script) {
        let keys = app.keys.clone();
        for action in press(chord, app, &keys) {
            let now = app.now;
            effects.extend(update(app, Msg::Action(action), now));
        }
    }
    effects
}

/// A line of `[keys.*]`.
pub(crate) fn line(context: &str, chord: &str, action: &str, line: usize) -> Binding {
    let place = Place { line, column: 1 };
    Binding { context: context.to_owned(), chord: chord.to_owned(), action: action.to_owned(), place }
}
