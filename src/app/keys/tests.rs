//! Which keys are in force, what is wrong with the user's, and what presses do.

use std::sync::{Arc, LazyLock};

use super::script::{chords, line, play};
use super::*;
use crate::app::sample::{sample_app, sample_with_requests};
use crate::app::{
    Action, ActionSpec, App, ChatAct, ComposeAct, Composer, Context, Focus, ListAct, Mode, Msg, Overlay, OwnAct, PaneAct,
    Reading, RequestAct, RowKey, SettingAct, Step, Toward, Way, catalogue, update,
};
use crate::config::{Binding, IdleSettings, KeySet, Severity, UiSettings};

mod actions;

fn with(set: KeySet, keys: &[Binding]) -> (App, Vec<KeyProblem>) {
    let mut app = sample_app();
    app.prompts.clear();
    let ui = UiSettings { key_set: set, keys: keys.to_vec(), ..UiSettings::default() };
    let idle = IdleSettings {
        idle_after: std::time::Duration::ZERO,
        away_after: std::time::Duration::ZERO,
        lock_after: std::time::Duration::ZERO,
        multiplexer: false,
    };
    let problems = app.configure(&ui, &idle);
    (app, problems)
}

fn plain(keys: &[Binding]) -> (App, Vec<KeyProblem>) {
    with(KeySet::Plain, keys)
}

fn faults(keys: &[Binding]) -> Vec<KeyFault> {
    plain(keys).1.into_iter().map(|problem| problem.fault).collect()
}

fn draft(app: &App) -> (&str, usize) {
    let draft = &app.screen.drafts[app.screen.open().unwrap()];
    (draft.text(), draft.cursor())
}

#[test]
fn keys_of_rows_and_sets_are_keys_and_in_nobodys_way() {
    for set in KeySet::ALL {
        let (app, _) = with(set, &[]);
        for spec in catalogue() {
            for keys in spec.keys {
                assert!(Sequence::parse(keys).is_some(), "{}: `{keys}`", spec.name);
            }
        }
        for (context, keys, name) in sets::differences(set) {
            let parsed = Sequence::parse(keys).unwrap_or_else(|| panic!("{set:?}: `{keys}`"));
            let bound = app.keys.find(*context, parsed.chords()).map(|bound| bound.spec.name);
            assert_eq!(bound, Some(*name), "{set:?}: `{keys}` is given twice, or there is no such action");
            assert!(app.keys.following(*context, parsed.chords()).next().is_none(), "{set:?}: `{keys}` begins another");
        }
    }
    // In the plain set every key of every row is in force.
    let map = Keymap::plain();
    for spec in catalogue().filter(|spec| spec.context != Context::Normal) {
        for keys in spec.keys {
            let bound = map.find(spec.context, Sequence::parse(keys).unwrap().chords()).map(|bound| bound.spec.name);
            assert_eq!(bound, Some(spec.name), "`{keys}` is another's too, or begins another");
        }
    }
}

#[test]
fn every_context_has_its_table_in_the_configuration() {
    assert_eq!(crate::config::keys::KEY_CONTEXTS, Context::ALL.map(Context::name));
}

/// Alt is often taken by others: window managers, telephones, layouts that type accents with it.
#[test]
fn nothing_needs_alt() {
    for set in KeySet::ALL {
        let (app, _) = with(set, &[]);
        for spec in catalogue().filter(|spec| spec.slash.is_empty()) {
            let keys = app.keys.of(spec.name);
            let fine = keys.is_empty() || keys.iter().any(|(_, keys)| !keys.needs_alt());
            assert!(fine, "{set:?}: {} has Alt keys only: {keys:?}", spec.name);
        }
    }
}

