//! A question whose answer nobody may see, on a terminal that shows no screen of ours.

use std::io::{self, Write as _};

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use zeroize::Zeroizing;

use crate::model::Secret;

/// Longest answer taken, in octets.
const LONGEST: usize = 1024;

/// Asks on standard error and reads without showing; `None` when the person gives up.
///
/// # Errors
/// What the system says of the terminal.
pub fn hidden(question: &str) -> io::Result<Option<Secret>> {
    let mut terminal = io::stderr().lock();
    // Before it is asked: who answers at once would see the first letters.
    enable_raw_mode()?;
    let asked = write!(terminal, "{}", question.replace('\n', "\r\n")).and_then(|()| terminal.flush());
    let typed = asked.and_then(|()| read());
    disable_raw_mode()?;
    writeln!(terminal)?;
    typed
}

fn read() -> io::Result<Option<Secret>> {
    // Room for all of it: nothing is left behind by growing.
    let mut typed = Zeroizing::new(String::with_capacity(LONGEST + 4));
    loop {
        let Event::Key(key) = crossterm::event::read()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => return Ok(Some(Secret::new(typed.to_string()))),
            KeyCode::Char('c' | 'd') if control => return Ok(None),
            KeyCode::Char('u') if control => typed.clear(),
            KeyCode::Backspace => {
                typed.pop();
            }
            KeyCode::Char(c) if !control && typed.len() < LONGEST => typed.push(c),
            _ => {}
        }
    }
}
