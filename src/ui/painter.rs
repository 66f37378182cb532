//! From one frame to the next: what has to be sent so that the terminal shows the new one.
//!
//! Only cells that differ are written. Blanks are erased where that is shorter, and where rows moved up
//! or down the terminal moves them by itself if that is cheaper than writing them again. A frame is one
//! string, between the marks of a synchronized update when it is long enough to be seen being drawn.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;
use std::rc::Rc;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::pen::{Look, Pen};
use super::pictures::Print;
use super::text;

/// A link: where it is shown, and where it leads. The address was made fit by [`text::link`].
pub type Link = (Rect, String);

/// What stands in a cell of which nobody knows what the terminal shows there: nothing that is ever written.
const UNKNOWN: &str = "\u{1}";
/// Frames up to this many bytes fit one write and need no marks.
const SMALL: usize = 64;
/// Rows that must differ before it is worth to look whether they moved.
const FEW: usize = 4;
/// Bytes that lead to a row.
const WAY: i32 = 6;
/// Bytes that moving rows must spare.
const WORTH: i32 = 24;
/// Rows that may have moved.
const FARTHEST: usize = 12;

/// What the terminal shows, and how to change it.
#[derive(Debug)]
pub struct Painter {
    shown: Sheet,
    /// Nothing is known of the terminal: the next frame is drawn whole.
    lost: bool,
    pen: Pen,
    /// Letters of ambiguous width take two cells there.
    wide: bool,
    /// The picture that is to be seen, and the one that is.
    print: Option<Rc<Print>>,
    printed: Option<Rc<Print>>,
}

/// The cells of one frame with the links they belong to.
#[derive(Debug, Clone, Default)]
struct Sheet {
    cells: Buffer,
    links: Vec<u32>,
}

impl Painter {
    /// Draws the first frame whole. `wide` = letters of ambiguous width take two cells.
    #[must_use]
    pub fn new(wide: bool) -> Self {
        Self { shown: Sheet::default(), lost: true, pen: Pen::default(), wide, print: None, printed: None }
    }

    /// Somebody else wrote to the terminal: the next frame is drawn whole.
    pub const fn forget(&mut self) {
        self.lost = true;
    }

    /// From the next frame on the terminal shows this picture, where the cells are blank; or none.
    pub fn lay(&mut self, print: Option<Rc<Print>>) {
        self.print = print;
    }

    /// What leads from what the terminal shows to this frame; nothing where they are alike.
    pub fn frame(&mut self, cells: &Buffer, links: &[Link], cursor: Option<Position>) -> String {
        let (next, addresses) = Sheet::new(cells, links);
        if std::mem::take(&mut self.lost) || self.shown.cells.area != cells.area {
            self.pen.forget();
            self.pen.frame.push_str("\x1b[H\x1b[2J");
            self.pen.at = Some(Position::ORIGIN);
            // A terminal that was cleared may still keep its picture.
            self.take_up();
            self.shown = Sheet::new(&Buffer::empty(cells.area), &[]).0;
        }
        let print = self.print.clone().filter(|print| next.is_free(print.place));
        if self.printed != print {
            self.take_up();
        }
        let brush = Brush { wide: self.wide, addresses: &addresses, print: print.as_ref().map(|print| print.place) };
        // Whatever is written over a picture makes a hole in it, blanks too.
        let anew = print.clone().filter(|_| self.printed.is_none() || brush.tears(&self.shown, &next));
        let mut pen = self.pen.clone();
        brush.paint(&mut pen, &self.shown, &next);
        // Rows that move would take a picture along, or cut it.
        let shift = if print.is_none() { Shift::find(&self.shown, &next) } else { None };
        if let Some(shift) = shift {
            let mut other = self.pen.clone();
            let moved = shift.carry_out(&mut other, &self.shown);
            brush.paint(&mut other, &moved, &next);
            if other.frame.len() < pen.frame.len() {
                pen = other;
            }
        }
        pen.close_link();
        if let Some(print) = anew {
            pen.plain();
            pen.go_to(print.place.as_position());
            pen.frame.push_str(&print.draw);
            // Where it leaves the cursor, terminals disagree about.
            pen.at = None;
            self.printed = Some(print);
        }
        match cursor {
            Some(place) => {
                pen.go_to(place);
                pen.show_cursor(true);
            }
            None => pen.show_cursor(false),
        }
        self.shown = next;
        let frame = std::mem::take(&mut pen.frame);
        self.pen = pen;
        if frame.len() > SMALL { format!("\x1b[?2026h{frame}\x1b[?2026l") } else { frame }
    }

