//! Links with an association: a client against a server that does NTLM for real, and against one
//! that lies.

use std::time::{Duration, Instant};

use super::support::{Bench, FLOW, Out, config, link, request, response};
use crate::sip::auth::ntlm::{NtHash, Weakening};
use crate::sip::auth::{
    Acceptor, AcceptorSettings, Clock, Doubt, Mischief, Prank, Proof, Rejected, SaHeader, Scheme, Schemes, TextVersion,
};
use crate::sip::endpoint::{Endpoint, EndpointConfig, EndpointEvent, EndpointOutput, Failure, Flow, RequestId};
use crate::sip::message::{Message, Method, parse_datagram};
use crate::sip::tokens::Tokens;

mod lost;
mod server;

/// A client on the bench, and behind it a server made of the same endpoint.
struct Pair {
    bench: Bench,
    server: Endpoint,
    acceptor: Acceptor,
    tokens: Tokens,
    /// The server believes nobody from now on, as after a restart.
    forgetful: u32,
    pranks: Vec<Prank>,
    /// Requests the server took as proven, one word each.
    believed: Vec<String>,
    doubts: Vec<Doubt>,
    /// Every message that went over the wire.
    wire: Vec<(bool, Message)>,
    /// What the client's user heard.
    heard: Vec<Out>,
    password: &'static str,
    proxied: bool,
}

const FORMS: [(TextVersion, bool, Weakening); 5] = [
    (TextVersion::V2, false, Weakening::None),
    (TextVersion::V2, false, Weakening::Bits56),
    (TextVersion::V2, false, Weakening::Bits40),
    (TextVersion::V3, true, Weakening::None),
    (TextVersion::V4, true, Weakening::None),
];

impl Pair {
    fn new(settings: AcceptorSettings) -> Self {
        let mut client = config(true);
        let bench_now = Instant::now();
        client.clock = Some(Clock::new(bench_now, Duration::from_mins(29_922_940)));
        let mut bench = Bench::with(client, true);
        bench.now = bench_now;
        let mut server = Endpoint::new(EndpointConfig { tokens: Tokens::from_number(8), ..config(false) });
        server.flow_up(FLOW, link(true));
        Self {
            bench,
            server,
            acceptor: Acceptor::new("lcs1.example.test", settings, Some(Clock::new(bench_now, Duration::from_secs(5)))),
            tokens: Tokens::from_number(9),
            forgetful: 0,
            pranks: Vec::new(),
            believed: Vec::new(),
            doubts: Vec::new(),
            wire: Vec::new(),
            heard: Vec::new(),
            password: "Passw0rd!",
            proxied: false,
        }
    }

    fn form((version, extended, weakening): (TextVersion, bool, Weakening)) -> Self {
        Self::new(AcceptorSettings { version, extended, weakening, timestamp: false })
    }

    fn signed_in() -> Self {
        let mut pair = Self::new(AcceptorSettings::default());
        pair.sign_in();
        pair.forget();
        pair
    }

    fn forget(&mut self) {
        self.wire.clear();
        self.heard.clear();
        self.believed.clear();
    }

    /// Runs until nobody has anything to say.
    fn run(&mut self) {
        loop {
            let out = self.bench.out();
            let mut quiet = out.is_empty();
            for out in out {
                match out {
                    Out::Sent(message) => {
                        self.wire.push((true, message.clone()));
                        self.server.handle_bytes(FLOW, &message.to_bytes(), self.bench.now);
                    }
                    other => self.heard.push(other),
                }
            }
            while let Some(output) = self.server.poll() {
                quiet = false;
                match output {
                    EndpointOutput::Transmit { bytes, .. } => {
                        self.wire.push((false, parse_datagram(&bytes).unwrap()));
                        self.bench.endpoint.handle_bytes(FLOW, &bytes, self.bench.now);
                    }
                    EndpointOutput::Close { .. } => panic!("nobody closes"),
                    EndpointOutput::Event(event) => self.serve(event),
                }
            }
            if quiet {
                return;
            }
        }
    }

