//! From the bytes of a terminal to its events: keys, mouse, paste, focus.
//!
//! Pure, and content with whatever comes: what no terminal should send is passed over, answers to
//! questions of others too. A sequence that stops in the middle is taken for what it is so far when
//! nothing follows for [`PATIENCE`]: a lone ESC is the key, `ESC [` is Alt and a bracket.

use std::collections::VecDeque;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use zeroize::{Zeroize as _, Zeroizing};

/// How long the rest of a sequence may be in coming. Hands are slower, links are mostly faster.
pub const PATIENCE: Duration = Duration::from_millis(40);

/// Longest sequence taken.
const LONGEST: usize = 4_096;
/// Longest paste taken, in octets; the rest of a longer one is thrown away.
const MAX_PASTE: usize = 1024 * 1024;

const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// Takes bytes, gives events.
#[derive(Debug, Default)]
pub struct Decoder {
    /// A sequence that has begun.
    begun: Vec<u8>,
    /// What is being pasted.
    paste: Option<Vec<u8>>,
    ready: VecDeque<Event>,
}

/// What the beginning of the bytes is.
enum Taken {
    /// So many bytes are an event, or nothing to us.
    Done(usize, Option<Event>),
    /// There must be more.
    More,
}

impl Decoder {
    /// Takes in what the terminal sent.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.begun.extend_from_slice(bytes);
        while !self.begun.is_empty() && self.step() {}
    }

    /// The next event.
    pub fn event(&mut self) -> Option<Event> {
        self.ready.pop_front()
    }

    /// Whether something has begun that [`Decoder::settle`] would end.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.begun.is_empty() || self.paste.is_some()
    }

    /// Nothing more came: what has begun is taken for what it is so far.
    pub fn settle(&mut self) {
        if let Some(mut pasted) = self.paste.take() {
            pasted.append(&mut self.begun);
            self.pasted(pasted);
        }
        let begun = std::mem::take(&mut self.begun);
        match begun.as_slice() {
            [0x1b] => self.ready.push_back(key(KeyCode::Esc, KeyModifiers::NONE)),
            // Pressed twice, and read at once.
            [0x1b, 0x1b] => self.ready.extend([key(KeyCode::Esc, KeyModifiers::NONE), key(KeyCode::Esc, KeyModifiers::NONE)]),
            [0x1b, c @ (b'[' | b'O' | b']' | b'P' | b'_' | b'^' | b'X')] => {
                self.ready.push_back(key(KeyCode::Char(char::from(*c)), KeyModifiers::ALT));
            }
            // The rest of a key that was cut off says nothing.
            _ => {}
        }
    }

    /// Takes one thing off the beginning; `false` if there must be more.
    fn step(&mut self) -> bool {
        if self.paste.is_some() {
            return self.paste_on();
        }
        match take(&self.begun) {
            Taken::More if self.begun.len() > LONGEST => {
                self.begun.clear();
                false
            }
            Taken::More => false,
            Taken::Done(len, event) => {
                self.begun.drain(..len.min(self.begun.len()));
                match event {
                    // Room for a password: where it grew, a copy of it would stay.
                    Some(Event::Paste(_)) => self.paste = Some(Vec::with_capacity(LONGEST)),
                    Some(event) => self.ready.push_back(event),
                    None => {}
                }
                true
            }
        }
    }

    /// Takes in what is pasted, up to the mark that ends it.
    fn paste_on(&mut self) -> bool {
        let ends = self.begun.windows(PASTE_ENDS.len()).position(|window| window == PASTE_ENDS);
        // The mark may have begun at the end.
        let sure = ends.unwrap_or_else(|| self.begun.len().saturating_sub(PASTE_ENDS.len() - 1));
        let Some(pasted) = &mut self.paste else { return false };
        let room = MAX_PASTE.saturating_sub(pasted.len());
        pasted.extend(self.begun.drain(..sure).take(room));
        if ends.is_none() {
            return false;
        }
        self.begun.drain(..PASTE_ENDS.len());
        let pasted = self.paste.take().unwrap_or_default();
        self.pasted(pasted);
        true
    }

    /// What was pasted is there. It may be a password: what is not handed on of it is wiped.
    fn pasted(&mut self, bytes: Vec<u8>) {
        let bytes = Zeroizing::new(bytes);
        let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        // Terminals send the line ends of a paste as the Enter key.
        let text = Zeroizing::new(text.replace("\r\n", "\n"));
        self.ready.push_back(Event::Paste(text.replace('\r', "\n")));
        if self.begun.is_empty() {
            self.begun.zeroize();
        }
    }
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