    /// Takes the picture away that is shown: what is beneath it is not known, so it is written anew.
    fn take_up(&mut self) {
        let Some(print) = self.printed.take() else { return };
        self.pen.frame.push_str(print.erase);
        for place in print.place.intersection(self.shown.cells.area).positions() {
            if let Some(cell) = self.shown.cells.cell_mut(place) {
                cell.set_symbol(UNKNOWN);
            }
        }
    }
}

impl Sheet {
    /// The cells with the number of each link, and the address for each number.
    fn new(cells: &Buffer, links: &[Link]) -> (Self, BTreeMap<u32, String>) {
        let mut numbers = vec![0; cells.content().len()];
        let mut addresses = BTreeMap::new();
        for (area, url) in links {
            let mut hasher = DefaultHasher::new();
            url.hash(&mut hasher);
            let number = u32::try_from(hasher.finish() >> 32).unwrap_or(0).max(1);
            for place in area.intersection(cells.area).positions() {
                let index =
                    usize::from(place.y - cells.area.y) * usize::from(cells.area.width) + usize::from(place.x - cells.area.x);
                if let Some(slot) = numbers.get_mut(index) {
                    *slot = number;
                }
            }
            addresses.insert(number, url.clone());
        }
        (Self { cells: cells.clone(), links: numbers }, addresses)
    }

    /// Whether a place is within it and nothing is written there.
    fn is_free(&self, place: Rect) -> bool {
        let blank = |at| self.cells.cell(at).is_some_and(|cell| cell.symbol() == " ");
        place.intersection(self.cells.area) == place && place.positions().all(blank)
    }

    fn width(&self) -> usize {
        usize::from(self.cells.area.width)
    }

    fn height(&self) -> usize {
        usize::from(self.cells.area.height)
    }

    fn row(&self, y: usize) -> Row<'_> {
        let (from, to) = (y * self.width(), (y + 1) * self.width());
        Row { cells: self.cells.content().get(from..to).unwrap_or(&[]), links: self.links.get(from..to).unwrap_or(&[]) }
    }

    /// A number for each cell; alike where the cells are.
    fn tokens(&self) -> Vec<u64> {
        let look = |(cell, link): (&Cell, &u32)| {
            let mut hasher = DefaultHasher::new();
            (cell.symbol(), cell.fg, cell.bg, cell.modifier, link).hash(&mut hasher);
            hasher.finish()
        };
        self.cells.content().iter().zip(&self.links).map(look).collect()
    }
}

/// One row of a sheet.
#[derive(Clone, Copy, PartialEq)]
struct Row<'a> {
    cells: &'a [Cell],
    links: &'a [u32],
}

impl Row<'_> {
    fn symbol(&self, x: usize) -> &str {
        self.cells.get(x).map_or(" ", Cell::symbol)
    }

    fn look(&self, x: usize) -> Look {
        let link = self.links.get(x).copied().unwrap_or(0);
        let Some(cell) = self.cells.get(x) else { return Look::default() };
        // Not every terminal can do both; bold is meant to be seen.
        let faint = if cell.modifier.contains(Modifier::BOLD) { Modifier::DIM } else { Modifier::empty() };
        Look { fg: cell.fg, bg: cell.bg, attributes: cell.modifier - faint, link }
    }

    fn cells_at(&self, x: usize) -> usize {
        text::width(self.symbol(x)).max(1)
    }

    /// Whether erasing makes it.
    fn is_blank(&self, x: usize) -> bool {
        self.symbol(x) == " " && self.look(x) == Look::default()
    }
}

/// What is needed to write rows.
struct Brush<'a> {
    wide: bool,
    addresses: &'a BTreeMap<u32, String>,
    /// Where a picture lies.
    print: Option<Rect>,
}

