//! 401 and 407.

use super::support::{Bench, FLOW, Out, config, link, request, response};
use crate::sip::endpoint::{Endpoint, RequestId};
use crate::sip::message::{AuthParams, Message, Method};

const WWW: &str = "WWW-Authenticate";
const PROXY: &str = "Proxy-Authenticate";

fn register() -> Message {
    request(Method::Register, "sip:example.test", "r1")
}

fn demand(sent: &Message, code: u16, lines: &[(&str, &str)]) -> Message {
    let mut response = response(sent, code);
    for (name, value) in lines {
        response.headers.push(name, value);
    }
    response
}

fn challenge(realm: &str, nonce: &str) -> String {
    format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", qop=\"auth\"")
}

/// `realm nonce nc` of each credentials line.
fn shown(message: &Message, name: &str) -> Vec<String> {
    message
        .headers
        .get_all(name)
        .map(|value| {
            let params = AuthParams::parse(&value).unwrap();
            format!("{} {} {}", params.get("realm").unwrap(), params.get("nonce").unwrap(), params.get("nc").unwrap())
        })
        .collect()
}

#[test]
fn a_wrong_password_is_tried_once() {
    let mut bench = Bench::tcp();
    bench.send(&register());
    let first = bench.sent();
    bench.receive(&demand(&first, 401, &[(WWW, &challenge("r", "n1"))]));
    let second = bench.sent();
    assert_ne!(first.top_via().unwrap().branch(), second.top_via().unwrap().branch());
    assert_eq!(second.header("CSeq").unwrap(), "2 REGISTER");
    bench.receive(&demand(&second, 401, &[(WWW, &challenge("r", "n2"))]));
    let out = bench.out();
    let [Out::Response(RequestId(1), refusal)] = out.as_slice() else { panic!("{out:?}") };
    assert_eq!((refusal.status(), refusal.cseq().unwrap().number), (Some(401), 2));
}

