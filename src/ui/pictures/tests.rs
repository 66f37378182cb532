//! Which way is taken where, and the bytes of each.

use super::*;
use crate::app::sample::{sample_picture, sample_with_pictures};
use crate::app::{Action, FileAct, Msg, update};
use crate::config::UiSettings;
use crate::model::FileId;
use crate::ui::{Abilities, Hits, Terminal, Theme, draw};

fn pictures(choice: PicturesChoice, environment: &[(&str, &str)]) -> Pictures {
    let settings = UiSettings { pictures: choice, ..UiSettings::default() };
    of(&settings, environment)
}

fn of(settings: &UiSettings, environment: &[(&str, &str)]) -> Pictures {
    let utf8 = ("LANG", "de_DE.UTF-8");
    let all = [&[utf8][..], environment].concat();
    let read = |name: &str| all.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    Abilities::read(settings, read).pictures
}

#[test]
fn the_way_is_known_by_the_environment() {
    use Protocol::{Iterm, Kitty, Sixel};
    for (environment, way) in [
        (&[("TERM", "xterm-kitty")][..], Pictures::By(Kitty)),
        (&[("TERM", "xterm-ghostty")], Pictures::By(Kitty)),
        (&[("TERM", "xterm-256color"), ("KITTY_WINDOW_ID", "1")], Pictures::By(Kitty)),
        (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")], Pictures::By(Iterm)),
        (&[("TERM", "xterm-256color"), ("LC_TERMINAL", "iTerm2")], Pictures::By(Iterm)),
        (&[("TERM", "foot")], Pictures::By(Sixel)),
        (&[("TERM", "foot-direct")], Pictures::By(Sixel)),
        (&[("TERM", "xterm-256color")], Pictures::Blocks),
        // Something lies between, here or at the other end of SSH.
        (&[("TERM", "tmux-256color"), ("TMUX", "/tmp/x"), ("KITTY_WINDOW_ID", "1")], Pictures::Blocks),
        (&[("TERM", "screen-256color"), ("LC_TERMINAL", "iTerm2")], Pictures::Blocks),
        (&[("TERM", "xterm-256color"), ("ZELLIJ", "0"), ("TERM_PROGRAM", "WezTerm")], Pictures::Blocks),
        // Few colours, none, letters only.
        (&[("TERM", "xterm")], Pictures::None),
        (&[("TERM", "linux")], Pictures::None),
        (&[("TERM", "vt100")], Pictures::None),
        (&[("TERM", "xterm-kitty"), ("LANG", "C")], Pictures::None),
    ] {
        assert_eq!(pictures(PicturesChoice::Auto, environment), way, "{environment:?}");
    }
    let kitty = [("TERM", "xterm-kitty")];
    let none = UiSettings { no_color: true, ..UiSettings::default() };
    assert_eq!(of(&none, &kitty), Pictures::None);
    let letters = UiSettings { plain_marks: true, ..UiSettings::default() };
    assert_eq!(of(&letters, &kitty), Pictures::None);
}

#[test]
fn the_settings_choose_where_there_is_a_choice() {
    let kitty = [("TERM", "xterm-kitty")];
    assert_eq!(pictures(PicturesChoice::Off, &kitty), Pictures::None);
    assert_eq!(pictures(PicturesChoice::Blocks, &kitty), Pictures::Blocks);
    let plain = [("TERM", "xterm-256color")];
    assert_eq!(pictures(PicturesChoice::Sixel, &plain), Pictures::By(Protocol::Sixel));
    assert_eq!(pictures(PicturesChoice::Sixel, &plain).without_pixels(), Pictures::Blocks);
    assert_eq!(pictures(PicturesChoice::Kitty, &plain).without_pixels(), Pictures::By(Protocol::Kitty));
    assert_eq!(pictures(PicturesChoice::Kitty, &[("TERM", "tmux-256color"), ("TMUX", "x")]), Pictures::Blocks);
    assert_eq!(pictures(PicturesChoice::Kitty, &[("TERM", "vt100")]), Pictures::None);
}

fn plate(columns: u8, rows: u8, room: Rect) -> Plate {
    Plate { room, picture: sample_picture(columns, rows) }
}

const ROOM: Rect = Rect { x: 2, y: 1, width: 20, height: 10 };

fn print(protocol: Protocol, columns: u8, rows: u8) -> Print {
    Print::new(&plate(columns, rows, ROOM), protocol, Some((8, 16)), false).unwrap()
}

#[test]
fn the_bytes_of_each_way() {
    let all: Vec<String> = [Protocol::Kitty, Protocol::Iterm, Protocol::Sixel]
        .map(|protocol| {
            let print = print(protocol, 12, 12);
            format!(
                "{protocol:?} {:?}\n{}\nand to take it away {}",
                print.place,
                print.draw.escape_debug(),
                print.erase.escape_debug()
            )
        })
        .to_vec();
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!("bytes", all.join("\n\n"));
    });
}