    fn serve(&mut self, event: EndpointEvent) {
        let now = self.bench.now;
        match event {
            EndpointEvent::Request { transaction, request, proof, .. } => {
                let method = request.method().unwrap().clone();
                if self.forgetful > 0 && method != Method::Register {
                    self.forgetful -= 1;
                    self.server.dissociate(FLOW);
                }
                let Some(transaction) = transaction else {
                    self.believed.push(format!("{method} {proof:?}"));
                    return;
                };
                let answer = self.answer(&request, proof);
                if answer.status() == Some(200) {
                    self.believed.push(format!("{method}"));
                }
                self.server.respond(transaction, answer, now);
            }
            EndpointEvent::Ack { .. } => self.believed.push("ACK".into()),
            EndpointEvent::Response { response, .. } => self.believed.push(response.status().unwrap().to_string()),
            EndpointEvent::Cancelled { .. } => self.believed.push("CANCEL".into()),
            EndpointEvent::Doubted { doubt, .. } => self.doubts.push(doubt),
            EndpointEvent::Failed { why, .. } => self.believed.push(format!("{why:?}")),
            EndpointEvent::Alive { .. } | EndpointEvent::Stun { .. } => {}
            other => panic!("{other:?}"),
        }
    }

    fn answer(&mut self, request: &Message, proof: Proof) -> Message {
        let (code, field) = if self.proxied { (407, "Proxy-Authenticate") } else { (401, "WWW-Authenticate") };
        let now = self.bench.now;
        if proof == Proof::Signed && self.server.is_associated(FLOW) {
            let mut ok = Message::response_to(request, 200);
            ok.headers.push("Expires", "600");
            return ok;
        }
        let mut demand = Message::response_to(request, code);
        demand.headers.push("Date", "Sun, 22 Nov 2026 19:40:00 GMT");
        let names = ["Authorization", "Proxy-Authorization"];
        let header = names.iter().find_map(|name| SaHeader::all(request, name).find(|h| self.acceptor.is_named_by(h)));
        match header.filter(|h| request.method() == Some(&Method::Register) && h.get("gssapi-data").is_some()) {
            Some(header) if header.data().is_none() => {
                demand.headers.push(field, self.acceptor.challenge(FLOW, &mut self.tokens, now));
            }
            Some(header) => {
                let hash = NtHash::new(self.password);
                let known = |user: &str| (user == "alice").then_some(((), hash));
                match self.acceptor.accept(FLOW, request, &header, now, known) {
                    Ok(((), mut association)) => {
                        association.set_pranks(std::mem::take(&mut self.pranks));
                        self.server.associate(FLOW, association);
                        return Message::response_to(request, 200);
                    }
                    Err(_) => demand.headers.push(field, self.acceptor.offer()),
                }
            }
            None => demand.headers.push(field, self.acceptor.offer()),
        }
        demand
    }

    fn sign_in(&mut self) -> RequestId {
        let id = self.bench.send(&request(Method::Register, "sip:example.test", "r1"));
        self.run();
        id
    }

    fn subscribe(&mut self, call_id: &str) -> RequestId {
        let id = self.bench.send(&request(Method::Subscribe, "sip:bob@example.test", call_id));
        self.run();
        id
    }

    /// What the client heard, one word each.
    fn words(&mut self) -> Vec<String> {
        std::mem::take(&mut self.heard).iter().map(super::support::word).collect()
    }

    fn wire_words(&self) -> Vec<String> {
        let word = |(up, message): &(bool, Message)| {
            let what = message.method().map_or_else(|| message.status().unwrap().to_string(), ToString::to_string);
            format!("{} {what}", if *up { ">" } else { "<" })
        };
        self.wire.iter().map(word).collect()
    }

    fn wait(&mut self, millis: u64) {
        let until = self.bench.now + Duration::from_millis(millis);
        while let Some(at) = [self.bench.endpoint.next_timeout(), self.server.next_timeout()].into_iter().flatten().min()
            && at <= until
        {
            self.bench.now = at;
            self.bench.endpoint.handle_timeout(at);
            self.server.handle_timeout(at);
            self.run();
        }
        self.bench.now = until;
    }
}

