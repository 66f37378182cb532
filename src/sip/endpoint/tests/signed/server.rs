//! What the server's side believes, and what it does not.

use super::*;

#[test]
fn a_server_does_not_believe_everything() {
    let mut pair = Pair::signed_in();
    pair.bench.send(&request(Method::Message, "sip:bob@example.test", "m1"));
    let good = pair.bench.sent();
    let now = pair.bench.now;
    let mut ask = |message: &Message| {
        pair.server.handle_bytes(FLOW, &message.to_bytes(), now);
        let mut out = Vec::new();
        while let Some(output) = pair.server.poll() {
            match output {
                EndpointOutput::Event(EndpointEvent::Request { proof, .. }) => out.push(format!("{proof:?}")),
                EndpointOutput::Event(EndpointEvent::Doubted { doubt, .. }) => out.push(doubt.word().to_owned()),
                EndpointOutput::Event(EndpointEvent::Alive { .. }) => {}
                other => out.push(format!("{other:?}")),
            }
        }
        out
    };
    let with = |branch: &str, change: &dyn Fn(&mut Message)| {
        let mut message = good.clone();
        message.headers.set("Via", format!("SIP/2.0/TCP 192.0.2.10:5060;branch=z9hG4bK{branch}"));
        change(&mut message);
        message
    };
    let unsigned = |m: &mut Message| m.headers.remove("Authorization");
    let forged = |m: &mut Message| m.headers.set("From", "<sip:mallory@example.test>;tag=a");
    let strange = |m: &mut Message| {
        let value = m.header("Authorization").unwrap().replace("opaque=\"", "opaque=\"0");
        m.headers.set("Authorization", value);
    };
    assert_eq!(ask(&with("1", &unsigned)), ["unsigned_message", "Doubtful(Unsigned)"]);
    assert_eq!(ask(&with("2", &forged)), ["wrong_signature", "Doubtful(WrongSignature)"]);
    assert_eq!(ask(&with("3", &strange)), ["unknown_association", "Doubtful(UnknownAssociation)"]);
    assert_eq!(ask(&with("4", &|_| ())), ["Signed"]);
    assert_eq!(ask(&with("5", &|_| ())), ["replayed_signature"], "and is not answered");
    // Nobody answers these, so nobody may act on them.
    for method in [Method::Ack, Method::Cancel] {
        let bare = |m: &mut Message| {
            m.start = Message::request(method.clone(), "sip:bob@example.test").start;
            m.headers.set("CSeq", format!("1 {method}"));
            strange(m);
        };
        assert_eq!(ask(&with("6", &bare)), ["unknown_association"], "{method}");
        let shaking = |m: &mut Message| {
            bare(m);
            m.headers.set("Authorization", "NTLM response=\"x\", gssapi-data=\"\"");
        };
        assert_eq!(ask(&with("7", &shaking)), ["unknown_association"], "{method} is no handshake");
    }
}

#[test]
fn an_answer_to_no_challenge_or_an_old_one_is_rejected() {
    let mut pair = Pair::new(AcceptorSettings::default());
    pair.sign_in();
    let last = pair.wire[4].1.clone();
    let header = SaHeader::all(&last, "Authorization").next().unwrap();
    let now = pair.bench.now;
    let known = |_: &str| Some(((), NtHash::new("Passw0rd!")));
    assert_eq!(pair.acceptor.accept(FLOW, &last, &header, now, known).err(), Some(Rejected::NoChallenge), "used up");
    pair.acceptor.challenge(FLOW, &mut pair.tokens, now);
    assert_eq!(pair.acceptor.accept(FLOW, &last, &header, now, known).err(), Some(Rejected::NoChallenge), "another name");
    assert_eq!(pair.acceptor.accept(Flow(2), &last, &header, now, known).err(), Some(Rejected::NoChallenge), "another link");
}
