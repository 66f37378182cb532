//! Times and keys stay in step.

use std::time::Duration;

use super::*;

#[test]
fn the_earliest_is_due_first_and_what_is_removed_never() {
    let start = Instant::now();
    let at = |s| start + Duration::from_secs(s);
    let mut table: Table<&str, char> = Table::default();
    let a = table.insert("a", 'a', Some(at(3)));
    let b = table.insert("b", 'b', Some(at(2)));
    let c = table.insert("c", 'c', None);
    assert_eq!(table.next_due(), Some(at(2)));
    assert_eq!((table.due(at(1)), table.due(at(3))), (None, Some(b)));
    table.schedule(b, Some(at(9)));
    assert_eq!(table.next_due(), Some(at(3)));
    assert_eq!(table.remove(a), Some('a'));
    assert_eq!((table.next_due(), table.find(&"a"), table.get(a)), (Some(at(9)), None, None));
    table.schedule(b, None);
    assert_eq!(table.next_due(), None);
    assert_eq!(table.find(&"c"), Some(c));
    table.remove(b);
    table.remove(c);
    assert!(table.is_empty());
    assert_eq!(table.len(), 0);
}

#[test]
fn a_key_belongs_to_the_newest_that_has_it() {
    let mut table: Table<&str, u8> = Table::default();
    let old = table.insert("k", 1, None);
    let new = table.insert("k", 2, None);
    assert_eq!(table.find(&"k"), Some(new));
    table.remove(old);
    assert_eq!(table.find(&"k"), Some(new));
    table.remove(new);
    assert_eq!(table.find(&"k"), None);
}

#[test]
fn ten_thousand_timers_cost_little() {
    let start = Instant::now();
    let mut table: Table<u64, ()> = Table::default();
    for i in 0..10_000 {
        table.insert(i, (), Some(start + Duration::from_millis(i * 7919 % 10_000)));
    }
    let mut fired = 0;
    for millis in 0..10_000 {
        let now = start + Duration::from_millis(millis);
        while let Some(id) = table.due(now) {
            table.remove(id);
            fired += 1;
        }
        assert!(table.next_due().is_none_or(|next| next > now));
    }
    assert_eq!(fired, 10_000);
}
