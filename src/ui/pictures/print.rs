//! A picture as bytes for the terminal, in each of the ways there are.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::ExtendedColorType::Rgb8;
use image::ImageEncoder as _;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use ratatui::layout::Rect;

use super::{Plate, Protocol, sixel};
use crate::model::Pixel;

/// The number kitty knows our picture by; there is never more than one.
const NUMBER: u32 = 20_509;
/// Takes it away there, and what is kept of it. Other terminals pass it over.
pub const ERASE: &str = "\x1b_Ga=d,d=I,i=20509,q=2\x1b\\";
/// Octets of a picture in one sequence of kitty's.
const PIECE: usize = 4096;
/// Pixels of a cell where nobody says how many there are.
const CELL: (u16, u16) = (10, 20);
/// How well photographs are kept for iTerm2, of 100.
const QUALITY: u8 = 88;
/// Most octets for the terminal, and where each of them takes its time.
const MOST: usize = 1_500_000;
const MOST_REMOTE: usize = 200_000;

/// Most octets of a picture, whichever way it is shown.
pub(super) const fn most(remote: bool) -> usize {
    if remote { MOST_REMOTE } else { MOST }
}

/// A picture ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Print {
    /// The cells it covers.
    pub place: Rect,
    /// What draws it, sent with the cursor in the first of them.
    pub draw: String,
    /// What takes it away where overwriting its cells does not.
    pub erase: &'static str,
}

impl Print {
    /// What is to be sent; `cell` = pixels of one, as far as known. `None` where there is no room.
    pub(in crate::ui) fn new(plate: &Plate, protocol: Protocol, cell: Option<(u16, u16)>, remote: bool) -> Option<Self> {
        let known = |n: u16| (4..=200).contains(&n);
        let cell = cell.filter(|(wide, high)| known(*wide) && known(*high)).unwrap_or(CELL);
        let cell = (usize::from(cell.0), usize::from(cell.1));
        let room = (usize::from(plate.room.width) * cell.0, usize::from(plate.room.height) * cell.1);
        if room.0 == 0 || room.1 == 0 {
            return None;
        }
        let shown = plate.picture.fit(room);
        let most = most(remote);
        let mut size = shown;
        loop {
            // Sixels are shown as many as they are; the others are put into the cells they are given.
            let covered = if protocol == Protocol::Sixel { size } else { shown };
            let place = middle(plate.room, (covered.0.div_ceil(cell.0), covered.1.div_ceil(cell.1)));
            let draw = match protocol {
                Protocol::Kitty => kitty(&png(&plate.picture.scaled(size), size)?, place),
                Protocol::Iterm => iterm(&jpeg(&plate.picture.scaled(size), size)?, place),
                Protocol::Sixel => {
                    // Six rows go together: a last one that is not full could reach below its cells.
                    let full = (size.0, if size.1 > 6 { size.1 / 6 * 6 } else { size.1 });
                    sixel::encode(&plate.picture.scaled(full), full)
                }
            };
            if draw.len() <= most || size.0.min(size.1) < 16 {
                return Some(Self { place, draw, erase: if protocol == Protocol::Kitty { ERASE } else { "" } });
            }
            size = (size.0 * 3 / 4, size.1 * 3 / 4);
        }
    }
}

/// So many columns and rows in the middle of a place.
fn middle(room: Rect, (columns, rows): (usize, usize)) -> Rect {
    let within = |count: usize, most: u16| u16::try_from(count).unwrap_or(most).min(most);
    let (width, height) = (within(columns, room.width), within(rows, room.height));
    Rect { x: room.x + (room.width - width) / 2, y: room.y + (room.height - height) / 2, width, height }
}

/// As a file, without loss.
fn png(pixels: &[Pixel], size: (usize, usize)) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut out, CompressionType::Fast, FilterType::Adaptive);
    let (columns, rows) = (u32::try_from(size.0).ok()?, u32::try_from(size.1).ok()?);
    encoder.write_image(pixels.as_flattened(), columns, rows, Rgb8).ok()?;
    Some(out)
}

/// As a file that is small.
fn jpeg(pixels: &[Pixel], size: (usize, usize)) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (columns, rows) = (u32::try_from(size.0).ok()?, u32::try_from(size.1).ok()?);
    JpegEncoder::new_with_quality(&mut out, QUALITY).write_image(pixels.as_flattened(), columns, rows, Rgb8).ok()?;
    Some(out)
}

/// Put into the cells of `place`, below the letters, without an answer and without moving the cursor.
fn kitty(file: &[u8], place: Rect) -> String {
    let data = STANDARD.encode(file);
    let mut pieces = data.as_bytes().chunks(PIECE).peekable();
    let mut out = String::with_capacity(data.len() + data.len() / PIECE * 16 + 64);
    let mut head = format!("a=T,f=100,i={NUMBER},c={},r={},C=1,z=-1,", place.width, place.height);
    while let Some(piece) = pieces.next() {
        let more = u8::from(pieces.peek().is_some());
        // Base64 is ASCII.
        let _ = write!(out, "\x1b_G{head}q=2,m={more};{}\x1b\\", String::from_utf8_lossy(piece));
        head.clear();
    }
    out
}

/// Put into the cells of `place`.
fn iterm(file: &[u8], place: Rect) -> String {
    format!(
        "\x1b]1337;File=inline=1;size={};width={};height={};preserveAspectRatio=1;doNotMoveCursor=1:{}\x07",
        file.len(),
        place.width,
        place.height,
        STANDARD.encode(file)
    )
}
