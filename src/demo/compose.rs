//! One picture of what several devices say (RFC 3863, RFC 4479).
//!
//! Nothing is judged here: all tuples, persons and devices of all publications stand side by
//! side, the latest first, each with a time, so that the reader can tell which counts.

use std::collections::BTreeSet;

use super::publications::Publication;
use crate::formats::pidf::{Basic, Presence, Tuple};
use crate::model::Address;

/// The composed document of a user; with nothing published the user is not there.
#[must_use]
pub fn compose<'p>(who: &Address, display: &str, publications: impl DoubleEndedIterator<Item = &'p Publication>) -> Presence {
    let mut ids = BTreeSet::new();
    let mut presence = Presence { entity: who.as_str().to_owned(), ..Presence::default() };
    for publication in publications.rev() {
        let at = Some(publication.at.as_millis());
        let document = publication.document.clone();
        for mut tuple in document.tuples {
            tuple.id = unique(&mut ids, &tuple.id);
            tuple.timestamp = tuple.timestamp.or(at);
            presence.tuples.push(tuple);
        }
        for mut person in document.persons {
            person.id = unique(&mut ids, &person.id);
            person.timestamp = person.timestamp.or(at);
            presence.persons.push(person);
        }
        for mut device in document.devices {
            device.id = unique(&mut ids, &device.id);
            presence.devices.push(device);
        }
        presence.notes.extend(document.notes);
        presence.display_name = presence.display_name.or(document.display_name);
    }
    if presence.tuples.is_empty() {
        presence.tuples.push(Tuple::new(&unique(&mut ids, "none"), Basic::Closed));
    }
    if presence.name().is_none() && !display.is_empty() {
        presence.display_name = Some(display.to_owned());
    }
    presence
}

/// What somebody is shown who is not to know: the user is not there (RFC 5025 section 3.2.1,
/// polite-block). It must not differ from the real thing.
#[must_use]
pub fn closed(who: &Address, display: &str) -> Presence {
    compose(who, display, std::iter::empty())
}

/// An id that no other element of the document has (RFC 3863 section 4.1.2).
fn unique(ids: &mut BTreeSet<String>, id: &str) -> String {
    let base = if id.is_empty() { "t" } else { id };
    let mut name = base.to_owned();
    let mut number = 1;
    while !ids.insert(name.clone()) {
        number += 1;
        name = format!("{base}-{number}");
    }
    name
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::demo::config::ServerLimits;
    use crate::demo::publications::{Publications, PublishContext, PublishWish};
    use crate::formats::pidf::Person;
    use crate::model::Stamp;

    fn document(basic: Basic) -> Presence {
        Presence {
            entity: "sip:alice@example.test".into(),
            tuples: vec![Tuple::new("t1", basic)],
            persons: vec![Person::new("p1")],
            ..Presence::default()
        }
    }

    #[test]
    fn latest_first_and_every_id_once() {
        let alice = Address::parse("alice@example.test").unwrap();
        let mut publications = Publications::default();
        for (tag, at, basic) in [("a", 1000, Basic::Closed), ("b", 2000, Basic::Open)] {
            let context = PublishContext {
                flow: None,
                fresh_tag: tag.into(),
                expires: 60,
                at: Stamp::from_millis(at),
                now: Instant::now(),
            };
            publications.apply(&alice, PublishWish::Initial(document(basic)), context, &ServerLimits::default()).unwrap();
        }
        let all = compose(&alice, "Alice", publications.of(&alice).iter());
        let tuples: Vec<_> = all.tuples.iter().map(|t| (t.id.as_str(), t.basic, t.timestamp)).collect();
        assert_eq!(tuples, [("t1", Basic::Open, Some(2000)), ("t1-2", Basic::Closed, Some(1000))]);
        let persons: Vec<_> = all.persons.iter().map(|p| (p.id.as_str(), p.timestamp)).collect();
        assert_eq!(persons, [("p1", Some(2000)), ("p1-2", Some(1000))]);
        assert_eq!(all.display_name.as_deref(), Some("Alice"));
    }

    #[test]
    fn nobody_there_is_closed() {
        let alice = Address::parse("alice@example.test").unwrap();
        assert!(!compose(&alice, "", std::iter::empty()).is_open());
        assert_eq!(compose(&alice, "A", std::iter::empty()), closed(&alice, "A"));
    }
}