/// What the bytes begin with.
fn take(bytes: &[u8]) -> Taken {
    match bytes {
        [] | [0x1b] | [0x1b, 0x1b | b'O'] => Taken::More,
        // Pressed again and again it is a key of its own.
        [0x1b, 0x1b, 0x1b, ..] => Taken::Done(1, Some(key(KeyCode::Esc, KeyModifiers::NONE))),
        [0x1b, b'[', ..] => csi(bytes),
        [0x1b, b'O', c, ..] => Taken::Done(3, ss3(*c)),
        [0x1b, b']' | b'P' | b'_' | b'^' | b'X', ..] => string(bytes),
        // Alt with a key is ESC and the key.
        [0x1b, rest @ ..] => match take(rest) {
            Taken::Done(len, event) => Taken::Done(len + 1, event.map(with_alt)),
            Taken::More => Taken::More,
        },
        [byte, ..] if byte.is_ascii() => Taken::Done(1, Some(plain(*byte))),
        _ => letter(bytes),
    }
}

fn with_alt(event: Event) -> Event {
    match event {
        Event::Key(mut key) => {
            key.modifiers |= KeyModifiers::ALT;
            Event::Key(key)
        }
        other => other,
    }
}

/// A byte of ASCII. Several keys share one byte; they get the name that all terminals know.
fn plain(byte: u8) -> Event {
    let control = |base: u8| key(KeyCode::Char(char::from(base)), KeyModifiers::CONTROL);
    match byte {
        b'\r' => key(KeyCode::Enter, KeyModifiers::NONE),
        b'\t' => key(KeyCode::Tab, KeyModifiers::NONE),
        0x7f => key(KeyCode::Backspace, KeyModifiers::NONE),
        0 => control(b' '),
        1..=0x1a => control(byte - 1 + b'a'),
        0x1b..=0x1f => control(byte - 0x1c + b'4'),
        byte => of_char(char::from(byte), KeyModifiers::NONE),
    }
}

fn of_char(c: char, modifiers: KeyModifiers) -> Event {
    let shift = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    key(KeyCode::Char(c), modifiers | shift)
}

/// A letter beyond ASCII. What is no UTF-8 is passed over.
fn letter(bytes: &[u8]) -> Taken {
    let len = match bytes.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        _ => return Taken::Done(1, None),
    };
    let head = bytes.get(..len.min(bytes.len())).unwrap_or_default();
    match std::str::from_utf8(head) {
        Ok(text) if head.len() == len => Taken::Done(len, text.chars().next().map(|c| of_char(c, KeyModifiers::NONE))),
        Err(error) if error.error_len().is_none() && head.len() < len => Taken::More,
        _ => Taken::Done(1, None),
    }
}

/// `ESC ] … BEL`, `ESC P … ESC \` and their kind: answers to questions. They are nothing to us.
fn string(bytes: &[u8]) -> Taken {
    let rest = bytes.get(2..).unwrap_or_default();
    let ends = rest.iter().enumerate().find_map(|(at, byte)| match byte {
        0x07 => Some(at + 1),
        0x1b if rest.get(at + 1) == Some(&b'\\') => Some(at + 2),
        _ => None,
    });
    ends.map_or(Taken::More, |len| Taken::Done(len + 2, None))
}

/// `ESC O` and a letter: keys of the keypad, function keys, arrows of some modes.
fn ss3(letter: u8) -> Option<Event> {
    let code = match letter {
        b'a'..=b'd' => return Some(key(arrow(letter.to_ascii_uppercase())?, KeyModifiers::CONTROL)),
        b'M' => KeyCode::Enter,
        b'j'..=b'y' => of_keypad(letter)?,
        _ => named(letter)?,
    };
    Some(key(code, KeyModifiers::NONE))
}

fn of_keypad(letter: u8) -> Option<KeyCode> {
    b"*+,-./0123456789".get(usize::from(letter - b'j')).map(|c| KeyCode::Char(char::from(*c)))
}

fn arrow(letter: u8) -> Option<KeyCode> {
    Some(match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        _ => return None,
    })
}

/// A key that is named by a letter at the end of its sequence.
fn named(letter: u8) -> Option<KeyCode> {
    arrow(letter).or(match letter {
        b'H' => Some(KeyCode::Home),
        b'F' => Some(KeyCode::End),
        b'P'..=b'S' => Some(KeyCode::F(letter - b'P' + 1)),
        _ => None,
    })
}

