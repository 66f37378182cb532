//! Shows the screen with made-up people, without a network: to look at it, to take pictures of it.
//!
//! `cargo run --example gallery` takes keys and mouse; `cargo run --example gallery -- 120x40`
//! writes one frame of that size with its colours and ends.

use std::io::{self, Write};

use chinwag::app::sample::sample_app;
use chinwag::app::{App, Effect, Msg, update};
use chinwag::config::{IdleSettings, UiSettings};
use chinwag::ui::{Hits, Keymap, Terminal, Theme, ThinBackend, draw, translate, view};
use ratatui::layout::Size;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let settings = UiSettings { mouse: true, no_color: false, plain_marks: false, bell: false, paste_lines: 5, keys: Vec::new() };
    let mut app = sample_app();
    if let Some(size) = std::env::args().nth(1) {
        let (columns, rows) = size.split_once('x').ok_or("a size such as 80x24")?;
        return Ok(picture(&mut app, Size::new(columns.parse()?, rows.parse()?))?);
    }
    let idle = IdleSettings { idle_after: std::time::Duration::ZERO, away_after: std::time::Duration::ZERO };
    app.configure(&settings, &idle);
    let (keymap, _) = Keymap::new(&settings);
    let mut terminal = Terminal::enter(&settings)?;
    let mut hits = Hits::default();
    let (columns, rows) = crossterm::terminal::size()?;
    let at = app.now;
    update(&mut app, Msg::Resize(columns, rows), at);
    loop {
        if std::mem::take(&mut app.dirty) {
            draw(&mut terminal, &app, &mut hits)?;
        }
        let event = crossterm::event::read()?;
        for msg in translate(&event, &app, &hits, &keymap) {
            for effect in update(&mut app, msg, at) {
                match effect {
                    Effect::Quit => return Ok(()),
                    Effect::Redraw => {
                        terminal.redraw()?;
                        app.dirty = true;
                    }
                    _ => {}
                }
            }
        }
    }
}

/// One frame on standard output.
fn picture(app: &mut App, size: Size) -> io::Result<()> {
    let at = app.now;
    update(app, Msg::Resize(size.width, size.height), at);
    let mut terminal = ratatui::Terminal::new(ThinBackend::with_size(Vec::new(), size))?;
    terminal.draw(|frame| view(app, Theme::new(true, false), frame, &mut Hits::default()))?;
    let mut out = io::stdout().lock();
    out.write_all(b"\x1b[2J\x1b[H")?;
    out.write_all(terminal.backend_mut().out())?;
    write!(out, "\x1b[{};1H", size.height + 1)
}
