//! Key events of the terminal as chords of the core.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::app::{Chord, Key};

/// The chord of a key event; `None` for keys that nothing can be bound to.
#[must_use]
pub fn chord(event: &KeyEvent) -> Option<Chord> {
    let held = |modifier| event.modifiers.contains(modifier);
    let mut shift = held(KeyModifiers::SHIFT);
    let key = match event.code {
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => {
            shift = true;
            Key::Tab
        }
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::Insert => Key::Insert,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::F(number) => Key::F(number),
        _ => return None,
    };
    Some(Chord::new(key, held(KeyModifiers::CONTROL), held(KeyModifiers::ALT), shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_terminals_send_differently_is_one_chord() {
        let event = |code, modifiers| chord(&KeyEvent::new(code, modifiers));
        assert_eq!(Chord::parse("shift-g"), event(KeyCode::Char('G'), KeyModifiers::SHIFT));
        assert_eq!(Chord::parse("shift-g"), event(KeyCode::Char('g'), KeyModifiers::SHIFT));
        assert_eq!(Chord::parse("ctrl-/"), event(KeyCode::Char('7'), KeyModifiers::CONTROL));
        assert_eq!(Chord::parse("shift-tab"), event(KeyCode::BackTab, KeyModifiers::SHIFT));
        assert_eq!(Chord::parse("shift-tab"), event(KeyCode::Tab, KeyModifiers::SHIFT));
        assert_eq!(event(KeyCode::CapsLock, KeyModifiers::NONE), None);
    }
}
