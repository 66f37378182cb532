//! Sixels: pictures of 256 colours, six rows of pixels at a time, as the VT340 has them.

use std::fmt::Write as _;

use crate::model::Pixel;

/// Colours of a picture.
const COLOURS: usize = 256;
/// Bits of each part of a colour that count when they are chosen.
const BITS: u32 = 5;

/// The sequence for a picture of this size.
pub(super) fn encode(pixels: &[Pixel], (columns, rows): (usize, usize)) -> String {
    let (colours, numbers) = reduced(pixels);
    let mut out = String::with_capacity(pixels.len() / 2);
    // Pixels that are not drawn stay as they are; a pixel is as high as it is wide.
    let _ = write!(out, "\x1bP0;1;0q\"1;1;{columns};{rows}");
    for (number, colour) in colours.iter().enumerate() {
        let [red, green, blue] = colour.map(|part| (u32::from(part) * 100 + 127) / 255);
        let _ = write!(out, "#{number};2;{red};{green};{blue}");
    }
    let columns = columns.max(1);
    let mut masks = vec![0_u8; colours.len() * columns];
    for band in numbers.chunks(columns * 6) {
        draw_band(&mut out, band, columns, &mut masks);
        out.push('-');
    }
    out.push_str("\x1b\\");
    out
}

/// Six rows: each colour in turn, over the same place. `masks` = for each colour and column which of the six have it;
/// blank before and after.
fn draw_band(out: &mut String, band: &[u8], columns: usize, masks: &mut [u8]) {
    for (row, line) in band.chunks(columns).enumerate() {
        for (x, number) in line.iter().enumerate() {
            if let Some(mask) = masks.get_mut(usize::from(*number) * columns + x) {
                *mask |= 1 << row;
            }
        }
    }
    let mut first = true;
    for (number, masks) in masks.chunks_mut(columns).enumerate() {
        // Nothing need be said of what is left blank at the end.
        let Some(last) = masks.iter().rposition(|mask| *mask != 0) else { continue };
        if !std::mem::replace(&mut first, false) {
            out.push('$');
        }
        let _ = write!(out, "#{number}");
        let mut run: (u8, usize) = (0, 0);
        for mask in masks.iter().take(last + 1) {
            if run.0 == *mask {
                run.1 += 1;
            } else {
                put_run(out, run);
                run = (*mask, 1);
            }
        }
        put_run(out, run);
        masks.fill(0);
    }
}

/// The same six pixels so many times.
fn put_run(out: &mut String, (bits, times): (u8, usize)) {
    let letter = char::from(b'?' + bits);
    if times > 3 {
        let _ = write!(out, "!{times}{letter}");
    } else {
        (0..times).for_each(|_| out.push(letter));
    }
}

/// Colours that are near each other, each with the number of pixels that have it.
struct Group {
    members: Vec<([u8; 3], u32)>,
    /// The part of the colours that differs most.
    part: usize,
    /// How much is won by dividing it: what is seen most and differs most goes first.
    worth: u64,
}

impl Group {
    fn new(members: Vec<([u8; 3], u32)>) -> Self {
        let spread = |part: usize| {
            let of = |(colour, _): &([u8; 3], u32)| colour.get(part).copied().unwrap_or(0);
            let (low, high) = (members.iter().map(of).min(), members.iter().map(of).max());
            u64::from(high.unwrap_or(0) - low.unwrap_or(0))
        };
        let (part, widest) = (0..3).map(|part| (part, spread(part))).max_by_key(|(_, spread)| *spread).unwrap_or((0, 0));
        let worth = pixels(&members) * widest;
        Self { members, part, worth }
    }

    /// In two, each with half of the pixels, as near as can be.
    fn divide(mut self) -> [Self; 2] {
        let part = self.part;
        self.members.sort_by_key(|(colour, _)| colour.get(part).copied());
        let (half, mut seen) = (pixels(&self.members) / 2, 0);
        let middle = self.members.iter().position(|(_, count)| {
            seen += u64::from(*count);
            seen > half
        });
        let at = middle.unwrap_or(0).max(1).min(self.members.len().saturating_sub(1));
        let rest = self.members.split_off(at);
        [Self::new(self.members), Self::new(rest)]
    }
}

fn pixels(members: &[([u8; 3], u32)]) -> u64 {
    members.iter().map(|(_, count)| u64::from(*count)).sum()
}

/// The colours a picture is shown in, and for each pixel the number of its own (median cut).
fn reduced(pixels: &[Pixel]) -> (Vec<Pixel>, Vec<u8>) {
    let coarse = |pixel: &Pixel| pixel.map(|part| part >> (8 - BITS));
    let index = |colour: [u8; 3]| colour.iter().fold(0, |all, part| all << BITS | usize::from(*part));
    let mut counts = vec![(0_u32, [0_u64; 3]); 1 << (3 * BITS)];
    for pixel in pixels {
        if let Some((count, sums)) = counts.get_mut(index(coarse(pixel))) {
            *count = count.saturating_add(1);
            sums.iter_mut().zip(pixel).for_each(|(sum, part)| *sum += u64::from(*part));
        }
    }
    let colour = |at: usize| [2, 1, 0].map(|part| u8::try_from(at >> (part * BITS) & ((1 << BITS) - 1)).unwrap_or(0));
    let there = counts.iter().enumerate().filter(|(_, (count, _))| *count > 0);
    let mut groups = vec![Group::new(there.map(|(at, (count, _))| (colour(at), *count)).collect())];
    while groups.len() < COLOURS {
        let most = groups.iter().enumerate().max_by_key(|(_, group)| group.worth);
        let Some(at) = most.filter(|(_, group)| group.worth > 0).map(|(at, _)| at) else { break };
        let parts = groups.swap_remove(at).divide();
        groups.extend(parts);
    }
    let mut numbers = vec![0_u8; counts.len()];
    let mut colours = Vec::with_capacity(groups.len());
    for (number, group) in (0_u8..=u8::MAX).zip(&groups) {
        let (mut sums, mut pixels) = ([0_u64; 3], 0);
        for (colour, _) in &group.members {
            let at = index(*colour);
            if let (Some(slot), Some((count, parts))) = (numbers.get_mut(at), counts.get(at)) {
                *slot = number;
                pixels += u64::from(*count);
                sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
            }
        }
        colours.push(sums.map(|sum| u8::try_from(sum / pixels.max(1)).unwrap_or(u8::MAX)));
    }
    let number = |pixel: &Pixel| numbers.get(index(coarse(pixel))).copied().unwrap_or(0);
    (colours, pixels.iter().map(number).collect())
}