#[test]
fn sequences_wait_say_what_may_follow_and_are_given_up() {
    let (mut app, _) = plain(&[]);
    play(&mut app, "<C-x>");
    assert_eq!(shown(&app.screen.pending), "Ctrl-X");
    let rows = what_may_follow(&app);
    let first = |key: &str| rows.iter().find(|(rest, _)| shown(rest) == key).map(|(_, help)| *help);
    assert_eq!(first("2"), Some("Another conversation below"));
    assert_eq!(first("M Left").or(first("m Left")), Some("Exchange with the pane to the left"));
    play(&mut app, "m");
    assert_eq!(what_may_follow(&app).len(), 4);
    play(&mut app, "<esc>");
    assert!(app.screen.pending.is_empty() && app.screen.panes.count() == 1 && app.focus == Focus::Composer);
    assert_eq!(draft(&app).0, "looks good, the alert is g", "nothing of it was typed");
    play(&mut app, "<C-x>2");
    assert_eq!(app.screen.panes.count(), 2);
    play(&mut app, "<C-x>0");
    assert_eq!(app.screen.panes.count(), 1);
    play(&mut app, "<C-x>%");
    assert!(app.screen.pending.is_empty());
    assert_eq!(app.notes.back().unwrap().text, "Ctrl-X % does nothing here");
    play(&mut app, "<C-x><C-x>");
    assert!(matches!(&app.screen.overlay, Some(Overlay::Palette(line, 0)) if line.text() == "/"));
}

#[test]
fn keys_of_the_user() {
    let (mut app, problems) = plain(&[
        line("everywhere", "ctrl-x g", "palette", 1),
        line("everywhere", "ctrl-l", "", 2),
        line("roster", "x", "contact.remove", 3),
    ]);
    // `ctrl-x g 1` and the others go.
    let [KeyProblem { fault: KeyFault::Cuts(keys, "chat.10", 9), .. }] = &problems[..] else { panic!("{problems:?}") };
    assert_eq!(keys, "Ctrl-X g 0");
    assert_eq!(play(&mut app, "<C-l>"), []);
    play(&mut app, "<C-x>g");
    assert!(matches!(app.screen.overlay, Some(Overlay::Palette(..))));
    app.screen.overlay = None;
    app.focus = Focus::Roster;
    play(&mut app, "x");
    assert!(app.asks_to_confirm());
    assert_eq!(app.keys.of("palette")[0].1.shown(), "Ctrl-X g", "the user's own key is shown first");
}

#[test]
fn a_key_for_everywhere_is_kept_by_no_part() {
    let (mut app, problems) = plain(&[line("everywhere", "pageup", "help", 1)]);
    assert_eq!(problems, []);
    play(&mut app, "<pgup>");
    assert!(matches!(app.screen.overlay, Some(Overlay::Help(..))));
    // But menus and questions keep theirs.
    let (app, _) = plain(&[line("everywhere", "enter", "help", 1)]);
    let enter = chords("<ret>");
    let name = |context| app.keys.find(context, &enter).map(|bound| bound.spec.name);
    assert_eq!((name(Context::Overlay), name(Context::Composer)), (Some("menu.accept"), None));
}

