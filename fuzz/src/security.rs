//! What must hold for security associations: the messages of NTLM, the header fields that carry
//! them, and signatures over messages of any kind.

use std::time::Instant;

use chinwag::sip::auth::ntlm::{self, Authenticate, Challenge, Flags, Fresh, Login, NtHash, SessionKey, TargetInfo, Weakening};
use chinwag::sip::auth::{Asker, Association, Credentials, SaHeader, Scheme, Terms, TextVersion, Wrong};
use chinwag::sip::message::{Message, parse_datagram};
use chinwag::sip::tokens::Tokens;

const PASSWORD: &str = "Passw0rd!";
const KEY: [u8; 16] = [0x55; 16];

fn login() -> Login {
    Login::of(&Credentials::new("EXAMPLE\\alice", PASSWORD))
}

fn fresh() -> Fresh {
    Fresh { challenge: [0xaa; 8], key: SessionKey::new(KEY), time: 0 }
}

/// A challenge is written so that it is read as the same, and an answer to it satisfies the one who
/// asked, whatever was in it.
pub fn ntlm_challenge(data: &[u8]) {
    if let Ok(info) = TargetInfo::parse(data) {
        assert_eq!(TargetInfo::parse(&info.to_bytes()), Ok(info));
    }
    let Ok(challenge) = Challenge::parse(data) else { return };
    assert_eq!(Challenge::parse(&challenge.to_bytes()).as_ref(), Ok(&challenge));
    let Ok((answer, flags)) = ntlm::answer(data, &login(), &fresh()) else { return };
    assert_eq!(flags.common(challenge.flags), flags, "more is agreed to than was offered");
    let key = ntlm::accept(data, &answer, &NtHash::new(PASSWORD));
    assert_eq!(key, Ok(SessionKey::new(KEY)));
    assert!(ntlm::accept(data, &answer, &NtHash::new("guess")).is_err(), "a wrong password is let in");
}

/// An answer is written so that it is read as the same, and one that nobody made with the password
/// never signs in.
pub fn ntlm_answer(data: &[u8]) {
    let Ok(answer) = Authenticate::parse(data) else { return };
    let written = answer.to_bytes();
    assert_eq!(Authenticate::parse(&written).as_ref(), Ok(&answer));
    let asked = Challenge {
        flags: Flags(0xe29a_8255),
        server_challenge: [7; 8],
        target_name: "EXAMPLE".into(),
        target_info: TargetInfo::default(),
        version: [0; 8],
    };
    assert!(ntlm::accept(&asked.to_bytes(), data, &NtHash::new("nobody said this")).is_err());
}

/// Fields of security associations can be looked at in every way, and are as others see them.
pub fn sa_header(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for text in [text.clone(), format!("NTLM {text}").into()] {
        let Some(header) = SaHeader::parse(&text) else { continue };
        for name in ["realm", "targetname", "opaque", "crand", "cnum"] {
            assert!(header.get(name).is_none_or(|value| text.contains(value)));
        }
        let _ = (header.data(), header.signature("response"), header.signature("rspauth"));
        if let Some(terms) = Terms::of(&header) {
            assert_eq!(terms.version, header.version());
            assert!(terms.are_named_by(&header));
        }
    }
}

/// Whatever a message is, both sides agree on what its signature covers; a replay and a signature
/// that came with the message are found out.
pub fn signature(data: &[u8]) {
    let Ok(message) = parse_datagram(data) else { return };
    for version in [TextVersion::V2, TextVersion::V3, TextVersion::V4] {
        let (mut client, mut server) = associations(version);
        let (sender, receiver, field, proof) = match message.method() {
            Some(_) => (&mut client, &mut server, "Authorization", "response"),
            None => (&mut server, &mut client, "Authentication-Info", "rspauth"),
        };
        for theirs in SaHeader::all(&message, field) {
            assert!(receiver.verify(&message, &theirs).is_err(), "signed with a key nobody has");
        }
        let mut signed = message.clone();
        sender.sign(&mut signed, &mut Tokens::from_number(1));
        let ours = |message: &Message| SaHeader::all(message, field).filter(|h| h.get(proof).is_some()).last();
        let added = signed.headers.get_all(field).count() > message.headers.get_all(field).count();
        let Some(header) = ours(&signed).filter(|_| added) else { continue };
        if signed.headers.get_all(field).count() > 16 {
            continue; // nobody looks at that many
        }
        assert_eq!(receiver.verify(&signed, &header), Ok(()));
        assert_eq!(receiver.verify(&signed, &header), Err(Wrong::Replay));
    }
}

fn associations(version: TextVersion) -> (Association, Association) {
    let terms = Terms {
        scheme: Scheme::Ntlm,
        realm: "SIP Communications Service".into(),
        target: "lcs1.example.test".into(),
        opaque: "00112233".into(),
        version,
    };
    let (key, flags, now) = (SessionKey::new(KEY), Flags(0x6008_8251), Instant::now());
    let client = Association::client(terms.clone(), Asker::Origin, &key, flags, now);
    (client, Association::server(terms, &key, flags, Weakening::None, now))
}
