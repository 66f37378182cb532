//! The socket with connections of every kind; what is ordered is looked at instead of carried out.

use std::os::unix::fs::FileTypeExt as _;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use super::super::reach::greet;
use super::super::{Hello, Unreached};
use super::*;
use crate::app::lock::LockAct;
use crate::app::transfers::{FileDeed, FileNews};
use crate::app::{AccountView, Action, Effect, FileAct, sample, update};
use crate::backend::Command;
use crate::model::{Address, Availability, Body, Contact, Fate, Fingerprint, MessageRef, Presence, Roster, RosterHome};
use crate::policy::Policy;

fn id() -> AccountId {
    AccountId::new("work")
}

fn who(name: &str) -> Address {
    Address::complete(name, Some("example.test")).unwrap()
}

/// A program with one account that is signed in.
struct World {
    control: Control,
    app: App,
    ordered: Vec<Command>,
    deeds: Vec<(FileId, FileDeed)>,
    dir: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let control = Control::open_at(&dir.path().join("chinwag").join("s.sock"), dir.path()).unwrap();
        let app = App::new([(id(), AccountView::new(who("alice")))], Policy::default());
        let mut world = Self { control, app, ordered: Vec::new(), deeds: Vec::new(), dir };
        world.happens(&Event::Phase { phase: SignInPhase::Online, server: Some("h:1".into()), transport: None });
        world
    }

    /// As the shell does it.
    fn happens(&mut self, event: &Event) {
        drop(update(&mut self.app, Msg::Account(id(), event.clone()), Stamp::default()));
        self.control.told(&self.app, &id(), event, Stamp::default());
    }

    fn obey(&mut self, asked: Asked) {
        if let Some(msg) = self.control.obey(asked, &self.app, Stamp::default()) {
            if let Msg::Action(Action::Order(_, command)) = &msg {
                self.ordered.push(command.clone());
            }
            self.submit(msg);
        }
    }

    /// As the shell does it, as far as files go.
    fn submit(&mut self, msg: Msg) {
        let mut effects = update(&mut self.app, msg, Stamp::default());
        for effect in effects.drain(..) {
            match effect {
                Effect::FileChanged(account, file) => self.control.file(&self.app, &account, file, Stamp::default()),
                Effect::File(_, file, deed) => self.deeds.push((file, deed)),
                Effect::Account(_, command) => drop(command),
                _ => {}
            }
        }
    }

    /// What the shell has to tell of a file.
    fn news(&mut self, file: FileId, news: FileNews) {
        self.submit(Msg::File(id(), file, news));
    }

    /// Runs until that was done about a file.
    async fn done(&mut self, file: FileId, wanted: &FileDeed) {
        while !self.deeds.iter().any(|(id, deed)| *id == file && deed == wanted) {
            let asked = self.control.next().await;
            self.obey(asked);
        }
    }

    async fn connect(&mut self) -> Peer {
        let stream = UnixStream::connect(self.control.path()).await.unwrap();
        let mut peer = Peer { stream: BufReader::new(stream) };
        let hello = self.hear(&mut peer).await.unwrap();
        assert_eq!((&hello["event"], &hello["accounts"][0]["phase"]), (&json!("hello"), &json!("online")), "{hello}");
        peer
    }

    /// The next line for somebody, while the program runs; `None` at the end.
    async fn hear(&mut self, peer: &mut Peer) -> Option<Value> {
        let mut line = String::new();
        loop {
            tokio::select! {
                asked = self.control.next() => self.obey(asked),
                read = peer.stream.read_line(&mut line) => {
                    return (read.ok()? > 0).then(|| serde_json::from_str(&line).unwrap());
                }
            }
        }
    }

    /// Says more than the socket holds, while the program runs.
    async fn pour(&mut self, peer: &mut Peer, bytes: &[u8]) {
        let mut said = std::pin::pin!(peer.stream.get_mut().write_all(bytes));
        loop {
            tokio::select! {
                asked = self.control.next() => self.obey(asked),
                done = &mut said => return done.unwrap(),
            }
        }
    }

    /// The next line of this kind.
    async fn event(&mut self, peer: &mut Peer, name: &str) -> Value {
        loop {
            let line = self.hear(peer).await.expect("the connection ended");
            if line["event"] == name {
                return line;
            }
        }
    }

    /// Everything said so far is obeyed: this is, and it was said last.
    async fn settle(&mut self, peer: &mut Peer) -> Vec<Value> {
        peer.say(&json!({"do": "roster", "id": "settled"})).await;
        let mut all = Vec::new();
        loop {
            let line = self.hear(peer).await.expect("the connection ended");
            if line["id"] == "settled" {
                return all;
            }
            all.push(line);
        }
    }
}