impl Brush<'_> {
    fn paint(&self, pen: &mut Pen, from: &Sheet, to: &Sheet) {
        for y in 0..to.height() {
            self.row(pen, y, from.row(y), to.row(y));
        }
    }

    /// Columns of a row in which a picture lies.
    fn print_in(&self, y: usize) -> Range<usize> {
        let here = self.print.filter(|place| (usize::from(place.y)..usize::from(place.bottom())).contains(&y));
        here.map_or(0..0, |place| usize::from(place.x)..usize::from(place.right()))
    }

    /// Whether something has to be written over the picture.
    fn tears(&self, from: &Sheet, to: &Sheet) -> bool {
        (0..to.height()).any(|y| {
            let print = self.print_in(y);
            !print.is_empty() && self.differing(from.row(y), to.row(y)).get(print).is_some_and(|differs| differs.contains(&true))
        })
    }

    fn row(&self, pen: &mut Pen, y: usize, from: Row<'_>, to: Row<'_>) {
        let differs = self.differing(from, to);
        let Some(last) = differs.iter().rposition(|differs| *differs) else { return };
        let print = self.print_in(y);
        // A row is not erased to its end where that would take a part of a picture along.
        let filled = (0..to.cells.len()).rev().find(|x| !to.is_blank(*x)).map_or(0, |x| x + 1);
        let end = if print.is_empty() { filled } else { to.cells.len() };
        let mut x = 0;
        while x <= last {
            let wide = to.cells_at(x);
            if !differs.get(x).copied().unwrap_or(false) {
                x += wide;
                continue;
            }
            let blanks = (x..=last).take_while(|x| to.is_blank(*x) && differs.get(*x) == Some(&true)).count();
            let place = Position::new(cells(x), cells(y));
            if x >= end && last - x >= 3 {
                pen.go_to(place);
                pen.plain();
                pen.frame.push_str("\x1b[K");
                return;
            }
            if blanks > 9 {
                pen.go_to(place);
                pen.plain();
                let _ = write!(pen.frame, "\x1b[{blanks}X");
                x += blanks;
                continue;
            }
            if print.is_empty() {
                Self::bridge(pen, place, to);
            }
            pen.go_to(place);
            pen.set_look(to.look(x), |number| self.addresses.get(&number).cloned());
            let symbol = to.symbol(x);
            let certain = self.is_certain(symbol);
            if !certain && wide > 1 {
                // A terminal that takes it for narrow shall not keep what was beside it.
                pen.frame.push_str("  \u{8}\u{8}");
            }
            pen.frame.push_str(symbol);
            x += wide;
            // At the right edge, and behind symbols terminals disagree about, the place is not certain.
            pen.at = (x < to.cells.len() && certain).then_some(Position::new(cells(x), cells(y)));
        }
    }

    /// Writes a few cells that are there already, where that is shorter than to pass over them.
    fn bridge(pen: &mut Pen, to: Position, row: Row<'_>) {
        let Some(at) = pen.at.filter(|at| at.y == to.y && at.x < to.x && to.x - at.x <= 3) else { return };
        let gap = usize::from(at.x)..usize::from(to.x);
        // Over the second half of a wide letter nothing is written: the letter would be gone.
        if gap.start > 0 && row.cells_at(gap.start - 1) > 1 {
            return;
        }
        if gap.clone().all(|x| row.symbol(x).len() == 1 && row.symbol(x).is_ascii() && row.look(x) == pen.look()) {
            gap.for_each(|x| pen.frame.push_str(row.symbol(x)));
            pen.at = Some(to);
        }
    }

    /// Which cells have to be written.
    fn differing(&self, from: Row<'_>, to: Row<'_>) -> Vec<bool> {
        let len = to.cells.len();
        let mut differs: Vec<bool> = (0..len).map(|x| from.symbol(x) != to.symbol(x) || from.look(x) != to.look(x)).collect();
        if !differs.contains(&true) {
            return differs;
        }
        // A letter of two cells goes whole and comes whole; what stands behind one whose width is
        // not certain is written anew.
        loop {
            let before = differs.iter().filter(|differs| **differs).count();
            for row in [from, to] {
                let mut x = 0;
                while x < len {
                    let wide = row.cells_at(x).min(len - x);
                    let symbol = row.symbol(x);
                    let reach = if self.is_certain(symbol) { wide } else { spread(symbol).max(wide + 1) };
                    if let Some(covered) = differs.get_mut(x..x + wide)
                        && covered.contains(&true)
                        && let Some(covered) = differs.get_mut(x..(x + reach).min(len))
                    {
                        covered.fill(true);
                    }
                    x += wide;
                }
            }
            if differs.iter().filter(|differs| **differs).count() == before {
                return differs;
            }
        }
    }

    /// Whether every terminal gives it the same width: one code point that is no emoji of several parts.
    fn is_certain(&self, symbol: &str) -> bool {
        symbol.is_ascii() || {
            let mut chars = symbol.chars();
            let alone = matches!((chars.next(), chars.next()), (Some(c), None) if u32::from(c) < 0x1_f000);
            alone && !(self.wide && symbol.width_cjk() != symbol.width())
        }
    }
}

/// Rows that moved: those from `top` to `bottom`, by so many up (or down, if negative).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shift {
    top: usize,
    bottom: usize,
    up: isize,
}