#[test]
fn what_is_wrong_is_said_with_both_places() {
    assert_eq!(faults(&[line("everywhere", "hyper-☃", "help", 3)]), [KeyFault::Chord]);
    assert_eq!(faults(&[line("everywhere", "hyper-x", "nonsense", 3)]), [KeyFault::Chord, KeyFault::Action]);
    assert_eq!(faults(&[line("everywhere", "hyper-x", "", 3)]), [KeyFault::Chord]);
    assert_eq!(faults(&[line("roster", "ctrl-i", "help", 3)]), [KeyFault::SameAs("tab".into())]);
    assert_eq!(faults(&[line("everywhere", "h", "help", 3)]), [KeyFault::Letter]);
    assert_eq!(faults(&[line("composer", "ctrl-x ctrl-m", "help", 3)]), [KeyFault::SameAs("enter".into())]);
    let (_, problems) = plain(&[line("roster", "ctrl-/", "help", 3), line("roster", "ctrl-_", "palette", 7)]);
    assert_eq!(problems.len(), 1);
    assert_eq!(
        (problems[0].binding.place.line, &problems[0].fault),
        (7, &KeyFault::Twice(crate::config::Place { line: 3, column: 1 }))
    );
    let (_, problems) = plain(&[line("roster", "ctrl-t", "help", 3), line("roster", "ctrl-t ctrl-t", "palette", 7)]);
    assert!(matches!(problems[0].fault, KeyFault::Begins(place) if place.line == 3), "{problems:?}");
    let (_, problems) = plain(&[line("everywhere", "f9", "help", 3), line("roster", "f9", "palette", 7)]);
    assert_eq!(
        problems[0].to_string(),
        "line 3: [keys.everywhere] \"f9\": line 7 gives the same keys to something else in [keys.roster], where that counts"
    );
    // Ctrl-X alone takes all that begins with it away; taken away before, nobody is astonished.
    let cut = faults(&[line("everywhere", "ctrl-x", "quit", 3)]);
    assert!(matches!(&cut[..], [KeyFault::Cuts(..)]), "{cut:?}");
    assert_eq!(faults(&[line("everywhere", "ctrl-x", "quit", 3), line("everywhere", "ctrl-x", "", 9)]), []);
    let (_, problems) = plain(&[line("everywhere", "hyper-x", "help", 3), line("everywhere", "f9", "halp", 4)]);
    assert_eq!(problems[0].severity(), Severity::Error);
    assert_eq!((problems[1].severity(), problems[1].nearest()), (Severity::Warning, Some("help")));
}

#[test]
fn only_keys_that_work_here_are_shown() {
    let (app, _) = with(KeySet::Emacs, &[]);
    let key = |contexts: &[Context]| app.keys.within(contexts, "palette").map(Sequence::shown);
    assert_eq!(key(&[Context::Roster, Context::Everywhere]).as_deref(), Some("Alt-X"));
    let (app, _) = plain(&[line("composer", "ctrl-k", "edit.cut-to-end", 1), line("composer", "f1", "message.send", 2)]);
    let key = |name| app.keys.within(&[Context::Composer, Context::Everywhere], name).map(Sequence::shown);
    assert_eq!((key("palette"), key("help")), (None, None));
    assert_eq!(key("message.send").as_deref(), Some("F1"));
}

#[test]
fn emacs_keys() {
    let (mut app, _) = with(KeySet::Emacs, &[]);
    play(&mut app, "<C-a><C-k>");
    assert_eq!(draft(&app).0, "");
    play(&mut app, "<C-y><C-x>u");
    assert_eq!(draft(&app).0, "");
    play(&mut app, "<C-x>2<C-x>o<C-x>b");
    assert!(app.screen.panes.count() == 2 && matches!(app.screen.overlay, Some(Overlay::Palette(..))));
    play(&mut app, "<C-g>");
    assert_eq!(app.screen.overlay, None);
}

#[test]
fn vim_keys() {
    let (mut app, _) = with(KeySet::Vim, &[]);
    assert_eq!(app.screen.vim.mode, Mode::Insert, "whoever opens a conversation wants to write");
    play(&mut app, "one<esc>");
    assert_eq!((app.screen.vim.mode, draft(&app)), (Mode::Normal, ("looks good, the alert is gone", 28)));
    play(&mut app, "<esc><esc>");
    assert_eq!((app.focus, draft(&app).0), (Focus::Composer, "looks good, the alert is gone"), "Esc destroys nothing");
    play(&mut app, "0d2w");
    assert_eq!(draft(&app), (", the alert is gone", 0));
    play(&mut app, "fadtiu");
    assert_eq!(draft(&app).0, ", the alert is gone");
    play(&mut app, "ggcwfor bob<esc>");
    assert_eq!(draft(&app).0, "for bob the alert is gone");
    play(&mut app, "A.<ret>");
    assert_eq!(draft(&app).0, "");
    play(&mut app, "<esc><C-w>v<C-w>w");
    assert_eq!(app.screen.panes.count(), 2);
    play(&mut app, ":");
    assert!(matches!(&app.screen.overlay, Some(Overlay::Palette(line, _)) if line.text() == "/"));
    // What lies on top has no modes.
    play(&mut app, "zoom<ret>");
    assert!(app.screen.panes.is_zoomed());
}