#[test]
fn sign_in_in_every_form_and_everything_is_signed_after_it() {
    for form in FORMS {
        let mut pair = Pair::form(form);
        pair.sign_in();
        assert_eq!(pair.wire_words(), ["> REGISTER", "< 401", "> REGISTER", "< 401", "> REGISTER", "< 200"], "{form:?}");
        assert_eq!(
            pair.words(),
            ["time Sun, 22 Nov 2026 19:40:00 GMT", "time Sun, 22 Nov 2026 19:40:00 GMT", "associated NTLM", "200"]
        );
        let cseqs: Vec<u32> = pair.wire.iter().map(|(_, m)| m.cseq().unwrap().number).collect();
        assert_eq!(cseqs, [1, 1, 2, 2, 3, 3]);
        let ask = pair.wire[2].1.header("Authorization").unwrap();
        let version = form.0.parameter();
        assert_eq!(
            ask,
            format!(
                "NTLM qop=\"auth\", realm=\"SIP Communications Service\", targetname=\"lcs1.example.test\", gssapi-data=\"\"{version}"
            )
        );
        let last = SaHeader::all(&pair.wire[4].1, "Authorization").next().unwrap();
        assert_eq!(last.get("response").is_some(), form.0 == TextVersion::V4, "only version 4 signs the handshake");
        assert_eq!(last.get("cnum"), (form.0 == TextVersion::V4).then_some("1"));
        let info = SaHeader::all(&pair.wire[5].1, "Authentication-Info").next().unwrap();
        assert_eq!((info.get("snum"), info.get("opaque")), (Some("1"), last.get("opaque")));
        pair.forget();

        pair.subscribe("s1");
        pair.subscribe("s2");
        assert_eq!(pair.believed, ["SUBSCRIBE", "SUBSCRIBE"]);
        let first = if form.0 == TextVersion::V4 { 2 } else { 1 };
        let numbers: Vec<String> = [0, 2]
            .iter()
            .map(|at| SaHeader::all(&pair.wire[*at].1, "Authorization").next().unwrap().get("cnum").unwrap().to_owned())
            .collect();
        assert_eq!(numbers, [first.to_string(), (first + 1).to_string()]);
        assert_eq!(pair.words(), ["200", "200"]);
        assert!(pair.doubts.is_empty());
    }
}

#[test]
fn a_timestamp_in_the_challenge_brings_an_integrity_code() {
    let mut pair = Pair::new(AcceptorSettings { timestamp: true, ..AcceptorSettings::default() });
    pair.sign_in();
    let header = SaHeader::all(&pair.wire[4].1, "Authorization").next().unwrap();
    let message = crate::sip::auth::ntlm::Authenticate::parse(&header.data().unwrap().unwrap()).unwrap();
    assert!(message.mic.is_some());
    assert_eq!(pair.words().last().unwrap(), "200");
}

#[test]
fn a_wrong_password_ends_with_the_third_401() {
    let mut pair = Pair::new(AcceptorSettings::default());
    pair.password = "another";
    pair.sign_in();
    assert_eq!(pair.wire_words(), ["> REGISTER", "< 401", "> REGISTER", "< 401", "> REGISTER", "< 401"]);
    assert_eq!(pair.words().last().unwrap(), "401");
    assert!(!pair.bench.endpoint.is_associated(FLOW));
    // The next attempt begins from the beginning.
    pair.forget();
    pair.password = "Passw0rd!";
    pair.sign_in();
    assert_eq!(pair.words().last().unwrap(), "200");
}

#[test]
fn a_proxy_is_answered_in_its_own_fields() {
    let mut pair = Pair::new(AcceptorSettings::default());
    pair.proxied = true;
    pair.sign_in();
    assert_eq!(pair.words().last().unwrap(), "200");
    pair.subscribe("s1");
    let subscribe = &pair.wire.iter().rev().nth(1).unwrap().1;
    assert!(subscribe.headers.has("Proxy-Authorization") && !subscribe.headers.has("Authorization"));
    assert_eq!(pair.words(), ["200"]);
}

