//! Pictures are read here: on a thread of their own, within bounds, and nothing of them before they are asked for.
//!
//! Only PNG, JPEG, GIF and `WebP` are, whatever the file is called; of those that move the first picture. The decoders
//! are Rust without C; what they cannot stand, and panic at, is said like any other fault.

use std::fs::File;
use std::io::{Cursor, Read as _};
use std::sync::mpsc::{Receiver, Sender, channel};

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits};
use tokio::sync::mpsc;

use crate::app::Msg;
use crate::config::expand_home;
use crate::model::{AccountId, FileId, Picture, Pixel};
use crate::runtime::crash;

/// Octets of a file that is read.
const MOST_OCTETS: u64 = 32 * 1024 * 1024;
/// Pixels of a picture, and those of its longer side.
const MOST_PIXELS: u64 = 64 * 1024 * 1024;
const LONGEST: u32 = 30_000;
/// Octets a decoder may take.
const MOST_MEMORY: u64 = 384 * 1024 * 1024;
/// Octets a pixel of a JPEG takes at worst. Its decoder obeys no bound of memory, and of a picture that comes in several
/// passes it keeps two octets of each of four components beside the three of the pixel.
const OCTETS_IN_JPEG: u64 = 3 + 2 * 4;
/// Pixels of the longer side that are kept.
const KEPT: u32 = 1_280;
/// Pixels of a square of the pattern behind what can be seen through.
const SQUARE: u32 = 8;
const LIGHT: u32 = 0xa8;
const DARK: u32 = 0x70;

/// What reads them.
#[derive(Debug)]
pub struct Pictures {
    mail: mpsc::Sender<Msg>,
    wishes: Option<Sender<Wish>>,
}

/// A picture that is to be read.
#[derive(Debug)]
struct Wish {
    account: AccountId,
    id: FileId,
    place: String,
}

impl Pictures {
    /// Nothing yet; its thread begins with the first picture. What it has to tell goes to `mail`.
    #[must_use]
    pub const fn new(mail: mpsc::Sender<Msg>) -> Self {
        Self { mail, wishes: None }
    }

    /// Reads a picture. One that is asked for while another is being read takes the place of those that wait.
    pub fn read(&mut self, account: &AccountId, id: FileId, place: &str) {
        let wish = Wish { account: account.clone(), id, place: place.to_owned() };
        let wish = match &self.wishes {
            // It ends only when nobody is there any more, or where the system ended it.
            Some(wishes) => match wishes.send(wish) {
                Ok(()) => return,
                Err(back) => back.0,
            },
            None => wish,
        };
        let (wishes, taken) = channel();
        let mail = self.mail.clone();
        let begun = std::thread::Builder::new().name("pictures".to_owned()).spawn(move || serve(&taken, &mail));
        if let Err(why) = begun {
            let words = format!("The system has no room for another thread: {why}.");
            let _ = self.mail.try_send(Msg::Picture(wish.account, wish.id, Err(words)));
            return;
        }
        let _ = wishes.send(wish);
        self.wishes = Some(wishes);
    }
}

/// Reads what is wished, until nobody is there any more.
fn serve(wishes: &Receiver<Wish>, mail: &mpsc::Sender<Msg>) {
    while let Ok(mut wish) = wishes.recv() {
        while let Ok(later) = wishes.try_recv() {
            wish = later;
        }
        let read = caught(|| look(&wish.place));
        if mail.blocking_send(Msg::Picture(wish.account, wish.id, read)).is_err() {
            return;
        }
    }
}

/// What comes of reading a picture; a panic of a decoder is a fault like others.
fn caught(read: impl FnOnce() -> Result<Picture, String>) -> Result<Picture, String> {
    let fault = "Reading this picture failed because of a fault in its decoder.";
    crash::caught(read).unwrap_or_else(|| Err(fault.to_owned()))
}

