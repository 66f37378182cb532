//! One test a policy: with it the program does otherwise than without. A policy that has none fails here.
//!
//! How the doors themselves are used is tested where they are: connections in `net`, invitations in `backend`, the
//! screen in `ui`.

use std::collections::BTreeSet;

use crate::app::{AccountView, App};
use crate::backend::{Command, Event, RoomCommand};
use crate::config::{
    AccountSettings, AuthChoice, Overrides, PasswordSource, Paths, PicturesChoice, RawFile, Resolved, ServerChoice, Show,
    TransportChoice, resolve,
};
use crate::model::{
    AccountId, Address, Body, Dialect, Invited, MessageRef, Objection, OwnPresence, Retention, Strangers, TextStyle, Transport,
    Verdict,
};
use crate::policy::catalogue;
use crate::policy::{Entry, Level, LinkRule, Name, Origin, Policy, Rank, Read, Scope, Typed, Value};
use crate::runtime::account_from::connect_settings;
use crate::runtime::unlock;

/// Every policy and its test.
const ROWS: &[(&str, fn())] = &[
    ("PreventRun", || {
        assert!(on("PreventRun").run().is_err() && Policy::default().run().is_ok());
    }),
    ("PreventAutoRun", || differs(&on("PreventAutoRun"), "", |r| only(r).auto_sign_in, true, false)),
    ("DisableControlSocket", || differs(&on("DisableControlSocket"), "", |r| r.control.socket, true, false)),
    ("EnableSIPHighSecurityMode", || {
        let clear = "transport = \"auto\"\nallow_clear_text = true\n";
        let way = |r: &Resolved| (only(r).transport, only(r).allow_clear_text);
        differs(&on("EnableSIPHighSecurityMode"), clear, way, (TransportChoice::Auto, true), (TransportChoice::Tls, false));
    }),
    ("Transport", || {
        let policy = set("Transport", text("tls"));
        differs(&policy, "transport = \"tcp\"\n", |r| only(r).transport, TransportChoice::Tcp, TransportChoice::Tls);
    }),
    ("AllowedTransports", || {
        let policy = set("AllowedTransports", list(&["tls"]));
        let tcp = account(&policy, "transport = \"tcp\"\n");
        assert!(tcp.barred.is_some() && tcp.rules.refuse(Transport::Tcp).is_some());
        let auto = account(&policy, "");
        assert!(auto.barred.is_none() && auto.rules.refuse(Transport::Tls).is_none());
        let forced = account(&set("AllowedTransports", list(&["tcp"])), "");
        assert_eq!((forced.transport, forced.barred), (TransportChoice::Tcp, None));
        assert!(connect_settings(&auto, 1).policy.refuse(Transport::Udp).is_some(), "whoever connects has the rule");
    }),
    ("TlsMinimumVersion", || {
        let newest = |policy: &Policy| connect_settings(&account(policy, ""), 1).trust.newest;
        assert!(newest(&set("TlsMinimumVersion", text("1.3"))) && !newest(&set("TlsMinimumVersion", text("1.2"))));
    }),
    ("TrustedRootFile", || {
        let policy = set("TrustedRootFile", text("/roots.pem"));
        let trust = connect_settings(&account(&policy, "ca_file = \"/mine.pem\"\n"), 1).trust;
        assert!(!trust.system && trust.ca_file == Some("/roots.pem".into()));
        assert!(connect_settings(&account(&Policy::default(), ""), 1).trust.system);
    }),
    ("CertificatePins", || {
        let pin = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        differs(&set("CertificatePins", list(&[pin])), "", |r| only(r).pins.len(), 0, 1);
    }),
    ("ConfigurationMode", || {
        let named = ServerChoice::Manual { host: "h.test".into(), port: None };
        let policy = set("ConfigurationMode", text("auto"));
        differs(&policy, "server = \"h.test\"\n", |r| only(r).server.clone(), named, ServerChoice::Automatic);
    }),
    ("ServerAddress", || {
        let named = ServerChoice::Manual { host: "h.test".into(), port: Some(5061) };
        differs(&set("ServerAddress", text("h.test:5061")), "", |r| only(r).server.clone(), ServerChoice::Automatic, named);
    }),
    ("StrictServerNames", || differs(&on("StrictServerNames"), "", |r| only(r).strict_server_names, false, true)),
    ("PortRangeEnabled", || {
        assert!(account(&on("PortRangeEnabled"), "").rules.closed.is_some(), "a range that is missing closes everything");
        assert!(account(&ports(6000, 5000), "").rules.closed.is_some());
        assert_eq!(account(&Policy::default(), "").rules.closed, None);
    }),
    ("MinSipDynamicPort", || assert_eq!(account(&ports(5000, 6000), "").rules.ports.map(|(low, _)| low), Some(5000))),
    ("MaxSipDynamicPort", || assert_eq!(account(&ports(5000, 6000), "").rules.ports.map(|(_, high)| high), Some(6000))),
    ("DefaultDomain", || {
        let file = "[accounts.a]\nuri = \"alice\"\n";
        assert!(loaded(&Policy::default(), file).resolved.is_none());
        let settings = loaded(&set("DefaultDomain", text("x.test")), file).resolved.unwrap();
        assert_eq!(only(&settings).aor.as_str(), "sip:alice@x.test");
    }),
    ("DefaultNTLMDomain", || {
        differs(&set("DefaultNTLMDomain", text("X")), "", |r| only(r).ntlm_domain.clone(), None, Some("X".into()));
    }),
    ("AllowedAuthSchemes", || {
        let policy = set("AllowedAuthSchemes", list(&["ntlm"]));
        assert_eq!(account(&policy, "").auth_ways, [AuthChoice::Ntlm]);
        assert!(account(&policy, "auth = \"digest\"\n").barred.is_some());
    }),
    ("RefuseMD5", || differs(&on("RefuseMD5"), "", |r| only(r).refuse_md5, false, true)),
    ("DisableNTCredentials", || {
        let kerberos = |r: &Resolved| only(r).auth_ways.contains(&AuthChoice::Kerberos);
        differs(&on("DisableNTCredentials"), "", kerberos, true, false);
        assert!(account(&on("DisableNTCredentials"), "auth = \"kerberos\"\n").barred.is_some());
    }),
    ("SavePassword", || {
        let file = PasswordSource::File("/p".into());
        for (line, source) in [("password.file = \"/p\"\n", file), ("password.keyring = true\n", PasswordSource::Keyring)] {
            differs(&off("SavePassword"), line, |r| only(r).password.clone(), source, PasswordSource::Ask);
        }
    }),
    ("AllowPasswordCommand", || {
        let command = PasswordSource::Command(vec!["p".into()]);
        differs(
            &off("AllowPasswordCommand"),
            "password.command = [\"p\"]\n",
            |r| only(r).password.clone(),
            command,
            PasswordSource::Ask,
        );
    }),
    ("AllowedNetworks", || {
        let policy = set("AllowedNetworks", list(&["lcs"]));
        assert_eq!(account(&policy, "").dialect, Some(Dialect::Lcs));
        assert!(account(&policy, "dialect = \"simple\"\n").barred.is_some());
    }),
    ("AllowedAccounts", || signs_in(&set("AllowedAccounts", list(&["y.test"])))),
    ("BlockedAccounts", || signs_in(&set("BlockedAccounts", list(&["x.test"])))),
    ("DisableNETMessengerService", || leaves(&on("DisableNETMessengerService"), &send("eve@msn.com"))),
    ("RequireDisplayName", || signs_in(&on("RequireDisplayName"))),
    ("BlockConversationFromFederatedContacts", || enters(&on("BlockConversationFromFederatedContacts"), &came("eve@z.test"))),
    ("AllowedDomains", || leaves(&set("AllowedDomains", list(&["y.test"])), &send("eve@z.test"))),
    ("BlockedDomains", || enters(&set("BlockedDomains", list(&["z.test"])), &came("eve@z.test"))),
    ("UnknownSenderAction", || {
        enters(&set("UnknownSenderAction", text("block")), &came("eve@x.test"));
        let strangers = |r: &Resolved| r.messages.strangers;
        for (word, is) in [("allow", Strangers::Allow), ("block", Strangers::Block)] {
            differs(&set("UnknownSenderAction", text(word)), "", strangers, Strangers::Quarantine, is);
            assert_eq!(set("UnknownSenderAction", text(word)).strangers(), Some(is));
        }
        let file = "[messages]\nstrangers = \"allow\"\n";
        differs(&set("UnknownSenderAction", text("quarantine")), file, strangers, Strangers::Allow, Strangers::Quarantine);
    }),
    ("MaximumNumberOfContacts", || {
        let put = Command::PutContact { address: address("eve@x.test"), name: String::new(), groups: Vec::new() };
        leaves(&set("MaximumNumberOfContacts", Value::Number(0)), &put);
    }),
    ("DisableSearch", || leaves(&on("DisableSearch"), &Command::Search { words: "eve".into() })),
    ("DisableGroupConversations", || {
        leaves(&on("DisableGroupConversations"), &Command::Room(RoomCommand::Open(vec![address("eve@x.test")])));
    }),
    ("DisablePresenceNote", || {
        leaves(&on("DisablePresenceNote"), &Command::SetPresence(OwnPresence { note: "out".into(), ..OwnPresence::default() }));
    }),
    ("DisableIdlePresence", || {
        differs(&on("DisableIdlePresence"), "", |r| (r.idle.idle_after.as_secs(), r.idle.multiplexer), (300, true), (0, false));
    }),
    ("IdleAfter", || differs(&set("IdleAfter", Value::Number(7)), "", |r| r.idle.idle_after.as_secs(), 300, 7)),
    ("AwayAfter", || differs(&set("AwayAfter", Value::Number(7)), "", |r| r.idle.away_after.as_secs(), 900, 7)),
    ("CustomStates", || {
        let states = set("CustomStates", list(&["busy:On call"])).table().screen().states;
        assert_eq!(states, [("busy".to_owned(), "On call".to_owned())]);
    }),
    ("DisableIM", || leaves(&on("DisableIM"), &send("bob@x.test"))),
    ("DisableTypingNotification", || {
        leaves(&on("DisableTypingNotification"), &Command::Typing { to: address("bob@x.test"), active: true });
    }),
    ("DisableFormatting", || {
        let style = TextStyle { bold: true, ..TextStyle::default() };
        let order = Command::SendText { to: address("b@x.test"), body: Body { style, ..Body::plain("x") }, tag: MessageRef(1) };
        let sent = app(&on("DisableFormatting")).permit(&id(), order).unwrap().into_inner();
        assert!(matches!(sent, Command::SendText { body, .. } if body.style == TextStyle::default()));
    }),
    ("EnableURL", || assert_eq!(set("EnableURL", text("defang")).table().screen().links, LinkRule::Defang)),
    ("AllowedUrlSchemes", || {
        let schemes = set("AllowedUrlSchemes", list(&["https"])).table().screen().schemes;
        assert_eq!(schemes, Some(vec!["https".to_owned()]));
    }),
    ("IMWarning", || {
        assert_eq!(set("IMWarning", text("careful")).table().screen().warning, Some("careful".to_owned()));
        assert_eq!(set("IMWarning", text(" ")).table().screen().warning, None, "a blank is no line");
    }),
    ("NotificationContent", || {
        differs(&set("NotificationContent", text("count")), "", |r| r.notify.show == Some(Show::Count), false, true);
    }),
    ("DisableSavingIM", || differs(&on("DisableSavingIM"), "", |r| r.keep, Retention::Forever, Retention::Off)),
    ("RequireSavingIM", || {
        let file = "[history]\nkeep = \"off\"\n[accounts.a]\nuri = \"sip:alice@x.test\"\n";
        let keep = |policy: &Policy| loaded(policy, file).resolved.unwrap().keep;
        assert_eq!((keep(&Policy::default()), keep(&on("RequireSavingIM"))), (Retention::Off, Retention::Forever));
    }),
    ("HistoryRetentionDays", || {
        differs(&set("HistoryRetentionDays", Value::Number(9)), "", |r| r.keep, Retention::Forever, Retention::Days(9));
    }),
    ("EncryptLocalStore", || {
        let settings = |policy: &Policy| loaded(policy, ACCOUNT).resolved.unwrap();
        assert!(unlock::permitted(&settings(&set("EncryptLocalStore", text("passphrase")))).is_err());
        assert!(unlock::permitted(&settings(&set("EncryptLocalStore", text("keyfile")))).is_ok());
    }),
    ("EnableTracing", || {
        let file = format!("[log]\nwire = true\nlevel = \"trace\"\n{ACCOUNT}");
        let log = |policy: &Policy| {
            let log = loaded(policy, &file).resolved.unwrap().log;
            (log.wire, log.level)
        };
        assert_eq!(log(&Policy::default()), (true, "trace".to_owned()));
        assert_eq!(log(&off("EnableTracing")), (false, "warn".to_owned()));
    }),
    ("TracingLevel", || {
        differs(&set("TracingLevel", text("error")), "", |r| r.log.level.clone(), "warn".to_owned(), "error".to_owned());
    }),
    ("DisableFileTransfer", || declines(&on("DisableFileTransfer"))),
    ("FileTransferBlockedTypes", || declines(&set("FileTransferBlockedTypes", list(&["exe"])))),
    ("FileTransferAllowedTypes", || declines(&set("FileTransferAllowedTypes", list(&["pdf"])))),
    ("FileTransferPromptTypes", || {
        let rules = set("FileTransferPromptTypes", list(&["exe"])).table().invitations().files;
        assert!(matches!(rules.judge("a.exe", Some(1), false), Verdict::Ask { .. }));
    }),
    ("FileTransferMaxBytes", || declines(&set("FileTransferMaxBytes", Value::Number(8)))),
    ("DisablePictures", || {
        differs(&on("DisablePictures"), "", |r| r.ui.pictures, PicturesChoice::Auto, PicturesChoice::Off);
        assert!(Policy::default().view().is_ok() && on("DisablePictures").view().is_err());
    }),
    ("FileTransferScan", || declines(&set("FileTransferScan", text("required")))),
    ("PC2PCAVEncryption", || objects(&set("PC2PCAVEncryption", text("require")), VOICE, false)),
    ("DataCollaborationSecurity", || objects(&set("DataCollaborationSecurity", text("require")), SHARING, false)),
    ("DisableVideo", || objects(&on("DisableVideo"), VIDEO, true)),
    ("DisablePC2PCAudio", || objects(&on("DisablePC2PCAudio"), VOICE, true)),
    ("DisableCollaborationApps", || objects(&on("DisableCollaborationApps"), SHARING, true)),
];