/// A key that is named by a number before `~`.
fn numbered(number: u32) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        // The numbers leave one out after every fifth or so, as the keys once stood.
        11..=15 => KeyCode::F(u8::try_from(number - 10).ok()?),
        17..=21 => KeyCode::F(u8::try_from(number - 11).ok()?),
        23..=26 => KeyCode::F(u8::try_from(number - 12).ok()?),
        28 | 29 => KeyCode::F(u8::try_from(number - 13).ok()?),
        31..=34 => KeyCode::F(u8::try_from(number - 14).ok()?),
        _ => return None,
    })
}

/// `ESC [` and what follows.
fn csi(bytes: &[u8]) -> Taken {
    let body = bytes.get(2..).unwrap_or_default();
    // The function keys of the Linux console, and the mouse of old terminals, follow no rule.
    match body {
        [b'[', letter, ..] => {
            let number = letter.wrapping_sub(b'A').wrapping_add(1);
            return Taken::Done(4, (1..=5).contains(&number).then(|| key(KeyCode::F(number), KeyModifiers::NONE)));
        }
        [b'M', button, x, y, ..] => {
            let at = |byte: &u8| u16::from(byte.saturating_sub(33));
            let button = u32::from(button.saturating_sub(32));
            return Taken::Done(6, Some(mouse(button, at(x), at(y), button & 3 == 3 && button & 64 == 0)));
        }
        [b'['] | [b'M', ..] => return Taken::More,
        _ => {}
    }
    // With `$` behind a number some terminals end keys held with Shift; else it stands before the last letter.
    let digits = body.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let dollar = (digits > 0 && body.get(digits) == Some(&b'$')).then_some(digits);
    let last = body.iter().position(|byte| !(0x20..=0x3f).contains(byte));
    let Some(end) = dollar.or(last) else { return Taken::More };
    let (params, last) = (body.get(..end).unwrap_or_default(), body.get(end).copied().unwrap_or_default());
    if last < 0x20 || last == 0x7f {
        // A new sequence begins within this one: it was none.
        return Taken::Done(end + 2, None);
    }
    Taken::Done(end + 3, sequence(params, last))
}

/// A whole sequence: what stands before its last letter, and the letter.
fn sequence(params: &[u8], last: u8) -> Option<Event> {
    if let Some(rest) = params.strip_prefix(b"<") {
        let numbers = numbers(rest);
        let at = |n: usize| numbers.get(n).map(|group| u16::try_from(group.0.saturating_sub(1)).unwrap_or(u16::MAX));
        return Some(mouse(numbers.first()?.0, at(1)?, at(2)?, last == b'm'));
    }
    // `?`, `>`, `=` begin answers to questions.
    if params.first().is_some_and(|byte| matches!(byte, b'<'..=b'?')) {
        return None;
    }
    let numbers = numbers(params);
    let first = numbers.first().map_or(0, |group| group.0);
    let (modifiers, kind) = numbers.get(1).map_or((KeyModifiers::NONE, 1), |group| (held(group.0), group.1.unwrap_or(1)));
    let with = |code: KeyCode| of_kind(code, modifiers, kind);
    match last {
        b'I' => Some(Event::FocusGained),
        b'O' => Some(Event::FocusLost),
        b'Z' => Some(key(KeyCode::BackTab, KeyModifiers::SHIFT)),
        // Where the cursor is: an answer. F3 with modifiers has the same form, and no 1 before them.
        b'R' if first != 1 || numbers.len() != 2 => None,
        b'a'..=b'd' => Some(key(arrow(last.to_ascii_uppercase())?, KeyModifiers::SHIFT)),
        b'~' => match first {
            200 => Some(Event::Paste(String::new())),
            27 => of_code(numbers.get(2)?.0, modifiers, kind),
            _ => with(numbered(first)?),
        },
        b'^' => Some(key(numbered(first)?, KeyModifiers::CONTROL)),
        b'$' => Some(key(numbered(first)?, KeyModifiers::SHIFT)),
        b'u' => of_code(first, modifiers, kind),
        _ => with(named(last)?),
    }
}

/// Key numbers of the kitty protocol, and of xterm's `modifyOtherKeys`.
fn of_code(code: u32, modifiers: KeyModifiers, kind: u32) -> Option<Event> {
    let code = match code {
        13 | 57_414 => KeyCode::Enter,
        9 if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        9 => KeyCode::Tab,
        27 => KeyCode::Esc,
        8 | 127 => KeyCode::Backspace,
        // Keys of the keypad and modifiers by themselves.
        57_344..=63_743 => return None,
        other => KeyCode::Char(char::from_u32(other)?),
    };
    of_kind(code, modifiers, kind)
}