/// Reads a file; else a sentence why not.
fn look(place: &str) -> Result<Picture, String> {
    let path = expand_home(place);
    let told = |why: &std::io::Error| format!("It cannot be read: {why}.");
    // Looked at before it is opened: opening a pipe waits for its other end.
    let found = std::fs::metadata(&path).map_err(|why| told(&why))?;
    if !found.is_file() {
        return Err("It is no file any more.".to_owned());
    }
    let mut octets = Vec::new();
    let file = File::open(&path).map_err(|why| told(&why))?;
    file.take(MOST_OCTETS + 1).read_to_end(&mut octets).map_err(|why| told(&why))?;
    if octets.len() as u64 > MOST_OCTETS {
        return Err(format!("It is larger than {} MiB, and not read for that.", MOST_OCTETS >> 20));
    }
    decode(&octets)
}

/// Decodes a picture, upright and made small; else a sentence why not.
fn decode(octets: &[u8]) -> Result<Picture, String> {
    let kinds = [(ImageFormat::Png, "PNG"), (ImageFormat::Jpeg, "JPEG"), (ImageFormat::Gif, "GIF"), (ImageFormat::WebP, "WebP")];
    let format = image::guess_format(octets).ok();
    let Some((format, kind)) = kinds.into_iter().find(|(known, _)| Some(*known) == format) else {
        return Err("It is no picture that can be shown: only PNG, JPEG, GIF and WebP are.".to_owned());
    };
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height, limits.max_alloc) = (Some(LONGEST), Some(LONGEST), Some(MOST_MEMORY));
    let mut reader = ImageReader::with_format(Cursor::new(octets), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|why| fault(&why))?;
    let (columns, rows) = decoder.dimensions();
    let count = u64::from(columns) * u64::from(rows);
    let memory = if format == ImageFormat::Jpeg { count.saturating_mul(OCTETS_IN_JPEG) } else { decoder.total_bytes() };
    if columns.max(rows) > LONGEST || count > MOST_PIXELS || memory > MOST_MEMORY {
        return Err(too_large());
    }
    let turn = decoder.orientation().ok();
    let whole = if turn.is_some_and(lies) { (rows, columns) } else { (columns, rows) };
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|why| fault(&why))?;
    if picture.width().max(picture.height()) > KEPT {
        picture = picture.thumbnail(KEPT, KEPT);
    }
    if let Some(turn) = turn {
        picture.apply_orientation(turn);
    }
    let seen = picture.into_rgba8();
    let pixels = seen.enumerate_pixels().map(|(x, y, pixel)| on_pattern(pixel.0, x, y)).collect();
    let wide = usize::try_from(seen.width()).unwrap_or(0);
    Picture::new(wide, pixels, kind, whole).ok_or_else(|| "There is nothing in it.".to_owned())
}

/// Whether what is stored lies on its side.
const fn lies(turn: Orientation) -> bool {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(turn, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH)
}

/// A pixel before squares of two greys.
fn on_pattern([red, green, blue, cover]: [u8; 4], x: u32, y: u32) -> Pixel {
    let behind = if (x / SQUARE + y / SQUARE).is_multiple_of(2) { LIGHT } else { DARK };
    let cover = u32::from(cover);
    [red, green, blue].map(|part| u8::try_from((u32::from(part) * cover + behind * (255 - cover)) / 255).unwrap_or(u8::MAX))
}

/// What a decoder says, in a sentence. Its own words may quote the file, and are left out.
fn fault(why: &ImageError) -> String {
    match why {
        ImageError::Limits(_) => too_large(),
        ImageError::Unsupported(_) => "It is a picture of a kind that cannot be shown.".to_owned(),
        _ => "It is broken: no picture can be made of it.".to_owned(),
    }
}

fn too_large() -> String {
    let (most, of_jpeg) = (MOST_PIXELS / 1_000_000, MOST_MEMORY / OCTETS_IN_JPEG / 1_000_000);
    format!("It claims to have more pixels than are decoded: {most} million at most, of a JPEG {of_jpeg} million.")
}

#[cfg(test)]
mod tests;
