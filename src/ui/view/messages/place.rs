//! Where one reads, in rows: what was wished becomes a place, and the rows that are in view.

use std::rc::Rc;

use super::{Block, ROOMY, Sheet};
use crate::app::{Anchor, Place};

/// Where one reads, as rows: every step lays out no more entries than it passes.
impl Sheet<'_> {
    pub(super) fn block(&self, number: i64) -> Rc<Block> {
        if let Some(block) = self.blocks.borrow().get(&number) {
            return Rc::clone(block);
        }
        let block = Rc::new(self.lay_out(number));
        self.blocks.borrow_mut().insert(number, Rc::clone(&block));
        block
    }

    fn rows_of(&self, number: i64) -> usize {
        self.block(number).rows.len().max(1)
    }

    /// What a place means in this area: the place as it is from now on, and the first row shown.
    pub(super) fn resolve(&self, place: Place, height: u16, choosing: bool) -> (Place, Anchor) {
        let height = usize::from(height);
        let bottom = self.bottom(height);
        // Where the end is not in view, a row says so.
        let seen = if height >= usize::from(ROOMY) { height - 1 } else { height };
        let page = i64::try_from(seen.saturating_sub(1).max(1)).unwrap_or(1);
        let mut top = place.anchor.map_or(bottom, |anchor| self.within(anchor));
        let by = i64::from(place.rows) + i64::from(place.pages) * page;
        let rows = usize::try_from(by.unsigned_abs()).unwrap_or(usize::MAX);
        top = if by < 0 { self.up(top, rows) } else { self.down(top, rows) };
        let cursor = place.cursor.filter(|number| self.talk.line(*number).is_some());
        if let Some(cursor) = cursor.filter(|_| place.reveal) {
            top = self.revealed(top, cursor, seen);
        }
        let at_end = top >= bottom;
        if at_end {
            top = bottom;
        }
        let last = self.down(top, if at_end { height } else { seen }.saturating_sub(1));
        let cursor = if choosing { self.in_view(cursor, top, last) } else { cursor };
        let cut = cursor.map_or((false, false), |cursor| {
            let (first, end) = self.ends(cursor);
            (first < top, end > last && !at_end)
        });
        // What is not at hand yet may lie below.
        let anchor = (!at_end || self.talk.past.gap).then_some(top);
        (Place { anchor, rows: 0, pages: 0, cursor, reveal: false, cut }, top)
    }

    /// The first row where the end is in view.
    fn bottom(&self, height: usize) -> Anchor {
        let (mut left, mut number) = (height, self.talk.end());
        while number > self.talk.oldest() {
            number -= 1;
            let rows = self.rows_of(number);
            if rows >= left {
                return Anchor { entry: number, row: rows - left };
            }
            left -= rows;
        }
        Anchor { entry: self.talk.oldest(), row: 0 }
    }

    /// The nearest row there is.
    fn within(&self, anchor: Anchor) -> Anchor {
        let (oldest, end) = (self.talk.oldest(), self.talk.end());
        if anchor.entry < oldest || end == oldest {
            return Anchor { entry: oldest, row: 0 };
        }
        let entry = anchor.entry.min(end - 1);
        Anchor { entry, row: anchor.row.min(self.rows_of(entry) - 1) }
    }

    fn up(&self, from: Anchor, rows: usize) -> Anchor {
        let (mut at, mut left) = (from, rows);
        while left > at.row {
            if at.entry <= self.talk.oldest() {
                return Anchor { entry: self.talk.oldest(), row: 0 };
            }
            left -= at.row;
            at.entry -= 1;
            at.row = self.rows_of(at.entry);
        }
        at.row -= left;
        at
    }

    pub(super) fn down(&self, from: Anchor, rows: usize) -> Anchor {
        let mut at = Anchor { row: from.row.saturating_add(rows), ..from };
        while at.entry < self.talk.end() {
            let rows = self.rows_of(at.entry);
            if at.row < rows {
                return at;
            }
            at.row -= rows;
            at.entry += 1;
        }
        // Past the end: its last row.
        let last = self.talk.end().saturating_sub(1).max(self.talk.oldest());
        Anchor { entry: last, row: if last < self.talk.end() { self.rows_of(last) - 1 } else { 0 } }
    }

    /// The first row of the text of a message and the last row of all of it.
    fn ends(&self, number: i64) -> (Anchor, Anchor) {
        let block = self.block(number);
        let last = block.rows.len().saturating_sub(1);
        (Anchor { entry: number, row: block.above.min(last) }, Anchor { entry: number, row: last })
    }

    /// Where to begin so that a message is in view: moved no further than needed where it is near.
    fn revealed(&self, top: Anchor, number: i64, height: usize) -> Anchor {
        let (first, last) = self.ends(number);
        let begin = Anchor { entry: number, row: 0 };
        let shown = self.down(top, height.saturating_sub(1));
        if first >= top && last <= shown {
            return top;
        }
        // Far away: with something of what was said before.
        if number + 2 < top.entry || number > shown.entry + 2 {
            return self.up(begin, height / 3);
        }
        if first < top {
            return begin;
        }
        self.up(last, height.saturating_sub(1)).min(begin)
    }

    /// A message in view: this one if it is, else the nearest.
    fn in_view(&self, cursor: Option<i64>, top: Anchor, last: Anchor) -> Option<i64> {
        let mut within = self.talk.numbers(top.entry..last.entry + 1);
        match cursor {
            Some(cursor) if (top.entry..=last.entry).contains(&cursor) => Some(cursor),
            Some(cursor) if cursor < top.entry => within.next(),
            _ => within.next_back(),
        }
        .or(cursor)
    }
}
