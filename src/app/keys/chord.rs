//! Keys with what is held with them, in one spelling; and sequences of them.

use std::fmt;

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// One that types a character; with Shift in the character already.
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow to the left.
    Left,
    /// Arrow to the right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// A function key.
    F(u8),
}

/// The names of keys that type nothing: the usual one first.
const NAMES: &[(&str, Key)] = &[
    ("enter", Key::Enter),
    ("return", Key::Enter),
    ("ret", Key::Enter),
    ("esc", Key::Esc),
    ("escape", Key::Esc),
    ("tab", Key::Tab),
    ("backspace", Key::Backspace),
    ("bs", Key::Backspace),
    ("delete", Key::Delete),
    ("del", Key::Delete),
    ("insert", Key::Insert),
    ("up", Key::Up),
    ("down", Key::Down),
    ("left", Key::Left),
    ("right", Key::Right),
    ("home", Key::Home),
    ("end", Key::End),
    ("pageup", Key::PageUp),
    ("pgup", Key::PageUp),
    ("pagedown", Key::PageDown),
    ("pgdown", Key::PageDown),
    ("space", Key::Char(' ')),
];

/// A key with what is held with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chord {
    key: Key,
    ctrl: bool,
    alt: bool,
    shift: bool,
}

impl Chord {
    /// The chord in its one spelling: what terminals send alike is alike.
    #[must_use]
    pub fn new(key: Key, ctrl: bool, alt: bool, shift: bool) -> Self {
        let (mut key, mut shift) = (key, shift);
        if let Key::Char(c) = key {
            let c = if ctrl { c.to_ascii_lowercase() } else { c };
            key = Key::Char(match c {
                // One byte each: Ctrl-/, Ctrl-_ and Ctrl-7; Ctrl-Space, Ctrl-@ and Ctrl-2; and so on.
                '/' | '7' | '-' if ctrl => '_',
                '@' | '2' if ctrl => ' ',
                '4' if ctrl => '\\',
                '5' if ctrl => ']',
                '6' if ctrl => '^',
                c if shift && !ctrl => upper(c),
                c => c,
            });
            shift = false;
        }
        Self { key, ctrl, alt, shift }
    }

