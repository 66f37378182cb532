//! Messages cut and joined, whole and broken.

use proptest::prelude::*;

use super::*;

const PUT: &str = "PUT /xcap-root/pres-rules/users/sip:alice@example.test/index HTTP/1.1\r\nHost: example.test\r\n\
    If-Match: \"a1\"\r\nContent-Type: application/auth-policy+xml\r\nContent-Length: 5\r\n\r\n<a/>\n";

fn put() -> Message {
    Message::request("PUT", "/xcap-root/pres-rules/users/sip:alice@example.test/index")
        .with("Host", "example.test")
        .with("If-Match", "\"a1\"")
        .with_body("application/auth-policy+xml", "<a/>\n")
}

fn requests(bytes: &[u8]) -> Result<Vec<Message>, Broken> {
    drain(Reader::requests(Limits::default()), bytes)
}

fn responses(bytes: &[u8]) -> Result<Vec<Message>, Broken> {
    drain(Reader::responses(Limits::default()), bytes)
}

fn drain(mut reader: Reader, bytes: &[u8]) -> Result<Vec<Message>, Broken> {
    reader.push(bytes);
    let mut all = Vec::new();
    while let Some(message) = reader.next_message()? {
        all.push(message);
    }
    Ok(all)
}

#[test]
fn request_in_its_exact_bytes_and_back() {
    assert_eq!(String::from_utf8(put().encode()).unwrap(), PUT);
    let read = requests(PUT.as_bytes()).unwrap().remove(0);
    assert_eq!((&read.start, &read.body), (&put().start, &put().body));
    assert_eq!(read.fields.value("if-match"), Some("\"a1\""));
    assert!(read.keep_alive);
    let mut get = Message::request("GET", "/a b");
    get.keep_alive = false;
    assert_eq!(get.encode(), b"GET /a%20b HTTP/1.1\r\nConnection: close\r\n\r\n");
    let smuggle = Message::request("DELETE", "/x\r\nY: z").with("A", "b\r\nC: d");
    assert_eq!(smuggle.encode(), b"DELETE /xY:%20z HTTP/1.1\r\nA: bC: d\r\n\r\n");
}

#[test]
fn every_split_point_gives_the_same_messages() {
    let stream = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc\r\nHTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n\
        3\r\nabc\r\n0a;x=y\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\nHTTP/1.0 204 None\nConnection: keep-alive\n\nHTTP/1.1 200\r\nContent-Length: 0\r\n\r\n";
    let whole = responses(stream.as_bytes()).unwrap();
    assert_eq!(whole.iter().map(|m| m.body.as_slice()).collect::<Vec<_>>(), [&b"abc"[..], b"abc0123456789", b"", b""]);
    assert_eq!(whole.iter().map(|m| m.keep_alive).collect::<Vec<_>>(), [true; 4]);
    for split in 0..=stream.len() {
        let mut reader = Reader::responses(Limits::default());
        let mut all = Vec::new();
        for part in [&stream.as_bytes()[..split], &stream.as_bytes()[split..]] {
            reader.push(part);
            while let Some(message) = reader.next_message().unwrap() {
                all.push(message);
            }
        }
        assert_eq!(all, whole, "{split}");
        assert_eq!(reader.close(), Ok(None));
    }
}

#[test]
fn body_until_close() {
    let mut reader = Reader::responses(Limits::default());
    reader.push(b"HTTP/1.1 200 OK\r\n\r\nab");
    assert_eq!(reader.next_message(), Ok(None));
    reader.push(b"cd");
    assert_eq!(reader.next_message(), Ok(None));
    let message = reader.close().unwrap().unwrap();
    assert_eq!((message.body.as_slice(), message.keep_alive), (&b"abcd"[..], false));
    let mut reader = Reader::responses(Limits::default());
    reader.push(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab");
    assert_eq!(reader.next_message(), Ok(None));
    assert_eq!(reader.close(), Err(Broken::Truncated));
    let mut reader = Reader::responses(Limits::default());
    reader.push(b"HTTP/1.1 2");
    assert_eq!(reader.close(), Err(Broken::Truncated));
}

#[test]
fn offences_are_exact_and_last() {
    let long = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(17_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(101));
    for (bytes, broken) in [
        ("REGISTER sip:x SIP/2.0\r\n\r\n", Broken::StartLine),
        ("GET / HTTP/2.0\r\n\r\n", Broken::Version),
        ("GET  / HTTP/1.1\r\n\r\n", Broken::StartLine),
        ("GET /\r\n\r\n", Broken::StartLine),
        ("GET / HTTP/1.1\r\nno colon\r\n\r\n", Broken::Field),
        ("GET / HTTP/1.1\r\nA : b\r\n\r\n", Broken::Field),
        ("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", Broken::Field),
        ("GET / HTTP/1.1\r\nA: b\0\r\n\r\n", Broken::Field),
        (&long, Broken::HeadTooLong),
        (&many, Broken::TooManyFields),
        ("PUT / HTTP/1.1\r\nContent-Length: x\r\n\r\n", Broken::Length),
        ("PUT / HTTP/1.1\r\nContent-Length: 1, 2\r\n\r\n", Broken::Length),
        ("PUT / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", Broken::Length),
        ("PUT / HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n", Broken::BodyTooLong),
        ("PUT / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", Broken::Coding),
        ("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", Broken::Chunk),
        ("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", Broken::Chunk),
        ("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", Broken::BodyTooLong),
        ("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n", Broken::BodyTooLong),
    ] {
        let mut reader = Reader::requests(Limits::default());
        reader.push(bytes.as_bytes());
        assert_eq!(reader.next_message(), Err(broken), "{}", &bytes[..bytes.len().min(60)]);
        reader.push(PUT.as_bytes());
        assert_eq!(reader.next_message(), Err(broken));
    }
    assert_eq!(responses(b"HTTP/1.1 99 x\r\n\r\n"), Err(Broken::StartLine));
    let endless = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n".to_owned() + &"A: b\r\n".repeat(10_000);
    assert_eq!(requests(endless.as_bytes()), Err(Broken::HeadTooLong));
}

proptest! {
    #[test]
    fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), split in 0usize..200) {
        let mut reader = Reader::requests(Limits::default());
        let split = split.min(bytes.len());
        reader.push(&bytes[..split]);
        let _ = reader.next_message();
        reader.push(&bytes[split..]);
        let _ = reader.next_message();
        let _ = reader.close();
        let _ = responses(&bytes);
    }

    #[test]
    fn damaged_requests_never_panic(at in 0usize..PUT.len(), byte: u8) {
        let mut bytes = PUT.as_bytes().to_vec();
        bytes[at] = byte;
        let _ = requests(&bytes);
    }
}
