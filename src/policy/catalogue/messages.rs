//! What is said, and how it looks.

use super::row::{Category, Fixed, Lock, Row};
use crate::policy::value::{Item, Kind, Word};

const fn row(name: &'static str, doc: &'static str) -> Row {
    Row::flag(name, Category::Messages, doc)
}

pub(super) const ROWS: &[Row] = &[
    row("DisableIM", "No messages are sent, and none are let in. Presence goes on."),
    row("DisableTypingNotification", "Others are not told that the user is writing.").recommendable(),
    row("DisableFormatting", "Messages leave as plain text, and are shown as plain text whatever their sender wanted.")
        .recommendable(),
    row("EnableURL", "What links in messages are.")
        .of(
            Kind::Choice(&[
                Word { word: "off", number: 0, doc: "Text like any other: none can be opened" },
                Word {
                    word: "on",
                    number: 1,
                    doc: "They can be opened, after a question; for who does not want it (ui.ask_links), only those in doubt",
                },
                Word { word: "confirm", number: 2, doc: "Every one is asked about before it is opened" },
                Word { word: "defang", number: 3, doc: "Shown with _ before them, as text" },
            ]),
            "on",
            Fixed::Text("confirm"),
        )
        .strict(Some(Fixed::Text("confirm")))
        .recommendable(),
    row("AllowedUrlSchemes", "What begins with another scheme is no link. Only those can be named that chinwag knows as links.")
        .of(
            Kind::List(Item::OneOf(&["https", "http", "mailto", "sips", "sip", "tel"])),
            "https, http, mailto, sips, sip, tel",
            Fixed::List(&["https", "sip"]),
        )
        .strict(Some(Fixed::List(&["https"])))
        .recommendable(),
    row("IMWarning", "A line above every conversation. A single blank is no line.")
        .of(Kind::Text { max: 200 }, "none", Fixed::Text("Never send passwords or card numbers in a message."))
        .recommendable(),
    row("NotificationContent", "What is said of messages the user does not see, by the desktop, the terminal and programs.")
        .of(
            Kind::Choice(&[
                Word { word: "full", number: 0, doc: "Who wrote, and what" },
                Word { word: "sender", number: 1, doc: "Who wrote" },
                Word { word: "count", number: 2, doc: "How many messages" },
            ]),
            "the text at a desk, the sender over SSH",
            Fixed::Text("count"),
        )
        .strict(Some(Fixed::Text("count")))
        .recommendable()
        .locks(&[Lock::same("notify.show")]),
];
