//! How something is made noticed: which ways fit the terminal, and the bytes for each.
//!
//! Pure: what the environment says is given. A text of others passes [`text`] and is bounded before it is
//! part of a sequence, so that none of its characters can end one or begin another.

use std::fmt::Write as _;

use super::text;
use crate::app::notices::Notice;
use crate::config::{NotifySettings, Via};

/// Characters of a title and of a text on a desktop.
const MAX_TITLE: usize = 80;
const MAX_BODY: usize = 320;
/// Octets of the two in a sequence: GNU screen passes on 768 at most.
const MAX_OCTETS: usize = 560;

/// What sits between the program and the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Between {
    /// Nothing.
    #[default]
    Nothing,
    /// tmux, which passes sequences on where `allow-passthrough` is on.
    Tmux,
    /// GNU screen.
    Screen,
    /// Something that passes on nothing but the bell.
    Other,
}

/// Where the program runs, as far as the environment tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// The words of the terminal that is at the end of it all, if they are known.
    pub speaks: Option<Via>,
    /// After what the terminal was told: `kitty`, `TERM=foot`.
    pub known_by: String,
    /// What sits between.
    pub between: Between,
    /// The user sits at another machine.
    pub over_ssh: bool,
    /// There is an address of a session bus.
    pub desktop: bool,
}

/// Variables that give a terminal away, with its words. Those of the terminal at the very end stay set within
/// tmux and screen, as they were when these were started.
const BY_VARIABLE: [(&str, &str, Via); 9] = [
    ("KITTY_WINDOW_ID", "", Via::Osc99),
    ("TERM_PROGRAM", "ghostty", Via::Osc777),
    ("GHOSTTY_RESOURCES_DIR", "", Via::Osc777),
    ("TERM_PROGRAM", "WezTerm", Via::Osc777),
    ("WEZTERM_PANE", "", Via::Osc777),
    ("TERM_PROGRAM", "iTerm.app", Via::Osc9),
    ("LC_TERMINAL", "iTerm2", Via::Osc9),
    ("WT_SESSION", "", Via::Osc9),
    ("VTE_VERSION", "", Via::Osc777),
];

/// Beginnings of `TERM` that give a terminal away: all there is over SSH.
const BY_TERM: [(&str, Via); 5] = [
    ("xterm-kitty", Via::Osc99),
    ("foot", Via::Osc777),
    ("xterm-ghostty", Via::Osc777),
    ("wezterm", Via::Osc777),
    ("rxvt-unicode", Via::Osc777),
];

impl Surroundings {
    /// Looks around; `variable` reads one of the environment.
    #[must_use]
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let term = set("TERM").unwrap_or_default();
        let between = if set("TMUX").is_some() || term.starts_with("tmux") {
            Between::Tmux
        } else if set("STY").is_some() {
            Between::Screen
        } else if set("ZELLIJ").is_some() || term.starts_with("screen") {
            // Of tmux and screen at the other end of SSH it cannot be told which one it is.
            Between::Other
        } else {
            Between::Nothing
        };
        let by_term = BY_TERM.iter().find(|(begins, _)| term.starts_with(begins)).map(|(_, way)| (*way, format!("TERM={term}")));
        let told = |(name, wanted, way): &(&str, &str, Via)| {
            let value = set(name)?;
            let known_by = if wanted.is_empty() { (*name).to_owned() } else { format!("{name}={wanted}") };
            (wanted.is_empty() || value == *wanted).then_some((*way, known_by))
        };
        let known = by_term.or_else(|| BY_VARIABLE.iter().find_map(told));
        let desktop = cfg!(all(unix, not(target_os = "macos")))
            && (set("DBUS_SESSION_BUS_ADDRESS").is_some() || set("XDG_RUNTIME_DIR").is_some());
        Self {
            speaks: known.as_ref().map(|(way, _)| *way),
            known_by: known.map_or_else(|| format!("TERM={term}"), |(_, by)| by),
            between,
            over_ssh: ["SSH_TTY", "SSH_CONNECTION", "SSH_CLIENT"].iter().any(|name| set(name).is_some()),
            desktop,
        }
    }
}

