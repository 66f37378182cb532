//! Go to anything: people, groups, conversations and actions, ranked by a few typed letters.
//!
//! What is typed first can say what is meant: `@` people, `#` conversations of several people, `/`
//! commands, `?` help. Ten thousands of people are rated at each key, so a choice is made of only
//! those that are shown.

use crate::app::fuzzy::{Needle, Scratch};
use crate::app::{
    AccountView, Action, ActionSpec, App, ChatAct, ChatKey, Context, GroupKey, KeyAct, Peer, RoomKey, catalogue, help, keys,
};
use crate::model::{AccountId, Address, Availability, Conversation, Room, RoomId};

/// Something the palette can go to.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// How the person is, where it is one.
    pub mark: Option<Availability>,
    /// What is shown; not yet made safe for a terminal.
    pub title: String,
    /// What else is known of it: an address, or the keys.
    pub hint: String,
    /// Messages in it nobody has read.
    pub unread: usize,
    /// Where the typed letters are in the title, in characters.
    pub matched: Vec<usize>,
    /// What happens.
    pub target: Target,
}

/// Where a choice leads.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// To a conversation.
    Chat(ChatKey),
    /// To a group of the contact list.
    Group(AccountId, GroupKey),
    /// To the action with this name.
    Act(&'static str),
    /// To what the help says of the action with this name.
    Help(&'static str),
    /// A person not known yet, by address.
    Address(String),
}

/// Choices kept; more would never be looked through.
const MAX_CHOICES: usize = 50;

/// What is offered for what is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    All,
    People,
    Rooms,
    Commands,
    Help,
}