/// What cannot be made small.
fn noise(columns: usize, rows: usize) -> Picture {
    let mut seed = 1_u32;
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u8::try_from(seed >> 24).unwrap()
    };
    let pixels = (0..columns * rows).map(|_| [next(), next(), next()]).collect();
    Picture::new(columns, pixels, "PNG", (1, 1)).unwrap()
}

/// What stands between two marks.
fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    text.split_once(from).unwrap().1.split_once(to).unwrap().0
}

#[test]
fn kitty_gets_it_in_pieces_and_answers_nothing() {
    use base64::Engine as _;
    let picture = noise(60, 60);
    let print = Print::new(&Plate { room: ROOM, picture: picture.clone() }, Protocol::Kitty, Some((8, 16)), false).unwrap();
    let pieces: Vec<&str> = print.draw.split_terminator("\x1b\\").collect();
    assert!(pieces.len() > 1);
    let mut data = String::new();
    for (at, piece) in pieces.iter().enumerate() {
        let (keys, part) = piece.strip_prefix("\x1b_G").unwrap().split_once(';').unwrap();
        assert!(part.len() <= 4096 && keys.contains("q=2"), "{keys}");
        assert!(keys.ends_with(if at + 1 == pieces.len() { "m=0" } else { "m=1" }), "{keys}");
        assert_eq!(keys.contains("a=T"), at == 0);
        data.push_str(part);
    }
    let file = base64::engine::general_purpose::STANDARD.decode(data).unwrap();
    let read = image::load_from_memory(&file).unwrap().into_rgb8();
    assert_eq!((read.width(), read.height()), (60, 60));
    assert!(read.pixels().map(|pixel| pixel.0).eq(picture.scaled((60, 60))), "without loss");
    assert!(ERASE.contains("i=20509,") && print.draw.contains("i=20509,"));
}

#[test]
fn iterm_gets_a_file_of_the_size_it_is_told() {
    use base64::Engine as _;
    let print = print(Protocol::Iterm, 40, 20);
    let file = base64::engine::general_purpose::STANDARD.decode(between(&print.draw, ":", "\x07")).unwrap();
    assert_eq!(between(&print.draw, "size=", ";").parse::<usize>().unwrap(), file.len());
    assert_eq!((print.place.width, print.place.height), (5, 2));
    assert!(print.draw.contains("width=5;height=2;"));
}

/// What a terminal makes of sixels: for each pixel the number of its colour.
fn drawn(sixels: &str) -> (Vec<Vec<Option<usize>>>, Vec<String>) {
    let body = sixels.strip_prefix("\x1bP0;1;0q\"").unwrap().strip_suffix("\x1b\\").unwrap();
    let end = body.find('#').unwrap();
    let size: Vec<usize> = body[..end].split(';').map(|n| n.parse().unwrap()).collect();
    let (mut pixels, mut colours) = (vec![vec![None; size[2]]; size[3]], Vec::new());
    let mut rest = &body[end..];
    let (mut x, mut y, mut colour) = (0, 0, 0);
    let number = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        (text[..end].parse::<usize>().unwrap(), end)
    };
    while let Some(letter) = rest.chars().next() {
        rest = &rest[1..];
        let mut times = 1;
        match letter {
            '#' => {
                let (which, end) = number(rest);
                rest = &rest[end..];
                colour = which;
                if let Some(definition) = rest.strip_prefix(";2;") {
                    let end = definition.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap();
                    colours.push(definition[..end].to_owned());
                    rest = &definition[end..];
                }
            }
            '$' => x = 0,
            '-' => (x, y) = (0, y + 6),
            '!' => {
                let (count, end) = number(rest);
                times = count;
                let bits = rest.as_bytes()[end] - b'?';
                rest = &rest[end + 1..];
                for _ in 0..times {
                    (0..6).filter(|row| bits & 1 << row != 0).for_each(|row| pixels[y + row][x] = Some(colour));
                    x += 1;
                }
            }
            letter => {
                let bits = u8::try_from(letter).unwrap() - b'?';
                for _ in 0..times {
                    (0..6).filter(|row| bits & 1 << row != 0).for_each(|row| pixels[y + row][x] = Some(colour));
                    x += 1;
                }
            }
        }
    }
    (pixels, colours)
}

