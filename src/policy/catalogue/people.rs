//! Whom the program talks to.

use super::row::{Category, Fixed, Lock, Row};
use crate::policy::value::{Item, Kind, Word};

const fn row(name: &'static str, doc: &'static str) -> Row {
    Row::flag(name, Category::People, doc)
}

pub(super) const ROWS: &[Row] = &[
    row(
        "BlockConversationFromFederatedContacts",
        "People of other domains cannot begin a conversation. They can take part in one the user began.",
    )
    .guarded(),
    row("AllowedDomains", "Only people of these domains, and of the user's own, can be reached, or reach the user.")
        .of(Kind::List(Item::Domain), "all", Fixed::List(&["example.test", "*.partner.example"]))
        .strict(Some(Fixed::List(&[]))),
    row(
        "BlockedDomains",
        "Nothing goes to people of these domains, and nothing comes from them. A domain that is also allowed is blocked.",
    )
    .of(Kind::List(Item::Domain), "none", Fixed::List(&["rival.example"])),
    row("UnknownSenderAction", "What becomes of a message of somebody who is not on the user's list and was not written to.")
        .of(
            Kind::Choice(&[
                Word { word: "allow", number: 0, doc: "It is shown" },
                Word { word: "block", number: 1, doc: "It is not let in" },
                Word { word: "quarantine", number: 2, doc: "It is held until the user has answered the request" },
            ]),
            "quarantine",
            Fixed::Text("block"),
        )
        .strict(Some(Fixed::Text("block")))
        .locks(&[Lock::same("messages.strangers")]),
    row("MaximumNumberOfContacts", "Nobody can be added to a contact list that has so many people.")
        .of(Kind::Number { min: 0, max: 100_000, unit: "people" }, "no limit but the server's", Fixed::Number(150)),
    row("DisableSearch", "The directory cannot be searched."),
    row(
        "DisableGroupConversations",
        "No conversation of more than two people is begun or joined; where others begin one, chinwag leaves at once.",
    ),
    row("DisablePresenceNote", "No note of one's own goes with one's presence."),
    row("DisableIdlePresence", "That nobody is at the keyboard is not told to others.").locks(&[
        Lock::when(Fixed::Flag(true), "idle.idle_after", Fixed::Number(0)),
        Lock::when(Fixed::Flag(true), "idle.away_after", Fixed::Number(0)),
        Lock::when(Fixed::Flag(true), "idle.multiplexer", Fixed::Flag(false)),
    ]),
    row("IdleAfter", "After so many seconds without a key the user shows as Idle; 0 is never.")
        .of(Kind::Number { min: 0, max: 86_400, unit: "seconds" }, "300", Fixed::Number(300))
        .recommendable()
        .locks(&[Lock::same("idle.idle_after")]),
    row("AwayAfter", "After so many seconds without a key the user shows as Away; 0 is never.")
        .of(Kind::Number { min: 0, max: 86_400, unit: "seconds" }, "900", Fixed::Number(900))
        .recommendable()
        .locks(&[Lock::same("idle.away_after")]),
    row(
        "CustomStates",
        "States with a text that the menu of one's own presence offers: online, busy, away, brb, phone or lunch, a colon, the text.",
    )
    .of(Kind::List(Item::State), "none", Fixed::List(&["busy:On call for the database", "away:In the server room"]))
    .recommendable(),
];
