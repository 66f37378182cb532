//! Key chords and what they mean where.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::app::{Action, Context, catalogue, named};
use crate::config::UiSettings;

/// A key with the modifiers that are held, in one spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Hash)]
pub struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// Why a chord cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// No action has this name.
    #[error("there is no action named `{0}`; `docs/keys.md` lists them")]
    Action(String),
    /// It is not a chord.
    #[error("`{0}` is not a key: write it as `ctrl-k`, `alt-enter`, `f5` or `g`")]
    Chord(String),
}

impl Chord {
    /// Reads `ctrl-alt-x`, `shift-tab`, `f5`, `?`.
    ///
    /// # Errors
    /// [`KeyProblem::Chord`].
    pub fn parse(text: &str) -> Result<Self, KeyProblem> {
        let bad = || KeyProblem::Chord(text.to_owned());
        let mut rest = text;
        let mut modifiers = KeyModifiers::NONE;
        // A lone `-` is a key too.
        while let Some((word, after)) = rest.split_once(['-', '+']).filter(|(word, after)| !word.is_empty() && !after.is_empty())
        {
            modifiers |= match word.to_ascii_lowercase().as_str() {
                "ctrl" | "control" | "c" => KeyModifiers::CONTROL,
                "alt" | "meta" | "m" => KeyModifiers::ALT,
                "shift" | "s" => KeyModifiers::SHIFT,
                _ => return Err(bad()),
            };
            rest = after;
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) => KeyCode::Char(c),
            _ => match rest.to_ascii_lowercase().as_str() {
                "enter" | "return" => KeyCode::Enter,
                "esc" | "escape" => KeyCode::Esc,
                "tab" => KeyCode::Tab,
                "space" => KeyCode::Char(' '),
                "backspace" => KeyCode::Backspace,
                "delete" | "del" => KeyCode::Delete,
                "insert" => KeyCode::Insert,
                "up" => KeyCode::Up,
                "down" => KeyCode::Down,
                "left" => KeyCode::Left,
                "right" => KeyCode::Right,
                "home" => KeyCode::Home,
                "end" => KeyCode::End,
                "pageup" | "pgup" => KeyCode::PageUp,
                "pagedown" | "pgdown" => KeyCode::PageDown,
                word => {
                    let number = word.strip_prefix('f').and_then(|n| n.parse::<u8>().ok()).filter(|n| (1..=24).contains(n));
                    KeyCode::F(number.ok_or_else(bad)?)
                }
            },
        };
        Ok(Self::new(code, modifiers))
    }

    /// The chord of a key event.
    #[must_use]
    pub fn of(event: &KeyEvent) -> Self {
        Self::new(event.code, event.modifiers)
    }

    /// One spelling for what terminals send differently.
    fn new(code: KeyCode, modifiers: KeyModifiers) -> Self {
        let mut modifiers = modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        let code = match code {
            // Shift is in the letter already.
            KeyCode::Char(c) if modifiers.contains(KeyModifiers::SHIFT) => {
                modifiers -= KeyModifiers::SHIFT;
                KeyCode::Char(if modifiers.contains(KeyModifiers::CONTROL) { c } else { upper(c) })
            }
            KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            other => other,
        };
        if code == KeyCode::BackTab {
            modifiers -= KeyModifiers::SHIFT;
        }
        let code = match code {
            // The same byte for Ctrl-/, Ctrl-_ and Ctrl-7.
            KeyCode::Char('/' | '7') if modifiers.contains(KeyModifiers::CONTROL) => KeyCode::Char('_'),
            KeyCode::Char(c) if modifiers.contains(KeyModifiers::CONTROL) => KeyCode::Char(c.to_ascii_lowercase()),
            other => other,
        };
        Self { code, modifiers }
    }

    /// The character it types, if it types one.
    #[must_use]
    pub fn typed(&self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => Some(c),
            // AltGr arrives as Ctrl-Alt on some systems, with the character it makes.
            KeyCode::Char(c) if self.modifiers == KeyModifiers::CONTROL | KeyModifiers::ALT && !c.is_ascii_alphanumeric() => {
                Some(c)
            }
            _ => None,
        }
    }

    /// The key itself.
    #[must_use]
    pub const fn code(&self) -> KeyCode {
        self.code
    }

    /// The modifiers held with it.
    #[must_use]
    pub const fn modifiers(&self) -> KeyModifiers {
        self.modifiers
    }

    fn order(self) -> (String, u8) {
        (format!("{:?}", self.code), self.modifiers.bits())
    }
}

fn upper(c: char) -> char {
    let mut all = c.to_uppercase();
    match (all.next(), all.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// What every chord means in every context.
#[derive(Debug, Clone)]
pub struct Keymap {
    bound: BTreeMap<(Context, (String, u8)), Action>,
}

impl Keymap {
    /// The default keys with the user's changes, and what is wrong with those.
    #[must_use]
    pub fn new(settings: &UiSettings) -> (Self, Vec<KeyProblem>) {
        let mut map = Self { bound: BTreeMap::new() };
        let mut problems = Vec::new();
        for spec in catalogue() {
            for key in spec.keys {
                match Chord::parse(key) {
                    Ok(chord) => map.bind(spec.context, chord, spec.action.clone()),
                    Err(problem) => problems.push(problem),
                }
            }
        }
        for (name, key) in &settings.keys {
            let chord = match Chord::parse(key) {
                Ok(chord) => chord,
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            };
            if name.is_empty() {
                map.bound.retain(|(_, bound), _| *bound != chord.order());
                continue;
            }
            match named(name) {
                Some(spec) => {
                    // A key given to an action everywhere must not be kept by one for a single pane.
                    if spec.context == Context::Everywhere {
                        map.bound.retain(|(_, bound), _| *bound != chord.order());
                    }
                    map.bind(spec.context, chord, spec.action.clone());
                }
                None => problems.push(KeyProblem::Action(name.clone())),
            }
        }
        (map, problems)
    }

    fn bind(&mut self, context: Context, chord: Chord, action: Action) {
        self.bound.insert((context, chord.order()), action);
    }

    /// What a chord means in a context alone.
    #[must_use]
    pub fn action(&self, context: Context, chord: Chord) -> Option<&Action> {
        self.bound.get(&(context, chord.order()))
    }
}
