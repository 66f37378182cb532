//! A real bus with a small Secret Service on it, a bus without one, and no bus.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use zbus::Message;

use super::*;
use crate::runtime::desktop::tests::Daemon;

/// What an item is found by.
type Attributes = BTreeMap<String, String>;

/// What the keyring of a test is like.
#[derive(Debug, Default)]
struct Ring {
    /// By what they are found by; an item that is gone leaves its place.
    items: Vec<Option<(Attributes, Vec<u8>)>>,
    /// It asks its user before it opens.
    locked: bool,
    /// The user says no.
    dismissed: bool,
    /// It finds nothing while it is locked.
    blind: bool,
    /// What it finds it does not hand out.
    close: bool,
    /// Nothing can be put into it.
    without_default: bool,
    /// What is put into it is not found: another item of the same attributes comes first.
    stubborn: bool,
    asked: Vec<String>,
}

impl Ring {
    /// One with these secrets.
    fn of(secrets: &[(Kept<'_>, &[u8])]) -> Self {
        let item = |(kept, octets): &(Kept<'_>, &[u8])| Some((owned(*kept), octets.to_vec()));
        Self { items: secrets.iter().map(item).collect(), ..Self::default() }
    }

    /// The places of the items that are found by these.
    fn found(&self, by: &Attributes) -> Vec<usize> {
        let fits = |item: &Option<(Attributes, Vec<u8>)>| {
            item.as_ref().is_some_and(|(attributes, _)| by.iter().all(|(name, value)| attributes.get(name) == Some(value)))
        };
        self.items.iter().enumerate().filter(|(_, item)| fits(item)).map(|(at, _)| at).collect()
    }

    fn put(&mut self, attributes: Attributes, octets: Vec<u8>) {
        match self.found(&attributes).first() {
            Some(&at) if !self.stubborn => self.items[at] = Some((attributes, octets)),
            _ => self.items.push(Some((attributes, octets))),
        }
    }

    fn count(&self) -> usize {
        self.items.iter().flatten().count()
    }
}

fn owned(kept: Kept<'_>) -> Attributes {
    kept.attributes().into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn who(address: &str) -> Address {
    Address::parse(address).unwrap()
}

const LOGIN: &str = "/org/freedesktop/secrets/collection/login";
const PROMPT: &str = "/org/freedesktop/secrets/prompt/1";
const SESSION: &str = "/org/freedesktop/secrets/session/1";

fn at(path: &str) -> ObjectPath<'_> {
    ObjectPath::try_from(path).unwrap()
}

/// The path of an item.
fn path_of(item: usize) -> OwnedObjectPath {
    OwnedObjectPath::try_from(format!("{LOGIN}/{item}")).unwrap()
}

/// The item of a path.
fn item_of(path: &str) -> usize {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

/// Takes the name of the keyring and serves until the test ends.
async fn serve(address: String, ring: Arc<Mutex<Ring>>) {
    let connection = session_bus(Some(&address)).await.unwrap();
    let mut messages = MessageStream::from(&connection);
    connection.request_name(SERVICE).await.unwrap();
    while let Some(Ok(message)) = messages.next().await {
        let header = message.header();
        if header.interface().is_some_and(|interface| interface.as_str().starts_with("org.freedesktop.Secret.")) {
            answer(&connection, &message, &ring).await;
        }
    }
}

async fn answer(connection: &Connection, message: &Message, ring: &Mutex<Ring>) {
    let header = message.header();
    let member = header.member().unwrap().as_str().to_owned();
    ring.lock().unwrap().asked.push(member.clone());
    let (locked, dismissed) = {
        let ring = ring.lock().unwrap();
        (ring.locked, ring.dismissed)
    };
    let nothing = Vec::<ObjectPath<'_>>::new();
    match member.as_str() {
        "OpenSession" => {
            let (way, _): (String, OwnedVariant) = message.body().deserialize().unwrap();
            assert_eq!(way, "plain");
            connection.reply(&header, &(Variant::from(""), at(SESSION))).await.unwrap();
        }
        "SearchItems" => {
            let (by,): (Attributes,) = message.body().deserialize().unwrap();
            assert_eq!(by["application"], "chinwag");
            let blind = locked && ring.lock().unwrap().blind;
            let items: Vec<_> = ring.lock().unwrap().found(&by).into_iter().filter(|_| !blind).map(path_of).collect();
            let answer = if locked { (Vec::new(), items) } else { (items, Vec::new()) };
            connection.reply(&header, &answer).await.unwrap();
        }
        "Unlock" => {
            let prompt = if locked { PROMPT } else { "/" };
            connection.reply(&header, &(nothing, at(prompt))).await.unwrap();
        }
        "Prompt" => {
            connection.reply(&header, &()).await.unwrap();
            ring.lock().unwrap().locked = dismissed;
            let said = (dismissed, Variant::from(""));
            connection.emit_signal(None::<&str>, PROMPT, PROMPT_WORDS, "Completed", &said).await.unwrap();
        }
        "GetSecrets" => {
            assert_eq!(message.body().signature().to_string_no_parens(), "aoo");
            let (wanted, _): (Vec<OwnedObjectPath>, OwnedObjectPath) = message.body().deserialize().unwrap();
            let (_, octets) = ring.lock().unwrap().items[item_of(&wanted[0])].clone().unwrap();
            let secret = (at(SESSION), Vec::<u8>::new(), octets, "text/plain");
            let all = if ring.lock().unwrap().close { HashMap::new() } else { HashMap::from([(&wanted[0], secret)]) };
            connection.reply(&header, &all).await.unwrap();
        }
        "ReadAlias" => {
            let path = if ring.lock().unwrap().without_default { "/" } else { LOGIN };
            connection.reply(&header, &at(path)).await.unwrap();
        }
        "CreateItem" => {
            assert_eq!(header.path().unwrap().as_str(), LOGIN);
            let body = message.body();
            // As the specification of the Secret Service has it.
            assert_eq!(body.signature().to_string_no_parens(), "a{sv}(oayays)b");
            let (properties, secret, replace): (HashMap<String, OwnedVariant>, OnTheBus, bool) = body.deserialize().unwrap();
            assert!(properties.len() == 2 && properties.contains_key("org.freedesktop.Secret.Item.Label"));
            let attributes = properties["org.freedesktop.Secret.Item.Attributes"].try_clone().unwrap();
            let attributes: Attributes = HashMap::<String, String>::try_from(attributes).unwrap().into_iter().collect();
            assert_eq!(replace, attributes["purpose"] == "password", "a passphrase takes the place of nothing");
            ring.lock().unwrap().put(attributes, secret.2);
            connection.reply(&header, &(path_of(0), at("/"))).await.unwrap();
        }
        "Delete" => {
            assert_eq!(header.interface().unwrap().as_str(), ITEM_WORDS);
            ring.lock().unwrap().items[item_of(header.path().unwrap().as_str())] = None;
            connection.reply(&header, &at("/")).await.unwrap();
        }
        other => panic!("{other}"),
    }
}

/// What the keyring answers, as soon as it has its name.
fn answered<T>(ask: impl Fn() -> Result<T, String>) -> Result<T, String> {
    let began = std::time::Instant::now();
    loop {
        match ask() {
            Err(why) if why == "no keyring runs on this desktop" && began.elapsed() < Duration::from_secs(20) => {}
            other => return other,
        }
    }
}

/// The passphrase on this bus.
fn asked_at(address: &str, make: bool) -> Result<Secret, String> {
    let address = address.to_owned();
    wait_for(move || async move { passphrase_at(Some(&address), make).await })
}

fn asked(daemon: &Daemon, make: bool) -> Result<Secret, String> {
    answered(|| asked_at(&daemon.address, make))
}

/// The password of somebody.
fn password_of(daemon: &Daemon, whose: &Address) -> Result<String, String> {
    answered(|| {
        let (address, whose) = (daemon.address.clone(), whose.clone());
        wait_for(move || async move { password_at(Some(&address), &whose).await })
    })
    .map(|secret| secret.expose().to_owned())
}

fn keep(daemon: &Daemon, whose: &Address, text: &str) -> Result<(), String> {
    answered(|| {
        let (address, whose, secret) = (daemon.address.clone(), whose.clone(), Secret::new(text.to_owned()));
        wait_for(move || async move { keep_at(Some(&address), &whose, &secret).await })
    })
}

fn forget(daemon: &Daemon, whose: &Address) -> Result<bool, String> {
    answered(|| {
        let (address, whose) = (daemon.address.clone(), whose.clone());
        wait_for(move || async move { forget_at(Some(&address), &whose).await })
    })
}

fn with(ring: Ring) -> (Daemon, Arc<Mutex<Ring>>, std::thread::JoinHandle<()>) {
    let (daemon, ring) = (Daemon::start(), Arc::new(Mutex::new(ring)));
    let (address, shared) = (daemon.address.clone(), Arc::clone(&ring));
    let serving = std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(serve(address, shared));
    });
    (daemon, ring, serving)
}

#[test]
fn a_passphrase_is_made_once_and_found_again() {
    let (daemon, ring, serving) = with(Ring::default());
    assert_eq!(asked(&daemon, false).unwrap_err(), "it holds no passphrase of chinwag");
    let made = asked(&daemon, true).unwrap();
    assert!(made.expose().len() == 64 && made.expose().bytes().all(|b| b.is_ascii_hexdigit()));
    assert_eq!(asked(&daemon, true).unwrap(), made);
    assert_eq!(asked(&daemon, false).unwrap(), made);
    assert_eq!(ring.lock().unwrap().asked.iter().filter(|word| *word == "CreateItem").count(), 1);
    drop(daemon);
    serving.join().unwrap();
}

#[test]
fn a_locked_keyring_asks_its_user() {
    let (daemon, ring, serving) = with(Ring { locked: true, ..Ring::of(&[(Kept::Passphrase, b"right")]) });
    assert_eq!(asked(&daemon, false).unwrap().expose(), "right");
    assert!(ring.lock().unwrap().asked.iter().any(|word| word == "Prompt"));
    {
        let mut ring = ring.lock().unwrap();
        (ring.locked, ring.dismissed) = (true, true);
    }
    assert_eq!(asked(&daemon, true).unwrap_err(), "it was not unlocked");
    drop(daemon);
    serving.join().unwrap();
}

#[test]
fn what_a_locked_keyring_does_not_find_is_not_replaced() {
    for make in [true, false] {
        let (daemon, ring, serving) =
            with(Ring { locked: true, blind: true, ..Ring::of(&[(Kept::Passphrase, b"of another folder")]) });
        assert_eq!(asked(&daemon, make).unwrap().expose(), "of another folder");
        assert!(!ring.lock().unwrap().asked.iter().any(|word| word == "CreateItem"));
        drop(daemon);
        serving.join().unwrap();
    }
}

#[test]
fn what_is_found_and_not_handed_out_is_not_missing() {
    let (daemon, ring, serving) = with(Ring { close: true, ..Ring::of(&[(Kept::Passphrase, b"right")]) });
    for make in [true, false] {
        assert_eq!(asked(&daemon, make).unwrap_err(), "it does not hand out its passphrase of chinwag; unlock it");
    }
    assert_eq!(ring.lock().unwrap().items[0].as_ref().unwrap().1, b"right");
    drop(daemon);
    serving.join().unwrap();
}

#[test]
fn a_keyring_that_cannot_keep_it_or_keeps_something_else_is_told() {
    let (daemon, ring, serving) = with(Ring { without_default: true, ..Ring::default() });
    assert!(asked(&daemon, true).unwrap_err().starts_with("it has no default keyring"));
    ring.lock().unwrap().put(owned(Kept::Passphrase), vec![0xff, 0xfe]);
    assert_eq!(asked(&daemon, true).unwrap_err(), "its passphrase of chinwag is not text");
    drop(daemon);
    serving.join().unwrap();
}

#[test]
fn each_account_has_the_password_of_its_address() {
    let (daemon, ring, serving) = with(Ring::of(&[(Kept::Passphrase, b"of the store")]));
    let (alice, bob) = (who("sip:alice@example.test"), who("sip:bob@example.test"));
    let missing = "it holds no password of sip:alice@example.test; `chinwag password set` puts it there";
    assert_eq!(password_of(&daemon, &alice).unwrap_err(), missing);
    keep(&daemon, &alice, "old").unwrap();
    keep(&daemon, &bob, "another").unwrap();
    keep(&daemon, &alice, "new wörds").unwrap();
    assert_eq!((password_of(&daemon, &alice), password_of(&daemon, &bob)), (Ok("new wörds".into()), Ok("another".into())));
    assert_eq!(ring.lock().unwrap().count(), 3, "one an account, and the passphrase");
    assert_eq!((forget(&daemon, &alice), forget(&daemon, &alice)), (Ok(true), Ok(false)));
    assert_eq!(password_of(&daemon, &alice).unwrap_err(), missing);
    assert_eq!(password_of(&daemon, &bob).unwrap(), "another");
    assert_eq!(asked(&daemon, false).unwrap().expose(), "of the store");
    drop(daemon);
    serving.join().unwrap();
}

#[test]
fn a_password_in_a_locked_keyring_is_for_who_unlocks_it() {
    let alice = who("sip:alice@example.test");
    let ring = Ring { locked: true, dismissed: true, ..Ring::of(&[(Kept::Password(&alice), b"right")]) };
    let (daemon, ring, serving) = with(ring);
    assert_eq!(password_of(&daemon, &alice).unwrap_err(), "it was not unlocked");
    assert_eq!(keep(&daemon, &alice, "other").unwrap_err(), "it was not unlocked");
    assert_eq!(forget(&daemon, &alice).unwrap_err(), "it was not unlocked");
    ring.lock().unwrap().dismissed = false;
    assert_eq!(password_of(&daemon, &alice).unwrap(), "right");
    ring.lock().unwrap().locked = true;
    assert_eq!(forget(&daemon, &alice), Ok(true));
    assert_eq!(ring.lock().unwrap().count(), 0);
    drop(daemon);
    serving.join().unwrap();
}

#[test]
fn a_password_that_would_not_be_given_back_is_not_said_to_be_kept() {
    let alice = who("sip:alice@example.test");
    let (daemon, ring, serving) = with(Ring { stubborn: true, ..Ring::of(&[(Kept::Password(&alice), b"old")]) });
    assert!(keep(&daemon, &alice, "new").unwrap_err().contains("`chinwag password forget`"));
    assert_eq!((forget(&daemon, &alice), ring.lock().unwrap().count()), (Ok(true), 0));
    keep(&daemon, &alice, "new").unwrap();
    assert_eq!(password_of(&daemon, &alice).unwrap(), "new");
    ring.lock().unwrap().without_default = true;
    assert!(keep(&daemon, &alice, "newer").unwrap_err().starts_with("it has no default keyring"));
    drop(daemon);
    serving.join().unwrap();
}

/// The time of this test runs ahead as soon as nothing else can happen.
#[tokio::test(start_paused = true)]
async fn a_keyring_that_does_not_answer_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bus");
    let _silent = tokio::net::UnixListener::bind(&path).unwrap();
    let address = format!("unix:path={}", path.display());
    let alice = who("sip:alice@example.test");
    assert_eq!(password_at(Some(&address), &alice).await.unwrap_err(), "no answer within 5 s");
    let kept = keep_at(Some(&address), &alice, &Secret::new("x".to_owned())).await;
    assert_eq!(kept.unwrap_err(), "no answer within 5 s");
}

#[test]
fn no_keyring_and_no_bus_are_said_at_once() {
    let daemon = Daemon::start();
    assert_eq!(asked_at(&daemon.address, true).unwrap_err(), "no keyring runs on this desktop");
    let folder = tempfile::tempdir().unwrap();
    let nowhere = format!("unix:path={}", folder.path().join("none").display());
    assert!(asked_at(&nowhere, true).unwrap_err().starts_with("the session bus cannot be reached: "));
    assert!(asked_at("tcp:host=localhost", true).unwrap_err().starts_with("there is no session bus"));
}