#[test]
fn every_policy_changes_what_the_program_does() {
    for (name, test) in ROWS {
        assert!(catalogue::find(name).is_some(), "{name} is no policy");
        test();
    }
    let tested: BTreeSet<&str> = ROWS.iter().map(|(name, _)| *name).collect();
    let without: Vec<&str> = catalogue::rows().map(|row| row.name).filter(|name| !tested.contains(name)).collect();
    assert!(without.is_empty(), "policies without a test: {without:?}");
}

const ACCOUNT: &str = "[accounts.a]\nuri = \"sip:alice@x.test\"\n";

const VOICE: Invited = Invited { voice: true, video: false, sharing: false, secret: false };
const VIDEO: Invited = Invited { voice: false, video: true, sharing: false, secret: false };
const SHARING: Invited = Invited { voice: false, video: false, sharing: true, secret: false };

fn policy(settings: &[(&str, Value)]) -> Policy {
    let rank = Rank { level: Level::Managed, scope: Scope::Machine };
    let entries = settings.iter().zip(1..).map(|((name, value), line)| Entry {
        name: Name::Own((*name).to_owned()),
        typed: Typed::Value(value.clone()),
        loose: false,
        rank,
        origin: Origin::File { path: "p.toml".into(), line },
    });
    let policy = Policy::of(Read { entries: entries.collect(), faults: Vec::new() });
    assert_eq!(policy.table().complaints(), [""; 0]);
    policy
}