#[test]
fn in_vim_keys_lists_have_theirs_too() {
    let (mut app, _) = with(KeySet::Vim, &[]);
    app.focus = Focus::Roster;
    play(&mut app, "G");
    let last = app.selected_row();
    play(&mut app, "gg");
    assert!(app.selected_row() < last);
    play(&mut app, "jdd");
    assert!(app.asks_to_confirm());
    play(&mut app, "n");
    app.focus = Focus::Messages;
    let before = draft(&app).0.to_owned();
    play(&mut app, "qq");
    assert_eq!((app.focus, draft(&app).0), (Focus::Messages, before.as_str()), "a letter that is no command writes nothing");
    play(&mut app, "ix");
    assert_eq!(app.focus, Focus::Composer);
}

/// Presses of every row's keys, and every slash command, on a state where they make sense.
#[test]
fn no_row_is_dead() {
    let mut dead = Vec::new();
    for set in KeySet::ALL {
        let (app, _) = with(set, &[]);
        for spec in catalogue() {
            for (context, keys) in app.keys.of(spec.name) {
                // What is the same in all sets is looked at once.
                let own = app.keys.find(*context, keys.chords()).is_some_and(|bound| bound.source == Source::Set);
                if (own || set == KeySet::Plain || *context == Context::Normal) && !does_something(set, *context, keys, spec) {
                    dead.push(format!("{set:?} {context:?} {keys} {}", spec.name));
                }
            }
        }
    }
    for spec in catalogue() {
        for word in spec.slash {
            let does = STATES.iter().any(|prepared| {
                let mut app = state(KeySet::Plain, Context::Composer, Focus::Composer, prepared, 0);
                let Some(chat) = app.screen.open().cloned() else { return false };
                app.screen.drafts.insert(chat, Composer::with(&format!("/{word}")));
                let before = seen(&app);
                let effects = play(&mut app, "<ret>");
                !effects.is_empty() || seen(&app) != before
            });
            if !does {
                dead.push(format!("/{word}"));
            }
        }
    }
    assert!(dead.is_empty(), "these do nothing:\n{}", dead.join("\n"));
}

fn does_something(set: KeySet, context: Context, keys: &Sequence, spec: &ActionSpec) -> bool {
    let focuses: &[Focus] = match context {
        Context::Roster => &[Focus::Roster],
        Context::Messages => &[Focus::Messages],
        Context::Composer | Context::Normal | Context::Question | Context::Status | Context::Requests => &[Focus::Composer],
        Context::Everywhere | Context::Overlay | Context::Board => &[Focus::Composer, Focus::Messages, Focus::Roster],
    };
    let ways = if matches!(context, Context::Overlay | Context::Normal) { 8 } else { 2 };
    let with_focus = |focus: &Focus| {
        let focus = *focus;
        STATES.iter().flat_map(move |prepared| (0..ways).map(move |more| (focus, *prepared, more)))
    };
    focuses.iter().flat_map(with_focus).any(|(focus, prepared, more)| {
        let mut app = state(set, context, focus, prepared, more);
        let before = seen(&app);
        let map = app.keys.clone();
        let mut effects = Vec::new();
        let mut reached = false;
        for chord in keys.chords() {
            for action in press(*chord, &app, &map) {
                reached |= action == spec.action;
                effects.extend(act(&mut app, action));
            }
        }
        reached && (!effects.is_empty() || seen(&app) != before)
    })
}

fn act(app: &mut App, action: Action) -> crate::app::Effects {
    let now = app.now;
    update(app, Msg::Action(action), now)
}

/// What can change on the screen.
fn seen(app: &App) -> String {
    format!("{:?} {:?} {:?} {:?}", app.screen, app.focus, app.notes, app.prompts)
}

