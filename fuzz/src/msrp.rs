//! Files by MSRP: whatever the other side says and however it is cut, each side ends at most once and the same way,
//! wants nothing after it, and keeps no more than was announced.

use std::time::{Duration, Instant};

use chinwag::transfer::msrp::{Path, Receiver, Sender, Terms, Uri};
use chinwag::transfer::{Event, Machine as _, Sends as _, Takes as _};

use super::transfer::Told;

/// Octets of the file.
const OCTETS: u64 = 11;
const OURS: &str = "msrps://198.51.100.9:2855/iau39soe2843z;tcp";
const THEIRS: &str = "msrps://192.0.2.10:2855/s3ss10nid;tcp";

/// The first octet says how, the second in which pieces; the others are what the other side says, and a path.
pub fn msrp(data: &[u8]) {
    path(&String::from_utf8_lossy(data));
    let Some(([how, piece], said)) = data.split_first_chunk() else { return };
    let (Some(ours), Some(theirs)) = (Path::parse(OURS), Path::parse(THEIRS)) else { panic!("a path cannot be read") };
    let terms = Terms {
        ours,
        theirs,
        octets: OCTETS,
        media_type: "text/plain".to_owned(),
        sha1: None,
        active: how & 1 == 1,
        token: "t0ken".to_owned(),
    };
    let piece = usize::from(*piece).max(1);
    assert_eq!(receive(&terms, said, usize::MAX), receive(&terms, said, piece), "pieces of {piece}");
    assert_eq!(send(&terms, said, usize::MAX), send(&terms, said, piece), "pieces of {piece}");
}

/// A path is written so that it is read as the same; so is each of its URIs.
fn path(text: &str) {
    let Some(path) = Path::parse(text) else { return };
    assert_eq!(Path::parse(&path.to_string()).as_ref(), Some(&path));
    for uri in [path.first(), path.session()] {
        assert_eq!(Uri::parse(&uri.to_string()).as_ref(), Some(uri));
        // An address may be longer as it is written here.
        let short = uri.to_string().len() < 400;
        if let (Some(port), Some(session), true) = (uri.port(), uri.session(), uri.is_tcp() && short) {
            assert_eq!(Uri::new(uri.is_secure(), &uri.host(), port, session).as_ref(), Some(uri));
        }
    }
}

/// What came of it: the end, and the file if it is one to keep.
fn receive(terms: &Terms, said: &[u8], piece: usize) -> Option<(Event, Vec<u8>)> {
    let now = Instant::now();
    let mut receiver = Receiver::new(terms.clone(), now);
    let mut told = Told::default();
    for piece in said.chunks(piece.min(said.len()).max(1)) {
        receiver.receive(piece, now);
        loop {
            let wanted = told.take(|| receiver.poll_output());
            receiver.written(wanted.written, now);
            if wanted.stored == 0 {
                break;
            }
            receiver.stored(wanted.stored, now);
        }
    }
    assert!(told.file.len() as u64 <= OCTETS, "more than was announced");
    receiver.closed(now);
    told.take(|| receiver.poll_output());
    assert!(receiver.is_over(), "it waits without a connection");
    let kept = matches!(told.end, Some(Event::Done(_)));
    assert!(!kept || told.file.len() as u64 == OCTETS, "not what was announced");
    let file = if kept { told.file } else { Vec::new() };
    told.end.map(|end| (end, file))
}

fn send(terms: &Terms, said: &[u8], piece: usize) -> Option<Event> {
    let mut now = Instant::now();
    let mut sender = Sender::new(terms.clone(), now);
    let mut told = Told::default();
    // Octets of the file that were asked for at last.
    let mut asked = 0;
    for piece in said.chunks(piece.min(said.len()).max(1)) {
        sender.receive(piece, now);
        let wanted = told.take(|| sender.poll_output());
        sender.written(wanted.written, now);
        asked = if wanted.read == 0 { asked } else { wanted.read };
    }
    // The file comes late, so that it does not matter when.
    for _ in 0..4 {
        let wanted = told.take(|| sender.poll_output());
        sender.written(wanted.written, now);
        asked = if wanted.read == 0 { asked } else { wanted.read };
        sender.file(&vec![0; asked.min(3)], now);
    }
    // Whatever was said, it does not wait without end.
    for _ in 0..2 {
        now += Duration::from_mins(10);
        sender.tick(now);
        let wanted = told.take(|| sender.poll_output());
        sender.written(wanted.written, now);
    }
    assert!(sender.is_over() && told.end.is_some(), "it waits without end");
    told.end
}
