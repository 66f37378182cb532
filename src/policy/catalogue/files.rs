//! Files that others offer.

use super::row::{Category, Fixed, Lock, Row};
use crate::policy::value::{Item, Kind, Word};

const fn row(name: &'static str, doc: &'static str) -> Row {
    Row::flag(name, Category::Files, doc)
}

pub(super) const ROWS: &[Row] = &[
    row("DisableFileTransfer", "No file is sent or taken: what others offer is declined in the name of the organisation.")
        .guarded()
        .legacy_name("DisableFileTransfer")
        .server("disableFileTransfer"),
    row(
        "FileTransferBlockedTypes",
        "Files with these extensions are declined, also where the extension stands before another one.",
    )
    .of(Kind::List(Item::Extension), "none", Fixed::List(&["exe", "js"]))
    .recommendable(),
    row("FileTransferAllowedTypes", "Only files with these extensions can be taken. A type that is also blocked is declined. One that is dangerous by itself is asked about, not declined, if it is named here.")
        .of(Kind::List(Item::Extension), "all", Fixed::List(&["pdf", "txt"]))
        .strict(Some(Fixed::List(&[]))),
    row("FileTransferPromptTypes", "Files with these extensions are asked about even when a contact offers them.")
        .of(Kind::List(Item::Extension), "none", Fixed::List(&["zip", "doc"]))
        .recommendable(),
    row("FileTransferMaxBytes", "Files that are larger are declined.").of(
        Kind::Number { min: 0, max: u32::MAX, unit: "octets" },
        "no limit",
        Fixed::Number(10_485_760),
    ),
    row(
        "DisablePictures",
        "Pictures among the files that came or were sent are not shown within the program: nothing of them is decoded.",
    )
    .guarded()
    .locks(&[Lock::when(Fixed::Flag(true), "ui.pictures", Fixed::Text("off"))]),
    row("FileTransferScan", "Whether a scanner must look at files before they can be opened.")
        .of(
            Kind::Choice(&[
                Word { word: "off", number: 0, doc: "None does" },
                Word { word: "optional", number: 1, doc: "If there is one" },
                Word { word: "required", number: 2, doc: "Without one every file is declined" },
            ]),
            "optional",
            Fixed::Text("required"),
        )
        .strict(Some(Fixed::Text("required"))),
];
