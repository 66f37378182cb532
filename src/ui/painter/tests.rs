//! What an emulator shows after any frames must be what it shows after the last one drawn whole; and
//! how many bytes that takes.

use std::fmt::Write as _;

use proptest::prelude::*;
use ratatui::style::{Color, Modifier, Style};

use super::*;

const WIDTH: u16 = 40;
const HEIGHT: u16 = 12;

/// The letters frames are made of: plain, marked, wide, and such whose width terminals disagree about.
const LETTERS: [&str; 10] = ["a", "b", " ", "c", "●", "字", "e\u{301}", "👍", "❤\u{fe0f}", "…"];

fn styles(n: u8) -> Style {
    match n % 7 {
        0 => Style::new().fg(Color::Green),
        1 => Style::new().add_modifier(Modifier::BOLD),
        2 => Style::new().add_modifier(Modifier::REVERSED),
        3 => Style::new().fg(Color::Rgb(1, 2, 3)).bg(Color::Indexed(200)),
        4 => Style::new().add_modifier(Modifier::DIM | Modifier::UNDERLINED),
        _ => Style::new(),
    }
}

/// A step from one frame to the next.
#[derive(Debug, Clone)]
enum Change {
    Write(u16, u16, Vec<u8>, u8),
    Blank(u16, u16, u16),
    /// Rows of a pane (first column, last column) move up or down.
    Scroll(u16, u16, u16, i8),
    Forget,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        8 => (0..WIDTH, 0..HEIGHT, proptest::collection::vec(any::<u8>(), 1..60), any::<u8>())
            .prop_map(|(x, y, letters, style)| Change::Write(x, y, letters, style)),
        2 => (0..WIDTH, 0..HEIGHT, 1..WIDTH).prop_map(|(x, y, len)| Change::Blank(x, y, len)),
        4 => (0..3_u16, 0..HEIGHT, 1..HEIGHT, -4..5_i8)
            .prop_map(|(side, top, rows, by)| Change::Scroll(side, top, rows, by)),
        1 => Just(Change::Forget),
    ]
}

fn apply(cells: &mut Buffer, change: &Change) {
    match change {
        Change::Write(x, y, letters, style) => {
            let text: String = letters.iter().map(|n| LETTERS[usize::from(*n) % LETTERS.len()]).collect();
            cells.set_stringn(*x, *y, text, usize::from(WIDTH - x), styles(*style));
        }
        Change::Blank(x, y, len) => {
            for x in *x..(x + len).min(WIDTH) {
                cells[(x, *y)].reset();
            }
        }
        Change::Scroll(side, top, rows, by) => {
            let (first, last) = [(0, WIDTH), (12, WIDTH), (0, 12)][usize::from(*side)];
            let before = cells.clone();
            for y in *top..(top + rows).min(HEIGHT) {
                for x in first..last {
                    let from =
                        y.checked_add_signed(i16::from(*by)).filter(|from| (*top..(top + rows).min(HEIGHT)).contains(from));
                    cells[(x, y)] = from.map(|from| before[(x, from)].clone()).unwrap_or_default();
                }
            }
        }
        Change::Forget => {}
    }
    heal(cells);
}

/// Frames are well formed: behind a wide letter stands an empty cell, and none reaches over the edge.
fn heal(cells: &mut Buffer) {
    for y in 0..HEIGHT {
        let mut x = 0;
        while x < WIDTH {
            let wide = u16::try_from(text::width(cells[(x, y)].symbol())).unwrap().max(1);
            if x + wide > WIDTH {
                cells[(x, y)].set_symbol(" ");
            }
            for covered in x + 1..(x + wide).min(WIDTH) {
                cells[(covered, y)].reset();
            }
            x += wide;
        }
    }
}

fn emulator() -> vt100::Parser {
    vt100::Parser::new(HEIGHT.try_into().unwrap(), WIDTH.try_into().unwrap(), 0)
}