/// A key is acted on when it is pressed, or repeated by being held; its release is nothing.
fn of_kind(code: KeyCode, modifiers: KeyModifiers, kind: u32) -> Option<Event> {
    let kind = match kind {
        3 => return None,
        2 => KeyEventKind::Repeat,
        _ => KeyEventKind::Press,
    };
    Some(Event::Key(KeyEvent::new_with_kind(code, modifiers, kind)))
}

/// Numbers with semicolons between; of each the one after a colon too.
fn numbers(params: &[u8]) -> Vec<(u32, Option<u32>)> {
    let number = |digits: &[u8]| std::str::from_utf8(digits).ok().and_then(|text| text.parse::<u32>().ok());
    let group = |group: &[u8]| {
        let mut parts = group.split(|byte| *byte == b':');
        (parts.next().and_then(number).unwrap_or(0), parts.next().and_then(number))
    };
    params.split(|byte| *byte == b';').take(16).map(group).collect()
}

/// Modifiers as sequences count them: one more than a set of bits.
fn held(number: u32) -> KeyModifiers {
    let bits = number.saturating_sub(1);
    let mut held = KeyModifiers::NONE;
    for (bit, modifier) in
        [(1, KeyModifiers::SHIFT), (2, KeyModifiers::ALT), (4, KeyModifiers::CONTROL), (8, KeyModifiers::SUPER)]
    {
        if bits & bit != 0 {
            held |= modifier;
        }
    }
    held
}

