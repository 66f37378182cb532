//! How the program connects, and as whom.

use super::row::{Category, Fixed, Lock, Row};
use crate::policy::value::{Item, Kind, Word};

const fn row(name: &'static str, doc: &'static str) -> Row {
    Row::flag(name, Category::Connection, doc)
}

const PORT: Kind = Kind::Number { min: 1024, max: 65_535, unit: "port" };

pub(super) const ROWS: &[Row] = &[
    row(
        "EnableSIPHighSecurityMode",
        "Connections by TLS only, whatever the user or another policy says: a transport in clear is superseded. With false, nothing is locked.",
    )
    .recommendable()
    .guarded()
    .preset("the user decides; TLS unless clear text is allowed")
    .locks(&[
        Lock::when(Fixed::Flag(true), "accounts.transport", Fixed::Text("tls")),
        Lock::when(Fixed::Flag(true), "accounts.allow_clear_text", Fixed::Flag(false)),
    ]),
    row("Transport", "How accounts connect.")
        .of(
            Kind::Choice(&[
                Word { word: "auto", number: 0, doc: "TLS, and TCP where the user allows clear text" },
                Word { word: "udp", number: 1, doc: "Datagrams in clear" },
                Word { word: "tcp", number: 2, doc: "TCP in clear" },
                Word { word: "tls", number: 4, doc: "TLS" },
            ]),
            "auto",
            Fixed::Text("tls"),
        )
        .strict(Some(Fixed::Text("tls")))
        .recommendable()
        .locks(&[Lock::same("accounts.transport")]),
    row(
        "AllowedTransports",
        "The transports there may be. An account set to another one is not signed in; \"auto\" tries only these.",
    )
    .of(Kind::List(Item::OneOf(&["tls", "tcp", "udp"])), "all", Fixed::List(&["tls"]))
    .strict(Some(Fixed::List(&["tls"]))),
    row("TlsMinimumVersion", "The lowest version of TLS a server may have.")
        .of(
            Kind::Choice(&[
                Word { word: "1.2", number: 12, doc: "TLS 1.2 and 1.3" },
                Word { word: "1.3", number: 13, doc: "TLS 1.3 only" },
            ]),
            "1.2",
            Fixed::Text("1.3"),
        )
        .strict(Some(Fixed::Text("1.3"))),
    row(
        "TrustedRootFile",
        "Certificates of servers must lead to a root in this file (PEM). The roots of the machine, and those the user names, do not count.",
    )
    .of(Kind::Path, "the roots of the machine, and those the user adds", Fixed::Text("/etc/ssl/our-root.pem")),
    row("CertificatePins", "Servers must have one of these keys.")
        .of(
            Kind::List(Item::Pin),
            "no pins but the user's",
            Fixed::List(&["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]),
        )
        .locks(&[Lock::same("accounts.pin")]),
    row("ConfigurationMode", "Whether servers are found by DNS, or are those that are named.")
        .of(
            Kind::Choice(&[
                Word { word: "auto", number: 0, doc: "Found by DNS, even where a server is named" },
                Word { word: "manual", number: 1, doc: "The server that is named, by policy or by the user" },
            ]),
            "manual where a server is named",
            Fixed::Text("auto"),
        )
        .recommendable()
        .locks(&[
            Lock::when(Fixed::Text("auto"), "accounts.automatic", Fixed::Flag(true)),
            Lock::when(Fixed::Text("manual"), "accounts.automatic", Fixed::Flag(false)),
        ]),
    row("ServerAddress", "The server accounts sign in at.")
        .of(Kind::HostPort, "found by DNS", Fixed::Text("sip.example.test:5061"))
        .recommendable()
        .locks(&[Lock::same("accounts.server")]),
    row(
        "StrictServerNames",
        "Of servers found by DNS only those count that are called as the user's domain, or sip. and that domain.",
    )
    .guarded()
    .locks(&[Lock::same("accounts.strict_server_names")]),
    row(
        "PortRangeEnabled",
        "Connections leave from a port between MinSipDynamicPort and MaxSipDynamicPort. A range that is missing or cannot be \
         used stops all connections.",
    )
    .of_machine(),
    row("MinSipDynamicPort", "The lowest port connections leave from, with PortRangeEnabled.")
        .of(PORT, "any", Fixed::Number(50_000))
        .of_machine(),
    row("MaxSipDynamicPort", "The highest port connections leave from, with PortRangeEnabled.")
        .of(PORT, "any", Fixed::Number(50_099))
        .of_machine(),
    row("DefaultDomain", "The domain of an account whose uri is a bare name.")
        .of(Kind::Text { max: 253 }, "none: the whole address is needed", Fixed::Text("example.test"))
        .recommendable(),
    row(
        "DefaultNTLMDomain",
        "The domain that is put before a name to authenticate with, where the user names none: DOMAIN\\alice.",
    )
    .of(Kind::Text { max: 64 }, "none", Fixed::Text("EXAMPLE"))
    .recommendable(),
    row(
        "AllowedAuthSchemes",
        "The ways to authenticate there may be. An account set to another one is not signed in; \"auto\" takes only these.",
    )
    .of(Kind::List(Item::OneOf(&["kerberos", "ntlm", "digest"])), "all", Fixed::List(&["kerberos", "ntlm"])),
    row("RefuseMD5", "Challenges of Digest that are weaker than SHA-256 are not answered.")
        .recommendable()
        .locks(&[Lock::same("accounts.refuse_md5")]),
    row(
        "DisableNTCredentials",
        "The user's sign-in to the machine (a ticket of Kerberos) is not used; a password is.",
    )
    .recommendable(),
    row(
        "SavePassword",
        "With false, a password may not be saved: neither password.file nor the keyring (password.keyring) is read, and `chinwag \
         password set` keeps none. It is asked for, or comes from a program or the environment.",
    )
    .allows()
    .guarded(),
    row("AllowPasswordCommand", "With false, password.command is not run.")
    .allows(),
    row(
        "AllowedNetworks",
        "Kinds of servers accounts may sign in at: lcs, simple. An account set to another one is not signed in.",
    )
    .of(Kind::List(Item::OneOf(&["lcs", "simple"])), "all", Fixed::List(&["lcs"])),
    row("AllowedAccounts", "Only these accounts may sign in: addresses, or domains.")
        .of(Kind::List(Item::AddressOrDomain), "all", Fixed::List(&["example.test"]))
        .strict(Some(Fixed::List(&[]))),
    row("BlockedAccounts", "These accounts may not sign in: addresses, or domains.").of(
        Kind::List(Item::AddressOrDomain),
        "none",
        Fixed::List(&["private.example"]),
    ),
    row(
        "DisableNETMessengerService",
        "The .NET Messenger Service is out of reach: no account of its domains (hotmail.com, msn.com, passport.com, live.com, \
         webtv.net) signs in, and nothing goes to people there or comes from them, also not through a gateway of the server.",
    )
    .guarded(),
    row("RequireDisplayName", "An account without a name that others see does not sign in."),
];
