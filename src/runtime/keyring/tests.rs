//! A real bus with a small Secret Service on it, a bus without one, and no bus.

use std::sync::{Arc, Mutex};

use zbus::Message;

use super::*;
use crate::runtime::desktop::tests::Daemon;

/// What the keyring of a test is like.
#[derive(Debug, Default)]
struct Ring {
    secret: Option<Vec<u8>>,
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
    asked: Vec<String>,
}

const ITEM: &str = "/org/freedesktop/secrets/collection/login/1";
const LOGIN: &str = "/org/freedesktop/secrets/collection/login";
const PROMPT: &str = "/org/freedesktop/secrets/prompt/1";
const SESSION: &str = "/org/freedesktop/secrets/session/1";

fn at(path: &str) -> ObjectPath<'_> {
    ObjectPath::try_from(path).unwrap()
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
    let (has, locked, dismissed) = {
        let ring = ring.lock().unwrap();
        (ring.secret.is_some() && !(ring.blind && ring.locked), ring.locked, ring.dismissed)
    };
    let nothing = Vec::<ObjectPath<'_>>::new();
    match member.as_str() {
        "OpenSession" => {
            let (way, _): (String, OwnedVariant) = message.body().deserialize().unwrap();
            assert_eq!(way, "plain");
            connection.reply(&header, &(Variant::from(""), at(SESSION))).await.unwrap();
        }
        "SearchItems" => {
            let (attributes,): (HashMap<String, String>,) = message.body().deserialize().unwrap();
            assert_eq!(attributes["application"], "chinwag");
            let items = if has { vec![at(ITEM)] } else { nothing.clone() };
            let answer = if locked { (nothing, items) } else { (items, nothing) };
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
            let octets = ring.lock().unwrap().secret.clone().unwrap();
            let secret = (at(SESSION), Vec::<u8>::new(), octets, "text/plain");
            let all = if ring.lock().unwrap().close { HashMap::new() } else { HashMap::from([(at(ITEM), secret)]) };
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
            assert!(!replace && properties.len() == 2 && properties.contains_key("org.freedesktop.Secret.Item.Label"));
            ring.lock().unwrap().secret = Some(secret.2);
            connection.reply(&header, &(at(ITEM), at("/"))).await.unwrap();
        }
        other => panic!("{other}"),
    }
}

/// What the keyring answers, as soon as it has its name.
fn asked(daemon: &Daemon, make: bool) -> Result<Secret, String> {
    let began = std::time::Instant::now();
    loop {
        match wait_for(Some(daemon.address.clone()), make) {
            Err(why) if why == "no keyring runs on this desktop" && began.elapsed() < Duration::from_secs(20) => {}
            other => return other,
        }
    }
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
    let (daemon, ring, serving) = with(Ring { secret: Some(b"right".to_vec()), locked: true, ..Ring::default() });
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
            with(Ring { secret: Some(b"of another folder".to_vec()), locked: true, blind: true, ..Ring::default() });
        assert_eq!(asked(&daemon, make).unwrap().expose(), "of another folder");
        assert!(!ring.lock().unwrap().asked.iter().any(|word| word == "CreateItem"));
        drop(daemon);
        serving.join().unwrap();
    }
}

#[test]
fn what_is_found_and_not_handed_out_is_not_missing() {
    let (daemon, ring, serving) = with(Ring { secret: Some(b"right".to_vec()), close: true, ..Ring::default() });
    for make in [true, false] {
        assert_eq!(asked(&daemon, make).unwrap_err(), "it does not hand out its passphrase of chinwag; unlock it");
    }
    assert_eq!(ring.lock().unwrap().secret.as_deref(), Some(&b"right"[..]));
    drop(daemon);
    serving.join().unwrap();
}

#[test]
fn a_keyring_that_cannot_keep_it_or_keeps_something_else_is_told() {
    let (daemon, ring, serving) = with(Ring { without_default: true, ..Ring::default() });
    assert!(asked(&daemon, true).unwrap_err().starts_with("it has no default keyring"));
    ring.lock().unwrap().secret = Some(vec![0xff, 0xfe]);
    assert_eq!(asked(&daemon, true).unwrap_err(), "its passphrase of chinwag is not text");
    drop(daemon);
    serving.join().unwrap();
}

#[test]
fn no_keyring_and_no_bus_are_said_at_once() {
    let daemon = Daemon::start();
    assert_eq!(wait_for(Some(daemon.address.clone()), true).unwrap_err(), "no keyring runs on this desktop");
    let folder = tempfile::tempdir().unwrap();
    let nowhere = format!("unix:path={}", folder.path().join("none").display());
    assert!(wait_for(Some(nowhere), true).unwrap_err().starts_with("the session bus cannot be reached: "));
    assert!(wait_for(Some("tcp:host=localhost".to_owned()), true).unwrap_err().starts_with("there is no session bus"));
}
