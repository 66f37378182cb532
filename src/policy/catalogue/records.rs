//! What is kept and written down.
//!
//! None of these has a strict fallback that could delete anything: a typing error must not cost a history.

use super::row::{Category, Fixed, Gives, Lock, Row, When};
use crate::policy::value::{Kind, Word};

const fn row(name: &'static str, doc: &'static str) -> Row {
    Row::flag(name, Category::Records, doc)
}

pub(super) const ROWS: &[Row] = &[
    row(
        "DisableSavingIM",
        "What is said is not kept, and what was kept before is deleted; messages that wait to be sent or read stay until they are.",
    )
    .strict(None)
    .locks(&[Lock::when(Fixed::Flag(true), "history.keep", Fixed::Text("off"))]),
    row("RequireSavingIM", "What is said is kept for ever, unless HistoryRetentionDays says for how long; the user cannot switch that off.")
        .strict(None)
        .locks(&[Lock::when(Fixed::Flag(true), "history.keep", Fixed::Text("forever"))]),
    row("HistoryRetentionDays", "What is said is kept for so many days; 0 is for ever.")
        .of(Kind::Number { min: 0, max: 36_500, unit: "days" }, "for ever", Fixed::Number(90))
        .recommendable()
        .locks(&[
            Lock::when(Fixed::Number(0), "history.keep", Fixed::Text("forever")),
            Lock { when: When::Not(Fixed::Number(0)), key: "history.keep", gives: Gives::Same },
        ]),
    row("EncryptLocalStore", "How the key of what is kept is held. What is kept is always encrypted.")
        .of(
            Kind::Choice(&[
                Word { word: "keyfile", number: 0, doc: "A file that only the user can read, or a passphrase if the user wishes" },
                Word { word: "passphrase", number: 1, doc: "A passphrase; without one nothing is kept" },
            ]),
            "keyfile",
            Fixed::Text("passphrase"),
        )
        .strict(Some(Fixed::Text("passphrase"))),
    row("EnableTracing", "With false, no trace of the protocol is written, and the log holds warnings and errors at most, whatever -v says.")
    .allows()
        .guarded()
        .locks(&[
            Lock::when(Fixed::Flag(false), "log.wire", Fixed::Flag(false)),
            Lock::when(Fixed::Flag(false), "log.level", Fixed::Text("warn")),
        ]),
    row("TracingLevel", "How much is written to the log file.")
        .of(
            Kind::Choice(&[
                Word { word: "off", number: 0, doc: "Nothing" },
                Word { word: "error", number: 1, doc: "Errors" },
                Word { word: "warn", number: 2, doc: "Warnings too" },
                Word { word: "info", number: 3, doc: "What happens" },
                Word { word: "debug", number: 4, doc: "How it happens" },
                Word { word: "trace", number: 5, doc: "Everything" },
            ]),
            "warn",
            Fixed::Text("info"),
        )
        .recommendable()
        .locks(&[Lock::same("log.level")]),
];