    /// Reads `ctrl-alt-x`, `shift-tab`, `f5`, `?`; `None` if no key of a terminal is called so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (mut ctrl, mut alt, mut shift) = (false, false, false);
        let mut rest = text;
        // A lone `-` is a key too.
        while let Some((word, after)) = rest.split_once(['-', '+']).filter(|(word, after)| !word.is_empty() && !after.is_empty())
        {
            match word.to_ascii_lowercase().as_str() {
                "ctrl" | "control" | "c" => ctrl = true,
                "alt" | "meta" | "m" | "a" => alt = true,
                "shift" | "s" => shift = true,
                _ => return None,
            }
            rest = after;
        }
        let mut chars = rest.chars();
        let key = match (chars.next(), chars.next()) {
            (Some(c), None) if c.is_ascii_graphic() => Key::Char(c),
            // No keyboard has them together with Ctrl, and no terminal tells of it.
            (Some(c), None) if !ctrl && !c.is_ascii() && !c.is_control() && !c.is_whitespace() => Key::Char(c),
            _ => named(rest)?,
        };
        Some(Self::new(key, ctrl, alt, shift))
    }

    /// The key itself.
    #[must_use]
    pub const fn key(self) -> Key {
        self.key
    }

    /// Whether Ctrl, Alt and Shift are held, in this order. Shift is in a character already.
    #[must_use]
    pub const fn held(self) -> (bool, bool, bool) {
        (self.ctrl, self.alt, self.shift)
    }

    /// The character it types, if it types one.
    #[must_use]
    pub const fn typed(self) -> Option<char> {
        match self.key {
            Key::Char(c) if !self.ctrl && !self.alt => Some(c),
            // AltGr arrives as Ctrl-Alt on some systems, with the character it makes.
            Key::Char(c) if self.ctrl && self.alt && !c.is_ascii_alphanumeric() => Some(c),
            _ => None,
        }
    }

    /// Another key for which ordinary terminals send the same, so that this one never comes.
    #[must_use]
    pub fn same_as(self) -> Option<Self> {
        let plain = |key| Some(Self { key, ctrl: false, alt: self.alt, shift: false });
        match self.key {
            Key::Char('i') if self.ctrl => plain(Key::Tab),
            Key::Char('m') if self.ctrl => plain(Key::Enter),
            Key::Char('[' | '3') if self.ctrl => plain(Key::Esc),
            Key::Char('8') if self.ctrl => plain(Key::Backspace),
            Key::Char(c @ ('0' | '1' | '9')) if self.ctrl => plain(Key::Char(c)),
            Key::Tab if self.ctrl => Some(Self { ctrl: false, ..self }),
            Key::Enter | Key::Backspace | Key::Esc if self.ctrl || self.shift => plain(self.key),
            _ => None,
        }
    }

    /// As people write it: `Ctrl-K`, `PgUp`, `G` for Shift and g.
    #[must_use]
    pub fn shown(self) -> String {
        let held = [(self.ctrl, "Ctrl-"), (self.alt, "Alt-"), (self.shift, "Shift-")];
        let mut out: String = held.into_iter().filter(|(on, _)| *on).map(|(_, word)| word).collect();
        match self.key {
            Key::Char(' ') => out.push_str("Space"),
            Key::Char(c) if self.ctrl || self.alt => out.push(c.to_ascii_uppercase()),
            Key::Char(c) => out.push(c),
            Key::PageUp => out.push_str("PgUp"),
            Key::PageDown => out.push_str("PgDn"),
            Key::Backspace => out.push_str("Backsp"),
            Key::F(number) => {
                out.push('F');
                out.push_str(&number.to_string());
            }
            key => {
                let name = name(key);
                out.extend(name.chars().take(1).flat_map(char::to_uppercase).chain(name.chars().skip(1)));
            }
        }
        out
    }
}

/// As it is written in the configuration: `ctrl-k`, `shift-g`.
impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut shift, mut key) = (self.shift, self.key);
        if let Key::Char(c) = key
            && c.is_ascii_uppercase()
        {
            (shift, key) = (true, Key::Char(c.to_ascii_lowercase()));
        }
        for (on, word) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (shift, "shift-")] {
            f.write_str(if on { word } else { "" })?;
        }
        match key {
            Key::Char(' ') => f.write_str("space"),
            Key::Char(c) => write!(f, "{c}"),
            Key::F(number) => write!(f, "f{number}"),
            key => f.write_str(name(key)),
        }
    }
}

fn named(word: &str) -> Option<Key> {
    let word = word.to_ascii_lowercase();
    let function = || word.strip_prefix('f')?.parse().ok().filter(|number| (1..=24).contains(number)).map(Key::F);
    NAMES.iter().find(|(name, _)| *name == word).map(|(_, key)| *key).or_else(function)
}

fn name(key: Key) -> &'static str {
    NAMES.iter().find(|(_, named)| *named == key).map_or("", |(name, _)| name)
}