/// ACK, BYE, CANCEL, responses, BENOTIFY: nothing goes unsigned in either direction.
#[test]
fn every_kind_of_message_is_signed_and_checked() {
    let mut pair = Pair::signed_in();
    // INVITE with a provisional response, then CANCEL; then one that is accepted.
    let invite = |call: &str| request(Method::Invite, "sip:bob@example.test", call);
    let cancelled = pair.bench.send(&invite("i1"));
    let out = pair.bench.sent();
    pair.wire.push((true, out.clone()));
    pair.server.handle_bytes(FLOW, &out.to_bytes(), pair.bench.now);
    let mut transaction = None;
    while let Some(output) = pair.server.poll() {
        if let EndpointOutput::Event(EndpointEvent::Request { transaction: Some(id), proof, .. }) = output {
            assert_eq!(proof, Proof::Signed);
            transaction = Some(id);
        }
    }
    let transaction = transaction.unwrap();
    pair.server.respond_with(transaction, 180, pair.bench.now);
    pair.run();
    pair.bench.endpoint.cancel(cancelled, pair.bench.now);
    pair.run();
    assert_eq!(pair.believed, ["CANCEL"]);
    pair.server.respond_with(transaction, 487, pair.bench.now);
    pair.run();
    let accepted = pair.bench.send(&invite("i2"));
    pair.run();
    let Some(Out::Response(id, ok)) = pair.heard.last().cloned() else { panic!("{:?}", pair.heard) };
    assert_eq!((id, ok.status()), (accepted, Some(200)));
    let mut ack = request(Method::Ack, "sip:bob@example.test", "i2");
    ack.headers.set("To", ok.header("To").unwrap());
    pair.bench.endpoint.send_stateless(FLOW, ack);
    pair.run();
    let mut bye = request(Method::Bye, "sip:bob@example.test", "i2");
    bye.headers.set("CSeq", "2 BYE");
    pair.bench.send(&bye);
    pair.run();
    assert_eq!(pair.believed, ["CANCEL", "INVITE", "ACK", "BYE"]);

    // What the server asks, and best-effort notifications, which nobody answers.
    let mut notify = request(Method::Notify, "sip:alice@192.0.2.10:5060", "n1");
    notify.headers.push("Event", "presence");
    pair.server.send_request(FLOW, notify.clone(), pair.bench.now);
    pair.run();
    let Some(Out::Request(Some(transaction), _)) = pair.heard.last().cloned() else { panic!("{:?}", pair.heard) };
    pair.bench.endpoint.respond_with(transaction, 200, pair.bench.now);
    let mut benotify = request(Method::Benotify, "sip:alice@192.0.2.10:5060", "n2");
    benotify.headers.push("Event", "presence");
    pair.server.send_stateless(FLOW, benotify);
    pair.run();
    assert!(matches!(pair.heard.last(), Some(Out::Request(None, _))));
    assert_eq!(pair.believed.last().unwrap(), "200");

    for (up, message) in &pair.wire {
        let field = if *up { "Authorization" } else { "Authentication-Info" };
        let signature = if *up { "response" } else { "rspauth" };
        let headers: Vec<SaHeader> = SaHeader::all(message, field).collect();
        assert_eq!(headers.len(), 1, "{message:?}");
        assert!(headers[0].get(signature).is_some(), "{message:?}");
    }
    assert!(pair.doubts.is_empty());
    assert_eq!(pair.wire.len(), 14, "{:?}", pair.wire_words());
    // Each number of each direction once.
    for (side, name) in [(true, "cnum"), (false, "snum")] {
        let field = if side { "Authorization" } else { "Authentication-Info" };
        let mut numbers: Vec<u32> = pair
            .wire
            .iter()
            .filter(|(up, _)| *up == side)
            .map(|(_, m)| SaHeader::all(m, field).next().unwrap().get(name).unwrap().parse().unwrap())
            .collect();
        let all = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), all);
    }
}

#[test]
fn what_the_server_does_wrong_is_discarded_and_counted() {
    for (mischief, doubt) in [
        (Mischief::WrongSignature, Doubt::WrongSignature),
        (Mischief::Replayed, Doubt::Replayed),
        (Mischief::Unsigned, Doubt::Unsigned),
    ] {
        let mut pair = Pair::new(AcceptorSettings::default());
        pair.pranks = vec![Prank { mischief, method: Method::Subscribe }, Prank { mischief, method: Method::Benotify }];
        pair.sign_in();
        pair.words();
        pair.subscribe("s1");
        assert_eq!(pair.words(), [doubt.word()], "no response came");
        let benotify = request(Method::Benotify, "sip:alice@192.0.2.10:5060", "n2");
        pair.server.send_stateless(FLOW, benotify.clone());
        pair.run();
        assert_eq!(pair.words(), [doubt.word()], "no request came");
        // The link lives on.
        pair.server.send_stateless(FLOW, benotify);
        pair.run();
        assert_eq!(pair.words(), ["BENOTIFY"]);
        pair.wait(40_000);
        assert_eq!(pair.words(), ["Timeout"]);
    }
}