#[test]
fn sixels_are_whole_and_near_the_colours() {
    let print = print(Protocol::Sixel, 60, 32);
    let (pixels, colours) = drawn(&print.draw);
    assert_eq!((pixels.len(), pixels[0].len()), (30, 60), "full bands only");
    assert!(colours.len() <= 256 && colours.len() > 100, "{}", colours.len());
    let of = |x: usize, y: usize| {
        let colour: Vec<i32> = colours[pixels[y][x].unwrap()].split(';').map(|n| n.parse().unwrap()).collect();
        (colour[0], colour[1], colour[2])
    };
    assert!(pixels.iter().flatten().all(Option::is_some));
    let (left, right) = (of(0, 0), of(59, 29));
    assert!(left.0 < 12 && left.1 < 12 && right.0 > 88 && right.1 > 88, "{left:?} {right:?}");
    assert!((of(30, 15).2 - 50).abs() < 4);
}

#[test]
fn few_colours_are_kept_as_they_are() {
    let picture = Picture::new(2, vec![[255, 0, 0], [0, 0, 255], [255, 0, 0], [255, 0, 0]], "PNG", (2, 2)).unwrap();
    let sixels = Print::new(&Plate { room: ROOM, picture }, Protocol::Sixel, None, false).unwrap().draw;
    assert_eq!(sixels, "\u{1b}P0;1;0q\"1;1;2;2#0;2;100;0;0#1;2;0;0;100#0BA$#1?@-\u{1b}\\");
}

#[test]
fn no_way_sends_more_than_a_terminal_takes() {
    let plate = Plate { room: Rect::new(0, 0, 100, 40), picture: noise(300, 200) };
    for protocol in [Protocol::Kitty, Protocol::Iterm, Protocol::Sixel] {
        for (remote, most) in [(false, 1_500_000), (true, 200_000)] {
            let print = Print::new(&plate, protocol, Some((8, 16)), remote).unwrap();
            assert!(print.draw.len() <= most, "{protocol:?}: {}", print.draw.len());
            assert_eq!(print.place.intersection(plate.room), print.place);
        }
    }
    for (depth, remote, most) in [
        (Depth::True, false, 1_500_000),
        (Depth::True, true, 200_000),
        (Depth::Many, false, 1_500_000),
        (Depth::Many, true, 200_000),
    ] {
        let sent = frame_of_blocks(&noise(500, 340), Abilities { depth, remote, ..Abilities::default() });
        // The rest of the frame is not much, and is bounded with it (`runtime/tty.rs`).
        assert!(sent.len() <= most + 100_000, "{depth:?}: {}", sent.len());
        let cells = sent.matches('▀').count();
        assert!(cells > most / 60, "{depth:?}: it is not made smaller than need be: {cells}");
    }
}

/// The whole frame that shows a picture in half blocks, on a terminal as large as a wall.
fn frame_of_blocks(picture: &Picture, abilities: Abilities) -> String {
    let abilities = Abilities { pictures: Pictures::Blocks, ..abilities };
    let mut terminal = Terminal::new(Theme::of("terminal", &[], &abilities), &abilities);
    let (mut hits, mut app) = (Hits::default(), sample_with_pictures());
    app.size = (410, 140);
    let (now, id) = (app.now, app.accounts.keys().next().unwrap().clone());
    update(&mut app, Msg::Action(Action::File(FileAct::View(None))), now);
    update(&mut app, Msg::Picture(id, FileId::Received(1), Ok(picture.clone())), now);
    draw(&mut terminal, &app, &mut hits);
    terminal.take()
}

#[test]
fn any_room_and_any_cell_is_survived() {
    for room in [Rect::new(0, 0, 0, 0), Rect::new(3, 3, 1, 1), Rect::new(0, 0, 200, 1), Rect::new(0, 0, 1, 50)] {
        for cell in [None, Some((0, 0)), Some((1, 1)), Some((u16::MAX, 3)), Some((8, 16))] {
            for protocol in [Protocol::Kitty, Protocol::Iterm, Protocol::Sixel] {
                let print = Print::new(&plate(200, 3, room), protocol, cell, false);
                assert!(print.is_none_or(|print| print.place.intersection(room) == print.place && !print.place.is_empty()));
            }
        }
    }
}
