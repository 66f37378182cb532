//! How pictures are shown: which way there is, told from the environment, and the places that are left for them
//! where the terminal draws them itself.

mod print;
mod sixel;

pub use print::{ERASE, Print};

use ratatui::layout::Rect;

use super::abilities::{Depth, Given};
use crate::app::Showing;
use crate::config::PicturesChoice;
use crate::model::{Picture, Pixel};

/// How pictures are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pictures {
    /// Not at all.
    #[default]
    None,
    /// By cells of two colours.
    Blocks,
    /// By the terminal, told so.
    By(Protocol),
}

/// What a terminal understands of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// The graphics protocol of kitty (`APC G`).
    Kitty,
    /// The inline images of iTerm2 (`OSC 1337`).
    Iterm,
    /// Sixels (`DCS q`).
    Sixel,
}

/// A place that the cells leave free, and the picture that belongs there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plate {
    /// The room there is.
    pub room: Rect,
    /// The picture.
    pub picture: Picture,
}

/// A picture made so small.
#[derive(Debug, Clone)]
pub(super) struct Scaled {
    picture: Picture,
    size: (usize, usize),
    pub(super) pixels: Vec<Pixel>,
}

impl Scaled {
    pub(super) fn new(picture: &Picture, size: (usize, usize)) -> Self {
        Self { picture: picture.clone(), size, pixels: picture.scaled(size) }
    }

    /// Whether it is this one. Copies of a picture are known by the pixels they share.
    pub(super) fn is(&self, picture: &Picture, size: (usize, usize)) -> bool {
        self.size == size && self.picture == *picture
    }
}

/// Octets of a cell of two pixels at most, where there are all colours and where there are 256.
const CELL: usize = "\x1b[38;2;255;255;255;48;2;255;255;255m▀".len();
const CELL_OF_MANY: usize = "\x1b[38;5;255;48;5;255m▀".len();

/// Columns and rows of pixels of a picture in cells of two: as many as fit, and as the terminal takes.
pub(super) fn in_cells(picture: &Picture, room: (usize, usize), depth: Depth, remote: bool) -> (usize, usize) {
    let most = print::most(remote) / if depth == Depth::True { CELL } else { CELL_OF_MANY };
    let mut size = picture.fit(room);
    while size.0 * size.1.div_ceil(2) > most {
        size = picture.fit((size.0 * 15 / 16, size.1 * 15 / 16));
    }
    size
}

/// Variables that give away a terminal that can show pictures, with their values; none: any.
const BY_VARIABLE: [(&str, &str, Protocol); 7] = [
    ("KITTY_WINDOW_ID", "", Protocol::Kitty),
    ("TERM_PROGRAM", "ghostty", Protocol::Kitty),
    ("TERM_PROGRAM", "WezTerm", Protocol::Iterm),
    ("TERM_PROGRAM", "iTerm.app", Protocol::Iterm),
    ("TERM_PROGRAM", "mintty", Protocol::Iterm),
    ("LC_TERMINAL", "iTerm2", Protocol::Iterm),
    ("MLTERM", "", Protocol::Sixel),
];

/// Beginnings of `TERM` that do.
const BY_TERM: [(&str, Protocol); 6] = [
    ("xterm-kitty", Protocol::Kitty),
    ("xterm-ghostty", Protocol::Kitty),
    ("wezterm", Protocol::Iterm),
    ("foot", Protocol::Sixel),
    ("mlterm", Protocol::Sixel),
    ("contour", Protocol::Sixel),
];

impl Pictures {
    /// What the settings want, as far as the terminal can do it. Nothing is shown without colours or where they are few:
    /// it could not be made out.
    pub(super) fn read(choice: PicturesChoice, depth: Depth, given: &Given<'_>) -> Self {
        let symbols = given.marks.utf8 && given.marks.set == super::Set::Unicode;
        let protocol = match choice {
            PicturesChoice::Off => return Self::None,
            _ if depth < Depth::Many || !symbols => return Self::None,
            // What lies between would have to pass pictures on, and to take them away when its panes change.
            _ if given.between => None,
            PicturesChoice::Kitty => Some(Protocol::Kitty),
            PicturesChoice::Iterm => Some(Protocol::Iterm),
            PicturesChoice::Sixel => Some(Protocol::Sixel),
            PicturesChoice::Blocks => None,
            PicturesChoice::Auto => known(given),
        };
        protocol.map_or(Self::Blocks, Self::By)
    }

    /// The same for a terminal that does not say how many pixels a cell has: sixels could not be made to fit.
    #[must_use]
    pub const fn without_pixels(self) -> Self {
        match self {
            Self::By(Protocol::Sixel) => Self::Blocks,
            other => other,
        }
    }

    /// What the core needs to know of it.
    #[must_use]
    pub const fn showing(self) -> Showing {
        match self {
            Self::None => Showing::Words,
            Self::Blocks => Showing::Blocks,
            Self::By(_) => Showing::Pixels,
        }
    }
}

/// What the terminal is known to understand.
fn known(given: &Given<'_>) -> Option<Protocol> {
    let term = (given.get)("TERM").unwrap_or_default();
    let by_term = BY_TERM.iter().find(|(begins, _)| term.starts_with(begins)).map(|(_, protocol)| *protocol);
    by_term.or_else(|| {
        let told = |(name, wanted, _): &&(&str, &str, Protocol)| {
            (given.get)(name).is_some_and(|value| wanted.is_empty() || value == *wanted)
        };
        BY_VARIABLE.iter().find(told).map(|(.., protocol)| *protocol)
    })
}

#[cfg(test)]
mod tests;
