//! What can be pointed at among messages: links, by letters; text, by dragging the mouse over it.

use std::ops::Range;

use ratatui::layout::Rect;

use super::Canvas;
use super::passage::Passage;
use crate::app::PaneId;
use crate::ui::hit::LinkAt;

/// The letters by which links are chosen, those under the fingers first. `y` says that a link is copied.
const LETTERS: &str = "asdfghjklqwertuiopzxcvbnm";

/// Notes the links of which a part is in `place`, a row of the message `number`.
pub(super) fn note_links(
    canvas: &mut Canvas<'_>,
    place: Rect,
    (pane, number): (PaneId, i64),
    passage: &Passage,
    part: &Range<usize>,
    stranger: bool,
) {
    for link in &passage.links {
        let (from, to) = (link.start.max(part.start), link.end.min(part.end));
        let (Some(url), Some(before), Some(here)) =
            (passage.safe.get(link.clone()), passage.safe.get(part.start..from), passage.safe.get(from..to))
        else {
            continue;
        };
        if here.is_empty() {
            continue;
        }
        let wide = |text: &str| super::cells(crate::ui::text::width(text));
        let cells = Rect { x: place.x + wide(before), width: wide(here), ..place }.intersection(place);
        if !stranger && canvas.app.tells_links() {
            canvas.link(cells, url);
        }
        let known = canvas.hits.links.last().is_some_and(|last| (last.pane, last.number, last.at) == (pane, number, link.start));
        if !known {
            let (url, at) = (url.to_owned(), link.start);
            canvas.hits.links.push(LinkAt { pane, number, at, url, stranger, place: cells, letters: String::new() });
        }
    }
}

/// Letters on the links of the focused pane, while one is being chosen.
pub(super) fn hints(canvas: &mut Canvas<'_>, area: Rect, pane: PaneId) {
    let Some(hinting) = &canvas.app.screen.hinting else { return };
    let wanted = |link: &LinkAt| link.pane == pane && hinting.only.is_none_or(|only| only == link.number);
    let count = canvas.hits.links.iter().filter(|link| wanted(link)).count();
    // The newest, at the bottom, is the nearest.
    let mut shown = Vec::with_capacity(count);
    for (n, link) in canvas.hits.links.iter_mut().rev().filter(|link| wanted(link)).enumerate() {
        link.letters = letters(n, count);
        shown.push((link.letters.clone(), link.place));
    }
    for (letters, place) in shown {
        let Some(rest) = letters.strip_prefix(hinting.typed.as_str()) else { continue };
        let wide = super::cells(rest.len());
        let x = place.x.min(area.right().saturating_sub(wide)).saturating_sub(area.x);
        canvas.put(area, x, place.y.saturating_sub(area.y), rest, canvas.theme.hint());
    }
}

/// The letters of the `n`-th of so many links: one, or two where one is not enough.
fn letters(n: usize, count: usize) -> String {
    let letter = |n: usize| LETTERS.chars().nth(n % LETTERS.len()).unwrap_or('a');
    if count <= LETTERS.len() { letter(n).into() } else { [letter(n / LETTERS.len()), letter(n)].into_iter().collect() }
}

/// Shows what is marked with the mouse.
pub(super) fn mark_dragged(canvas: &mut Canvas<'_>, area: Rect, pane: PaneId) {
    let Some(dragged) =
        canvas.app.screen.dragged.filter(|dragged| dragged.from != dragged.to && area.contains(dragged.from.into()))
    else {
        return;
    };
    let style = canvas.theme.selected(true);
    for row in canvas.hits.texts.iter().filter(|row| row.pane == pane) {
        let marked = row.columns(&dragged);
        canvas.buf.set_style(Rect { x: marked.start, width: marked.end.saturating_sub(marked.start), ..row.place }, style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_has_letters_of_its_own() {
        for count in [1, 25, 26, 100, 600] {
            let all: std::collections::BTreeSet<String> = (0..count).map(|n| letters(n, count)).collect();
            assert_eq!(all.len(), count);
            assert!(all.iter().all(|letters| !letters.contains('y')));
        }
    }
}