fn shown(parser: &vt100::Parser) -> Vec<String> {
    let screen = parser.screen();
    let mut rows = Vec::new();
    for y in 0..HEIGHT {
        let mut row = String::new();
        for x in 0..WIDTH {
            let cell = screen.cell(y, x).unwrap();
            let attributes = [cell.bold(), cell.dim(), cell.italic(), cell.underline(), cell.inverse()].map(u8::from);
            let letter = if cell.contents().is_empty() { " " } else { cell.contents() };
            write!(row, "{letter}{:?}{:?}{attributes:?};", cell.fgcolor(), cell.bgcolor()).unwrap();
        }
        rows.push(row);
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn frames_one_after_the_other_show_what_the_last_shows_alone(
        changes in proptest::collection::vec((change(), 0..WIDTH, 0..HEIGHT), 1..30),
        wide in any::<bool>(),
    ) {
        let mut cells = Buffer::empty(Rect::new(0, 0, WIDTH, HEIGHT));
        let (mut painter, mut terminal) = (Painter::new(wide), emulator());
        for (change, x, y) in changes {
            apply(&mut cells, &change);
            if matches!(change, Change::Forget) {
                painter.forget();
            }
            let sent = painter.frame(&cells, &[], Some(Position::new(x, y)));
            terminal.process(sent.as_bytes());
            let mut whole = emulator();
            whole.process(Painter::new(wide).frame(&cells, &[], Some(Position::new(x, y))).as_bytes());
            for (y, (row, wanted)) in shown(&terminal).into_iter().zip(shown(&whole)).enumerate() {
                prop_assert_eq!(row, wanted, "row {} after {:?}: {:?}", y, change, sent);
            }
            prop_assert_eq!(terminal.screen().cursor_position(), (y, x));
        }
    }
}

/// Bytes that lead from one buffer to another.
fn bytes(from: &Buffer, to: &Buffer, cursor: Position) -> String {
    let mut painter = Painter::new(false);
    painter.frame(from, &[], Some(cursor));
    painter.frame(to, &[], Some(cursor))
}

fn page(rows: impl IntoIterator<Item = String>, width: u16) -> Buffer {
    let mut cells = Buffer::empty(Rect::new(0, 0, width, 24));
    for (y, row) in (0..24).zip(rows) {
        cells.set_string(0, y, row, Style::new());
    }
    cells
}

#[test]
fn rows_that_move_are_moved_by_the_terminal() {
    let rows = |from: usize| (from..from + 24).map(|n| format!("{n:03} what was said in row {n}, and it is a long one"));
    let sent = bytes(&page(rows(0), 80), &page(rows(1), 80), Position::ORIGIN);
    assert!(sent.contains("\x1b[M"), "{sent:?}");
    assert!(sent.len() < 90, "{} {sent:?}", sent.len());
}

#[test]
fn the_end_of_a_row_is_erased_not_written() {
    let mut to = page(["x".repeat(60)], 80);
    let from = to.clone();
    to.set_string(0, 0, " ".repeat(60), Style::new());
    assert_eq!(bytes(&from, &to, Position::ORIGIN), "\x1b[K");
    let mut hole = from.clone();
    hole.set_string(10, 0, " ".repeat(30), Style::new());
    assert_eq!(bytes(&from, &hole, Position::ORIGIN), "\x1b[11G\x1b[30X\r");
}

/// Terminals that show the parts of an emoji one by one leave nothing of it where nothing was drawn.
#[test]
fn what_an_emoji_in_parts_covers_is_written_anew() {
    let mut cells = page(["x".to_owned()], 20);
    let mut terminal = vt100::Parser::new(24.try_into().unwrap(), 20.try_into().unwrap(), 0);
    let mut painter = Painter::new(false);
    terminal.process(painter.frame(&cells, &[], None).as_bytes());
    cells.set_string(4, 0, "👩🏽\u{200d}🚀", Style::new());
    terminal.process(painter.frame(&cells, &[], None).as_bytes());
    assert_eq!(terminal.screen().rows(0, 20).next().unwrap().trim_end(), "x   👩");
}

#[test]
fn nothing_new_sends_nothing() {
    let cells = page(["hello".to_owned()], 80);
    assert_eq!(bytes(&cells, &cells, Position::new(3, 3)), "");
}

#[test]
fn a_link_is_one_wherever_it_goes_on() {
    let cells = page(["see https://example.test/a".to_owned(), "/b/c and more".to_owned()], 80);
    let url = "https://example.test/a/b/c".to_owned();
    let links = [(Rect::new(4, 0, 22, 1), url.clone()), (Rect::new(0, 1, 4, 1), url)];
    let mut painter = Painter::new(false);
    let sent = painter.frame(&cells, &links, None);
    let opened: Vec<&str> = sent.split("\x1b]8;id=").skip(1).map(|rest| rest.split("\x1b\\").next().unwrap()).collect();
    assert_eq!(opened.len(), 1, "it goes on in the next row: {sent:?}");
    assert!(opened[0].ends_with(";https://example.test/a/b/c"), "{sent:?}");
    assert_eq!(sent.matches("\x1b]8;;\x1b\\").count(), 1, "{sent:?}");
    let mut terminal = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0);
    terminal.process(sent.as_bytes());
    assert_eq!(terminal.screen().rows(0, 80).next().unwrap(), "see https://example.test/a");
    assert_eq!(painter.frame(&cells, &links, None), "", "a link that stays costs nothing");
    let gone = painter.frame(&cells, &[], None);
    assert!(gone.contains("https://example.test/a") && !gone.contains("]8;id"), "{gone:?}");
}