#[test]
fn a_stale_nonce_is_replaced_silently_but_not_for_ever() {
    let mut bench = Bench::tcp();
    bench.send(&register());
    let mut sent = bench.sent();
    let mut sends = 1;
    loop {
        let stale = format!("{}, stale={}", challenge("r", &format!("n{sends}")), if sends == 1 { "false" } else { "TRUE" });
        bench.receive(&demand(&sent, 401, &[(WWW, &stale)]));
        match bench.out().as_slice() {
            [Out::Sent(next)] => sent = next.clone(),
            [Out::Response(_, refusal)] => {
                assert_eq!(refusal.status(), Some(401));
                break;
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(shown(&sent, "Authorization"), [format!("r n{sends} 00000001")]);
        sends += 1;
    }
    assert_eq!(sends, 5);
}

#[test]
fn later_requests_bring_the_count_along_past_nine() {
    let mut bench = Bench::tcp();
    bench.send(&register());
    let first = bench.sent();
    bench.receive(&demand(&first, 401, &[(WWW, &challenge("r", "n"))]));
    let answered = bench.sent();
    assert_eq!(shown(&answered, "Authorization"), ["r n 00000001"]);
    bench.receive(&response(&answered, 200));
    bench.words();
    for count in 2..=17 {
        bench.send(&register());
        let sent = bench.sent();
        assert_eq!(shown(&sent, "Authorization"), [format!("r n {count:08x}")]);
        assert_eq!(sent.header("CSeq").unwrap(), "1 REGISTER", "the user's own number");
        bench.receive(&response(&sent, 200));
        bench.words();
    }
}

#[test]
fn credentials_brought_along_may_be_refused_once() {
    let mut bench = Bench::tcp();
    bench.send(&register());
    let first = bench.sent();
    bench.receive(&demand(&first, 401, &[(WWW, &challenge("r", "n1"))]));
    let answered = bench.sent();
    bench.receive(&response(&answered, 200));
    bench.words();
    bench.send(&register());
    let brought = bench.sent();
    bench.receive(&demand(&brought, 401, &[(WWW, &challenge("r", "n2"))]));
    let again = bench.sent();
    assert_eq!(shown(&again, "Authorization"), ["r n2 00000001"]);
    bench.receive(&demand(&again, 401, &[(WWW, &challenge("r", "n3"))]));
    assert_eq!(bench.words(), ["401"]);
    bench.send(&register());
    assert_eq!(shown(&bench.sent(), "Authorization").len(), 0, "what was refused is not brought along");
}

#[test]
fn a_realm_that_refused_the_password_twice_is_not_told_it_again() {
    let mut bench = Bench::tcp();
    let mut ask = |refuse: bool| {
        bench.send(&register());
        let first = bench.sent();
        bench.receive(&demand(&first, 401, &[(WWW, &challenge("r", "n1"))]));
        let Some(Out::Sent(second)) = bench.out().into_iter().find(|out| matches!(out, Out::Sent(_))) else { return false };
        let code = if refuse { 401 } else { 200 };
        bench.receive(&demand(&second, code, &[(WWW, &challenge("r", "n2"))]));
        bench.words();
        true
    };
    assert!(ask(true));
    assert!(ask(false), "accepted: it was a slip of the server's");
    assert!(ask(true) && ask(true));
    assert!(!ask(true) && !ask(true), "many requests must not lock the account");
}

#[test]
fn the_next_nonce_is_used_next() {
    let mut bench = Bench::tcp();
    bench.send(&register());
    let first = bench.sent();
    bench.receive(&demand(&first, 401, &[(WWW, &challenge("r", "n1"))]));
    let answered = bench.sent();
    let mut ok = response(&answered, 200);
    ok.headers.push("Authentication-Info", "nextnonce=\"n2\", qop=auth");
    bench.receive(&ok);
    bench.words();
    bench.send(&register());
    let second = bench.sent();
    assert_eq!(shown(&second, "Authorization"), ["r n2 00000001"]);
    // Not from somebody who does not know the password.
    let mut ok = response(&second, 200);
    ok.headers.push("Authentication-Info", "nextnonce=\"n3\", qop=auth, rspauth=\"0123456789abcdef\"");
    bench.receive(&ok);
    assert_eq!(bench.words(), ["200"]);
    bench.send(&register());
    assert_eq!(shown(&bench.sent(), "Authorization"), ["r n2 00000002"]);
}

#[test]
fn a_proxy_and_the_registrar_are_both_answered() {
    let mut bench = Bench::tcp();
    bench.send(&register());
    let first = bench.sent();
    bench.receive(&demand(&first, 407, &[(PROXY, &challenge("edge", "p1"))]));
    let second = bench.sent();
    assert_eq!(shown(&second, "Proxy-Authorization"), ["edge p1 00000001"]);
    bench.receive(&demand(&second, 401, &[(WWW, &challenge("core", "o1"))]));
    let third = bench.sent();
    assert_eq!(shown(&third, "Proxy-Authorization"), ["edge p1 00000002"]);
    assert_eq!(shown(&third, "Authorization"), ["core o1 00000001"]);
    bench.receive(&response(&third, 200));
    assert_eq!(bench.words(), ["200"]);
}

#[test]
fn several_realms_in_one_response_are_all_answered() {
    let mut bench = Bench::tcp();
    bench.send(&request(Method::Message, "sip:bob@example.test", "m"));
    let first = bench.sent();
    let lines = [(PROXY, challenge("a", "1")), (PROXY, challenge("b", "2")), (WWW, challenge("c", "3"))];
    let lines: Vec<(&str, &str)> = lines.iter().map(|(n, v)| (*n, v.as_str())).collect();
    bench.receive(&demand(&first, 407, &lines));
    let second = bench.sent();
    assert_eq!(shown(&second, "Proxy-Authorization"), ["a 1 00000001", "b 2 00000001"]);
    assert_eq!(shown(&second, "Authorization"), ["c 3 00000001"]);
    assert_eq!(second.header("CSeq").unwrap(), "2 MESSAGE");
}

#[test]
fn an_origin_gets_credentials_only_where_it_asked_and_a_proxy_everywhere() {
    let mut bench = Bench::tcp();
    bench.send(&register());
    let first = bench.sent();
    bench.receive(&demand(&first, 401, &[(WWW, &challenge("r", "n"))]));
    let ok = response(&bench.sent(), 200);
    bench.receive(&ok);
    bench.words();
    let message = request(Method::Message, "sip:bob@example.test", "m");
    bench.send(&message);
    let sent = bench.sent();
    assert_eq!(shown(&sent, "Authorization").len(), 0);
    bench.receive(&demand(&sent, 407, &[(PROXY, &challenge("p", "n"))]));
    let ok = response(&bench.sent(), 200);
    bench.receive(&ok);
    bench.words();
    bench.send(&request(Method::Message, "sip:carol@example.test", "m2"));
    let sent = bench.sent();
    assert_eq!((shown(&sent, "Proxy-Authorization"), shown(&sent, "Authorization").len()), (vec!["p n 00000002".to_owned()], 0));
}

#[test]
fn a_new_link_starts_without_credentials() {
    let mut bench = Bench::tcp();
    bench.send(&register());
    let first = bench.sent();
    bench.receive(&demand(&first, 407, &[(PROXY, &challenge("r", "n"))]));
    bench.words();
    bench.endpoint.flow_down(FLOW);
    bench.endpoint.flow_up(FLOW, link(true));
    bench.words();
    bench.send(&register());
    assert_eq!(shown(&bench.sent(), "Proxy-Authorization").len(), 0);
}

#[test]
fn without_credentials_the_user_gets_the_challenge() {
    let mut bench = Bench::with(config(false), true);
    bench.send(&register());
    let first = bench.sent();
    bench.receive(&demand(&first, 401, &[(WWW, &challenge("r", "n"))]));
    assert_eq!(bench.words(), ["401"]);
}

#[test]
fn what_cannot_be_answered_comes_to_the_user() {
    let mut bench = Bench::tcp();
    for line in ["NTLM realm=\"r\"", "Digest realm=\"r\", nonce=\"n\", algorithm=SHA3-256"] {
        bench.send(&register());
        let sent = bench.sent();
        bench.receive(&demand(&sent, 401, &[(WWW, line)]));
        assert_eq!(bench.words(), ["401"], "{line}");
    }
    bench.send(&register());
    let sent = bench.sent();
    bench.receive(&response(&sent, 401));
    assert_eq!(bench.words(), ["401"], "no challenge at all");
}

#[test]
fn md5_is_refused_when_told_so() {
    let mut bench = Bench::tcp();
    let mut settings = config(true);
    settings.refuse_md5 = true;
    bench.endpoint = Endpoint::new(settings);
    bench.endpoint.flow_up(FLOW, link(true));
    bench.send(&register());
    let sent = bench.sent();
    bench.receive(&demand(&sent, 401, &[(WWW, &challenge("r", "n"))]));
    assert_eq!(bench.words(), ["401"]);
}

#[test]
fn auth_int_vouches_for_the_body() {
    let mut bench = Bench::tcp();
    let mut message = request(Method::Message, "sip:bob@example.test", "m");
    message.set_body("text/plain", "hello");
    bench.send(&message);
    let sent = bench.sent();
    let line = "Digest realm=\"example.test\", nonce=\"n\", qop=\"auth-int\", algorithm=SHA-256";
    bench.receive(&demand(&sent, 407, &[(PROXY, line)]));
    let again = bench.sent();
    let params = AuthParams::parse(&again.header("Proxy-Authorization").unwrap()).unwrap();
    let shown = crate::sip::auth::Presented::parse(&params).unwrap();
    let secrets = crate::sip::auth::SecretHashes::new("alice", "example.test", "Passw0rd!");
    assert!(shown.verify(secrets.of(shown.algorithm), &Method::Message, b"hello"));
    assert!(!shown.verify(secrets.of(shown.algorithm), &Method::Message, b"hullo"));
    assert_eq!(again.body.as_ref(), b"hello");
}

#[test]
fn the_password_never_goes_out() {
    let mut bench = Bench::tcp();
    bench.send(&register());
    let first = bench.sent();
    bench.receive(&demand(&first, 401, &[(WWW, &challenge("r", "n")), (WWW, "Basic realm=\"r\"")]));
    let bytes = bench.sent().to_bytes();
    assert!(!String::from_utf8_lossy(&bytes).contains("Passw0rd"));
}

/// What is sent again after a challenge takes a number the dialog does not know of before the answer
/// is there; no other request of the dialog may go by the same.
#[test]
fn no_two_requests_of_a_dialog_have_one_number() {
    let text = |number: u32| {
        let mut message = request(Method::Message, "sip:bob@example.test", "d1");
        message.headers.set("To", "<sip:bob@example.test>;tag=b");
        message.headers.set("CSeq", format!("{number} MESSAGE"));
        message
    };
    let number = |sent: &Message| sent.cseq().unwrap().number;
    let mut bench = Bench::tcp();
    bench.send(&text(1));
    let first = bench.sent();
    bench.receive(&demand(&first, 407, &[(PROXY, &challenge("r", "n1"))]));
    let again = bench.sent();
    bench.send(&text(2));
    let second = bench.sent();
    assert_eq!((number(&again), number(&second)), (2, 3));
    // The other way round: the second is under way when the first is challenged.
    let mut bench = Bench::tcp();
    bench.send(&text(1));
    let first = bench.sent();
    bench.send(&text(2));
    assert_eq!(number(&bench.sent()), 2);
    bench.receive(&demand(&first, 407, &[(PROXY, &challenge("r", "n1"))]));
    assert_eq!(number(&bench.sent()), 3);
    // Once all are answered, the dialog knows.
    let mut bench = Bench::tcp();
    bench.send(&text(1));
    let first = bench.sent();
    bench.receive(&response(&first, 200));
    bench.out();
    bench.send(&text(2));
    assert_eq!(number(&bench.sent()), 2);
}