#[test]
fn a_jump_of_300_is_accepted_and_what_is_far_behind_it_is_not() {
    let mut pair = Pair::new(AcceptorSettings::default());
    pair.pranks = vec![Prank { mischief: Mischief::Jump(300), method: Method::Benotify }];
    pair.sign_in();
    let mut late = None;
    for turn in 0..2 {
        let benotify = request(Method::Benotify, "sip:alice@192.0.2.10:5060", "n");
        pair.server.send_stateless(FLOW, benotify);
        while let Some(output) = pair.server.poll() {
            if let EndpointOutput::Transmit { bytes, .. } = output {
                pair.bench.endpoint.handle_bytes(FLOW, &bytes, pair.bench.now);
                late.get_or_insert(bytes);
            }
        }
        let words: Vec<String> = pair.bench.words();
        assert_eq!(words, ["BENOTIFY"], "{turn}");
    }
    // The same octets again.
    pair.bench.endpoint.handle_bytes(FLOW, &late.unwrap(), pair.bench.now);
    assert_eq!(pair.bench.words(), ["replayed_signature"]);
}

#[test]
fn what_may_come_unsigned() {
    let mut pair = Pair::signed_in();
    for (code, words) in [
        (180, vec!["180"]),
        (200, vec!["unsigned_message"]),
        (404, vec!["unsigned_message"]),
        (486, vec!["unsigned_message"]),
        (503, vec!["unsigned_message"]),
    ] {
        pair.bench.send(&request(Method::Invite, "sip:bob@example.test", &format!("u{code}")));
        let sent = pair.bench.sent();
        pair.bench.receive(&response(&sent, code));
        assert_eq!(pair.bench.words(), words, "{code}");
    }
    for code in [200, 403, 503] {
        pair.bench.send(&request(Method::Register, "sip:example.test", &format!("u{code}")));
        let sent = pair.bench.sent();
        pair.bench.receive(&response(&sent, code));
        assert_eq!(pair.bench.words(), [code.to_string()], "REGISTER {code}");
    }
    for method in [Method::Invite, Method::Message, Method::Notify, Method::Benotify, Method::Ack, Method::Cancel, Method::Bye] {
        let mut unsigned = request(method, "sip:alice@192.0.2.10:5060", "q");
        unsigned.headers.push_front("Via", "SIP/2.0/TCP 198.51.100.1:40000;branch=z9hG4bKq");
        pair.bench.receive(&unsigned);
        assert_eq!(pair.bench.words(), ["unsigned_message"], "neither told nor answered");
    }
}

#[test]
fn a_signature_of_an_association_we_do_not_have_is_discarded() {
    let stranger = "NTLM rspauth=\"01000000d1e8804f56b39ea664000000\", srand=\"0878F41B\", snum=\"1\", opaque=\"FFFFFFFF\", \
                    qop=\"auth\", targetname=\"lcs1.example.test\", realm=\"SIP Communications Service\"";
    for signed_in in [true, false] {
        let mut pair = if signed_in { Pair::signed_in() } else { Pair::new(AcceptorSettings::default()) };
        for field in ["Authentication-Info", "Proxy-Authentication-Info"] {
            let id = pair.bench.send(&request(Method::Message, "sip:bob@example.test", field));
            let sent = pair.bench.sent();
            let mut ok = response(&sent, 200);
            ok.headers.push(field, stranger);
            pair.bench.receive(&ok);
            assert_eq!(pair.bench.words(), ["unknown_association"], "{id:?}");
        }
        let mut message = request(Method::Message, "sip:alice@192.0.2.10:5060", "m");
        message.headers.push_front("Via", "SIP/2.0/TCP 198.51.100.1:40000;branch=z9hG4bKm");
        message.headers.push("Authentication-Info", stranger);
        pair.bench.receive(&message);
        assert_eq!(pair.bench.words(), ["unknown_association"]);
    }
}