/// The keys of a set, made once.
fn of_set(set: KeySet) -> Arc<Keymap> {
    static MAPS: LazyLock<Vec<Arc<Keymap>>> = LazyLock::new(|| KeySet::ALL.map(|set| with(set, &[]).0.keys).to_vec());
    MAPS[KeySet::ALL.iter().position(|one| *one == set).unwrap()].clone()
}

/// How states are prepared.
const STATES: [&str; 8] = ["as it is", "panes", "lines", "scrolled", "selected", "searched", "asked", "signed out"];

/// A state in which keys of a context may be looked up. `more` tells what was pressed or lies on top.
fn state(set: KeySet, context: Context, focus: Focus, prepared: &str, more: usize) -> App {
    let mut app = sample_app();
    app.prompts.clear();
    app.keys = of_set(set);
    let here = app.screen.open().unwrap().clone();
    match prepared {
        "panes" => {
            for way in [Way::Beside, Way::Below] {
                act(&mut app, Action::Pane(PaneAct::Split(way)));
                act(&mut app, Action::Chat(ChatAct::Number(1 + usize::from(way == Way::Below))));
            }
            act(&mut app, Action::Pane(PaneAct::Push(Toward::Up)));
            // One of each side has a neighbour.
            act(&mut app, Action::Pane(PaneAct::Next(more.is_multiple_of(2))));
            act(&mut app, Action::Place(true));
        }
        "lines" => {
            app.screen.drafts.insert(here, Composer::with("one two\nthree (four)\nfive"));
            play(&mut app, " z<up><left><left>");
        }
        "scrolled" => {
            app.screen.drafts.insert(here, Composer::default());
            act(&mut app, Action::Scroll(Step::Top));
        }
        "selected" => {
            act(&mut app, Action::Reading(Reading::Select));
            act(&mut app, Action::Reading(Reading::Step(Step::Up)));
        }
        "searched" => {
            play(&mut app, "zz<C-w>yy<C-w><C-y>");
            act(&mut app, Action::Reading(Reading::Search));
            play(&mut app, if more.is_multiple_of(2) { "e<ret>" } else { "e" });
        }
        "asked" => {
            app.prompts = sample_app().prompts;
            app.screen.note_shown = true;
        }
        "signed out" => {
            for account in app.accounts.values_mut() {
                account.phase = crate::model::SignInPhase::Offline { why: None };
            }
            let group = app.rows().iter().map(|row| row.key).find(|key| matches!(key, RowKey::Group(..)));
            app.screen.selected = group;
            act(&mut app, Action::Scroll(Step::Top));
        }
        _ => {}
    }
    app.focus = focus;
    match context {
        Context::Overlay => {
            let lies = [
                Action::Palette,
                Action::Own(OwnAct::Menu),
                Action::Help,
                Action::Settings(SettingAct::Page(None)),
                Action::Compose(ComposeAct::Search),
                Action::Reading(Reading::History(Some("a".to_owned()))),
            ];
            act(&mut app, lies[more % lies.len()].clone());
            act(&mut app, Action::Move(Step::Down));
        }
        Context::Question => {
            app.prompts = sample_app().prompts;
            app.screen.answering = Some(1);
        }
        Context::Normal => {
            play(&mut app, "<esc>");
            if app.is_modal() {
                play(&mut app, ["", "yy", "fe0", "x", "xu", "2", "d", "fe$"][more]);
            }
        }
        Context::Board => {
            act(&mut app, Action::List(ListAct::Board));
            act(&mut app, Action::Move(if more == 0 { Step::Down } else { Step::Bottom }));
        }
        Context::Status => {
            let (id, account) = app.accounts.iter().next().map(|(id, account)| (id.clone(), account.clone())).unwrap();
            app.accounts.insert(crate::model::AccountId::new(&format!("{id}2")), account);
            act(&mut app, Action::Own(OwnAct::Menu));
        }
        Context::Requests => {
            app = sample_with_requests();
            app.keys = of_set(set);
            act(&mut app, Action::Requests(RequestAct::Page, None));
        }
        Context::Everywhere | Context::Roster | Context::Messages | Context::Composer => {}
    }
    app
}