impl Shift {
    /// The shift that spares most, if one spares enough.
    fn find(from: &Sheet, to: &Sheet) -> Option<Self> {
        let (width, height) = (to.width(), to.height());
        if from.cells.area != to.cells.area || width == 0 {
            return None;
        }
        if (0..height).filter(|y| from.row(*y) != to.row(*y)).take(FEW).count() < FEW {
            return None;
        }
        let (was, is) = (from.tokens(), to.tokens());
        let blank = Sheet::new(&Buffer::empty(Rect::new(0, 0, width.try_into().ok()?, 1)), &[]).0.tokens();
        let rows = |all: &[u64]| all.chunks(width).map(<[u64]>::to_vec).collect::<Vec<_>>();
        let (was, is) = (rows(&was), rows(&is));
        // A row that need not be written at all spares the way to it too.
        let alike = |a: &[u64], b: &[u64]| {
            let same = a.iter().zip(b).filter(|(a, b)| a == b).count();
            i32::try_from(same).unwrap_or(0) + if same == width { WAY } else { 0 }
        };
        let stays: Vec<i32> = was.iter().zip(&is).map(|(a, b)| alike(a, b)).collect();
        let emptied: Vec<i32> = is.iter().zip(&stays).map(|(b, stays)| alike(&blank, b) - stays).collect();
        let mut best: Option<(i32, Self)> = None;
        for by in 1..=FARTHEST.min(height.saturating_sub(1)) {
            for up in [true, false] {
                // What each row gains when it comes from `by` rows below (above).
                let from_row = |y: usize| if up { y.checked_add(by) } else { y.checked_sub(by) };
                let gain = |y: usize| {
                    let row = was.get(from_row(y)?)?;
                    Some(alike(row, is.get(y)?) - stays.get(y)?)
                };
                if let Some((first, end, sum)) = runs(height, gain) {
                    let (top, bottom) = if up { (first, end + by) } else { (first - by, end) };
                    let left = if up { end + 1..=bottom } else { top..=first - 1 };
                    let total = sum + emptied.get(left).map_or(0, |rows| rows.iter().sum());
                    if total >= WORTH && best.is_none_or(|(most, _)| total > most) {
                        let by = isize::try_from(by).unwrap_or(0);
                        best = Some((total, Self { top, bottom, up: if up { by } else { -by } }));
                    }
                }
            }
        }
        best.map(|(_, shift)| shift)
    }

    /// Has the terminal move the rows; gives what it shows then. Rows are taken out above and put in
    /// below, or the other way round: so no margins can be left behind.
    fn carry_out(self, pen: &mut Pen, from: &Sheet) -> Sheet {
        let by = self.up.unsigned_abs();
        pen.plain();
        let mut edit = |row: usize, letter: char| {
            pen.go_to(Position::new(0, cells(row)));
            let count = if by == 1 { String::new() } else { by.to_string() };
            let _ = write!(pen.frame, "\x1b[{count}{letter}");
        };
        let (out, put) = if self.up > 0 { (self.top, self.bottom + 1 - by) } else { (self.bottom + 1 - by, self.top) };
        edit(out, 'M');
        if put + by < from.height() || self.up < 0 {
            edit(put, 'L');
        }
        let mut moved = from.clone();
        for y in self.top..=self.bottom {
            let source = y.checked_add_signed(self.up).filter(|source| (self.top..=self.bottom).contains(source));
            for x in 0..from.width() {
                let here = y * from.width() + x;
                let there = source.map(|source| source * from.width() + x);
                if let Some(cell) = moved.cells.content.get_mut(here) {
                    *cell = there.and_then(|there| from.cells.content.get(there)).cloned().unwrap_or_default();
                }
                if let Some(link) = moved.links.get_mut(here) {
                    *link = there.and_then(|there| from.links.get(there)).copied().unwrap_or(0);
                }
            }
        }
        moved
    }
}

/// The run of rows with the greatest gain: first, last, gain.
fn runs(height: usize, gain: impl Fn(usize) -> Option<i32>) -> Option<(usize, usize, i32)> {
    let mut best: Option<(usize, usize, i32)> = None;
    let mut run: Option<(usize, i32)> = None;
    for y in 0..height {
        let Some(gain) = gain(y) else {
            run = None;
            continue;
        };
        let (first, sum) = match run {
            Some((first, sum)) if sum > 0 => (first, sum + gain),
            _ => (y, gain),
        };
        run = Some((first, sum));
        if best.is_none_or(|(.., most)| sum > most) {
            best = Some((first, y, sum));
        }
    }
    best
}

/// Cells a symbol takes where its parts are shown one by one.
fn spread(symbol: &str) -> usize {
    symbol.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// A number of cells as the terminal counts them.
fn cells(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests;
