//! baresip, a SIP phone by other people, talks with chinwag through Kamailio.

use std::process::Command;

use serde_json::json;

use crate::support::{Chinwag, Kamailio, Lines, script};

fn baresip(server: &Kamailio, transport: &str) -> Lines {
    let port = if transport == "tls" { server.tls_port } else { server.port };
    let mut command = Command::new(script("baresip/baresip.sh"));
    command.arg(server.folder("baresip")).args(["bob", transport, &port.to_string()]).arg(server.ca()).arg("alice");
    Lines::start(&mut command)
}

#[test]
fn messages_and_presence_both_ways() {
    for transport in ["tcp", "tls"] {
        let server = Kamailio::start(&[]);
        let mut alice = Chinwag::sign_in(&server, "alice", transport);
        alice.say(&json!({"do": "add", "uri": "sip:bob@example.test"}));
        let mut bob = baresip(&server, transport);
        bob.line("its registration", 15, |l| l.contains("200 OK"));
        alice.event("bob's first publication", 20, |e| e["event"] == "presence" && e["devices"] == 1);

        alice.say(&json!({"do": "send", "to": "sip:bob@example.test", "text": "hello phone"}));
        bob.line("the message", 10, |l| l.contains("hello phone"));
        alice.delivery("delivered", 5);
        bob.tell("/message hello messenger");
        alice.message("hello messenger", 10);

        // Right after its registration the phone publishes twice, "unknown" and then "open". Where the second leaves
        // before the first is answered, neither names the other: two publications, of which the phone forgets the
        // first. Until that one ends, ten seconds later, bob is not offline, whatever the phone says.
        bob.tell("/presence_offline");
        alice.presence("bob", "offline", 30);
        bob.tell("/presence_online");
        alice.presence("bob", "online", 30);
        // The phone watches alice as well.
        alice.say(&json!({"do": "presence", "availability": "offline"}));
        bob.ask("/contacts", "alice gone", 15, |l| l.contains("alice@example.test") && l.contains("Offline"));
        alice.say(&json!({"do": "presence", "availability": "online"}));
        bob.ask("/contacts", "alice back", 15, |l| l.contains("alice@example.test") && l.contains("Online"));
        bob.tell("/quit");
    }
}
