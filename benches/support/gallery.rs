//! Shows the screen with made-up people, without a network: to look at it, to take pictures of it.
//!
//! `cargo run --example gallery` takes keys and mouse; `cargo run --example gallery -- 120x40`
//! writes one frame of that size with its colours and ends.

use std::io::{self, Write};

use chinwag::app::sample::sample_app;
use chinwag::app::{App, Effect, Msg, update};
use chinwag::config::{IdleSettings, UiSettings};
use chinwag::runtime::tty::{self, Tty};
use chinwag::ui::{Abilities, Hits, Keymap, Terminal, Theme, draw, translate};
use futures_util::StreamExt as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let settings = UiSettings { bell: false, ..UiSettings::default() };
    let mut app = sample_app();
    if let Some(size) = std::env::args().nth(1) {
        let (columns, rows) = size.split_once('x').ok_or("a size such as 80x24")?;
        return Ok(picture(&mut app, (columns.parse()?, rows.parse()?))?);
    }
    let idle = IdleSettings {
        idle_after: std::time::Duration::ZERO,
        away_after: std::time::Duration::ZERO,
        lock_after: std::time::Duration::ZERO,
        multiplexer: false,
    };
    app.configure(&settings, &idle);
    app.size = tty::size();
    let abilities = Abilities::read(&settings, |name| std::env::var(name).ok());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(show(app, &settings, &abilities))
}

/// The screen on this terminal, until it is left.
async fn show(mut app: App, settings: &UiSettings, abilities: &Abilities) -> Result<(), Box<dyn std::error::Error>> {
    let (keymap, _) = Keymap::new(settings);
    let (mut tty, mut keyboard) = Tty::enter()?;
    let mut terminal = Terminal::new(Theme::of(&settings.theme, &[], abilities), abilities);
    let (mut hits, at) = (Hits::default(), app.now);
    loop {
        if std::mem::take(&mut app.dirty) {
            draw(&mut terminal, &app, &mut hits);
            tty.write(&terminal.take())?;
            std::future::poll_fn(|cx| tty.poll_clear(cx)).await?;
        }
        let Some(event) = keyboard.next().await else { return Ok(()) };
        for msg in translate(event?, &app, &hits, &keymap) {
            for effect in update(&mut app, msg, at) {
                match effect {
                    Effect::Quit => return Ok(()),
                    Effect::Redraw => {
                        terminal.redraw();
                        app.dirty = true;
                    }
                    _ => {}
                }
            }
        }
    }
}

/// One frame on standard output.
fn picture(app: &mut App, (columns, rows): (u16, u16)) -> io::Result<()> {
    let at = app.now;
    update(app, Msg::Resize(columns, rows), at);
    let mut terminal = Terminal::new(Theme::new(true, false), &Abilities::default());
    draw(&mut terminal, app, &mut Hits::default());
    write!(io::stdout().lock(), "{}\x1b[{};1H", terminal.take(), rows + 1)
}
