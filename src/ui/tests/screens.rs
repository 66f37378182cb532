//! A picture of every state at every size, in colour and without: one file for each.
//!
//! At 80x24 the whole screen is shown; at the other sizes, where something lies on top, only the rows it
//! changed, and of the styles only those of it: what is under it has a picture of its own.

use super::states::State;
use super::*;
use crate::app::Reading;

const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 50)];

macro_rules! pictures {
    ($($name:ident)*) => {
        $(#[test] fn $name() { picture(stringify!($name)); })*

        #[test]
        fn every_state_has_its_picture() {
            let drawn = [$(stringify!($name)),*];
            let missing: Vec<&str> = states::ALL.iter().map(|(name, _)| *name).filter(|name| !drawn.contains(name)).collect();
            assert!(missing.is_empty(), "add these to `pictures!`: {missing:?}");
        }
    };
}

pictures! {
    main main_in_the_list main_in_the_messages nothing_open no_contacts no_account nobody_matches
    signed_out wrong_password waiting a_note a_long_draft
    two_panes three_panes one_pane_zoomed room room_over board board_by_change
    search_here search_everywhere link_hints message_details
    palette palette_found help help_found settings setting_typed setting_locked policies policies_found policies_all policies_none policies_broken
    warned links_defanged states_offered own_presence own_note alerts files pictures picture_shown picture_being_read picture_broken invite find find_failed
    sent_before much_pasted a_command_in_doubt add rename password remove leave_a_room doubtful_link plain_link quit told
    request_answered menu_of_a_person menu_of_a_message commands_proposed signs_proposed requests request_of_a_look_alike requests_in_the_list keys_pending vim_normal
}

/// A state as it is drawn at this size, once what was drawn is known.
fn settled(app: &mut App, theme: &Theme, columns: u16, rows: u16) -> Drawn {
    let now = app.now;
    update(app, Msg::Resize(columns, rows), now);
    for _ in 0..3 {
        let drawn = draw_with(app, theme.clone(), columns, rows);
        match shown(app, &drawn.hits) {
            Some(msg) => drop(update(app, msg, now)),
            None => return drawn,
        }
    }
    draw_with(app, theme.clone(), columns, rows)
}

fn made(name: &str) -> App {
    let (_, make): &State = states::ALL.iter().find(|(other, _)| *other == name).unwrap();
    make()
}

fn picture(name: &str) {
    let colours = Theme::new(true, false);
    let mut all = String::new();
    for (columns, rows) in SIZES {
        let mut app = made(name);
        let drawn = settled(&mut app, &colours, columns, rows);
        let text = drawn.text();
        let covered = app.screen.overlay.is_some() && (columns, rows) != (80, 24);
        let body = if covered {
            changed(&text, &settled(&mut uncovered(name), &colours, columns, rows).text())
        } else {
            text.trim_end().to_owned()
        };
        write!(all, "== {columns}x{rows}\n{body}\n").unwrap();
    }
    let styles = |theme: &Theme, make: &dyn Fn() -> App| settled(&mut make(), theme, 80, 24).styles();
    let coloured = styles(&colours, &|| made(name));
    let below = if made(name).screen.overlay.is_some() { styles(&colours, &|| uncovered(name)) } else { String::new() };
    write!(all, "== styles at 80x24\n{}", without(&coloured, &below)).unwrap();
    let bare = styles(&Theme::new(false, false), &|| made(name));
    write!(all, "\n== what looks different without colour\n{}", without(&without(&bare, &coloured), &below)).unwrap();
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => true }, {
        insta::assert_snapshot!(name, zoneless(&all));
    });
}

/// The zone of the machine that draws is not part of the picture.
fn zoneless(text: &str) -> String {
    let app = sample_app();
    let zone = app.now.full().rsplit(' ').next().unwrap().to_owned();
    let times =
        app.open_chat().and_then(|(_, chat)| app.conversation(chat)).into_iter().flat_map(crate::model::Conversation::lines);
    times.fold(text.replace(&zone, "+ZZ:ZZ"), |text, line| text.replace(&line.at.to_rfc3339(), "UUUU-UU-UUTUU:UU:UU.UUUZ"))
}

/// The same without what lies on top.
fn uncovered(name: &str) -> App {
    let mut app = made(name);
    app.screen.overlay = None;
    app
}

/// The lines that are not among others.
fn without(lines: &str, others: &str) -> String {
    let others: Vec<&str> = others.lines().collect();
    let left: Vec<&str> = lines.lines().filter(|line| !others.contains(line)).collect();
    left.join("\n")
}

/// The rows that are not as they were, each with its number.
fn changed(text: &str, before: &str) -> String {
    let rows = text.lines().zip(before.lines()).enumerate().filter(|(_, (now, was))| now != was);
    rows.map(|(y, (now, _))| format!("{y:>2} {now}")).collect::<Vec<_>>().join("\n")
}