fn mouse(button: u32, column: u16, row: u16, released: bool) -> Event {
    let which = match button & 3 {
        0 => MouseButton::Left,
        1 => MouseButton::Middle,
        _ => MouseButton::Right,
    };
    let kind = match (button & 64 != 0, button & 32 != 0) {
        (true, _) => match button & 3 {
            0 => MouseEventKind::ScrollUp,
            1 => MouseEventKind::ScrollDown,
            2 => MouseEventKind::ScrollLeft,
            _ => MouseEventKind::ScrollRight,
        },
        (false, true) if button & 3 == 3 => MouseEventKind::Moved,
        (false, true) => MouseEventKind::Drag(which),
        (false, false) if released => MouseEventKind::Up(which),
        (false, false) => MouseEventKind::Down(which),
    };
    let mut modifiers = KeyModifiers::NONE;
    for (bit, modifier) in [(4, KeyModifiers::SHIFT), (8, KeyModifiers::ALT), (16, KeyModifiers::CONTROL)] {
        if button & bit != 0 {
            modifiers |= modifier;
        }
    }
    Event::Mouse(MouseEvent { kind, column, row, modifiers })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::app::Chord;
    use crate::ui::chord;

    fn events(bytes: &[u8]) -> Vec<Event> {
        let mut decoder = Decoder::default();
        decoder.feed(bytes);
        decoder.settle();
        std::iter::from_fn(|| decoder.event()).collect()
    }

    fn chords(bytes: &[u8]) -> Vec<Chord> {
        let chord = |event: &Event| match event {
            Event::Key(key) => chord(key).unwrap(),
            other => panic!("{other:?} is no key"),
        };
        events(bytes).iter().map(chord).collect()
    }

    #[test]
    fn keys_as_terminals_send_them() {
        for (bytes, keys) in [
            ("aZ ä字👍", "a shift-z space ä 字 👍"),
            ("\r\t\x7f\x08\n\x01\x1f\x00", "enter tab backspace ctrl-h ctrl-j ctrl-a ctrl-_ ctrl-space"),
            ("\x1b[A\x1bOB\x1b[1;5C\x1b[1;3D\x1b[H\x1b[F\x1bOH", "up down ctrl-right alt-left home end home"),
            ("\x1b[1~\x1b[4~\x1b[3~\x1b[5~\x1b[6;5~\x1b[2~", "home end delete pageup ctrl-pagedown insert"),
            ("\x1bOP\x1b[[A\x1b[15~\x1b[17~\x1b[24~\x1b[1;2Q\x1b[17;2~\x1b[11~", "f1 f1 f5 f6 f12 shift-f2 shift-f6 f1"),
            ("\x1b[Z\x1ba\x1bA\x1b\r\x1b\x7f\x1bä", "shift-tab alt-a alt-shift-a alt-enter alt-backspace alt-ä"),
            ("\x1b\x1b[A\x1b[a\x1bOd\x1b[3^\x1b[5$", "alt-up shift-up ctrl-left ctrl-delete shift-pageup"),
            ("\x1b[13;2u\x1b[107;5u\x1b[27u\x1b[27;5;13~\x1b[97;1:2u", "shift-enter ctrl-k esc ctrl-enter a"),
            ("\x1b[1;3R\x1bOk\x1bOM", "alt-f3 + enter"),
            ("\x1b", "esc"),
            ("\x1b\x1b", "esc esc"),
            ("\x1b[", "alt-["),
        ] {
            let wanted: Vec<Chord> = keys.split(' ').map(|key| Chord::parse(key).unwrap()).collect();
            assert_eq!(chords(bytes.as_bytes()), wanted, "{bytes:?}");
        }
    }

    #[test]
    fn a_release_is_no_key_and_a_repeat_is_one() {
        assert_eq!(events(b"\x1b[97;1:3u\x1b[1;1:3A"), []);
        assert!(matches!(events(b"\x1b[1;1:2A").as_slice(), [Event::Key(key)] if key.kind == KeyEventKind::Repeat));
    }

    #[test]
    fn what_is_pasted_is_text_whatever_it_holds() {
        assert_eq!(
            events(b"\x1b[200~ls\r\nrm \x1b[A\x03 /quit\rx\x1b[201~"),
            [Event::Paste("ls\nrm \u{1b}[A\u{3} /quit\nx".into())]
        );
        let mut decoder = Decoder::default();
        for byte in b"\x1b[200~two\x1b[20pieces\x1b[201~z" {
            decoder.feed(&[*byte]);
        }
        assert_eq!(decoder.event(), Some(Event::Paste("two\u{1b}[20pieces".into())));
        assert_eq!(decoder.event(), Some(key(KeyCode::Char('z'), KeyModifiers::NONE)));
        // A terminal that never ends it does not make us deaf.
        assert_eq!(events(b"\x1b[200~half"), [Event::Paste("half".into())]);
        let much = [b"\x1b[200~".to_vec(), vec![b'x'; 2 * MAX_PASTE], b"\x1b[201~".to_vec()].concat();
        assert!(matches!(events(&much).as_slice(), [Event::Paste(text)] if text.len() == MAX_PASTE));
    }

    #[test]
    fn mouse_focus_and_answers() {
        let at = |kind, column, row| Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
        assert_eq!(
            events(b"\x1b[<0;10;5M\x1b[<0;10;5m\x1b[<64;1;1M\x1b[<65;1;1M\x1b[<32;2;2M\x1b[M !!"),
            [
                at(MouseEventKind::Down(MouseButton::Left), 9, 4),
                at(MouseEventKind::Up(MouseButton::Left), 9, 4),
                at(MouseEventKind::ScrollUp, 0, 0),
                at(MouseEventKind::ScrollDown, 0, 0),
                at(MouseEventKind::Drag(MouseButton::Left), 1, 1),
                at(MouseEventKind::Down(MouseButton::Left), 0, 0),
            ]
        );
        assert_eq!(events(b"\x1b[<0;0;0M").len(), 1, "a place a terminal should not give");
        assert_eq!(events(b"\x1b[I\x1b[O"), [Event::FocusGained, Event::FocusLost]);
        let answers = b"\x1b[?62;4c\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b]11;rgb:0/0/0\x07\x1bP>|xterm\x1b\\\x1b[24;80R\x1b[?2026;2$y\x1b_Gi=1;OK\x1b\\";
        assert_eq!(events(answers), []);
    }

    #[test]
    fn an_escape_waits_for_what_may_follow() {
        let mut decoder = Decoder::default();
        decoder.feed(b"\x1b");
        assert_eq!(decoder.event(), None);
        assert!(decoder.is_waiting());
        decoder.feed(b"[");
        decoder.feed(b"B");
        assert_eq!(decoder.event(), Some(key(KeyCode::Down, KeyModifiers::NONE)), "a key that came in pieces");
        assert!(!decoder.is_waiting());
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_are_taken(bytes in proptest::collection::vec(prop_oneof![
            Just(0x1b_u8), Just(b'['), Just(b'O'), Just(b';'), Just(b'<'), Just(b'M'), Just(b'u'), Just(b'~'), b'0'..=b'9', any::<u8>(),
        ], 0..200), cut in 1..7_usize) {
            let (mut whole, mut pieces) = (Decoder::default(), Decoder::default());
            whole.feed(&bytes);
            bytes.chunks(cut).for_each(|piece| pieces.feed(piece));
            let all = |decoder: &mut Decoder| {
                decoder.settle();
                std::iter::from_fn(|| decoder.event()).collect::<Vec<_>>()
            };
            prop_assert_eq!(all(&mut whole), all(&mut pieces));
            prop_assert!(!whole.is_waiting());
        }
    }
}