/// The ways to take, each once. `desktop_works`: the desktop was not given up.
#[must_use]
pub fn ways(settings: &NotifySettings, around: &Surroundings, desktop_works: bool) -> Vec<Via> {
    let mut all = Vec::new();
    for via in &settings.via {
        match via {
            Via::Auto => all.extend(automatic(around, desktop_works)),
            Via::Command if settings.command.is_empty() => {}
            other => all.push(*other),
        }
    }
    all.sort_unstable();
    all.dedup();
    all.retain(|way| settings.bell || *way != Via::Bell);
    all
}

/// The desktop where the user sits at it, else what the terminal knows. The bell where nothing else is sure to
/// be heard: multiplexers mark their windows by it, and pass on the rest only if they are set up so.
fn automatic(around: &Surroundings, desktop_works: bool) -> Vec<Via> {
    let desktop = around.desktop && !around.over_ssh && desktop_works;
    let passes = around.between != Between::Other;
    let main = if desktop { Some(Via::Desktop) } else { around.speaks.filter(|_| passes) };
    let bell = desktop || main.is_none() || around.between != Between::Nothing;
    main.into_iter().chain(bell.then_some(Via::Bell)).collect()
}

/// The texts of a notice, made safe for one line each.
#[must_use]
pub fn texts(notice: &Notice) -> (String, String) {
    let safe = |text: &str, most: usize| {
        let bounded: String = text.chars().take(most).collect();
        text::line(&bounded).trim().to_owned()
    };
    (safe(&notice.title, MAX_TITLE), safe(&notice.body, MAX_BODY))
}

/// The number of a notice as terminals take it; `mark` tells programs that share a terminal apart.
#[must_use]
pub fn name(mark: u32, id: u32) -> String {
    format!("chinwag-{mark:x}-{id}")
}

/// What is written to the terminal for a notice by one way; empty for ways that are none of the terminal's.
#[must_use]
pub fn sequence(way: Via, notice: &Notice, mark: u32, between: Between) -> String {
    let (title, body) = texts(notice);
    let title = cut(&title, MAX_OCTETS / 4);
    let body = cut(&body, MAX_OCTETS - title.len());
    // They end where a semicolon stands, and a number before one is an order to some terminals.
    let plain = |text: &str| text.replace(';', ",");
    let said = match way {
        Via::Bell => return "\x07".to_owned(),
        Via::Osc99 => {
            let id = name(mark, notice.id);
            let first = wrapped(&format!("99;i={id}:d=0;{title}"), between);
            return first + &wrapped(&format!("99;i={id}:d=1:p=body;{body}"), between);
        }
        Via::Osc777 => format!("777;notify;{};{}", plain(title), plain(body)),
        Via::Osc9 => format!("9;{}: {}", plain(title), plain(body)),
        Via::Auto | Via::Desktop | Via::Command => return String::new(),
    };
    wrapped(&said, between)
}

/// What is written to take a notice back; empty where that cannot be done.
#[must_use]
pub fn recall(way: Via, id: u32, mark: u32, between: Between) -> String {
    match way {
        Via::Osc99 => wrapped(&format!("99;i={}:p=close;", name(mark, id)), between),
        _ => String::new(),
    }
}

/// A sequence of the operating system's kind, wrapped for what sits between.
fn wrapped(said: &str, between: Between) -> String {
    match between {
        Between::Nothing | Between::Other => format!("\x1b]{said}\x1b\\"),
        // Each ESC within is doubled.
        Between::Tmux => format!("\x1bPtmux;\x1b\x1b]{said}\x1b\x1b\\\x1b\\"),
        // An ESC and a backslash would end it, so what is within ends with BEL.
        Between::Screen => format!("\x1bP\x1b]{said}\x07\x1b\\"),
    }
}

/// The text up to so many octets, whole letters only.
fn cut(text: &str, octets: usize) -> &str {
    let mut end = octets.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// A sequence as people can read it.
#[must_use]
pub fn readable(sequence: &str) -> String {
    let mut out = String::new();
    for c in sequence.chars() {
        match c {
            '\x1b' => out.push_str("ESC "),
            '\x07' => out.push_str("BEL "),
            other => {
                let _ = write!(out, "{other}");
            }
        }
    }
    text::line(out.trim_end())
}

#[cfg(test)]
mod tests;
