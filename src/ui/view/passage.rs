//! The text of one message as rows: words are wrapped, code is kept as it is, quotes are known as such; and
//! what in it is a link, a name, or a word that is looked for.

use std::ops::Range;
use std::rc::Rc;

use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use crate::app::mentions::mentions;
use crate::app::{App, Query};
use crate::ui::text;

/// What a line of a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Talk.
    Plain,
    /// What somebody said before.
    Quote,
    /// Code: between fences, or indented.
    Code,
}

/// A text that was made safe, and what is to be seen in it.
#[derive(Debug)]
pub(super) struct Passage {
    /// The text.
    pub(super) safe: Rc<str>,
    /// Links, names and words that stand out, words that are looked for: each in order and apart.
    pub(super) links: Vec<Range<usize>>,
    names: Vec<Range<usize>>,
    hits: Vec<Range<usize>>,
}

/// How the parts of a passage look, over what lies below.
pub(super) struct Inks {
    pub(super) link: Style,
    pub(super) name: Style,
    pub(super) hit: Style,
}

impl Passage {
    /// Makes a text safe and looks through it; `called` = names that are to stand out.
    pub(super) fn of(app: &App, foreign: &str, called: &[&str], query: Option<&Query>) -> Self {
        let safe = text::block(foreign.trim_end());
        let safe = app.as_shown(&safe);
        let links = app.links_in(&safe);
        let names = mentions(&safe, called);
        let hits = query.map_or_else(Vec::new, |query| query.marks(&safe));
        Self { safe: safe.into(), links, names, hits }
    }

    /// The rows of it at a width; `lead` = cells of the first that are taken already.
    pub(super) fn rows(&self, lead: usize, cells: usize) -> Vec<(Range<usize>, Kind)> {
        let mut rows = Vec::new();
        let (mut at, mut fenced, mut lead) = (0, false, lead);
        for line in self.safe.split('\n') {
            let fence = line.trim_start().starts_with("```");
            let kind = if fenced || fence || line.starts_with("    ") {
                Kind::Code
            } else if line.starts_with('>') {
                Kind::Quote
            } else {
                Kind::Plain
            };
            fenced ^= fence;
            let broken = match kind {
                Kind::Code => text::break_cells(line, lead, cells),
                Kind::Plain | Kind::Quote => text::break_words(line, lead, cells),
            };
            rows.extend(broken.into_iter().map(|row| (at + row.start..at + row.end, kind)));
            at += line.len() + 1;
            lead = 0;
        }
        rows
    }

    /// A part of it in pieces that look the same.
    pub(super) fn pieces(&self, part: Range<usize>, base: Style, inks: &Inks) -> Vec<(&str, Style)> {
        let marks = [(&self.links, inks.link), (&self.names, inks.name), (&self.hits, inks.hit)];
        let row = self.safe.get(part.clone()).unwrap_or_default();
        let near: Vec<(&Range<usize>, Style)> = marks
            .into_iter()
            .flat_map(|(marks, ink)| {
                let first = marks.partition_point(|mark| mark.end <= part.start);
                let rest = marks.get(first..).unwrap_or_default();
                rest.iter().take_while(|mark| mark.start < part.end).map(move |mark| (mark, ink))
            })
            .collect();
        if near.is_empty() {
            return vec![(row, base)];
        }
        let look = |at: usize| near.iter().filter(|(mark, _)| mark.contains(&at)).fold(base, |look, (_, ink)| look.patch(*ink));
        let mut pieces = Vec::new();
        let mut from = 0;
        let mut now = look(part.start);
        for (at, _) in row.grapheme_indices(true) {
            let next = look(part.start + at);
            if next != now {
                pieces.extend(row.get(from..at).map(|piece| (piece, now)));
                (from, now) = (at, next);
            }
        }
        pieces.extend(row.get(from..).map(|piece| (piece, now)));
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::sample::sample_app;

    fn laid(text: &str, lead: usize, cells: usize) -> Vec<(String, Kind)> {
        let passage = Passage::of(&sample_app(), text, &[], None);
        passage.rows(lead, cells).into_iter().map(|(row, kind)| (passage.safe[row].to_owned(), kind)).collect()
    }

    #[test]
    fn code_keeps_its_blanks_and_quotes_are_known() {
        let text = "> you said this\nlook:\n```sh\nfor f in *;  do\n\techo $f\n```\nand\n    indented  code";
        let rows = laid(text, 0, 12);
        let kinds: Vec<&str> = rows.iter().map(|(row, _)| row.as_str()).collect();
        assert_eq!(
            kinds,
            ["> you said", "this", "look:", "```sh", "for f in *;", " do", "    echo $f", "```", "and", "    indented", "  code"]
        );
        assert_eq!((rows[0].1, rows[1].1, rows[2].1), (Kind::Quote, Kind::Quote, Kind::Plain));
        assert!(rows[3..8].iter().all(|(_, kind)| *kind == Kind::Code) && rows[8].1 == Kind::Plain && rows[9].1 == Kind::Code);
    }

    #[test]
    fn pieces_are_whole_letters() {
        let inks = Inks { link: Style::new().bold(), name: Style::new().dim(), hit: Style::new().reversed() };
        let query = Query::read("e").unwrap();
        let passage = Passage::of(&sample_app(), "e\u{301}x https://a.test/e alice", &["alice"], Some(&query));
        let pieces = passage.pieces(0..passage.safe.len(), Style::new(), &inks);
        assert_eq!(pieces.iter().map(|(piece, _)| *piece).collect::<String>(), *passage.safe);
        assert_eq!(pieces[0].0, "e\u{301}");
        let looks: Vec<(&str, Style)> = pieces.iter().filter(|(_, look)| *look != Style::new()).copied().collect();
        assert_eq!(looks[1], ("https://a.t", inks.link));
        assert_eq!(looks[2], ("e", inks.link.patch(inks.hit)));
        assert!(looks.iter().any(|(piece, look)| *piece == "alic" && *look == inks.name));
    }
}
