//! The same seed, the same words; no word twice.

use std::collections::BTreeSet;

use super::*;

#[test]
fn the_same_seed_gives_the_same_words() {
    let words = |seed| {
        let mut tokens = Tokens::from_number(seed);
        (tokens.branch(), tokens.tag(), tokens.call_id(), tokens.hex(8), tokens.number(), tokens.below(100))
    };
    assert_eq!(words(1), words(1));
    assert_ne!(words(1), words(2));
    // From another implementation of SHA-256.
    assert_eq!(words(1).0, "z9hG4bK38ea97ad344c0e1ee256");
}

#[test]
fn words_have_the_form_the_rfc_wants() {
    let mut tokens = Tokens::from_number(1);
    assert!(tokens.branch().starts_with("z9hG4bK"));
    assert_eq!((tokens.tag().len(), tokens.call_id().len(), tokens.hex(99).len()), (10, 32, 64));
    assert_eq!((tokens.below(0), tokens.below(1)), (0, 0));
    assert!((0..1000).all(|_| tokens.below(7) < 7));
}

#[test]
fn no_word_comes_twice_and_the_seed_is_not_shown() {
    let mut tokens = Tokens::from_number(1);
    let words: BTreeSet<String> = (0..10_000).map(|_| tokens.tag()).collect();
    assert_eq!(words.len(), 10_000);
    assert_eq!(format!("{tokens:?}"), "Tokens([secret])");
}
