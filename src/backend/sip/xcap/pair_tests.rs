//! The client against the embedded server, in memory: two programs of one user, one roster.

use std::time::Instant;

use super::tests::{address, settings};
use super::*;
use crate::demo::accounts::Handling;
use crate::demo::{Server, ServerConfig, ServerOutput, User};
use crate::model::Stamp;
use crate::sip::endpoint::{Flow, FlowInfo};

/// A server and clients of alice's. Links are numbered so that each client has its own.
struct World {
    server: Server,
    clients: Vec<Xcap>,
    now: Instant,
}

impl World {
    fn new(clients: usize, change: impl Fn(&mut ServerConfig)) -> Self {
        let now = Instant::now();
        let users = ["alice", "bob"].map(|name| User::with_password(name, "", "example.test", &format!("pw-{name}")));
        let started = (now, Stamp::parse_rfc3339("2026-11-22T19:40:00Z").unwrap());
        let mut config = ServerConfig::new("example.test", users.to_vec(), [9; 32], started);
        change(&mut config);
        let clients = (0..clients).map(|n| {
            let seed = [u8::try_from(n).unwrap(); 32];
            Xcap::new(&SipSettings { seed, ..settings() }).unwrap()
        });
        Self { server: Server::new(config), clients: clients.collect(), now }
    }

    fn flow(client: usize, link: LinkId) -> Flow {
        Flow(u64::try_from(client).unwrap() * 1_000_000 + (link.0 & 0xffff))
    }

    /// Carries bytes until nobody has any.
    fn run(&mut self) {
        let mut links: Vec<(usize, LinkId)> = Vec::new();
        loop {
            let mut quiet = true;
            for (n, client) in self.clients.iter_mut().enumerate() {
                while let Some(output) = client.next_output() {
                    quiet = false;
                    match output {
                        Output::Open { link, .. } => {
                            let info = FlowInfo {
                                transport: "TCP",
                                reliable: true,
                                local: "192.0.2.1:5060".into(),
                                peer_ip: "192.0.2.2".into(),
                                peer_port: 4000,
                            };
                            self.server.flow_up(Self::flow(n, link), info, self.now);
                            links.push((n, link));
                            client.handle_up(link);
                        }
                        Output::Transmit { link, bytes } => self.server.handle_bytes(Self::flow(n, link), &bytes, self.now),
                        Output::Close { link } => self.server.flow_down(Self::flow(n, link), self.now),
                        Output::Event(_) | Output::Ticket { .. } | Output::Idle(_) => unreachable!(),
                    }
                }
            }
            while let Some(output) = self.server.poll() {
                quiet = false;
                let to = |flow| links.iter().copied().find(|(n, link)| Self::flow(*n, *link) == flow);
                match output {
                    ServerOutput::Transmit { flow, bytes } => {
                        if let Some((n, link)) = to(flow) {
                            self.clients[n].handle_bytes(link, &bytes, self.now);
                        }
                    }
                    ServerOutput::Close { flow } => {
                        if let Some((n, link)) = to(flow) {
                            self.clients[n].handle_down(link, self.now);
                        }
                    }
                    ServerOutput::Log(_) => {}
                }
            }
            if quiet {
                return;
            }
        }
    }

    fn start(&mut self, client: usize) -> Vec<XcapEvent> {
        self.clients[client].start(self.now);
        self.run();
        self.events(client)
    }

    fn events(&mut self, client: usize) -> Vec<XcapEvent> {
        std::iter::from_fn(|| self.clients[client].next_event()).collect()
    }

    fn put(&mut self, client: usize, who: &str, group: &str) {
        let change = RosterChange::Put { address: address(who), name: String::new(), groups: vec![group.into()] };
        self.clients[client].change_roster(change, self.now).unwrap();
    }
}

