//! What a terminal can do, told from the environment. Nothing is asked of it, so nothing waits for an
//! answer, and none can be mistaken for a key.

use ratatui::style::Color;

use super::marks::{Marks, Set};
use super::pictures::Pictures;
use crate::config::{MarksChoice, Paint, UiSettings};

/// How many colours there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Depth {
    /// None: attributes only.
    None,
    /// The 16 of the terminal's own choosing.
    #[default]
    Sixteen,
    /// 256.
    Many,
    /// All.
    True,
}

/// A program between this one and the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Between {
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

/// What the terminal can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Abilities {
    /// Colours.
    pub depth: Depth,
    /// Symbols.
    pub marks: Marks,
    /// Letters of ambiguous width take two cells.
    pub wide: bool,
    /// It can be told where links lead.
    pub hyperlinks: bool,
    /// What lies between.
    pub between: Option<Between>,
    /// Reached over SSH: what is written may take long.
    pub remote: bool,
    /// How pictures are shown.
    pub pictures: Pictures,
}

/// What is known of a terminal already when it is asked how pictures are shown there.
pub(super) struct Given<'a> {
    /// Reads a variable of the environment that is not empty.
    pub(super) get: &'a dyn Fn(&str) -> Option<String>,
    /// Symbols.
    pub(super) marks: Marks,
    /// Something lies between.
    pub(super) between: bool,
}

impl Abilities {
    /// What the environment says of the terminal, and the settings want of it.
    #[must_use]
    pub fn read(settings: &UiSettings, variable: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| variable(name).filter(|value| !value.is_empty());
        let term = get("TERM").unwrap_or_default();
        let console = term.starts_with("linux");
        let between = if get("TMUX").is_some() {
            Some(Between::Tmux)
        } else if get("STY").is_some() {
            Some(Between::Screen)
        } else {
            None
        };
        let set = if settings.plain_marks || settings.wide || settings.marks == MarksChoice::Ascii {
            Set::Ascii
        } else if settings.marks == MarksChoice::Console || (settings.marks == MarksChoice::Auto && console) {
            Set::Console
        } else {
            Set::Unicode
        };
        let chokes = console || term.starts_with("eterm") || between == Some(Between::Screen);
        let (depth, marks) = (depth(settings, &term, &get), Marks { set, utf8: is_utf8(&get) });
        // tmux and screen at the other end of SSH are told by the name they give the terminal only.
        let hidden = between.is_some() || get("ZELLIJ").is_some() || ["tmux", "screen"].iter().any(|name| term.starts_with(name));
        let given = Given { get: &get, marks, between: hidden };
        Self {
            depth,
            marks,
            pictures: Pictures::read(settings.pictures, depth, &given),
            wide: settings.wide,
            hyperlinks: settings.hyperlinks.unwrap_or(!chokes),
            between,
            remote: get("SSH_TTY").or_else(|| get("SSH_CONNECTION")).is_some(),
        }
    }

    /// The same for a terminal that does not say how many pixels a cell has.
    #[must_use]
    pub const fn without_pixels(self) -> Self {
        Self { pictures: self.pictures.without_pixels(), ..self }
    }
}

fn depth(settings: &UiSettings, term: &str, get: &impl Fn(&str) -> Option<String>) -> Depth {
    if settings.no_color {
        return Depth::None;
    }
    let all = get("COLORTERM").is_some_and(|value| matches!(value.as_str(), "truecolor" | "24bit"));
    let (all_by_name, many) = (["-direct", "kitty", "ghostty", "alacritty", "wezterm", "foot"], ["256color", "xterm-color256"]);
    let found = if (all && !term.starts_with("screen") && !term.starts_with("linux"))
        || all_by_name.iter().any(|n| term.contains(n))
    {
        Depth::True
    } else if many.iter().any(|name| term.contains(name)) || get("WT_SESSION").is_some() {
        Depth::Many
    } else if matches!(term, "" | "dumb" | "unknown") || term.starts_with("vt") || term.ends_with("-m") || term.ends_with("-mono")
    {
        Depth::None
    } else {
        Depth::Sixteen
    };
    if settings.always_color { found.max(Depth::Sixteen) } else { found }
}

/// Whether the locale can show anything beyond ASCII.
fn is_utf8(get: &impl Fn(&str) -> Option<String>) -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| get(name));
    let named = set.is_some_and(|value| {
        let value = value.to_ascii_lowercase();
        value.contains("utf-8") || value.contains("utf8")
    });
    named || cfg!(windows)
}

/// The 16 colours as xterm shows them.
const SIXTEEN: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];
/// The steps of the cube of 216 colours.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// Red, green and blue of one of 256 colours.
#[must_use]
pub fn of_index(index: u8) -> [u8; 3] {
    let step = |n: u8| STEPS.get(usize::from(n)).copied().unwrap_or(0);
    match index {
        0..=15 => SIXTEEN.get(usize::from(index)).copied().unwrap_or_default(),
        16..=231 => {
            let n = index - 16;
            [step(n / 36), step(n / 6 % 6), step(n % 6)]
        }
        232.. => [8 + (index - 232) * 10; 3],
    }
}