/// Field names, parameter names and quotes as other servers write them, and folded lines.
#[test]
fn signatures_are_found_however_they_are_written() {
    let forms: [fn(&str) -> String; 4] = [
        |value| format!("AUTHENTICATION-INFO: {value}"),
        |value| format!("Proxy-Authentication-Info: {value}"),
        |value| format!("authentication-info:{}", value.replace("snum=\"", "SNUM=").replace("\", opaque", ", Opaque")),
        |value| format!("Authentication-Info: {}", value.replace(", ", ",\r\n\t").replace("rspauth=\"", "rspauth = \"")),
    ];
    for form in forms {
        let mut pair = Pair::signed_in();
        pair.bench.send(&request(Method::Message, "sip:bob@example.test", "m1"));
        let sent = pair.bench.sent();
        pair.server.handle_bytes(FLOW, &sent.to_bytes(), pair.bench.now);
        let mut answer = Vec::new();
        while let Some(output) = pair.server.poll() {
            match output {
                EndpointOutput::Event(EndpointEvent::Request { transaction: Some(id), .. }) => {
                    pair.server.respond_with(id, 200, pair.bench.now);
                }
                EndpointOutput::Transmit { bytes, .. } => answer = bytes.to_vec(),
                _ => {}
            }
        }
        let text = String::from_utf8(answer).unwrap();
        let line = text.lines().find(|l| l.starts_with("Authentication-Info: ")).unwrap();
        let written = form(line.strip_prefix("Authentication-Info: ").unwrap());
        let text = text.replace(line, &written);
        pair.bench.endpoint.handle_bytes(FLOW, text.as_bytes(), pair.bench.now);
        assert_eq!(pair.bench.words(), ["200"], "{written}");
    }
}

#[test]
fn a_challenge_may_be_folded() {
    let mut pair = Pair::new(AcceptorSettings::default());
    pair.bench.send(&request(Method::Register, "sip:example.test", "r1"));
    let first = pair.bench.sent();
    let mut demand = response(&first, 401);
    demand.headers.push("WWW-Authenticate", pair.acceptor.offer());
    pair.bench.receive(&demand);
    let second = pair.bench.sent();
    let mut demand = response(&second, 401);
    demand.headers.push("WWW-Authenticate", pair.acceptor.challenge(FLOW, &mut pair.tokens, pair.bench.now));
    let text = String::from_utf8(demand.to_bytes().to_vec()).unwrap();
    // Between parameters, and within the data.
    let text = text.replace(", gssapi-data", ",\r\n gssapi-data").replace("AAAAAAA", "AAA\r\n\tAAAA");
    assert!(text.contains("AAA\r\n\tAAAA"));
    pair.bench.endpoint.handle_bytes(FLOW, text.as_bytes(), pair.bench.now);
    let third = pair.bench.sent();
    let header = SaHeader::all(&third, "Authorization").next().unwrap();
    let known = |_: &str| Some(((), NtHash::new("Passw0rd!")));
    assert!(pair.acceptor.accept(FLOW, &third, &header, pair.bench.now, known).is_ok());
}

#[test]
fn schemes_that_are_refused_or_not_allowed() {
    let offer = "NTLM realm=\"SIP Communications Service\", targetname=\"lcs1.example.test\", version=4";
    let digest = "Digest realm=\"example.test\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"";
    let basic = "Basic realm=\"example.test\"";
    let first_word = |schemes: Schemes, reliable: bool, offers: &[&str]| {
        let mut bench = Bench::with(EndpointConfig { schemes, ..config(true) }, reliable);
        bench.send(&request(Method::Register, "sip:example.test", "r1"));
        let first = bench.sent();
        let mut demand = response(&first, 401);
        for offer in offers {
            demand.headers.push("WWW-Authenticate", offer);
        }
        bench.receive(&demand);
        match bench.out().as_slice() {
            [Out::Sent(next)] => next.header("Authorization").unwrap().split(' ').next().unwrap().to_owned(),
            [Out::Response(_, refusal)] => refusal.status().unwrap().to_string(),
            other => panic!("{other:?}"),
        }
    };
    let any = Schemes::ANY;
    assert_eq!(first_word(any, true, &[digest, offer, basic]), "NTLM");
    assert_eq!(first_word(any, true, &[basic, digest]), "Digest");
    assert_eq!(first_word(any, true, &[basic]), "401", "Basic is refused");
    assert_eq!(first_word(any, false, &[offer, digest]), "Digest", "datagrams cannot be signed in order");
    assert_eq!(first_word(Schemes::only(Scheme::Digest), true, &[offer, digest]), "Digest");
    assert_eq!(first_word(Schemes::only(Scheme::Digest), true, &[offer]), "401");
    assert_eq!(first_word(Schemes::only(Scheme::Ntlm), true, &[offer, digest]), "NTLM");
    assert_eq!(first_word(Schemes::only(Scheme::Ntlm), true, &[digest]), "401");
    assert_eq!(first_word(Schemes::only(Scheme::Kerberos), true, &[offer, digest]), "401");
    assert_eq!(first_word(any, true, &["NTLM", digest]), "Digest", "what names no realm is no challenge");
}

