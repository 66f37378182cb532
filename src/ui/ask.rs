//! A question whose answer nobody may see, on a terminal that shows no screen of ours.

use std::io::{self, Write as _};
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use zeroize::Zeroizing;

use crate::model::Secret;

/// Longest answer taken, in octets.
const LONGEST: usize = 1024;

/// So often is looked whether the program is to end meanwhile.
const LOOK: Duration = Duration::from_millis(200);

/// Asks on standard error and reads without showing; `None` when the person gives up, or the program `ends`.
///
/// Signals must not end the process by themselves meanwhile: nobody would give the terminal back.
///
/// # Errors
/// What the system says of the terminal.
pub fn hidden(question: &str, ends: impl Fn() -> bool) -> io::Result<Option<Secret>> {
    let mut terminal = io::stderr().lock();
    // Before it is asked: who answers at once would see the first letters.
    enable_raw_mode()?;
    let asked = write!(terminal, "{}", question.replace('\n', "\r\n")).and_then(|()| terminal.flush());
    let typed = asked.and_then(|()| read(ends));
    disable_raw_mode()?;
    writeln!(terminal)?;
    typed
}

fn read(ends: impl Fn() -> bool) -> io::Result<Option<Secret>> {
    // Room for all of it: nothing is left behind by growing.
    let mut typed = Zeroizing::new(String::with_capacity(LONGEST + 4));
    loop {
        while !crossterm::event::poll(LOOK)? {
            if ends() {
                return Ok(None);
            }
        }
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
