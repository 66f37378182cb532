//! The exact bytes an endpoint emits.

use std::time::Instant;

use crate::sip::auth::{Credentials, Schemes};
use crate::sip::endpoint::{Endpoint, EndpointConfig, EndpointEvent, EndpointOutput, Flow, FlowInfo, RequestId};
use crate::sip::framing::Limits;
use crate::sip::message::{Message, Method};
use crate::sip::tokens::Tokens;

const FLOW: Flow = Flow(1);

fn alice() -> Endpoint {
    let mut endpoint = Endpoint::new(EndpointConfig {
        product: "chinwag/test".to_owned(),
        tokens: Tokens::from_number(1),
        side: crate::sip::auth::ntlm::Sender::Client,
        credentials: Some(Credentials::new("alice", "Passw0rd!")),
        schemes: Schemes::ANY,
        clock: None,
        limits: Limits::default(),
        refuse_md5: false,
        max_server_transactions: 8,
    });
    endpoint.flow_up(
        FLOW,
        FlowInfo {
            transport: "TCP",
            reliable: true,
            local: "192.0.2.10:49152".to_owned(),
            peer_ip: "198.51.100.1".to_owned(),
            peer_port: 5060,
        },
    );
    endpoint
}

fn register() -> Message {
    let mut message = Message::request(Method::Register, "sip:example.test");
    message.headers.push("From", "<sip:alice@example.test>;tag=9fxced76sl");
    message.headers.push("To", "<sip:alice@example.test>");
    message.headers.push("Call-ID", "1j9FpLxk3uxtm8tn");
    message.headers.push("CSeq", "1 REGISTER");
    message.headers.push("Contact", "<sip:alice@192.0.2.10:49152;transport=tcp>");
    message.headers.push("Expires", "600");
    message
}

fn sent(endpoint: &mut Endpoint) -> String {
    match endpoint.poll() {
        Some(EndpointOutput::Transmit { flow: FLOW, bytes }) => String::from_utf8_lossy(&bytes).into_owned(),
        other => panic!("expected a message on the wire, not {other:?}"),
    }
}

#[test]
fn register_and_its_digest_retry_byte_for_byte() {
    let now = Instant::now();
    let mut endpoint = alice();
    let request = endpoint.send_request(FLOW, register(), now);
    assert_eq!(request, RequestId(1));
    let first = sent(&mut endpoint);
    let branch = Tokens::from_number(1).branch();
    assert_eq!(
        first,
        format!(
            "REGISTER sip:example.test SIP/2.0\r\n\
             Via: SIP/2.0/TCP 192.0.2.10:49152;branch={branch};rport\r\n\
             Max-Forwards: 70\r\n\
             From: <sip:alice@example.test>;tag=9fxced76sl\r\n\
             To: <sip:alice@example.test>\r\n\
             Call-ID: 1j9FpLxk3uxtm8tn\r\n\
             CSeq: 1 REGISTER\r\n\
             Contact: <sip:alice@192.0.2.10:49152;transport=tcp>\r\n\
             Expires: 600\r\n\
             User-Agent: chinwag/test\r\n\
             Content-Length: 0\r\n\r\n"
        )
    );
    let challenge = format!(
        "SIP/2.0 401 Unauthorized\r\n\
         Via: SIP/2.0/TCP 192.0.2.10:49152;branch={branch};rport=49152;received=192.0.2.10\r\n\
         From: <sip:alice@example.test>;tag=9fxced76sl\r\n\
         To: <sip:alice@example.test>;tag=77\r\n\
         Call-ID: 1j9FpLxk3uxtm8tn\r\n\
         CSeq: 1 REGISTER\r\n\
         WWW-Authenticate: Digest realm=\"example.test\", nonce=\"84f1c1ae6cbe5ua9c8e88dfa3ecm3459\", algorithm=MD5, qop=\"auth\"\r\n\
         WWW-Authenticate: Digest realm=\"example.test\", nonce=\"84f1c1ae6cbe5ua9c8e88dfa3ecm3459\", algorithm=SHA-256, qop=\"auth\"\r\n\
         Content-Length: 0\r\n\r\n"
    );
    endpoint.handle_bytes(FLOW, challenge.as_bytes(), now);
    assert_eq!(endpoint.poll(), Some(EndpointOutput::Event(EndpointEvent::Alive { flow: FLOW, pong: false })));
    let second = sent(&mut endpoint);
    let mut tokens = Tokens::from_number(1);
    let (_, branch, cnonce) = (tokens.branch(), tokens.branch(), tokens.hex(8));
    // Computed outside, with another implementation of SHA-256.
    let response = "101efb9fc19a49ced791cde8854962de4499a63e3a2d763416ba9e39076a9dcb";
    assert_eq!((branch.as_str(), cnonce.as_str()), ("z9hG4bKf09d6b1601f5daeae0fc", "0a2b54bd310c1bca"));
    assert_eq!(
        second,
        format!(
            "REGISTER sip:example.test SIP/2.0\r\n\
             Via: SIP/2.0/TCP 192.0.2.10:49152;branch={branch};rport\r\n\
             Max-Forwards: 70\r\n\
             From: <sip:alice@example.test>;tag=9fxced76sl\r\n\
             To: <sip:alice@example.test>\r\n\
             Call-ID: 1j9FpLxk3uxtm8tn\r\n\
             CSeq: 2 REGISTER\r\n\
             Contact: <sip:alice@192.0.2.10:49152;transport=tcp>\r\n\
             Expires: 600\r\n\
             User-Agent: chinwag/test\r\n\
             Authorization: Digest username=\"alice\", realm=\"example.test\", nonce=\"84f1c1ae6cbe5ua9c8e88dfa3ecm3459\", \
             uri=\"sip:example.test\", response=\"{response}\", algorithm=SHA-256, cnonce=\"{cnonce}\", qop=auth, nc=00000001\r\n\
             Content-Length: 0\r\n\r\n"
        )
    );
    assert_eq!(endpoint.poll(), None);
    assert_eq!(endpoint.next_timeout(), Some(now + std::time::Duration::from_secs(32)));
    let ok = format!(
        "SIP/2.0 200 OK\r\n\
         Via: SIP/2.0/TCP 192.0.2.10:49152;branch={branch};rport=49152;received=192.0.2.10\r\n\
         From: <sip:alice@example.test>;tag=9fxced76sl\r\n\
         To: <sip:alice@example.test>;tag=77\r\n\
         Call-ID: 1j9FpLxk3uxtm8tn\r\n\
         CSeq: 2 REGISTER\r\n\
         Content-Length: 0\r\n\r\n"
    );
    endpoint.handle_bytes(FLOW, ok.as_bytes(), now);
    assert_eq!(endpoint.poll(), Some(EndpointOutput::Event(EndpointEvent::Alive { flow: FLOW, pong: false })));
    let Some(EndpointOutput::Event(EndpointEvent::Response { request: RequestId(1), response })) = endpoint.poll() else {
        panic!("expected the 200");
    };
    assert_eq!(response.status(), Some(200));
    assert_eq!(endpoint.next_timeout(), None);
    assert_eq!(endpoint.transactions(), 0);
}
