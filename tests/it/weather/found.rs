//! Schedules that found something, kept by name. What was wrong has its own test where it was wrong.

use super::plan::Family;
use super::run;

fn is_well(family: Family, seed: u64) {
    let outcome = run::run(family, seed);
    assert!(outcome.wrongs.is_empty(), "{}", outcome.story(400));
}

/// Restarted, the server kept a text that the receiver had, and handed it over under another number.
#[test]
fn a_text_kept_after_it_had_come() {
    for seed in [0, 65, 84] {
        is_well(Family::SimpleUdp, seed);
    }
}

/// The document server lost the contact list; a change under way made a new one with nothing else in it.
#[test]
fn a_contact_list_lost_but_for_the_last_change() {
    for seed in [25, 58, 88] {
        is_well(Family::Xcap, seed);
    }
}

/// The device over UDP learns as late as at its refresh that the server forgot the subscription.
#[test]
fn a_subscription_forgotten_in_silence() {
    is_well(Family::SimpleUdp, 227);
}

/// Within a session, a text sent again after a challenge and the next one, sent before the answer was
/// there, had the same number: the second was taken for the first, and told as delivered.
#[test]
fn two_texts_of_one_number() {
    is_well(Family::Lcs, 10_192);
}