#[test]
fn roster_and_decisions_live_on_the_server() {
    for offer_md5 in [true, false] {
        let mut world = World::new(2, |config| config.offer_md5 = offer_md5);
        assert_eq!(world.start(0), [XcapEvent::NoRoster, XcapEvent::Access(AccessList::default())]);
        let mut local = Roster::default();
        local.add_group("Empty").unwrap();
        local.put(Contact { name: "Bob".into(), groups: vec!["Ops".into()], ..Contact::new(address("bob")) });
        world.clients[0].put_roster(&local, world.now);
        world.clients[0].set_access(address("eve"), Some(Access::Block), world.now).unwrap();
        world.run();
        let access: AccessList = [(address("eve"), Access::Block)].into_iter().collect();
        let mut events = world.events(0);
        assert_eq!(events.remove(0), XcapEvent::Access(access.clone()), "looked at again before the first writing");
        assert_eq!(events, [Document::Roster, Document::Rules, Document::Service].map(XcapEvent::Stored));
        let account = world.server.account(&address("alice")).unwrap();
        assert_eq!(account.roster(), &local);
        assert_eq!(account.decisions().iter().collect::<Vec<_>>(), [(&address("eve"), &Handling::Block)]);
        // Another program of the same user sees the same.
        assert_eq!(world.start(1), [XcapEvent::Roster(local), XcapEvent::Access(access), XcapEvent::Stored(Document::Service)]);
    }
}

#[test]
fn two_programs_change_one_roster_and_nothing_is_lost() {
    let mut world = World::new(2, |_| {});
    world.start(0);
    world.put(0, "bob", "Ops");
    world.run();
    world.start(1);
    world.start(0);
    world.events(1);
    // Each knows the roster as it was; both write, one after the other.
    world.put(0, "carol", "Ops");
    world.run();
    world.put(1, "dave", "Home");
    world.clients[1].change_roster(RosterChange::Removed(address("bob")), world.now).unwrap();
    world.run();
    let roster = world.server.account(&address("alice")).unwrap().roster().clone();
    assert_eq!(roster.contacts().map(|c| c.address.user()).collect::<Vec<_>>(), ["carol", "dave"]);
    assert_eq!(roster.groups(), ["Ops", "Home"]);
    let events = world.events(1);
    assert_eq!(events.first(), Some(&XcapEvent::Roster(roster)), "{events:?}");
    assert!(events.contains(&XcapEvent::Stored(Document::Roster)));
}

#[test]
fn wrong_password_and_full_lists_are_told() {
    let mut world = World::new(1, |config| config.users.retain(|user| user.name != "alice"));
    let refused = XcapEvent::Failed { document: Document::Roster, why: XcapFailure::Credentials };
    assert_eq!(world.start(0), [refused]);
    let mut world = World::new(1, |config| config.limits.roster_entries = 1);
    world.start(0);
    world.put(0, "bob", "Ops");
    world.run();
    world.put(0, "carol", "Ops");
    world.run();
    // The first change fits, the second does not.
    assert_eq!(world.events(0).last(), Some(&XcapEvent::Failed { document: Document::Roster, why: XcapFailure::Refused(409) }));
    assert_eq!(world.server.account(&address("alice")).unwrap().roster().len(), 1);
}

/// The server began anew with nothing, and what comes first is a change: the rest of the roster must
/// not be lost by it.
#[test]
fn a_server_that_lost_the_roster_gets_all_of_it_with_the_next_change() {
    let mut world = World::new(1, |_| {});
    world.start(0);
    let mut local = Roster::default();
    for name in ["bob", "carol"] {
        local.put(Contact::new(address(name)));
    }
    world.clients[0].put_roster(&local, world.now);
    world.run();
    let mut fresh = World::new(0, |_| {});
    std::mem::swap(&mut world.server, &mut fresh.server);
    world.clients[0].stop();
    world.run();
    world.events(0);
    local.put(Contact::new(address("dave")));
    let change = RosterChange::Put { address: address("dave"), name: String::new(), groups: Vec::new() };
    world.clients[0].change_roster(change, world.now).unwrap();
    let events = world.start(0);
    assert_eq!(events.first(), Some(&XcapEvent::NoRoster), "{events:?}");
    world.clients[0].put_roster(&local, world.now);
    world.run();
    assert_eq!(world.server.account(&address("alice")).unwrap().roster(), &local);
    // It is asked for once, however often the document is looked at before it is written.
    assert!(!world.events(0).contains(&XcapEvent::NoRoster));
}
