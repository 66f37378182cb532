//! The accounts with their own presence: in the title, above the contact list, as headings within it.

use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::Canvas;
use crate::app::{AccountView, App, Row, words};
use crate::model::{AccountId, Availability, SignInPhase};
use crate::ui::text;

/// Most cells of our own name.
const OWN_NAME: usize = 24;
/// Between two accounts.
const GAP: &str = "   ";

/// All accounts with their states, as many words of each as there is room for; at last only how many are
/// signed in, and what is wrong with the one that is worst off.
pub(super) fn line(canvas: &Canvas<'_>, room: usize) -> String {
    let accounts = &canvas.app.accounts;
    let all = |one: &dyn Fn(&AccountId, &AccountView) -> String, gap: &str| {
        accounts.iter().map(|(id, account)| one(id, account)).collect::<Vec<_>>().join(gap)
    };
    let named = |id: &AccountId, said: &str| format!("{}  {said}", text::line(id.as_str()));
    let marked = |account: &AccountView, said: &str| format!("{} {said}", mark(canvas, account));
    let brief = |id: &AccountId, account: &AccountView| {
        let id = text::line(id.as_str());
        let said = if account.is_online() { id } else { format!("{id} {}", phase_short(account)) };
        marked(account, &said)
    };
    let whole = |id: &AccountId, account: &AccountView| {
        marked(account, &format!("{} ({})  {}", text::line(id.as_str()), text::line(account.aor.short()), state(account, true)))
    };
    if let (1, Some(account)) = (accounts.len(), accounts.values().next()) {
        let whole = own_line(canvas, account, false);
        return if text::width(&whole) <= room { whole } else { own_line(canvas, account, true) };
    }
    let ways: [&dyn Fn() -> String; 4] = [
        &|| all(&whole, GAP),
        &|| all(&|id, account| marked(account, &named(id, &state(account, true))), GAP),
        &|| all(&|id, account| marked(account, &named(id, &state(account, false))), GAP),
        &|| all(&brief, "  "),
    ];
    let fits = ways.iter().map(|way| way()).find(|said| text::width(said) <= room);
    fits.unwrap_or_else(|| worst(canvas.app, room))
}

/// `home waiting, 2 of 3 signed in`: how many are signed in, and the account that is furthest from it.
fn worst(app: &App, room: usize) -> String {
    let online = app.accounts.values().filter(|account| account.is_online()).count();
    let count = app.accounts.len();
    let off = app.accounts.iter().filter(|(_, account)| !account.is_online()).min_by_key(|(_, account)| nearness(account));
    let ways = match off {
        None => vec![format!("{count} accounts signed in"), format!("{count} signed in")],
        Some((id, account)) => {
            let off = format!("{} {}", text::line(id.as_str()), phase_short(account));
            vec![
                format!("{off}, {online} of {count} signed in"),
                format!("{off} ({online}/{count})"),
                format!("{online}/{count} signed in"),
            ]
        }
    };
    let fits = ways.iter().find(|way| text::width(way) <= room).or(ways.last());
    fits.cloned().unwrap_or_default()
}

/// How near an account is to being signed in; of those that are not by the user's own wish it matters more.
const fn nearness(account: &AccountView) -> u8 {
    match account.phase {
        SignInPhase::Offline { why: Some(_) } => 0,
        SignInPhase::Waiting { .. } => 1,
        SignInPhase::Offline { why: None } => 2,
        _ => 3,
    }
}

/// `● alice@example.test  Online  "on shift"`; `brief` leaves the domain out.
fn own_line(canvas: &Canvas<'_>, account: &AccountView, brief: bool) -> String {
    let aor = text::line(if brief { account.aor.user() } else { account.aor.short() });
    let name = text::truncate(text::line(account.own_name()).trim(), OWN_NAME);
    let aor = match (name.is_empty(), brief) {
        (true, _) => aor,
        (false, true) => name,
        (false, false) => format!("{name} ({aor})"),
    };
    format!("{} {aor}  {}", mark(canvas, account), state(account, true))
}

/// `▾ work  ● Away  "lunch"     3/12 `; what is new there, where it is folded up.
pub(super) fn heading(canvas: &mut Canvas<'_>, area: Rect, id: &AccountId, row: &Row) {
    let Some(account) = canvas.app.accounts.get(id) else { return };
    let unread: usize = account.talks().map(|talk| talk.unread).sum();
    let mut room = area;
    if row.folded && unread > 0 {
        room.width = canvas.put_right(room, 0, &format!(" {} ", unread.min(999)), canvas.theme.unread());
    }
    if row.total > 0 {
        // As with people: `~` says that it was so when last heard of.
        let old = if row.tally.stale > 0 { "~" } else { "" };
        room.width = canvas.put_right(room, 0, &format!(" {old}{}/{} ", row.reachable, row.total), canvas.theme.quiet());
    }
    let column = canvas.put(room, 0, 0, canvas.theme.fold(row.folded), canvas.theme.quiet());
    let number = canvas.app.tag(id, 2).1;
    let style = canvas.theme.strong().patch(canvas.theme.account(number)).add_modifier(Modifier::BOLD);
    let column = canvas.put(room, column + 1, 0, &text::line(id.as_str()), style);
    let shown = if account.is_online() { account.own.effective() } else { Availability::Offline };
    let column = canvas.put(room, column + 2, 0, canvas.theme.mark(shown), canvas.theme.presence(shown));
    canvas.put(room, column + 1, 0, &state(account, true), canvas.theme.text());
}

fn mark(canvas: &Canvas<'_>, account: &AccountView) -> &'static str {
    canvas.theme.mark(if account.is_online() { account.own.effective() } else { Availability::Offline })
}

/// `Online  "on shift"`, or how far sign-in is.
fn state(account: &AccountView, with_note: bool) -> String {
    if !account.is_online() {
        return phase_short(account).to_owned();
    }
    let shown = account.own.effective();
    let word = if shown == Availability::Offline { "Appearing offline" } else { words::availability(shown) };
    let why = words::why_automatic(&account.own).map_or_else(String::new, |why| format!(" ({why})"));
    let note = text::line(&account.own.note);
    let note = if note.is_empty() || !with_note { String::new() } else { format!("  \"{note}\"") };
    format!("{word}{why}{note}")
}

const fn phase_short(account: &AccountView) -> &'static str {
    match account.phase {
        SignInPhase::Online => "Online",
        SignInPhase::Waiting { .. } => "waiting",
        SignInPhase::Offline { .. } => "signed out",
        _ => "signing in",
    }
}