/// The one of some colours that comes nearest.
fn nearest(wanted: [u8; 3], among: std::ops::RangeInclusive<u8>) -> u8 {
    // The eye sees green best and blue least.
    let weights = [3, 6, 1];
    let apart = |index: u8| {
        let parts = wanted.into_iter().zip(of_index(index)).zip(weights);
        parts.map(|((wanted, found), weight)| weight * u32::from(wanted.abs_diff(found)).pow(2)).sum::<u32>()
    };
    let first = *among.start();
    among.min_by_key(|index| apart(*index)).unwrap_or(first)
}

impl Depth {
    /// A colour of a theme in the colours there are; `None` for no colour at all.
    #[must_use]
    pub fn bring_down(self, paint: Paint) -> Option<Color> {
        match (self, paint) {
            (Self::None, _) => None,
            (_, Paint::Own) => Some(Color::Reset),
            (_, Paint::Sixteen(n)) => Some(named(n)),
            (Self::Sixteen, Paint::Indexed(n)) => Some(named(nearest(of_index(n), 0..=15))),
            (Self::Sixteen, Paint::Rgb(r, g, b)) => Some(named(nearest([r, g, b], 0..=15))),
            (_, Paint::Indexed(n)) => Some(Color::Indexed(n)),
            (Self::Many, Paint::Rgb(r, g, b)) => Some(Color::Indexed(nearest([r, g, b], 16..=255))),
            (Self::True, Paint::Rgb(r, g, b)) => Some(Color::Rgb(r, g, b)),
        }
    }
}

/// One of the 16.
const fn named(number: u8) -> Color {
    match number {
        0 => Color::Black,
        1 => Color::Red,
        2 => Color::Green,
        3 => Color::Yellow,
        4 => Color::Blue,
        5 => Color::Magenta,
        6 => Color::Cyan,
        7 => Color::Gray,
        8 => Color::DarkGray,
        9 => Color::LightRed,
        10 => Color::LightGreen,
        11 => Color::LightYellow,
        12 => Color::LightBlue,
        13 => Color::LightMagenta,
        14 => Color::LightCyan,
        _ => Color::White,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &UiSettings, environment: &[(&str, &str)]) -> Abilities {
        Abilities::read(settings, |name| {
            environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn colours_by_name() {
        let settings = UiSettings::default();
        for (environment, depth) in [
            (&[("TERM", "xterm-256color")][..], Depth::Many),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], Depth::True),
            (&[("TERM", "screen-256color"), ("COLORTERM", "truecolor")], Depth::Many),
            (&[("TERM", "tmux-256color"), ("COLORTERM", "truecolor")], Depth::True),
            (&[("TERM", "xterm-kitty")], Depth::True),
            (&[("TERM", "xterm-direct")], Depth::True),
            (&[("TERM", "linux"), ("COLORTERM", "truecolor")], Depth::Sixteen),
            (&[("TERM", "xterm")], Depth::Sixteen),
            (&[("TERM", "vt100")], Depth::None),
            (&[], Depth::None),
        ] {
            assert_eq!(read(&settings, environment).depth, depth, "{environment:?}");
        }
        let never = UiSettings { no_color: true, ..UiSettings::default() };
        assert_eq!(read(&never, &[("TERM", "xterm-kitty")]).depth, Depth::None);
        let always = UiSettings { always_color: true, ..UiSettings::default() };
        assert_eq!(read(&always, &[("TERM", "vt100")]).depth, Depth::Sixteen);
    }

    #[test]
    fn symbols_by_place() {
        let (utf8, settings) = (("LANG", "de_DE.UTF-8"), UiSettings::default());
        let marks = |settings: &UiSettings, environment: &[(&str, &str)]| read(settings, environment).marks;
        assert_eq!(marks(&settings, &[("TERM", "xterm"), utf8]), Marks { set: Set::Unicode, utf8: true });
        assert_eq!(marks(&settings, &[("TERM", "linux"), utf8]), Marks { set: Set::Console, utf8: true });
        assert!(!marks(&settings, &[("TERM", "xterm"), ("LC_ALL", "C"), utf8]).utf8);
        let wide = UiSettings { wide: true, ..UiSettings::default() };
        assert_eq!(marks(&wide, &[utf8]).set, Set::Ascii);
        let unicode = UiSettings { marks: MarksChoice::Unicode, ..UiSettings::default() };
        assert_eq!(marks(&unicode, &[("TERM", "linux"), utf8]).set, Set::Unicode);
    }

    #[test]
    fn the_nearest_colour() {
        assert_eq!(Depth::Many.bring_down(Paint::Rgb(255, 0, 0)), Some(Color::Indexed(196)));
        assert_eq!(Depth::Many.bring_down(Paint::Rgb(8, 8, 8)), Some(Color::Indexed(232)));
        assert_eq!(Depth::Sixteen.bring_down(Paint::Rgb(250, 250, 250)), Some(Color::White));
        assert_eq!(Depth::Sixteen.bring_down(Paint::Indexed(196)), Some(Color::LightRed));
        assert_eq!(Depth::None.bring_down(Paint::Sixteen(1)), None);
    }
}