/// A picture of letters, which an emulator can show: it writes over its cells like a real one.
fn stand_in(place: Rect, letter: char) -> Rc<Print> {
    let row = letter.to_string().repeat(usize::from(place.width));
    let rows: Vec<String> = place.rows().map(|at| format!("\x1b[{};{}H{row}", at.y + 1, at.x + 1)).collect();
    let draw = rows.concat();
    Rc::new(Print { place, draw, erase: "" })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_picture_is_seen_whole_or_not_at_all(changes in proptest::collection::vec((change(), 0..6_u8), 1..30)) {
        let mut cells = Buffer::empty(Rect::new(0, 0, WIDTH, HEIGHT));
        let (mut painter, mut terminal) = (Painter::new(false), emulator());
        let places = [Rect::new(3, 2, 9, 5), Rect::new(6, 4, 30, 7)];
        let mut laid = None;
        for (change, which) in changes {
            apply(&mut cells, &change);
            match which {
                0 => laid = None,
                1 | 2 => {
                    let place = places[usize::from(which) - 1];
                    place.positions().for_each(|at| cells[at].reset());
                    heal(&mut cells);
                    laid = Some(stand_in(place, if which == 1 { '#' } else { '%' }));
                }
                _ => {}
            }
            if matches!(change, Change::Forget) {
                painter.forget();
            }
            painter.lay(laid.clone());
            let sent = painter.frame(&cells, &[], None);
            terminal.process(sent.as_bytes());
            let (mut other, mut whole) = (Painter::new(false), emulator());
            other.lay(laid.clone());
            whole.process(other.frame(&cells, &[], None).as_bytes());
            for (y, (row, wanted)) in shown(&terminal).into_iter().zip(shown(&whole)).enumerate() {
                prop_assert_eq!(row, wanted, "row {} after {:?}: {:?}", y, change, sent);
            }
        }
    }
}

#[test]
fn a_picture_is_sent_once_and_leaves_nothing() {
    let text = |row: usize| format!("{row:02} what was said");
    let below = page((0..24).map(text), 80);
    let mut over = below.clone();
    let place = Rect::new(4, 3, 60, 12);
    place.positions().for_each(|at| over[at].reset());
    let mut painter = Painter::new(false);
    painter.frame(&below, &[], None);
    let print = Rc::new(Print { place, draw: "<picture>".to_owned(), erase: "<gone>" });
    painter.lay(Some(Rc::clone(&print)));
    let first = painter.frame(&over, &[], Some(Position::new(2, 1)));
    assert!(first.contains("<picture>\x1b[2;3H"), "and back to the cursor: {first:?}");
    assert_eq!(painter.frame(&over, &[], Some(Position::new(2, 1))), "", "it stays by itself");
    // What changes elsewhere costs what it costs.
    over.set_string(0, 20, "x", Style::new());
    let other = painter.frame(&over, &[], Some(Position::new(2, 1)));
    assert!(!other.contains("picture") && other.len() < 20, "{other:?}");
    // Something lies over it, and is put away.
    let mut covered = over.clone();
    covered.set_string(10, 5, "a box", Style::new());
    let sent = painter.frame(&covered, &[], None);
    assert!(sent.contains("<gone>") && !sent.contains("<picture>"), "{sent:?}");
    assert!(painter.frame(&over, &[], None).contains("<picture>"));
    // The terminal was cleared.
    painter.forget();
    let sent = painter.frame(&over, &[], None);
    assert!(sent.contains("<gone>") && sent.matches("<picture>").count() == 1, "{sent:?}");
    // Closed: each of its cells is written or erased.
    let mut terminal = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0);
    terminal.process(Painter::new(false).frame(&over, &[], None).as_bytes());
    for row in place.rows() {
        let picture = "#".repeat(usize::from(row.width));
        terminal.process(format!("\x1b[{};{}H{picture}", row.y + 1, row.x + 1).as_bytes());
    }
    painter.lay(None);
    let sent = painter.frame(&below, &[], None);
    assert!(sent.contains("<gone>"), "{sent:?}");
    terminal.process(sent.replace("<gone>", "").as_bytes());
    for at in place.positions() {
        let cell = terminal.screen().cell(at.y, at.x).unwrap();
        assert_ne!(cell.contents(), "#", "{at:?} still shows what was there");
    }
}
