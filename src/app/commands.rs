//! Completing slash commands while they are typed: what fits, what may follow, one line of help.

use crate::app::catalogue::ArgKind;
use crate::app::completion::is_meant;
use crate::app::{ActionSpec, App, ChatKey, Composer, Focus, STATES, catalogue};
use crate::model::fold;

/// What is proposed for a command that is being typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposed {
    /// What fits, the likelier first.
    pub rows: Vec<Proposal>,
    /// Where the word begins that a proposal takes the place of, in octets.
    pub from: usize,
    /// The command and what may follow, once it is whole: `/invite who`, and its help.
    pub about: Option<(String, &'static str)>,
    /// The proposal that stands in the text now.
    pub marked: Option<usize>,
}

/// Something that can be put in place of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What is put.
    pub text: String,
    /// What else is known of it: a name, a line of help; not yet made safe for a terminal.
    pub about: String,
    /// Something may follow it.
    pub goes_on: bool,
}

/// Going through proposals by Tab.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cycle {
    /// The text before the first of them was put in.
    stem: String,
    /// The text with the one that is in it now.
    made: String,
    /// Which that is.
    at: usize,
    /// The text for which the proposals are put away.
    closed: Option<String>,
}

/// Proposals kept.
const MAX_PROPOSALS: usize = 50;

/// What is proposed for the text being written; `None` where it is no command.
#[must_use]
pub fn proposed(app: &App) -> Option<Proposed> {
    let busy = app.screen.overlay.is_some() || app.screen.answering.is_some() || app.screen.board.shown;
    // Another list lies there.
    if app.focus != Focus::Composer || busy || app.screen.writing.list.is_some() || app.types_search() {
        return None;
    }
    let draft = app.screen.drafts.get(app.screen.open()?)?;
    if draft.cursor() < draft.text().len() {
        return None;
    }
    let cycle = &app.screen.cycle;
    if cycle.closed.as_deref() == Some(draft.text()) {
        return None;
    }
    if !cycle.made.is_empty() && cycle.made == draft.text() {
        let marked = Some(cycle.at);
        return for_text(app, &cycle.stem).map(|proposed| Proposed { marked, ..proposed });
    }
    for_text(app, draft.text())
}

/// What is proposed for a text, whatever it is written in.
fn for_text(app: &App, text: &str) -> Option<Proposed> {
    let rest = text.strip_prefix('/').filter(|rest| !rest.starts_with('/') && !rest.contains('\n'))?;
    let Some((name, words)) = rest.split_once(' ') else { return Some(commands(rest)) };
    let name = name.to_lowercase();
    let spec = catalogue().find(|spec| spec.slash.contains(&name.as_str()))?;
    let arguments = spec.arguments();
    let begun = words.split(' ').count().saturating_sub(1);
    let list = arguments.first().filter(|arg| arg.list);
    let (arg, stem) = match list {
        Some(arg) => (Some(arg), words.rsplit(',').next().unwrap_or_default().trim_start()),
        None => (arguments.get(begun), words.rsplit(' ').next().unwrap_or_default()),
    };
    let rows = arg.map_or_else(Vec::new, |arg| of_kind(app, arg.kind, stem));
    let about = Some((format!("/{name} {}", spec.args).trim_end().to_owned(), spec.help));
    Some(Proposed { rows, from: text.len() - stem.len(), about, marked: None })
}

/// The commands that begin so.
fn commands(begun: &str) -> Proposed {
    let wanted = begun.to_lowercase();
    let named = catalogue().flat_map(|spec| spec.slash.iter().map(move |word| (*word, spec)));
    let mut rows: Vec<Proposal> =
        named.filter(|(word, _)| word.starts_with(&wanted)).map(|(word, spec)| command(word, spec)).collect();
    rows.sort_by(|a, b| a.text.cmp(&b.text));
    Proposed { rows, from: 1, about: None, marked: None }
}

fn command(word: &str, spec: &ActionSpec) -> Proposal {
    let usage = if spec.args.is_empty() { String::new() } else { format!("{}  ", spec.args) };
    Proposal { text: word.to_owned(), about: format!("{usage}{}", spec.help), goes_on: !spec.args.is_empty() }
}