/// What may be chosen, before it is made a choice.
#[derive(Debug, Clone, Copy)]
enum Found<'a> {
    Person(&'a AccountId, &'a AccountView, &'a Address),
    Room(&'a AccountId, &'a AccountView, &'a RoomId, &'a Room),
    Group(&'a AccountId, &'a str),
    Act(&'static ActionSpec),
}

/// What the palette offers for what is typed.
#[must_use]
pub fn choices(app: &App, typed: &str) -> Vec<Choice> {
    let typed = typed.trim();
    let kinds = [('@', Kind::People), ('#', Kind::Rooms), ('/', Kind::Commands), ('?', Kind::Help)];
    let meant = kinds.into_iter().find_map(|(sign, kind)| Some((kind, typed.strip_prefix(sign)?)));
    let (kind, words) = meant.unwrap_or((Kind::All, typed));
    let needle = Needle::new(words);
    let mut rated = Rated { app, needle: &needle, scratch: Scratch::default(), recent: recent(app), best: 0, found: Vec::new() };
    for (id, account) in &app.accounts {
        if matches!(kind, Kind::All | Kind::People) {
            rated.people(id, account, |_| true);
        }
        if matches!(kind, Kind::All | Kind::Rooms) {
            rated.rooms(id, account);
        }
        if kind == Kind::All && !needle.is_empty() {
            rated.groups(id, account);
        }
    }
    if matches!(kind, Kind::All | Kind::Commands | Kind::Help) {
        rated.actions(kind);
    }
    let mut choices = rated.best(kind == Kind::Help);
    if words.contains('@') {
        choices.push(address(words, format!("Write to {words}")));
    }
    choices
}

/// Whom a user could ask into a conversation, for what is typed: people of its account who are not
/// in it, else the address that was typed.
#[must_use]
pub fn guests(app: &App, chat: &ChatKey, typed: &str) -> Vec<Choice> {
    let Some((id, account)) = app.accounts.get_key_value(chat.account()) else { return Vec::new() };
    let typed = typed.trim();
    let words = typed.strip_prefix('@').unwrap_or(typed);
    let needle = Needle::new(words);
    let mut rated = Rated { app, needle: &needle, scratch: Scratch::default(), recent: recent(app), best: 0, found: Vec::new() };
    rated.people(id, account, |who| !app.is_in(chat, who) && *who != account.aor);
    let mut choices = rated.best(false);
    if words.contains('@') {
        choices.push(address(words, format!("Ask {words} in")));
    }
    choices
}

fn address(words: &str, title: String) -> Choice {
    let target = Target::Address(words.to_owned());
    Choice { mark: None, title, hint: String::new(), unread: 0, matched: Vec::new(), target }
}

/// The conversations the user was in, with points for each: more for later ones, and for those they
/// came back to.
fn recent(app: &App) -> Vec<(&ChatKey, i32)> {
    let mut all: Vec<(&ChatKey, i32)> = Vec::new();
    for (steps, chat) in app.screen.visited.latest().take(MAX_CHOICES).enumerate() {
        let points = 16 / (i32::try_from(steps).unwrap_or(i32::MAX).saturating_add(2)) + 2;
        match all.iter_mut().find(|(known, _)| *known == chat) {
            Some((_, sum)) => *sum = (*sum + points).min(20),
            None => all.push((chat, points + 6)),
        }
    }
    all
}

struct Rated<'a> {
    app: &'a App,
    needle: &'a Needle,
    scratch: Scratch,
    recent: Vec<(&'a ChatKey, i32)>,
    /// Most points for letters alone.
    best: i32,
    found: Vec<(i32, i32, Found<'a>)>,
}

impl<'a> Rated<'a> {
    /// Something was found: points for its letters, and for what else speaks for it.
    fn put(&mut self, letters: i32, more: i32, found: Found<'a>) {
        self.best = self.best.max(letters);
        self.found.push((letters, more, found));
    }

    /// Points for one of two titles: the second is worth a little less.
    fn points(&mut self, title: &str, other: &str) -> Option<i32> {
        let points = self.needle.points(title, &mut self.scratch);
        points.or_else(|| Some(self.needle.points(other, &mut self.scratch)? - 4))
    }

    fn people(&mut self, id: &'a AccountId, account: &'a AccountView, wanted: impl Fn(&Address) -> bool) {
        let mut visits = Visits::of(id, &self.recent);
        for contact in account.roster.contacts().filter(|contact| wanted(&contact.address)) {
            let who = &contact.address;
            if let Some(points) = self.points(contact.shown_name(), who.short()) {
                let here = 1 + i32::from(contact.presence.availability.is_reachable());
                let more = here + weight(account.conversations.get(who)) + visits.points(who);
                self.put(points, more, Found::Person(id, account, who));
            }
        }
        let mut visits = Visits::of(id, &self.recent);
        for (who, talk) in account.conversations.iter().filter(|(who, _)| account.roster.contact(who).is_none() && wanted(who)) {
            if let Some(points) = self.points(who.short(), "") {
                self.put(points, weight(Some(talk)) + visits.points(who), Found::Person(id, account, who));
            }
        }
    }

    fn rooms(&mut self, id: &'a AccountId, account: &'a AccountView) {
        for (key, room) in &account.rooms {
            if let Some(points) = self.points(&account.room_name(room), "") {
                let visited = self
                    .recent
                    .iter()
                    .find(|(chat, _)| matches!(chat, ChatKey::Room(of) if of.room == *key && of.account == *id));
                let more = weight(Some(&room.talk)) + visited.map_or(0, |(_, points)| *points);
                self.put(points, more, Found::Room(id, account, key, room));
            }
        }
    }

    fn groups(&mut self, id: &'a AccountId, account: &'a AccountView) {
        for name in account.roster.groups() {
            // Of accounts in one list it is one group.
            let known = |(_, _, found): &(i32, i32, Found<'_>)| matches!(found, Found::Group(_, other) if other == name);
            if self.app.is_mixed() && self.found.iter().any(known) {
                continue;
            }
            if let Some(points) = self.points(name, "") {
                self.put(points, 2, Found::Group(id, name));
            }
        }
    }

    fn actions(&mut self, kind: Kind) {
        let set = self.app.keys.set();
        for spec in catalogue().filter(|spec| if kind == Kind::Help { spec.is_in(set) } else { is_offered(spec) }) {
            let by_word = spec.slash.iter().filter_map(|word| self.needle.points(word, &mut self.scratch)).max();
            let by_help = self.needle.points(spec.help, &mut self.scratch);
            if let Some(points) = by_word.max(by_help) {
                let used = self.app.screen.used.iter().rev().position(|name| *name == spec.name);
                let used = used.map_or(0, |steps| 12 / (i32::try_from(steps).unwrap_or(i32::MAX).saturating_add(2)) + 2);
                // With nothing typed, what one needs first stands before the rest of the alphabet.
                let later = i32::from(self.needle.is_empty() && !help::is_needed_first(spec));
                self.put(points, used - later, Found::Act(spec));
            }
        }
    }

    /// The best of what was found, as choices. What has the letters only somewhere is nobody's wish
    /// where something has them together.
    fn best(mut self, help: bool) -> Vec<Choice> {
        let least = self.best * 2 / 3;
        self.found.retain(|(letters, ..)| *letters >= least);
        if self.found.len() > MAX_CHOICES {
            // The order of those with the same points must not depend on how they are selected.
            let rated = self.found.iter().enumerate().map(|(at, (letters, more, _))| (-(letters + more), at));
            let mut order: Vec<(i32, usize)> = rated.collect();
            order.select_nth_unstable(MAX_CHOICES);
            order.truncate(MAX_CHOICES);
            self.found = order.into_iter().filter_map(|(_, at)| self.found.get(at).copied()).collect();
        }
        let made = self.found.iter().map(|(letters, more, found)| (letters + more, self.choice(found, help)));
        let mut choices: Vec<(i32, Choice)> = made.collect();
        choices.sort_by(|(a, left), (b, right)| b.cmp(a).then_with(|| left.title.cmp(&right.title)));
        choices.into_iter().map(|(_, choice)| choice).collect()
    }

    fn choice(&self, found: &Found<'_>, help: bool) -> Choice {
        let made = |title: String, hint: String, target| {
            let matched = self.needle.places(&title);
            Choice { mark: None, title, hint, unread: 0, matched, target }
        };
        // Where there are several, each says on which account it is.
        let on = |id: &AccountId, hint: &str| if self.app.accounts.len() > 1 { format!("{hint}  {id}") } else { hint.to_owned() };
        match found {
            Found::Person(id, account, who) => {
                let unread = account.conversations.get(*who).map_or(0, |talk| talk.unread);
                let mark = Some(account.presence_of(who).map_or(Availability::Unknown, |presence| presence.availability));
                let target = Target::Chat(Peer::new(id, who).into());
                Choice { mark, unread, ..made(account.shown_name(who).to_owned(), on(id, who.short()), target) }
            }
            Found::Room(id, account, key, room) => {
                let hint = if room.over { "room, over" } else { "room" };
                let target = Target::Chat(RoomKey::new(id, key).into());
                Choice { unread: room.talk.unread, ..made(account.room_name(room), on(id, hint), target) }
            }
            Found::Group(id, name) => {
                let hint = if self.app.is_mixed() { "group".to_owned() } else { on(id, "group") };
                made((*name).to_owned(), hint, Target::Group((*id).clone(), GroupKey::Named((*name).into())))
            }
            Found::Act(spec) => {
                let target = if help { Target::Help(spec.name) } else { Target::Act(spec.name) };
                made(spec.help.to_owned(), way_to(self.app, spec), target)
            }
        }
    }
}

/// Points for the people of an account the user was with, asked for in the order of their addresses:
/// nobody of ten thousands is looked for.
struct Visits<'a>(std::iter::Peekable<std::vec::IntoIter<(&'a Address, i32)>>);

impl<'a> Visits<'a> {
    fn of(id: &AccountId, recent: &[(&'a ChatKey, i32)]) -> Self {
        let of_account = recent.iter().filter(|(chat, _)| chat.account() == id);
        let mut all: Vec<_> = of_account.filter_map(|(chat, points)| Some((&chat.person()?.who, *points))).collect();
        all.sort();
        Self(all.into_iter().peekable())
    }

    fn points(&mut self, who: &Address) -> i32 {
        while self.0.next_if(|(visited, _)| *visited < who).is_some() {}
        self.0.next_if(|(visited, _)| *visited == who).map_or(0, |(_, points)| points)
    }
}

/// The keys of an action where the user is, else those that work elsewhere, else its command.
#[must_use]
pub fn way_to(app: &App, spec: &ActionSpec) -> String {
    let mut here = keys::contexts_beneath(app);
    here.push(spec.context);
    let keys = app.keys.within(&here, spec.name).map(keys::Sequence::shown);
    keys.or_else(|| spec.slash.first().map(|word| format!("/{word}"))).unwrap_or_default()
}

/// What makes a conversation more likely to be meant.
fn weight(talk: Option<&Conversation>) -> i32 {
    talk.map_or(0, |talk| if talk.unread > 0 { 60 } else { 15 })
}

/// Actions that make sense from anywhere, and are not the palette itself.
fn is_offered(spec: &ActionSpec) -> bool {
    let leads_nowhere = matches!(
        spec.action,
        Action::Palette
            | Action::Chat(ChatAct::Number(_))
            | Action::Back
            | Action::Interrupt
            | Action::PresenceByWord(_)
            | Action::Keys(KeyAct::Find(_))
    );
    let asks = matches!(spec.action, Action::Contact(..) | Action::Resend);
    !leads_nowhere && (spec.context == Context::Everywhere || asks || !spec.slash.is_empty())
}

#[cfg(test)]
mod tests;
