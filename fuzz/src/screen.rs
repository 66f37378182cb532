//! What must hold for whatever is to be shown in a terminal.

use chinwag::app::links;
use chinwag::ui::text;

/// A text of others, in every way it reaches the terminal: nothing in it is obeyed, and it takes the cells it may.
pub fn shown(data: &[u8]) {
    let foreign = String::from_utf8_lossy(data);
    let (line, block) = (text::line(&foreign), text::block(&foreign));
    assert!(!line.contains(is_obeyed), "{line:?}");
    assert!(!block.contains(|c| c != '\n' && is_obeyed(c)), "{block:?}");
    assert_eq!(text::line(&line), line, "what is safe stays as it is");
    assert_eq!(text::block(&block), block, "what is safe stays as it is");
    for cells in [0, 1, 2, 7, 40] {
        assert!(text::width(&text::truncate(&line, cells)) <= cells, "{line:?} in {cells}");
        assert_eq!(text::width(&text::fit(&line, cells)), cells, "{line:?}");
        assert!(text::width(text::tail(&line, cells)) <= cells, "{line:?} in {cells}");
        for row in text::wrap(&block, cells) {
            assert!(text::width(&row) <= cells.max(1) && !row.contains(is_obeyed), "{row:?} in {cells}");
        }
    }
    for place in links::links(&block) {
        let link = block.get(place).unwrap_or_else(|| panic!("a link begins or ends within a letter of {block:?}"));
        let opened = links::plain(link);
        assert!(opened.bytes().all(|octet| octet.is_ascii_graphic()) && !opened.starts_with('-'), "{opened:?}");
        let _ = (links::doubts(link), links::person(link));
        if let Some(told) = text::link(link) {
            assert!(told.bytes().all(|octet| octet.is_ascii_graphic()), "{told:?}");
        }
    }
}

/// What a terminal takes for an order, or what changes the order of what is shown.
fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