#[test]
fn broken_challenges_are_counted_and_end_the_attempt() {
    let head = "NTLM realm=\"SIP Communications Service\", targetname=\"lcs1.example.test\"";
    let weak = {
        use base64::Engine as _;
        // Without signing.
        let mut bytes = vec![0; 56];
        bytes[..8].copy_from_slice(b"NTLMSSP\0");
        bytes[8] = 2;
        bytes[20..24].copy_from_slice(&0x4000_0241_u32.to_le_bytes());
        base64::prelude::BASE64_STANDARD.encode(bytes)
    };
    for (data, doubt) in [
        ("!!!!", Doubt::BrokenChallenge),
        ("TlRMTVNTUAAD", Doubt::BrokenChallenge),
        ("", Doubt::BrokenChallenge),
        (weak.as_str(), Doubt::WeakChallenge),
    ] {
        let mut bench = Bench::tcp();
        bench.send(&request(Method::Register, "sip:example.test", "r1"));
        let first = bench.sent();
        let mut demand = response(&first, 401);
        demand.headers.push("WWW-Authenticate", head);
        bench.receive(&demand);
        let second = bench.sent();
        let mut demand = response(&second, 401);
        demand.headers.push("WWW-Authenticate", format!("{head}, opaque=\"1\", gssapi-data=\"{data}\""));
        // Digest beside it is no way out: whoever can spoil the one could then read the other.
        demand.headers.push("WWW-Authenticate", "Digest realm=\"example.test\", nonce=\"n\"");
        bench.receive(&demand);
        assert_eq!(bench.words(), [doubt.word(), "401"], "{data}");
    }
}

/// Two credentials that know nothing of each other.
#[test]
fn a_digest_proxy_before_an_ntlm_registrar() {
    let mut pair = Pair::new(AcceptorSettings::default());
    let digest = "Digest realm=\"proxy.test\", nonce=\"p1\", algorithm=SHA-256, qop=\"auth\"";
    pair.bench.send(&request(Method::Register, "sip:example.test", "r1"));
    let first = pair.bench.sent();
    let mut demand = response(&first, 407);
    demand.headers.push("Proxy-Authenticate", digest);
    pair.bench.receive(&demand);
    let second = pair.bench.sent();
    assert!(second.headers.has("Proxy-Authorization") && !second.headers.has("Authorization"));
    // The proxy is content; behind it the registrar speaks.
    pair.server.handle_bytes(FLOW, &second.to_bytes(), pair.bench.now);
    pair.run();
    assert_eq!(pair.words().last().unwrap(), "200");
    let register = pair.wire.iter().rev().find(|(up, _)| *up).unwrap().1.clone();
    assert!(register.header("Authorization").unwrap().starts_with("NTLM "));
    assert!(register.header("Proxy-Authorization").unwrap().starts_with("Digest "));
    assert_eq!(register.cseq().unwrap().number, 4);
    pair.forget();
    pair.subscribe("s1");
    let subscribe = &pair.wire[0].1;
    assert!(subscribe.header("Authorization").unwrap().starts_with("NTLM "));
    assert!(subscribe.header("Proxy-Authorization").unwrap().contains("nc=00000004"), "{subscribe:?}");
    // An old nonce of the proxy does not touch the association.
    pair.bench.send(&request(Method::Subscribe, "sip:bob@example.test", "s2"));
    let sent = pair.bench.sent();
    let mut demand = response(&sent, 407);
    demand.headers.push("Proxy-Authenticate", digest.replace("p1", "p2") + ", stale=true");
    pair.bench.receive(&demand);
    let again = pair.bench.sent();
    assert!(again.header("Proxy-Authorization").unwrap().contains("nonce=\"p2\""));
    pair.server.handle_bytes(FLOW, &again.to_bytes(), pair.bench.now);
    pair.run();
    assert_eq!(pair.words(), ["200", "200"]);
}

impl Pair {
    fn wire_opaque(&self) -> Option<String> {
        let (_, last) = self.wire.iter().rev().find(|(up, _)| *up)?;
        Some(SaHeader::all(last, "Authorization").next()?.get("opaque")?.to_owned())
    }
}