fn of_kind(app: &App, kind: ArgKind, stem: &str) -> Vec<Proposal> {
    let wanted = fold(stem);
    let row = |text: &str, about: &str| Proposal { text: text.to_owned(), about: about.to_owned(), goes_on: true };
    match kind {
        ArgKind::Person => people(app, &wanted),
        ArgKind::Group => {
            let home = app.screen.open().map(ChatKey::account);
            let account = home.and_then(|id| app.accounts.get(id)).or_else(|| app.accounts.values().next());
            let groups = account.into_iter().flat_map(|account| account.roster.groups());
            groups
                .filter(|name| fold(name).starts_with(&wanted))
                .map(|name| Proposal { goes_on: false, ..row(name, "") })
                .collect()
        }
        ArgKind::State => {
            let states = STATES.iter().map(|state| (state.word(), crate::app::words::availability(*state)));
            states.filter(|(word, _)| word.starts_with(&wanted)).map(|(word, said)| row(word, said)).collect()
        }
        ArgKind::Command => commands(stem.trim_start_matches('/')).rows,
        ArgKind::Action => {
            let names = catalogue().filter(|spec| spec.name.starts_with(&wanted));
            names.take(MAX_PROPOSALS).map(|spec| row(spec.name, spec.help)).collect()
        }
        ArgKind::Text => Vec::new(),
    }
}

/// People a word may mean, by their name or address; those who are talked with come first.
fn people(app: &App, wanted: &str) -> Vec<Proposal> {
    let mut found: Vec<(bool, Proposal)> = Vec::new();
    for account in app.accounts.values() {
        let strangers = account.conversations.keys().filter(|who| account.roster.contact(who).is_none());
        for who in account.roster.contacts().map(|contact| &contact.address).chain(strangers) {
            let name = account.shown_name(who);
            if *who != account.aor && is_meant(name, who, wanted) {
                let about = if name == who.short() { String::new() } else { name.to_owned() };
                let talks = account.conversations.contains_key(who);
                found.push((!talks, Proposal { text: who.short().to_owned(), about, goes_on: true }));
            }
        }
    }
    found.sort_by(|(a, left), (b, right)| (a, &left.about, &left.text).cmp(&(b, &right.about, &right.text)));
    found.into_iter().map(|(_, proposal)| proposal).take(MAX_PROPOSALS).collect()
}

/// Tab in a command: as much as is certain, then one proposal after the other; `backwards` = the one
/// before. `None` where the text is no command, or nothing is proposed.
#[must_use]
pub fn complete(app: &App, backwards: bool) -> Option<(Composer, Cycle)> {
    let proposed = proposed(app)?;
    let draft = app.screen.drafts.get(app.screen.open()?)?;
    let cycle = &app.screen.cycle;
    let stem = if proposed.marked.is_some() { cycle.stem.as_str() } else { draft.text() };
    let head = stem.get(..proposed.from)?;
    let count = proposed.rows.len();
    let put = |proposal: &Proposal, space: bool| format!("{head}{}{}", proposal.text, if space { " " } else { "" });
    if proposed.marked.is_none() && !backwards {
        if let [only] = proposed.rows.as_slice() {
            let made = put(only, true);
            return Some((Composer::with(&made), Cycle::default()));
        }
        let common = common(&proposed.rows);
        if head.len() + common.len() > stem.len() {
            return Some((Composer::with(&format!("{head}{common}")), Cycle::default()));
        }
    }
    let at = match (proposed.marked, backwards) {
        (None, false) => 0,
        (None, true) => return None,
        (Some(at), false) => (at + 1) % count.max(1),
        (Some(at), true) => (at + count.saturating_sub(1)) % count.max(1),
    };
    let made = put(proposed.rows.get(at)?, false);
    Some((Composer::with(&made), Cycle { stem: stem.to_owned(), made, at, closed: None }))
}