struct Peer {
    stream: BufReader<UnixStream>,
}

impl Peer {
    async fn say(&mut self, act: &Value) {
        self.raw(format!("{act}\n").as_bytes()).await;
    }

    async fn raw(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).await.unwrap();
    }

    async fn follow(&mut self) {
        self.say(&json!({"do": "follow", "presence": true, "messages": true, "lists": true})).await;
    }
}

#[tokio::test]
async fn nobody_else_can_open_it_and_nothing_stays() {
    let world = World::new();
    let path = world.control.path().to_owned();
    let mode = |path: &Path| std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    drop(world.control);
    assert!(!path.exists());
    assert!(is_ours(Some(7), 7));
    assert!(!is_ours(Some(8), 7) && !is_ours(Some(0), 7) && !is_ours(None, 7), "other users, root too");
}

#[tokio::test]
async fn what_a_killed_program_left_makes_way() {
    let mut world = World::new();
    let path = world.control.path().to_owned();
    // As after kill -9: the socket is there and nobody listens.
    world.control.listener = None;
    assert!(matches!(greet(&path), Err(Unreached::Nobody { .. })), "nobody answers");
    let second = Control::open_at(&path, world.dir.path()).unwrap();
    assert!(std::fs::symlink_metadata(&path).unwrap().file_type().is_socket());
    world.control.remove();
    assert!(path.exists(), "the first one does not take away what is the second one's");
    drop(second);
    std::fs::write(&path, "precious").unwrap();
    assert!(Control::open_at(&path, world.dir.path()).is_err());
}

#[tokio::test]
async fn a_message_goes_the_way_of_a_key_and_its_fate_to_who_sent_it() {
    let mut world = World::new();
    let (mut one, mut other) = (world.connect().await, world.connect().await);
    one.say(&json!({"do": "send", "to": "bob", "text": "hi", "id": {"no": "id"}})).await;
    one.say(&json!({"do": "send", "to": "bob", "text": "lunch?", "id": 7})).await;
    assert_eq!(world.settle(&mut one).await, Vec::<Value>::new());
    let tag = MessageRef(2);
    assert_eq!(world.ordered[1], Command::SendText { to: who("bob"), body: Body::plain("lunch?"), tag });
    let shown: Vec<_> = world.app.accounts[&id()].conversations[&who("bob")].lines().map(|line| line.body.text.clone()).collect();
    assert_eq!(shown, ["hi", "lunch?"], "the screen shows what was sent");
    world.happens(&Event::Delivery { tag, fate: Fate::Sent });
    world.happens(&Event::Delivery { tag, fate: Fate::Delivered });
    for fate in ["sent", "delivered"] {
        let told = world.event(&mut one, "delivery").await;
        assert_eq!((&told["id"], &told["fate"]), (&json!(7), &json!(fate)));
    }
    world.happens(&Event::Delivery { tag: MessageRef(1), fate: Fate::Delivered });
    assert_eq!(world.event(&mut one, "delivery").await["id"], "m1", "a name of ours where it gave none");
    world.happens(&Event::Delivery { tag: MessageRef(77), fate: Fate::Delivered });
    assert!(world.settle(&mut one).await.is_empty() && world.settle(&mut other).await.is_empty());
}

