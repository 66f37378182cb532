//! What the doors let through, policy by policy.

use super::*;
use crate::backend::Found;
use crate::model::{Access, MessageRef, OwnPresence, Presence, RoomId, Stamp, WatcherState};
use crate::policy::{Entry, Level, Name, Origin, Rank, Read, Scope, Typed, Value};

struct Someone {
    own: Address,
    name: &'static str,
    contacts: Vec<Address>,
    wrote: Vec<Address>,
    barred: Option<Denial>,
}

impl Facts for Someone {
    fn own(&self) -> &Address {
        &self.own
    }
    fn own_name(&self) -> &str {
        self.name
    }
    fn contacts(&self) -> usize {
        self.contacts.len()
    }
    fn is_contact(&self, who: &Address) -> bool {
        self.contacts.contains(who)
    }
    fn wrote_to(&self, who: &Address) -> bool {
        self.wrote.contains(who)
    }
    fn barred(&self) -> Option<&Denial> {
        self.barred.as_ref()
    }
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

/// Alice of x.test, who has Bob on her list and wrote to Wendy of y.test.
fn alice() -> Someone {
    Someone {
        own: address("alice@x.test"),
        name: "Alice",
        contacts: vec![address("bob@x.test")],
        wrote: vec![address("wendy@y.test")],
        barred: None,
    }
}

fn policy(settings: &[(&str, Value)]) -> Policy {
    let entries = settings.iter().zip(1..).map(|((name, value), line)| Entry {
        name: Name::Own((*name).into()),
        typed: Typed::Value(value.clone()),
        loose: false,
        rank: Rank { level: Level::Managed, scope: Scope::Machine },
        origin: Origin::File { path: "p.toml".into(), line },
    });
    let policy = Policy::of(Read { entries: entries.collect(), faults: Vec::new() });
    assert!(policy.table().useless.is_empty(), "{:?}", policy.table().useless);
    policy
}

fn on(name: &str) -> Policy {
    policy(&[(name, Value::Flag(true))])
}

fn list(items: &[&str]) -> Value {
    Value::List(items.iter().map(|item| (*item).to_owned()).collect())
}

fn send(to: &str) -> Command {
    let style = TextStyle { bold: true, ..TextStyle::default() };
    Command::SendText { to: address(to), body: Body { style, ..Body::plain("hi") }, tag: MessageRef(1) }
}

fn came(from: &str) -> Event {
    let body = Body { style: TextStyle { bold: true, ..TextStyle::default() }, ..Body::plain("hi") };
    Event::Text { id: "1".into(), from: address(from), body, sent: None, delayed: false }
}

fn put(who: &str) -> Command {
    Command::PutContact { address: address(who), name: String::new(), groups: Vec::new() }
}

fn leaves(policy: &Policy, command: Command) -> bool {
    policy.permit(command, &alice()).is_ok()
}

fn enters(policy: &Policy, event: Event) -> bool {
    policy.admit(event, &alice()).is_ok()
}

#[test]
fn without_policies_everything_passes_unchanged() {
    let free = Policy::default();
    free.run().unwrap();
    assert_eq!(free.permit(send("eve@z.test"), &alice()).unwrap().into_inner(), send("eve@z.test"));
    assert_eq!(free.admit(came("eve@z.test"), &alice()).unwrap().into_inner(), came("eve@z.test"));
}

#[test]
fn a_denial_names_policy_and_place() {
    let denial = on("PreventRun").run().unwrap_err();
    assert_eq!(denial.to_string(), "set by your organisation: PreventRun (p.toml:1)");
}

#[test]
fn who_may_sign_in() {
    let signs_in = |policy: &Policy| leaves(policy, Command::SignIn);
    assert!(signs_in(&policy(&[("AllowedAccounts", list(&["x.test"]))])));
    assert!(!signs_in(&policy(&[("AllowedAccounts", list(&[]))])));
    assert!(!signs_in(&policy(&[("BlockedAccounts", list(&["alice@x.test"]))])));
    let nameless = Someone { name: " ", ..alice() };
    assert!(signs_in(&on("RequireDisplayName")));
    assert!(on("RequireDisplayName").permit(Command::SignIn, &nameless).is_err());
    let msn = Someone { own: address("alice@hotmail.com"), ..alice() };
    assert!(on("DisableNETMessengerService").permit(Command::SignIn, &msn).is_err());
    let barred = Someone { barred: Some(on("PreventRun").run().unwrap_err()), ..alice() };
    assert!(Policy::default().permit(Command::SignIn, &barred).is_err());
    assert!(Policy::default().permit(Command::SignOut, &barred).is_ok());
}

#[test]
fn nothing_passes_between_us_and_domains_that_are_closed() {
    for (closed, open, shut) in [
        (policy(&[("BlockedDomains", list(&["z.test"]))]), "a@y.test", "eve@z.test"),
        (policy(&[("AllowedDomains", list(&["y.test"]))]), "a@y.test", "eve@z.test"),
        (policy(&[("AllowedDomains", list(&[]))]), "anybody@x.test", "eve@z.test"),
        (on("DisableNETMessengerService"), "a@y.test", "a(y.test)@msn.com"),
    ] {
        for (who, passes) in [(open, true), (shut, false)] {
            let person = address(who);
            assert_eq!(leaves(&closed, send(who)), passes, "{who}");
            assert_eq!(leaves(&closed, put(who)), passes);
            assert_eq!(leaves(&closed, Command::Typing { to: person.clone(), active: true }), passes);
            assert_eq!(leaves(&closed, Command::Watch(vec![person.clone()])), passes);
            assert_eq!(leaves(&closed, Command::Room(RoomCommand::Open(vec![person.clone()]))), passes);
            assert_eq!(enters(&closed, came(who)), passes);
            assert_eq!(enters(&closed, Event::Presence { who: person.clone(), now: Presence::default() }), passes);
            assert_eq!(enters(&closed, Event::Watcher { who: person.clone(), name: None, state: WatcherState::Pending }), passes);
            // To block somebody there, or take them off the list, is always possible.
            assert!(leaves(&closed, Command::SetAccess { who: person.clone(), access: Access::Block }));
            assert!(leaves(&closed, Command::RemoveContact(person)));
        }
        let both = Command::Look(vec![address(open), address(shut)]);
        assert_eq!(closed.permit(both, &alice()).unwrap().into_inner(), Command::Look(vec![address(open)]));
    }
}

#[test]
fn who_may_begin_a_conversation() {
    let federated = on("BlockConversationFromFederatedContacts");
    for (who, passes) in [("eve@x.test", true), ("eve@z.test", false), ("wendy@y.test", true)] {
        assert_eq!(enters(&federated, came(who)), passes, "{who}");
    }
    assert!(leaves(&federated, send("eve@z.test")), "we may begin one");
    let unknown = policy(&[("UnknownSenderAction", Value::Text("block".into()))]);
    for (who, passes) in [("eve@x.test", false), ("bob@x.test", true), ("wendy@y.test", true)] {
        assert_eq!(enters(&unknown, came(who)), passes, "{who}");
        let by = Some(address(who));
        let opened = Event::Room(RoomEvent::Opened { room: RoomId::new("r"), people: Vec::new(), by });
        assert_eq!(enters(&unknown, opened), passes, "{who}");
    }
    assert!(enters(&policy(&[("UnknownSenderAction", Value::Text("allow".into()))]), came("eve@z.test")));
}

#[test]
fn orders_that_are_forbidden_as_such() {
    let im = on("DisableIM");
    assert!(!leaves(&im, send("bob@x.test")) && !enters(&im, came("bob@x.test")));
    assert!(leaves(&im, put("carol@x.test")) && leaves(&im, Command::SignIn));
    let full = policy(&[("MaximumNumberOfContacts", Value::Number(1))]);
    assert!(!leaves(&full, put("carol@x.test")));
    assert!(leaves(&full, put("bob@x.test")), "who is on the list can be given another name");
    assert!(!leaves(&on("DisableSearch"), Command::Search { words: "bob".into() }));
    assert!(enters(&on("DisableSearch"), Event::Search { words: "bob".into(), found: Ok(Found::default()) }));
    assert!(!leaves(&on("DisableTypingNotification"), Command::Typing { to: address("bob@x.test"), active: true }));
    assert!(!leaves(&on("DisableGroupConversations"), Command::Room(RoomCommand::Open(Vec::new()))));
    assert!(leaves(&on("DisableGroupConversations"), Command::Room(RoomCommand::Leave(RoomId::new("r")))));
    let opened = Event::Room(RoomEvent::Opened { room: RoomId::new("r"), people: Vec::new(), by: Some(address("bob@x.test")) });
    assert!(!enters(&on("DisableGroupConversations"), opened));
    let own =
        |note: &str| Command::SetPresence(OwnPresence { note: note.into(), since: Stamp::default(), ..OwnPresence::default() });
    assert!(!leaves(&on("DisablePresenceNote"), own("out")) && leaves(&on("DisablePresenceNote"), own("")));
}

#[test]
fn looks_are_taken_off_both_ways() {
    let plain = on("DisableFormatting");
    match plain.permit(send("bob@x.test"), &alice()).unwrap().into_inner() {
        Command::SendText { body, .. } => assert_eq!(body, Body::plain("hi")),
        other => panic!("{other:?}"),
    }
    match plain.admit(came("bob@x.test"), &alice()).unwrap().into_inner() {
        Event::Text { body, .. } => assert_eq!(body.style, TextStyle::default()),
        other => panic!("{other:?}"),
    }
}
