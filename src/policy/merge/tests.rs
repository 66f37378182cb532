//! Who wins, and what is said of the losers.

use proptest::prelude::*;

use super::*;
use crate::policy::entry::Name;

const fn rank(level: Level, scope: Scope) -> Rank {
    Rank { level, scope }
}

const RANKS: [Rank; 5] = [
    rank(Level::Recommended, Scope::User),
    rank(Level::Recommended, Scope::Machine),
    rank(Level::Managed, Scope::Server),
    rank(Level::Managed, Scope::User),
    rank(Level::Managed, Scope::Machine),
];

fn entry(name: &str, value: Value, rank: Rank, line: usize) -> Entry {
    let origin = Origin::File { path: "f.toml".into(), line };
    Entry { name: Name::Own(name.into()), typed: Typed::Value(value), loose: false, rank, origin }
}

fn merged(entries: Vec<Entry>) -> Table {
    merge(Read { entries, faults: Vec::new() })
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

#[test]
fn a_higher_rank_wins_and_losers_are_kept() {
    let entries = RANKS
        .iter()
        .zip(1..)
        .map(|(rank, line)| entry("Transport", text(["auto", "udp", "tcp", "tls", "auto"][line - 1]), *rank, line));
    let mut entries: Vec<Entry> = entries.collect();
    entries.reverse();
    let table = merged(entries);
    let one = table.get("Transport").unwrap();
    assert_eq!((&one.value, one.origin.to_string()), (&text("auto"), "f.toml:5".to_owned()));
    let losers: Vec<String> = one.losers.iter().map(|loser| format!("{} {}", loser.origin, loser.status.word())).collect();
    assert_eq!(losers, ["f.toml:4 overridden", "f.toml:3 overridden", "f.toml:2 overridden", "f.toml:1 overridden"]);
}

#[test]
fn of_one_rank_the_last_wins_and_our_name_before_an_old_one() {
    let table =
        merged(vec![entry("IdleAfter", Value::Number(1), RANKS[4], 1), entry("IdleAfter", Value::Number(2), RANKS[4], 2)]);
    assert_eq!(table.get("IdleAfter").unwrap().value, Value::Number(2));
    let old =
        Entry { name: Name::Legacy { value: "PreventRun".into(), service: None }, ..entry("", Value::Number(1), RANKS[4], 2) };
    let table = merged(vec![entry("PreventRun", Value::Flag(false), RANKS[4], 1), old.clone()]);
    assert_eq!(table.get("PreventRun").unwrap().value, Value::Flag(false));
    let table = merged(vec![entry("PreventRun", Value::Flag(false), RANKS[3], 1), old]);
    assert_eq!(table.get("PreventRun").unwrap().value, Value::Flag(true), "the machine before the user");
}

#[test]
fn every_fault_has_its_status() {
    let table = merged(vec![
        entry("PreventFun", Value::Flag(true), RANKS[4], 1),
        entry("CEIP", Value::Number(2), RANKS[4], 2),
        entry("DisableIM", Value::Flag(true), RANKS[0], 3),
        entry("PortRangeEnabled", Value::Flag(true), RANKS[3], 4),
        entry("Transport", text("tsl"), RANKS[4], 5),
        entry("IdleAfter", text("soon"), RANKS[4], 6),
        entry("DisableSearch", text("yes"), RANKS[4], 7),
        entry("Transport", text("tcp"), RANKS[3], 8),
    ]);
    let useless: Vec<String> =
        table.useless.iter().map(|one| format!("{}: {}", one.name, one.status.words(catalogue::find(&one.name)))).collect();
    assert_eq!(
        useless,
        [
            "PreventFun: unknown; did you mean PreventRun?",
            "CEIP: no effect: chinwag reports nothing to anybody",
            "DisableIM: misplaced: it can only be managed, not recommended",
            "PortRangeEnabled: misplaced: it can only be set for the whole machine",
            "IdleAfter: wrong type: expected a whole number from 0 to 86400 (seconds)",
        ]
    );
    let one = table.get("Transport").unwrap();
    assert_eq!((&one.value, one.status.word()), (&text("tls"), "out of range"), "the strict value, not the one of a lower rank");
    assert_eq!(table.get("DisableSearch").unwrap().value, Value::Flag(true));
    assert!(table.is_broken());
    assert!(!merged(vec![entry("PreventFun", Value::Flag(true), RANKS[4], 1)]).is_broken(), "a name nobody knows warns only");
}

#[test]
fn old_values_restrict_when_they_are_one() {
    let old = |value: &str, service: Option<&str>, number: u64| {
        let name = Name::Legacy { value: value.into(), service: service.map(str::to_owned) };
        merged(vec![Entry { name, ..entry("", Value::Number(number), RANKS[4], 1) }])
    };
    assert_eq!(old("PreventRun", None, 1).get("PreventRun").unwrap().value, Value::Flag(true));
    assert_eq!(old("preventrun", None, 0).get("PreventRun").unwrap().value, Value::Flag(false));
    assert_eq!(old("PreventRun", None, 2).useless[0].status, Status::OutOfRange);
    assert!(old("PreventRun", Some("{83d4679f-b6d7-11d2-bf36-00c04fb90a03}"), 1).get("PreventRun").is_some());
    assert!(
        old("PreventRun", Some("{83D4679E-B6D7-11D2-BF36-00C04FB90A03}"), 1).useless[0]
            .status
            .words(None)
            .contains("another service")
    );
    assert_eq!(old("PreventFun", None, 1).useless[0].status, Status::Unknown(Some("PreventRun")));
}

#[test]
fn one_policy_leaves_nothing_of_another() {
    let table = merged(vec![
        entry("EnableSIPHighSecurityMode", Value::Flag(true), RANKS[4], 1),
        entry("Transport", text("tcp"), RANKS[4], 2),
        entry("DisableSavingIM", Value::Flag(true), RANKS[4], 3),
        entry("HistoryRetentionDays", Value::Number(3), RANKS[4], 4),
    ]);
    assert_eq!(table.get("Transport").unwrap().status, Status::Superseded("EnableSIPHighSecurityMode"));
    assert_eq!(table.get("HistoryRetentionDays").unwrap().status, Status::Superseded("DisableSavingIM"));
    assert!(table.word("Transport").is_none() && table.number("HistoryRetentionDays").is_none());
    let table = merged(vec![
        entry("RequireSavingIM", Value::Flag(true), RANKS[4], 1),
        entry("DisableSavingIM", Value::Flag(true), RANKS[3], 2),
    ]);
    assert_eq!(table.get("RequireSavingIM").unwrap().status, Status::Ok, "what counts less leaves it alone");
    let keep: Vec<Value> = table.decisions(Level::Managed).into_iter().map(|decision| decision.value).collect();
    assert_eq!(keep, [text("forever")]);
    let table = merged(vec![
        entry("EnableSIPHighSecurityMode", Value::Flag(true), RANKS[1], 1),
        entry("Transport", text("tcp"), RANKS[4], 2),
    ]);
    assert_eq!(table.get("Transport").unwrap().status, Status::Ok, "what is recommended leaves what is managed alone");
}

#[test]
fn what_nobody_can_read_holds_as_strictly_as_it_could_be_meant() {
    let broken = |rank| Fault { origin: Origin::File { path: "b.toml".into(), line: 3 }, what: "x".into(), rank, whole: true };
    let table = |entries, rank| merge(Read { entries, faults: vec![broken(rank)] });
    let off = |rank| vec![entry("DisableFileTransfer", Value::Flag(false), rank, 1)];
    let one = table(off(RANKS[4]), RANKS[4]);
    assert_eq!(one.get("DisableFileTransfer").unwrap().value, Value::Flag(true));
    assert_eq!(one.get("DisableFileTransfer").unwrap().origin.to_string(), "b.toml cannot be read");
    assert!(one.get("PreventRun").is_none(), "a broken file does not lock everybody out");
    assert!(one.is_broken());
    let two = table(off(RANKS[4]), RANKS[3]);
    assert_eq!(two.get("DisableFileTransfer").unwrap().value, Value::Flag(false), "what counts more decides anyway");
    assert!(table(Vec::new(), RANKS[0]).in_force.is_empty(), "what is only recommended forbids nothing");
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let names: Vec<&'static str> = catalogue::rows().map(|row| row.name).chain(["Nonsense", "CEIP"]).collect();
    let value = prop_oneof![
        any::<bool>().prop_map(Value::Flag),
        (0_u64..100_000).prop_map(Value::Number),
        prop_oneof![Just("tls"), Just("tcp"), Just("require"), Just("off"), Just("x.test"), Just("")].prop_map(text),
        Just(Value::List(vec!["tls".into()])),
        Just(Value::List(Vec::new())),
    ];
    (proptest::sample::select(names), value, 0_usize..5, 0_usize..100)
        .prop_map(|(name, value, at, line)| entry(name, value, RANKS[at], line))
}

proptest! {
    /// What counts less changes nothing of what counts more.
    #[test]
    fn a_lower_rank_never_beats_a_higher(entries in proptest::collection::vec(any_entry(), 0..30), at in 1_usize..5) {
        let above = |entries: &[Entry]| entries.iter().filter(|entry| entry.rank >= RANKS[at]).cloned().collect::<Vec<_>>();
        let (all, high) = (merged(entries.clone()), merged(above(&entries)));
        for one in &high.in_force {
            let among = all.get(one.row.name).unwrap();
            prop_assert_eq!((&among.value, among.rank), (&one.value, one.rank), "{}", one.row.name);
        }
    }

    /// Files are put in the order of their names before they are read: in which order a folder lists them
    /// changes nothing. What is of different rank may come in any order.
    #[test]
    fn order_among_ranks_does_not_matter(entries in proptest::collection::vec(any_entry(), 0..30)) {
        let mut sorted = entries.clone();
        sorted.sort_by_key(|entry| entry.rank);
        let values = |table: &Table| table.in_force.iter().map(|one| (one.row.name, one.value.clone(), one.status.clone())).collect::<Vec<_>>();
        prop_assert_eq!(values(&merged(entries)), values(&merged(sorted)));
    }

    /// A source that cannot be read never makes anything laxer.
    #[test]
    fn a_broken_source_never_loosens(entries in proptest::collection::vec(any_entry(), 0..30), at in 2_usize..5) {
        let fault = Fault { origin: Origin::File { path: "b".into(), line: 0 }, what: "x".into(), rank: RANKS[at], whole: true };
        let (plain, broken) = (merged(entries.clone()), merge(Read { entries, faults: vec![fault] }));
        for one in &broken.in_force {
            let before = plain.get(one.row.name).map(|one| &one.value);
            let strict = one.row.strict.map(super::super::catalogue::Fixed::value);
            prop_assert!(before == Some(&one.value) || strict.as_ref() == Some(&one.value), "{}", one.row.name);
        }
    }
}