fn upper(c: char) -> char {
    let mut all = c.to_uppercase();
    match (all.next(), all.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// Chords one after the other: `ctrl-x 2`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(Vec<Chord>);

impl Sequence {
    /// Chords in one sequence; nobody learns longer ones.
    pub const MAX: usize = 4;

    /// Reads chords with blanks between them; `None` if one of them is no key, or there are too many.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let chords: Vec<Chord> = text.split_whitespace().map(Chord::parse).collect::<Option<_>>()?;
        (1..=Self::MAX).contains(&chords.len()).then_some(Self(chords))
    }

    /// These chords; `None` for none, and for too many.
    #[must_use]
    pub fn of(chords: &[Chord]) -> Option<Self> {
        (1..=Self::MAX).contains(&chords.len()).then(|| Self(chords.to_vec()))
    }

    /// Its chords, at least one.
    #[must_use]
    pub fn chords(&self) -> &[Chord] {
        &self.0
    }

    /// Whether the Alt key is needed for it.
    #[must_use]
    pub fn needs_alt(&self) -> bool {
        self.0.iter().any(|chord| chord.alt)
    }

    /// What can be typed instead where Alt is taken: `ctrl-x @` and the same without it.
    #[must_use]
    pub fn without_alt(&self) -> Option<Self> {
        let prefix = [('x', true), ('@', false)].map(|(c, ctrl)| Chord::new(Key::Char(c), ctrl, false, false));
        let rest = self.0.iter().map(|chord| Chord { alt: false, ..*chord });
        let all: Vec<Chord> = prefix.into_iter().chain(rest).collect();
        Self::of(&all)
    }

    /// As people write it.
    #[must_use]
    pub fn shown(&self) -> String {
        shown(&self.0)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, chord) in self.0.iter().enumerate() {
            write!(f, "{}{chord}", if at > 0 { " " } else { "" })?;
        }
        Ok(())
    }
}

/// Chords as people write them: `Ctrl-X 2`.
#[must_use]
pub fn shown(chords: &[Chord]) -> String {
    chords.iter().map(|chord| chord.shown()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling() {
        for (text, spelled, shown) in [
            ("ctrl-K", "ctrl-k", "Ctrl-K"),
            ("C-k", "ctrl-k", "Ctrl-K"),
            ("shift-g", "shift-g", "G"),
            ("G", "shift-g", "G"),
            ("ctrl-/", "ctrl-_", "Ctrl-_"),
            ("ctrl-shift-x", "ctrl-x", "Ctrl-X"),
            ("alt-enter", "alt-enter", "Alt-Enter"),
            ("shift-tab", "shift-tab", "Shift-Tab"),
            ("-", "-", "-"),
            ("ctrl--", "ctrl-_", "Ctrl-_"),
            ("F5", "f5", "F5"),
            ("space", "space", "Space"),
            ("pgup", "pageup", "PgUp"),
            ("é", "é", "é"),
            ("shift-é", "É", "É"),
        ] {
            let chord = Chord::parse(text).unwrap();
            assert_eq!((chord.to_string().as_str(), chord.shown().as_str()), (spelled, shown), "{text}");
            assert_eq!(Chord::parse(spelled), Some(chord), "{text}");
        }
    }

    #[test]
    fn what_is_no_key() {
        for bad in
            ["", "ctrl-", "f0", "f99", "hyper-k", "hyper-☃", "ctrl-☃", "super-x", "words", "\u{7}", "ctrl-\u{1b}", "\u{2028}"]
        {
            assert_eq!(Chord::parse(bad), None, "{bad:?}");
        }
        for bad in ["", "  ", "a b c d e", "ctrl-x hyper-y"] {
            assert_eq!(Sequence::parse(bad), None, "{bad:?}");
        }
        assert_eq!(Sequence::parse(" ctrl-x   2 ").unwrap().to_string(), "ctrl-x 2");
    }

    #[test]
    fn what_terminals_cannot_tell_apart() {
        for (text, same) in [("ctrl-i", "tab"), ("ctrl-m", "enter"), ("ctrl-[", "esc"), ("ctrl-enter", "enter"), ("ctrl-1", "1")]
        {
            assert_eq!(Chord::parse(text).unwrap().same_as(), Chord::parse(same), "{text}");
        }
        for fine in ["ctrl-h", "ctrl-j", "tab", "shift-tab", "ctrl-left", "alt-enter", "ctrl-space"] {
            assert_eq!(Chord::parse(fine).unwrap().same_as(), None, "{fine}");
        }
    }
}