fn set(name: &str, value: Value) -> Policy {
    policy(&[(name, value)])
}

fn on(name: &str) -> Policy {
    set(name, Value::Flag(true))
}

fn off(name: &str) -> Policy {
    set(name, Value::Flag(false))
}

fn ports(low: u64, high: u64) -> Policy {
    let number = Value::Number;
    policy(&[("PortRangeEnabled", Value::Flag(true)), ("MinSipDynamicPort", number(low)), ("MaxSipDynamicPort", number(high))])
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn list(items: &[&str]) -> Value {
    Value::List(items.iter().map(|item| (*item).to_owned()).collect())
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn loaded(policy: &Policy, file: &str) -> crate::config::Loaded {
    let path = std::path::Path::new("c.toml");
    let (raw, problems) = RawFile::parse(file, path);
    assert!(problems.is_empty(), "{problems:?}");
    let paths = Paths { config: path.into(), config_given: true, data_dir: "d".into(), state_dir: "s".into() };
    resolve(&raw, Some(path), problems, &paths, &Overrides { policy: policy.clone(), ..Overrides::default() })
}

/// An account with these lines, under this policy.
fn account(policy: &Policy, lines: &str) -> AccountSettings {
    only(&loaded(policy, &format!("{ACCOUNT}{lines}")).resolved.unwrap()).clone()
}

fn only(settings: &Resolved) -> &AccountSettings {
    settings.accounts.first().unwrap()
}

/// What is asked for is one thing without the policy, and another with it.
#[allow(clippy::needless_pass_by_value)] // they are written where it is called
fn differs<T: PartialEq + std::fmt::Debug>(policy: &Policy, lines: &str, of: impl Fn(&Resolved) -> T, without: T, with: T) {
    let file = format!("{ACCOUNT}{lines}");
    assert_eq!(of(&loaded(&Policy::default(), &file).resolved.unwrap()), without);
    assert_eq!(of(&loaded(policy, &file).resolved.unwrap()), with);
}

fn id() -> AccountId {
    AccountId::new("a")
}

fn app(policy: &Policy) -> App {
    App::new([(id(), AccountView::new(address("alice@x.test")))], policy.clone())
}

fn leaves(policy: &Policy, order: &Command) {
    assert!(app(&Policy::default()).permit(&id(), order.clone()).is_ok());
    assert!(app(policy).permit(&id(), order.clone()).is_err(), "{order:?}");
}

fn enters(policy: &Policy, event: &Event) {
    assert!(app(&Policy::default()).admit(&id(), event.clone()).is_ok());
    assert!(app(policy).admit(&id(), event.clone()).is_err(), "{event:?}");
}

fn signs_in(policy: &Policy) {
    leaves(policy, &Command::SignIn);
}

fn send(to: &str) -> Command {
    Command::SendText { to: address(to), body: Body::plain("x"), tag: MessageRef(1) }
}

fn came(from: &str) -> Event {
    Event::Text { id: "1".into(), from: address(from), body: Body::plain("x"), sent: None, delayed: false }
}

fn declines(policy: &Policy) {
    let verdict = |policy: &Policy| policy.table().invitations().files.judge("a.exe", Some(9), false);
    assert_eq!(verdict(&Policy::default()), Verdict::Allow);
    assert!(matches!(verdict(policy), Verdict::Block { .. }));
}

/// The thing itself is objected to, or only its lack of encryption.
fn objects(policy: &Policy, to: Invited, to_itself: bool) {
    let objection = |policy: &Policy, to| policy.table().invitations().objection(to);
    assert_eq!(objection(&Policy::default(), to), None);
    assert_eq!(matches!(objection(policy, to), Some(Objection::Policy(_))), to_itself);
    assert_eq!(objection(policy, Invited { secret: true, ..to }).is_some(), to_itself);
}