/// What all proposals begin with.
fn common(rows: &[Proposal]) -> String {
    let Some(first) = rows.first() else { return String::new() };
    let fits = |end: usize| rows.iter().all(|row| row.text.get(..end) == first.text.get(..end));
    let ends = first.text.char_indices().map(|(at, _)| at).chain([first.text.len()]);
    let end = ends.take_while(|end| fits(*end)).last().unwrap_or(0);
    first.text.get(..end).unwrap_or_default().to_owned()
}

/// Puts the proposals away until something else is written; `false` if there are none.
pub(super) fn close(app: &mut App) -> bool {
    let shown = proposed(app).is_some_and(|proposed| !proposed.rows.is_empty() || proposed.about.is_some());
    if shown {
        let text = app.screen.open().and_then(|chat| app.screen.drafts.get(chat)).map(|draft| draft.text().to_owned());
        app.screen.cycle = Cycle { closed: text, ..Cycle::default() };
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::keys::script::play;
    use crate::app::sample::sample_app;

    fn app() -> App {
        let mut app = sample_app();
        app.prompts.clear();
        app.screen.drafts.clear();
        app
    }

    fn text(app: &App) -> &str {
        app.screen.drafts.get(app.screen.open().unwrap()).map_or("", |draft| draft.text())
    }

    fn rows(app: &App) -> Vec<String> {
        proposed(app).map_or_else(Vec::new, |proposed| proposed.rows.into_iter().map(|row| row.text).collect())
    }

    #[test]
    fn commands_that_fit() {
        let mut app = app();
        play(&mut app, "hello");
        assert_eq!(proposed(&app), None);
        play(&mut app, "<C-u>/");
        assert!(rows(&app).len() > 20);
        play(&mut app, "in");
        assert_eq!(rows(&app), ["invisible", "invite"]);
        play(&mut app, "<tab>");
        assert_eq!(text(&app), "/invi");
        play(&mut app, "<tab>");
        assert_eq!((text(&app), proposed(&app).unwrap().marked), ("/invisible", Some(0)));
        play(&mut app, "<tab><tab><S-tab>");
        assert_eq!((text(&app), rows(&app).len()), ("/invite", 2), "round the end and back again");
        play(&mut app, " ca");
        let proposed = proposed(&app).unwrap();
        assert_eq!(proposed.about.as_ref().unwrap().0, "/invite who");
        assert_eq!((proposed.rows[0].text.as_str(), proposed.rows[0].about.as_str()), ("carla@example.test", "Carla Diaz"));
        play(&mut app, "<tab>");
        assert_eq!(text(&app), "/invite carla@example.test ");
        play(&mut app, "<C-u>//in");
        assert_eq!(super::proposed(&app), None, "two slashes are text");
    }

    #[test]
    fn what_may_follow() {
        let mut app = app();
        for (typed, first) in [
            ("/status b", "busy"),
            ("/groups Fr", "Friends"),
            ("/groups Friends, op", "Ops on call"),
            ("/msg stone", "bob@example.test"),
            ("/block dia", "carla@example.test"),
            ("/block INES", "ines@example.test"),
            ("/help aw", "away"),
        ] {
            play(&mut app, "<C-u>");
            play(&mut app, typed);
            assert_eq!(rows(&app).first().map(String::as_str), Some(first), "{typed}");
        }
        play(&mut app, "<C-u>/rename x");
        assert_eq!((rows(&app).len(), proposed(&app).unwrap().about.unwrap().1), (0, "Rename the contact or group"));
    }

    #[test]
    fn esc_puts_them_away_and_keeps_what_is_written() {
        let mut app = app();
        play(&mut app, "/aw<esc>");
        assert_eq!((app.focus, text(&app), proposed(&app)), (Focus::Composer, "/aw", None));
        play(&mut app, "a");
        assert_eq!(rows(&app), ["away"]);
        play(&mut app, "<esc><esc>");
        assert_eq!((app.focus, text(&app)), (Focus::Roster, "/awa"));
    }

    #[test]
    fn tab_goes_on_where_nothing_is_a_command() {
        let mut app = app();
        play(&mut app, "hi<tab>");
        assert_eq!((app.focus, text(&app)), (Focus::Messages, "hi"));
        play(&mut app, "<S-tab>");
        assert_eq!(app.focus, Focus::Composer);
    }
}
