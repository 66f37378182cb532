//! A listing that is kept in order is the same as one built anew.

use proptest::prelude::*;

use super::*;
use crate::app::sample::{sample_crowd, sample_with_accounts, sample_with_rooms};
use crate::app::{Board, Sorting};
use crate::model::{Availability, Conversation, Stamp};

/// What can happen to somebody of the crowd.
#[derive(Debug, Clone)]
enum Step {
    Presence(usize, usize, bool),
    Name(usize, &'static str),
    Unread(usize, usize),
    Fold(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..CROWD;
    prop_oneof![
        6 => (who.clone(), 0..9_usize, any::<bool>()).prop_map(|(who, state, stale)| Step::Presence(who, state, stale)),
        1 => (who.clone(), prop::sample::select(vec!["Zoë", "anna", "Person 7", ""])).prop_map(|(who, name)| Step::Name(who, name)),
        1 => (who, 0..2_usize).prop_map(|(who, unread)| Step::Unread(who, unread)),
        1 => (0..20_usize).prop_map(Step::Fold),
    ]
}

const CROWD: usize = 40;

impl App {
    /// Whether the rows that are shown, and those of the board, are those that would be built anew. Where only
    /// what is unread is listed, what was just read may still be there.
    pub(crate) fn rows_are_current(&self) -> bool {
        let current = |kept: &Listing, folded| {
            let anew = Listing::build(self, kept.want().clone(), folded);
            if kept.asks_for_unread() {
                let mut kept = kept.iter().map(|row| row.key);
                anew.iter().all(|row| kept.any(|key| key == row.key))
            } else {
                rows(kept) == rows(&anew)
            }
        };
        let board = self.screen.board.rows.get();
        current(self.rows(), &self.screen.folded) && board.is_none_or(|kept| current(kept, &self.screen.board.folded))
    }
}

fn want(filter: &str, online: bool, unread: bool, parts: Parts, order: Order) -> Want {
    Want { terms: Terms::read(filter), online, unread, order, parts, apart: false, account: None }
}

fn wants() -> impl Strategy<Value = Want> {
    let filters = prop::sample::select(vec!["", "person 1", "away", "unread", "stale", "group:3", "account:work free", "nobody"]);
    let orders = prop::sample::select(vec![Order::State, Order::Name, Order::Change]);
    let parts = prop::sample::select(vec![Parts::Roster, Parts::Groups, Parts::Flat]);
    let only = prop::option::weighted(0.3, prop::sample::select(vec!["work", "home"]).prop_map(AccountId::new));
    (filters, any::<bool>(), any::<bool>(), parts, orders, any::<bool>(), only).prop_map(
        |(f, online, unread, parts, order, apart, account)| Want { apart, account, ..want(f, online, unread, parts, order) },
    )
}

fn rows(listing: &Listing) -> Vec<Row> {
    listing.iter().collect()
}

/// The crowd, and some of it known to a second account too.
fn crowd() -> App {
    let mut app = sample_crowd(CROWD);
    let work = &app.accounts[&AccountId::new("work")];
    let mut home = AccountView::new(work.aor.clone());
    for contact in work.roster.contacts().skip(5).step_by(3) {
        home.roster.put(contact.clone());
    }
    app.accounts.insert(AccountId::new("home"), home);
    app
}

/// One of the crowd; every other is meant on the account that knows only some of them.
fn person(app: &App, n: usize) -> Peer {
    let id = AccountId::new(if n.is_multiple_of(2) { "work" } else { "home" });
    let known = |id: &AccountId| app.accounts[id].roster.contacts().any(|contact| contact.address.user() == format!("person{n}"));
    let id = &if known(&id) { id } else { AccountId::new("work") };
    let account = &app.accounts[id];
    let who = account.roster.contacts().map(|contact| &contact.address).find(|who| who.user() == format!("person{n}"));
    Peer::new(id, who.unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn kept_in_order_is_as_built_anew(want in wants(), pins in prop::collection::vec(0..CROWD, 0..4), steps in prop::collection::vec(step(), 1..60)) {
        let mut app = crowd();
        for pin in pins {
            let peer = person(&app, pin);
            app.accounts.get_mut(&peer.account).unwrap().marks.pinned.insert(peer.who);
        }
        app.now = Stamp::from_millis(1_000_000);
        let mut folded = BTreeSet::new();
        let mut kept = Listing::build(&app, want.clone(), &folded);
        for step in steps {
            app.now = Stamp::from_millis(app.now.as_millis() + 7);
            match step {
                Step::Presence(n, state, stale) => {
                    let peer = person(&app, n);
                    let contact = app.accounts.get_mut(&peer.account).unwrap().roster.contact_mut(&peer.who).unwrap();
                    let before = contact.presence.availability;
                    contact.presence.availability = Availability::ALL[state];
                    contact.presence.stale = stale;
                    app.today.became(&peer, (before, Availability::ALL[state]), None, app.now);
                    kept.changed(&app, &peer);
                }
                Step::Name(n, name) => {
                    let peer = person(&app, n);
                    app.accounts.get_mut(&peer.account).unwrap().roster.contact_mut(&peer.who).unwrap().name = name.to_owned();
                    kept.changed(&app, &peer);
                }
                Step::Unread(n, unread) => {
                    let peer = person(&app, n);
                    let talk = Conversation { unread, ..Conversation::default() };
                    app.accounts.get_mut(&peer.account).unwrap().conversations.insert(peer.who.clone(), talk);
                    kept.changed(&app, &peer);
                }
                Step::Fold(group) => {
                    let headers: Vec<RowKey> = kept.iter().map(|row| row.key).filter(|key| key.chat().is_none()).collect();
                    let Some(header) = headers.get(group % headers.len().max(1)).cloned() else { continue };
                    if want.parts == Parts::Flat {
                        continue;
                    }
                    let parts = kept.parts_of(&header);
                    let up = !parts.iter().all(|part| folded.contains(part));
                    for part in parts {
                        if up { folded.insert(part) } else { folded.remove(&part) };
                    }
                    kept.fold(&header, up);
                }
            }
        }
        let anew = Listing::build(&app, want, &folded);
        prop_assert_eq!(rows(&kept), rows(&anew));
        prop_assert_eq!(kept.all(), anew.all());
        prop_assert_eq!(kept.len(), rows(&kept).len());
        for (at, row) in kept.iter().enumerate() {
            prop_assert_eq!(kept.position(&row.key), Some(at), "{:?}", &row.key);
            let from_here = kept.get(at);
            prop_assert_eq!(from_here.as_ref(), Some(&row));
        }
    }
}

#[test]
fn pinned_people_stand_on_top_and_in_their_group() {
    let mut app = sample_with_rooms();
    let (id, account) = app.accounts.iter_mut().next().map(|(id, account)| (id.clone(), account)).unwrap();
    let kim = account.roster.contacts().find(|contact| contact.address.user() == "kim").unwrap().address.clone();
    account.marks.pinned.insert(kim.clone());
    app.rows_changed();
    let peer = Peer::new(&id, &kim);
    let places: Vec<usize> =
        app.rows().iter().enumerate().filter(|(_, row)| row.key.chat() == Some(peer.clone().into())).map(|(at, _)| at).collect();
    assert_eq!(places.len(), 2);
    let group = |at: usize| match app.rows().get(at).unwrap().key {
        RowKey::Group(_, group) => group.title().to_owned(),
        key => panic!("{key:?}"),
    };
    assert_eq!(group(places[0] - 1), "Pinned");
    assert_eq!(app.rows().position(&RowKey::Person(peer.clone(), GroupKey::Pinned)), Some(places[0]));
    // On the board in one list, nobody stands twice.
    app.screen.board = Board { shown: true, sorting: Sorting::Name, ..Board::default() };
    let rows = app.board_rows();
    let count = rows.iter().filter(|row| row.key.chat() == Some(peer.clone().into())).count();
    assert_eq!(count, 1);
    assert_eq!(rows.iter().filter(|row| row.key.chat().is_some()).count(), app.accounts[&id].roster.len());
}

/// The list as indented words: accounts, groups, people with their accounts.
fn told(app: &App) -> Vec<String> {
    let said = |row: Row| match row.key {
        RowKey::Account(id) => format!("{id}: {}/{}{}", row.reachable, row.total, if row.folded { " folded" } else { "" }),
        RowKey::Group(_, group) => {
            format!("{} {}/{}{}", group.title(), row.reachable, row.total, if row.folded { " folded" } else { "" })
        }
        RowKey::Person(peer, _) => format!("{}@{}", peer.who.user(), peer.account),
        RowKey::Room(room) => format!("room on {}", room.account),
    };
    app.rows().iter().map(said).collect()
}

#[test]
fn together_groups_of_the_same_name_are_one() {
    let mut app = sample_with_accounts();
    app.screen.filter = crate::app::Composer::with("group:friends free");
    app.rows_changed();
    assert_eq!(told(&app), ["Friends 3/3", "bob@home", "grace@work", "olga@home"]);
    app.screen.filter.take();
    app.rows_changed();
    let groups: Vec<String> = told(&app).into_iter().filter(|line| line.contains('/')).collect();
    assert_eq!(groups, ["Asking to see you 0/1", "Friends 8/9", "Board 1/1", "Family 2/2", "Ops on call 3/4", "Others 0/1"]);
}

#[test]
fn apart_each_account_has_a_heading_and_folds_with_it() {
    let mut app = sample_with_accounts();
    app.screen.apart = true;
    app.rows_changed();
    let rows = told(&app);
    assert_eq!(rows[..6], ["club: 2/2", "Friends 1/1", "pia@club", "Board 1/1", "quinn@club", "home: 4/4"]);
    assert!(rows.contains(&"work: 8/11".to_owned()), "{rows:?}");
    app.screen.folded.insert(RowKey::Account(AccountId::new("club")));
    app.screen.folded.insert(RowKey::Account(AccountId::new("work")));
    app.rows_changed();
    let rows = told(&app);
    assert_eq!(
        (rows[0].as_str(), rows[1].as_str(), rows.last().unwrap().as_str()),
        ("club: 2/2 folded", "home: 4/4", "work: 8/11 folded")
    );
    // Who is looked for is found there too.
    app.screen.filter = crate::app::Composer::with("quinn");
    app.rows_changed();
    assert!(told(&app).contains(&"quinn@club".to_owned()));
}

#[test]
fn a_group_of_several_accounts_is_folded_where_it_is_on_all_of_them() {
    let mut app = sample_with_accounts();
    let friends = |id: &str| RowKey::Group(AccountId::new(id), GroupKey::Named("Friends".into()));
    app.screen.folded.extend([friends("club"), friends("work")]);
    app.rows_changed();
    assert!(told(&app).contains(&"Friends 8/9".to_owned()));
    app.screen.folded.insert(friends("home"));
    app.rows_changed();
    assert!(told(&app).contains(&"Friends 8/9 folded".to_owned()));
    assert_eq!(app.rows().position(&friends("work")), app.rows().position(&friends("club")), "whoever is asked");
    assert_eq!(app.rows().parts_of(&friends("home")).len(), 3);
}