/// Without colours no colour is written and no letter is another.
#[test]
fn without_colour_every_state_says_the_same() {
    for (name, make) in states::ALL {
        for (columns, rows) in SIZES {
            let colours = settled(&mut make(), &Theme::new(true, false), columns, rows);
            let bare = settled(&mut make(), &Theme::new(false, false), columns, rows);
            assert_eq!(colours.text(), bare.text(), "{name} {columns}x{rows}");
            assert!(bare.buffer.content().iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset), "{name}");
        }
    }
}

/// What is marked on top and what is selected below are seen without colours, and are the only ones so.
#[test]
fn without_colour_what_is_marked_is_told_apart() {
    for (name, make) in states::ALL {
        for (columns, rows) in SIZES {
            let mut app = make();
            let bare = settled(&mut app, &Theme::new(false, false), columns, rows);
            let reversed = |target: &Target| {
                let place = bare.hits.area_of(target)?;
                Some(bare.buffer[(place.x, place.y)].modifier.contains(Modifier::REVERSED))
            };
            let marked = app.screen.overlay.as_ref().and_then(marked);
            if let Some(marked) = marked {
                assert_ne!(reversed(&Target::Choice(marked)), Some(false), "{name} {columns}x{rows}");
                for other in (0..60).filter(|other| *other != marked) {
                    assert_ne!(reversed(&Target::Choice(other)), Some(true), "{name} {columns}x{rows}: row {other}");
                }
            }
            if let Some(answer) = app.screen.answering {
                assert_eq!(reversed(&Target::Answer(answer)), Some(true), "{name} {columns}x{rows}");
            }
            let selected = app.rows().get(app.selected_row()).map(|row| Target::Row(row.key));
            if let (Focus::Roster, None, false, Some(selected)) =
                (app.focus, &app.screen.overlay, app.screen.board.shown, selected)
            {
                assert_ne!(reversed(&selected), Some(false), "{name} {columns}x{rows}");
            }
        }
    }
}

/// Which row of it is marked, where rows can be.
fn marked(overlay: &Overlay) -> Option<usize> {
    match overlay {
        Overlay::Palette(_, marked)
        | Overlay::Invite(_, _, marked)
        | Overlay::Alerts(marked)
        | Overlay::Sent(_, _, marked)
        | Overlay::Doubt(_, marked) => Some(*marked),
        Overlay::Find(finder) => Some(finder.marked),
        Overlay::Menu(menu) => Some(menu.marked),
        Overlay::Status(menu) => (!menu.writing).then_some(menu.marked),
        Overlay::History(found) => Some(found.marked),
        Overlay::Settings(page) => Some(page.marked),
        Overlay::Policies(page) => Some(page.marked),
        Overlay::Requests(page) => Some(page.marked),
        Overlay::Help(..)
        | Overlay::Letter(..)
        | Overlay::Ask(..)
        | Overlay::Password(..)
        | Overlay::Confirm(_)
        | Overlay::Told { .. }
        | Overlay::Picture(_) => None,
    }
}

/// Which part has the keyboard is seen without colours: no two of the three look the same.
#[test]
fn without_colour_focus_is_told_apart() {
    for (columns, rows) in SIZES {
        let of = |focus: Focus| {
            let mut app = sample_app();
            let now = app.now;
            if focus == Focus::Messages {
                update(&mut app, Msg::Action(Action::Reading(Reading::Select)), now);
            }
            app.focus = focus;
            let drawn = settled(&mut app, &Theme::new(false, false), columns, rows);
            (drawn.text(), drawn.styles())
        };
        let (list, messages, composer) = (of(Focus::Roster), of(Focus::Messages), of(Focus::Composer));
        assert!(list != messages && messages != composer && list != composer, "{columns}x{rows}");
    }
}

/// Each of the states people can be in has a mark of its own in the list, with symbols and with letters.
#[test]
fn without_colour_every_presence_is_told_apart() {
    use crate::model::Availability;
    for ascii in [false, true] {
        for columns in [40, 80, 200] {
            let mut marks: Vec<(String, Availability)> = Vec::new();
            for availability in Availability::ALL {
                let mut app = sample_app();
                app.prompts.clear();
                app.focus = Focus::Roster;
                let who = states::address("grace");
                let now = crate::model::Presence { availability, ..crate::model::Presence::default() };
                states::tell(&mut app, crate::backend::Event::Presence { who, now });
                let drawn = settled(&mut app, &Theme::new(false, ascii), columns, 30);
                let row = drawn.text().lines().find(|row| row.contains("Grace")).unwrap().to_owned();
                let mark = row.split("Grace").next().unwrap().trim().to_owned();
                let same = marks.iter().find(|(other, _)| *other == mark);
                assert!(same.is_none(), "{ascii} {columns}: {mark:?} is {availability:?} and {same:?}");
                marks.push((mark, availability));
            }
        }
    }
}