#[tokio::test]
async fn who_follows_is_told_the_state_then_what_happens() {
    let mut world = World::new();
    let mut roster = Roster::default();
    roster.put(Contact::new(who("bob")));
    roster.put(Contact::new(who("carol")));
    world.happens(&Event::RosterReset { roster, home: RosterHome::Local });
    let busy = Presence { availability: Availability::Busy, ..Presence::default() };
    world.happens(&Event::Presence { who: who("bob"), now: busy.clone() });
    let (mut all, mut some, mut none) = (world.connect().await, world.connect().await, world.connect().await);
    all.follow().await;
    some.say(&json!({"do": "follow", "presence": ["carol"], "id": "f"})).await;
    let words = |lines: Vec<Value>| lines.iter().map(|line| line["event"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(words(world.settle(&mut all).await), ["phase", "presence", "roster", "access", "presence", "followed"]);
    let told = world.settle(&mut some).await;
    assert_eq!((&told.last().unwrap()["id"], &told.last().unwrap()["settled"]), (&json!("f"), &json!(false)));
    assert_eq!(words(told), ["phase", "presence", "followed"], "Bob was not asked about");
    for name in ["bob", "carol"] {
        world.happens(&Event::Presence { who: who(name), now: busy.clone() });
    }
    let text = Event::Text { id: "0".into(), from: who("bob"), body: Body::plain("hi"), sent: None, delayed: false };
    world.happens(&text);
    world.happens(&Event::AllStale);
    assert_eq!(words(world.settle(&mut all).await), ["presence", "presence", "message", "presence", "presence"]);
    let told = world.settle(&mut some).await;
    assert_eq!(told.iter().map(|line| line["stale"] == true).collect::<Vec<_>>(), [false, true]);
    assert!(told.iter().all(|line| line["who"] == "sip:carol@example.test"));
    assert!(world.settle(&mut none).await.is_empty());
}

#[tokio::test]
async fn strangers_are_followed_and_told_when_known() {
    let mut world = World::new();
    let mut peer = world.connect().await;
    peer.say(&json!({"do": "follow", "presence": ["dave"]})).await;
    peer.say(&json!({"do": "watch", "people": ["dave"], "once": true})).await;
    world.settle(&mut peer).await;
    assert_eq!(world.ordered, [Command::Watch(vec![who("dave")])]);
    world.happens(&Event::Presence { who: who("dave"), now: Presence::default() });
    assert_eq!(world.event(&mut peer, "presence").await["availability"], "unknown");
    // Nothing changes, so the network would tell nothing again.
    peer.say(&json!({"do": "watch", "people": ["dave"], "once": true})).await;
    assert_eq!(world.event(&mut peer, "presence").await["who"], "sip:dave@example.test");
}

#[tokio::test]
async fn nonsense_is_answered_and_changes_nothing() {
    let mut world = World::new();
    let mut peer = world.connect().await;
    let nested = "[".repeat(50_000);
    let huge = format!("{{\"do\":\"send\",\"to\":\"bob\",\"text\":\"{}\"}}", "x".repeat(300_000));
    for (line, code) in [
        ("{", "malformed"),
        ("\u{0}\u{1b}[2J", "malformed"),
        ("GET / HTTP/1.1", "malformed"),
        ("[]", "malformed"),
        (nested.as_str(), "malformed"),
        (huge.as_str(), "malformed"),
        (r#"{"do":"dance"}"#, "unknown_act"),
        (r#"{"do":"send","to":"b ob","text":"x"}"#, "bad_field"),
        (r#"{"do":"send","to":"bob","text":"x","account":"home"}"#, "bad_field"),
        (r#"{"do":"send","to":"bob","text":"x","account":7}"#, "bad_field"),
        (r#"{"do":"follow","presence":"all"}"#, "bad_field"),
        (r#"{"do":"follow","presence":[7]}"#, "bad_field"),
        (r#"{"do":"follow","lists":1}"#, "bad_field"),
        (r#"{"do":"offer_file"}"#, "bad_field"),
        (r#"{"do":"offer_file","to":"bob","path":"x"}"#, "bad_field"),
        (r#"{"do":"reject","id":"s1"}"#, "unsupported"),
        (r#"{"do":"accept","id":"r1"}"#, "unsupported"),
    ] {
        world.pour(&mut peer, format!("{line}\n\n \r\n").as_bytes()).await;
        let answer = world.event(&mut peer, "notice").await;
        assert_eq!((&answer["code"], &answer["level"]), (&json!(code), &json!("error")), "{line:.60}");
    }
    peer.raw(b"\xff\xfe\n").await;
    assert_eq!(world.event(&mut peer, "notice").await["code"], "malformed");
    assert!(world.ordered.is_empty() && world.settle(&mut peer).await.is_empty());
}

#[tokio::test]
async fn a_thousand_connections_leave_room_for_the_last() {
    let mut world = World::new();
    let mut keeper = world.connect().await;
    keeper.follow().await;
    world.settle(&mut keeper).await;
    let mut idle = Vec::new();
    for _ in 0..1_000 {
        idle.push(world.connect().await);
    }
    assert_eq!(world.control.connections(), CONNECTIONS);
    let mut last = world.connect().await;
    last.say(&json!({"do": "send", "to": "bob", "text": "hi"})).await;
    world.settle(&mut last).await;
    assert_eq!(world.ordered.len(), 1);
    assert_eq!(world.hear(&mut idle[0]).await, None, "who only sits there makes way");
    assert!(world.settle(&mut keeper).await.is_empty(), "who follows does not");
    // Where all are of use, the new one is sent away.
    for peer in idle.iter_mut().rev().take(CONNECTIONS - 2) {
        peer.follow().await;
        world.settle(peer).await;
    }
    let stream = UnixStream::connect(world.control.path()).await.unwrap();
    let mut late = Peer { stream: BufReader::new(stream) };
    let told = world.hear(&mut late).await.unwrap();
    assert_eq!((&told["event"], &told["code"]), (&json!("notice"), &json!("busy")));
    assert!(matches!(Hello::read(told.to_string().as_bytes()), Err(Unreached::Busy(_))));
    assert_eq!(world.hear(&mut late).await, None);
}

#[tokio::test]
async fn who_does_not_read_is_dropped_and_others_are_not() {
    let mut world = World::new();
    let (mut slow, mut fast) = (world.connect().await, world.connect().await);
    slow.follow().await;
    fast.follow().await;
    world.event(&mut slow, "followed").await;
    world.event(&mut fast, "followed").await;
    let text = "x".repeat(64 * 1024);
    let most = UNREAD / text.len() + 8;
    for number in 0..most {
        let body = Body::plain(text.clone());
        world.happens(&Event::Text { id: number.to_string(), from: who("bob"), body, sent: None, delayed: false });
        let told = world.event(&mut fast, "message").await;
        assert_eq!(told["id"], number.to_string());
    }
    assert!(world.control.clients.iter().map(Client::waiting).sum::<usize>() < 1024 * 1024, "its memory is given back");
    let mut told = Vec::new();
    while let Some(line) = world.hear(&mut slow).await {
        told.push(line["code"].as_str().unwrap_or_default().to_owned());
    }
    assert_eq!(told.last().unwrap(), "too_slow", "the last whole line of {}", told.len());
    assert!(told.len() < most);
    assert!(world.settle(&mut fast).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_lines_is_taken_at_a_bearable_pace() {
    let mut world = World::new();
    let mut peer = world.connect().await;
    let began = Instant::now();
    peer.raw("{\"do\":\"typing\",\"to\":\"bob\"}\n".repeat(1_000).as_bytes()).await;
    while world.ordered.len() < 1_000 {
        let asked = world.control.next().await;
        world.obey(asked);
        if world.ordered.len() == 200 {
            assert!(began.elapsed() < Duration::from_millis(50), "a burst is taken at once");
        }
    }
    let took = began.elapsed();
    assert!(took > Duration::from_millis(7_900) && took < Duration::from_millis(8_200), "{took:?}");
}

#[tokio::test]
async fn the_end_of_input_is_quit() {
    let mut world = World::new();
    let mut peer = world.connect().await;
    // The last line has no end, and its fate is still told.
    peer.raw(b"{\"do\":\"typing\",\"to\":\"bob\"}\n".repeat(3).as_slice()).await;
    peer.raw(br#"{"do":"send","to":"bob","text":"bye","id":1}"#).await;
    peer.stream.get_mut().shutdown().await.unwrap();
    while world.ordered.len() < 4 {
        let asked = world.control.next().await;
        world.obey(asked);
    }
    world.happens(&Event::Delivery { tag: MessageRef(1), fate: Fate::Delivered });
    assert_eq!(world.hear(&mut peer).await.unwrap()["fate"], "delivered");
    assert_eq!(world.hear(&mut peer).await, None);
    let mut follower = world.connect().await;
    follower.follow().await;
    follower.say(&json!({"do": "quit"})).await;
    world.event(&mut follower, "followed").await;
    assert_eq!(world.hear(&mut follower).await, None);
    assert_eq!(world.control.connections(), 0);
}

#[tokio::test]
async fn who_offers_a_file_is_told_how_far_it_is() {
    let mut world = World::new();
    let (mut one, mut other) = (world.connect().await, world.connect().await);
    other.follow().await;
    world.event(&mut other, "followed").await;
    one.say(&json!({"do": "offer_file", "to": "bob", "path": "/tmp/minutes.txt", "id": 7})).await;
    let told = world.event(&mut one, "file").await;
    assert_eq!((&told["id"], &told["file"], &told["state"]), (&json!(7), &json!("s1"), &json!("opening")));
    let file = FileId::Sent(1);
    assert_eq!(world.deeds, [(file, FileDeed::Open("/tmp/minutes.txt".to_owned()))]);
    world.news(file, FileNews::Opened { name: "minutes.txt".to_owned(), octets: 20, fingerprint: Fingerprint::new([0; 32]) });
    world.news(file, FileNews::Sent { confirmed: true });
    for state in ["offered", "done"] {
        let told = world.event(&mut one, "file").await;
        assert_eq!((&told["id"], &told["state"], &told["size"]), (&json!(7), &json!(state), &json!(20)));
    }
    // One without an id, and one of the screen: that is nobody's.
    one.say(&json!({"do": "offer_file", "to": "bob", "path": "~/b"})).await;
    assert_eq!(world.event(&mut one, "file").await["id"], "s2");
    let path = "/c".to_owned();
    world.submit(Msg::Action(Action::File(FileAct::Offer { account: id(), to: who("bob"), path })));
    one.say(&json!({"do": "reject", "id": "s3"})).await;
    assert_eq!(world.event(&mut one, "notice").await["code"], "unsupported", "it is not ours to stop");
    one.say(&json!({"do": "reject", "id": "s2"})).await;
    let told = world.event(&mut one, "file").await;
    assert_eq!((&told["id"], &told["state"], &told["why"]), (&json!("s2"), &json!("ended"), &json!("you cancelled it")));
    assert!(world.settle(&mut other).await.is_empty() && world.settle(&mut one).await.is_empty());
}

/// The time of this test runs ahead as soon as nothing else can happen.
#[tokio::test(start_paused = true)]
async fn a_file_stays_with_who_listens_and_goes_with_who_is_gone() {
    let mut world = World::new();
    // The end of input is no end of listening.
    let mut peer = world.connect().await;
    peer.raw(br#"{"do":"offer_file","to":"bob","path":"/a","id":1}"#).await;
    peer.stream.get_mut().shutdown().await.unwrap();
    assert_eq!(world.event(&mut peer, "file").await["state"], "opening");
    let silent = tokio::time::timeout(LOOK * 3, world.hear(&mut peer)).await;
    assert!(silent.is_err(), "nothing happens while it waits: {silent:?}");
    world.news(FileId::Sent(1), FileNews::Failed("it is gone".to_owned()));
    assert_eq!(world.event(&mut peer, "file").await["why"], "it is gone");
    assert_eq!(world.hear(&mut peer).await, None);
    // Two of one that goes at once, and one of one that had only said its last word; locked or not.
    let (mut quick, mut slow) = (world.connect().await, world.connect().await);
    for path in ["/b", "/c"] {
        quick.say(&json!({"do": "offer_file", "to": "bob", "path": path})).await;
        world.event(&mut quick, "file").await;
    }
    slow.say(&json!({"do": "offer_file", "to": "bob", "path": "/d"})).await;
    world.event(&mut slow, "file").await;
    drop(quick);
    for number in [2, 3] {
        world.done(FileId::Sent(number), &FileDeed::Stop).await;
    }
    slow.stream.get_mut().shutdown().await.unwrap();
    (world.app.lock.possible, world.app.ledger) = (true, true);
    world.submit(Msg::Action(Action::Lock(LockAct::Now)));
    assert!(world.app.is_locked() && !world.deeds.contains(&(FileId::Sent(4), FileDeed::Stop)));
    drop(slow);
    world.done(FileId::Sent(4), &FileDeed::Stop).await;
}

#[tokio::test]
async fn no_file_is_offered_where_policy_forbids_it_or_the_screen_is_locked() {
    let mut world = World::new();
    let mut peer = world.connect().await;
    world.app.policy = sample::sample_policy("DisableFileTransfer = true\n");
    peer.say(&json!({"do": "offer_file", "to": "bob", "path": "/a", "id": "a"})).await;
    let told = world.event(&mut peer, "notice").await;
    assert_eq!((&told["code"], &told["id"]), (&json!("forbidden"), &json!("a")));
    world.app.policy = Policy::default();
    (world.app.lock.possible, world.app.ledger) = (true, true);
    world.submit(Msg::Action(Action::Lock(LockAct::Now)));
    peer.say(&json!({"do": "offer_file", "to": "bob", "path": "/a", "id": "b"})).await;
    let told = world.event(&mut peer, "notice").await;
    assert_eq!((&told["code"], &told["id"]), (&json!("locked"), &json!("b")));
    assert!(world.deeds.is_empty());
}

#[tokio::test]
async fn refusals_go_to_who_ordered_last_without_an_answer() {
    let mut world = World::new();
    let (mut one, mut other) = (world.connect().await, world.connect().await);
    one.say(&json!({"do": "presence", "availability": "busy", "id": "p"})).await;
    world.settle(&mut one).await;
    other.say(&json!({"do": "search", "words": "bob", "id": "s"})).await;
    world.settle(&mut other).await;
    world.happens(&Event::OwnPresence(Availability::Busy));
    assert_eq!(world.event(&mut one, "presence").await["id"], "p");
    world.control.refused(&id(), &Refused::Unsupported("no directory"), Stamp::default());
    let told = world.event(&mut other, "notice").await;
    assert_eq!((&told["code"], &told["id"]), (&json!("refused"), &json!("s")));
    world.control.refused(&id(), &Refused::Offline, Stamp::default());
    assert!(world.settle(&mut one).await.is_empty(), "that was an order of the screen");
}

#[tokio::test]
async fn at_the_end_everybody_is_told_and_nobody_heard() {
    let mut world = World::new();
    let mut peer = world.connect().await;
    peer.follow().await;
    world.event(&mut peer, "followed").await;
    peer.say(&json!({"do": "send", "to": "bob", "text": "one"})).await;
    while world.ordered.is_empty() {
        let asked = world.control.next().await;
        world.obey(asked);
    }
    let path = world.control.path().to_owned();
    world.control.close();
    assert!(!path.exists(), "the next program finds the place free");
    peer.say(&json!({"do": "send", "to": "bob", "text": "two"})).await;
    world.happens(&Event::Delivery { tag: MessageRef(1), fate: Fate::Delivered });
    world.control.last_words().await;
    drop(world.control);
    // What nobody read makes the system end the connection by a reset, after what was told.
    let mut rest = String::new();
    while peer.stream.read_line(&mut rest).await.is_ok_and(|len| len > 0) {}
    assert!(rest.contains("delivered"), "{rest}");
    assert_eq!(world.ordered.len(), 1);
}
