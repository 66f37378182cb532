//! A question whose answer nobody may see, on a terminal that shows no screen of ours.

use std::io::{self, Write as _};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use zeroize::Zeroizing;

use crate::model::Secret;

/// Longest answer taken, in octets.
const LONGEST: usize = 1024;

/// Asks on standard error and takes what `keys` gives, without showing it; `None` when the person gives up, or
/// the terminal ends (no octet).
///
/// Signals must not end the process by themselves meanwhile: nobody would give the terminal back. `keys` looks
/// after them.
///
/// # Errors
/// What the system says of the terminal, and what `keys` says.
pub fn hidden(question: &str, keys: impl FnMut() -> io::Result<Zeroizing<Vec<u8>>>) -> io::Result<Option<Secret>> {
    let mut terminal = io::stderr().lock();
    // Before it is asked: who answers at once would see the first letters.
    enable_raw_mode()?;
    let asked = write!(terminal, "{}", question.replace('\n', "\r\n")).and_then(|()| terminal.flush());
    let typed = asked.and_then(|()| read(keys));
    disable_raw_mode()?;
    writeln!(terminal)?;
    typed
}

fn read(mut keys: impl FnMut() -> io::Result<Zeroizing<Vec<u8>>>) -> io::Result<Option<Secret>> {
    // Room for all of it: nothing is left behind by growing.
    let mut typed = Zeroizing::new(Vec::with_capacity(LONGEST));
    let mut within = Within::Text;
    loop {
        let octets = keys()?;
        if octets.is_empty() {
            return Ok(None);
        }
        for &octet in octets.iter() {
            within = match (within, octet) {
                (Within::Text, b'\r' | b'\n') => {
                    let text = std::str::from_utf8(&typed).map_err(|_| io::Error::other("what was typed is not UTF-8"))?;
                    return Ok(Some(Secret::new(text.to_owned())));
                }
                // Ctrl-C and Ctrl-D.
                (_, 0x03 | 0x04) => return Ok(None),
                (_, 0x1b) => Within::Escape,
                (Within::Escape, b'[' | b'O') | (Within::Sequence, 0x20..=0x3f) => Within::Sequence,
                (Within::Escape | Within::Sequence, _) => Within::Text,
                (Within::Text, _) => {
                    put(&mut typed, octet);
                    Within::Text
                }
            };
        }
    }
}

/// Where in what a terminal sends an octet stands: keys without a letter are no part of a password.
#[derive(Debug, Clone, Copy)]
enum Within {
    Text,
    Escape,
    Sequence,
}

fn put(typed: &mut Vec<u8>, octet: u8) {
    match octet {
        // Backspace: the octets of a letter behind its first, and that.
        0x08 | 0x7f => while typed.pop().is_some_and(|last| last & 0xc0 == 0x80) {},
        // Ctrl-U.
        0x15 => typed.clear(),
        0x20.. if typed.len() < LONGEST => typed.push(octet),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[&[u8]]) -> Option<String> {
        let mut keys = keys.iter();
        let read = read(|| Ok(Zeroizing::new(keys.next().map_or_else(Vec::new, |keys| keys.to_vec()))));
        read.unwrap().map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn letters_are_taken_and_other_keys_are_not() {
        let of = |keys: &str| typed(&[keys.as_bytes()]);
        assert_eq!(of("s3 crét\r").as_deref(), Some("s3 crét"));
        assert_eq!(of("\r").as_deref(), Some(""));
        assert_eq!(of("wrong\x15ab\u{e9}\x7fc\x08\x08\r").as_deref(), Some("a"));
        assert_eq!(of("\x7f\x7fa\r").as_deref(), Some("a"), "nothing is there to be deleted");
        assert_eq!(of("a\x1b[D\x1bOP\x1b[1;5Cb\x1b[200~c\tx\r").as_deref(), Some("abcx"));
        // However it comes in parts.
        assert_eq!(typed(&[b"a\xc3", b"\xa9\x1b", b"[", b"3~b", b"\r"]).as_deref(), Some("aéb"));
        let long = format!("{}\r", "x".repeat(5000));
        assert_eq!(of(&long).map(|text| text.len()), Some(LONGEST));
    }

    #[test]
    fn who_gives_up_or_is_gone_gives_nothing() {
        assert_eq!(typed(&[b"abc\x03"]), None);
        assert_eq!(typed(&[b"abc\x04\r"]), None);
        assert_eq!(typed(&[b"abc"]), None, "the terminal ended");
        assert!(read(|| Ok(Zeroizing::new(b"\xff\r".to_vec()))).is_err());
        assert!(read(|| Err(io::ErrorKind::Interrupted.into())).is_err());
    }
}
