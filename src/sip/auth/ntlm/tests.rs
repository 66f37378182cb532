//! Published and captured vectors, both roles against each other, and broken messages.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use proptest::prelude::*;

use super::keys::{inner as key_parts, rc4};
use super::proof::{hmac_md5, inner as proof_parts};
use super::*;
use crate::sip::auth::Credentials;
use crate::sip::hex::{hex, unhex};

/// Signing and key exchange, with extended session security.
const EXTENDED: Flags = Flags(0x6008_8251);
/// Without.
const PLAIN: Flags = Flags(0x6000_8251);

const REQUEST: &[u8] = b"<NTLM><009139df><1><SIP Communications Service><lcs1.example.test><72558074992e4f2cafb48c6e44b90a0c><1><SUBSCRIBE><sip:alice@example.test><82249b57436d4aa39ec38afa968fa994><><>";
const RESPONSE: &[u8] = b"<NTLM><EAA5A52F><1><SIP Communications Service><lcs1.example.test><72558074992e4f2cafb48c6e44b90a0c><1><SUBSCRIBE><sip:alice@example.test><82249b57436d4aa39ec38afa968fa994><6A6C5447><39743><200>";
const REQUEST_V3: &[u8] = b"<NTLM><009139df><1><SIP Communications Service><lcs1.example.test><72558074992e4f2cafb48c6e44b90a0c><1><SUBSCRIBE><sip:alice@example.test><82249b57436d4aa39ec38afa968fa994><sip:alice@example.test><><><><>";

fn octets<const N: usize>(text: &str) -> [u8; N] {
    unhex(text).unwrap()
}

fn login(name: &str, password: &str) -> Login {
    Login::of(&Credentials::new(name, password))
}

fn fives() -> SessionKey {
    SessionKey::new([0x55; 16])
}

#[test]
fn b1_a_published_signature() {
    let key = SessionKey::new(octets("5F029153BC025058969548615E7099BA"));
    let text = b"<NTLM><0878F41B><1><SIP Communications Service><ocs1.ocs.provo.novell.com><8592g5DCBa1694i5887m0D0Bt2247b3F38xAE9Fx><3><REGISTER><sip:gabriel@ocs.provo.novell.com><2947328781><B816D65C2300A32CFA6D371F2AF537FD><900><200>";
    let keys = Keys::new(&key, PLAIN, Weakening::None);
    assert_eq!(hex(&keys.sign(Sender::Server, text)), "0100000000000000bf2e52667ddf6ded");
    // The four octets after the version are the sender's to fill.
    assert!(keys.verify(Sender::Server, text, &octets("01000000deadbeefbf2e52667ddf6ded")));
    assert!(!keys.verify(Sender::Server, text, &octets("0100000000000000bf2e52667ddf6dee")));
    assert!(!keys.verify(Sender::Server, text, &octets("0200000000000000bf2e52667ddf6ded")));
}

#[test]
fn b2_hash_and_its_binding() {
    let login = login("EXAMPLE\\alice", "Passw0rd!");
    assert_eq!(login.hash.expose().as_str(), "fc525c9683e8fe067095ba2ddc971889");
    assert_eq!(NtHash::from_hex("FC525C9683E8FE067095BA2DDC971889"), Some(login.hash.clone()));
    assert_eq!(NtHash::from_hex("fc525c9683e8fe067095ba2ddc97188"), None);
    assert_eq!(NtHash::from_hex("fc525c9683e8fe067095ba2ddc97188\u{e9}"), None);
    assert_eq!(hex(login.hash.bound_to(&login.user, &login.domain).as_slice()), "c85c6789395b678a69c523c158561d3b");
}

#[test]
fn b3_the_answer() {
    let mut info = TargetInfo::default();
    for (id, name) in [(2, "EXAMPLE"), (1, "LCS1"), (4, "example.test"), (3, "lcs1.example.test")] {
        info.set_name(id, name);
    }
    let challenge: [u8; 8] = octets("0123456789abcdef");
    let login = login("EXAMPLE\\alice", "Passw0rd!");
    let owf = login.hash.bound_to(&login.user, &login.domain);
    let proof = proof_parts::proof(owf.as_slice(), challenge, [0xaa; 8], &info);
    assert_eq!(hex(proof.as_slice()), "11dd36509717031b0799248ff67a3886");
    let base = hmac_md5(owf.as_slice(), &[proof.as_slice()]);
    assert_eq!(hex(base.as_slice()), "cce989da10ad950a6cf1cd7a1474d3d1");
    assert_eq!(hex(&rc4(base.as_slice(), &[0x55; 16])), "690bae34fdfe442c46b6c479bbdca263");

    let flags = EXTENDED.with(Flags::TARGET_INFO);
    let asked =
        Challenge { flags, server_challenge: challenge, target_name: "EXAMPLE".into(), target_info: info, version: [0; 8] };
    let fresh = Fresh { challenge: [0xaa; 8], key: fives(), time: 0 };
    let (answer, _) = answer(&asked.to_bytes(), &login, &fresh).unwrap();
    let answer = Authenticate::parse(&answer).unwrap();
    assert_eq!(hex(&answer.lm_response), "84e6b93ceef08c86a45ce4f121feb094aaaaaaaaaaaaaaaa");
    assert!(answer.nt_response.starts_with(proof.as_slice()));
    assert_eq!(hex(&answer.encrypted_key), "690bae34fdfe442c46b6c479bbdca263");
    assert_eq!((answer.user.as_str(), answer.domain.as_str(), answer.mic), ("alice", "EXAMPLE", None));
}

#[test]
fn b4_to_b8_keys_and_signatures() {
    let extended = Keys::new(&fives(), EXTENDED, Weakening::None);
    let (client, server) = key_parts::signing(&extended).unwrap();
    assert_eq!(hex(&client), "4788dc861b4782f35d43fd98fe1a2d39");
    assert_eq!(hex(&server), "d04d6f10741041d1d246d64188d7a8ad");
    // The vector gives the sealing keys before the number of the message goes in.
    let (client, server) = key_parts::cipher(&extended).unwrap();
    let numbered = |seal: &str| {
        use md5::Digest as _;
        let seal: [u8; 16] = octets(seal);
        hex(&md5::Md5::digest([seal.as_slice(), &[100, 0, 0, 0]].concat()))
    };
    assert_eq!(hex(&client), numbered("59f600973cc4960a25480a7c196e4c58"));
    assert_eq!(hex(&server), numbered("9355f3a957c1583d25c4c2f11e40390e"));

    assert_eq!(hex(&extended.sign(Sender::Client, REQUEST)), "01000000d1e8804f56b39ea664000000");
    assert_eq!(hex(&extended.sign(Sender::Server, RESPONSE)), "0100000067a4fbff82454b6864000000");
    assert_eq!(hex(&extended.sign(Sender::Client, REQUEST_V3)), "01000000a5379d17576dd50664000000");
    let plain = |weakening| Keys::new(&fives(), PLAIN, weakening);
    assert_eq!(hex(&plain(Weakening::None).sign(Sender::Client, REQUEST)), "0100000000000000719493ddfad7578a");
    assert_eq!(hex(&plain(Weakening::Bits56).sign(Sender::Client, REQUEST)), "01000000000000005ef5de7fc6e9bbf0");
    assert_eq!(hex(&plain(Weakening::None).sign(Sender::Server, RESPONSE)), "0100000000000000f2810015fad7578a");

    assert!(!extended.verify(Sender::Server, REQUEST, &extended.sign(Sender::Client, REQUEST)), "keys differ by direction");
}

const CAPTURED_CHALLENGE: &str = "TlRMTVNTUAACAAAABgAGADgAAABVgpri3YJB42X5DJcAAAAAAAAAAFQAVAA+AAAABQLODgAAAA9MAEMAUwACAAYATABBAEIAAQAGAEwAQwBTAAQAFgBsAGEAYgAuAGUAeABhAG0AcABsAGUAAwAeAGwAYwBzAC4AbABhAGIALgBlAHgAYQBtAHAAbABlAAAAAAA=";
const CAPTURED_ANSWER: &str = "TlRMTVNTUAADAAAAGAAYAFwAAACEAIQAdAAAAAYABgBIAAAACgAKAE4AAAAEAAQAWAAAABAAEAD4AAAAVYKYYgUBKAoAAAAPTABBAEIAYQBsAGkAYwBlAFYATQDr0HSxx+rjFkwAqqlXKcAkkxxW9gB+mg26WKQ/2w866ZTIoNye0WzPAQEAAAAAAAAAHgHRunrdAZMcVvYAfpoNAAAAAAIABgBMAEEAQgABAAYATABDAFMABAAWAGwAYQBiAC4AZQB4AGEAbQBwAGwAZQADAB4AbABjAHMALgBsAGEAYgAuAGUAeABhAG0AcABsAGUAAAAAAAAAAABbjG5AKQDXTwIG7VXHCVpF";

#[test]
fn a_handshake_captured_with_another_client() {
    let challenge = BASE64_STANDARD.decode(CAPTURED_CHALLENGE).unwrap();
    let captured = BASE64_STANDARD.decode(CAPTURED_ANSWER).unwrap();
    let login = login("LAB\\alice", "secret1");
    assert_eq!(login.hash.expose().as_str(), "b39a61f16a4e11fa80580241f1d4aae8");
    assert_eq!(hex(login.hash.bound_to("alice", "LAB").as_slice()), "17a0d43cbe4a7b5e4c75b6833544f6b2");
    // Server's role: the key that client chose.
    let key = accept(&challenge, &captured, &login.hash).unwrap();
    assert_eq!(hex(key.expose()), "475fa80a7c75b684432ba6f0d7a4e376");
    assert_eq!(accept(&challenge, &captured, &NtHash::new("secret2")), Err(Refusal::Proof));
    // Both messages come out of our writers octet for octet.
    assert_eq!(Challenge::parse(&challenge).unwrap().to_bytes(), challenge);
    let parsed = Authenticate::parse(&captured).unwrap();
    assert_eq!(parsed.to_bytes(), captured);
    // Client's role: with the same chances, the same message but for the workstation's name.
    let temp = &parsed.nt_response[16..];
    let time = u64::from_le_bytes(temp[8..16].try_into().unwrap());
    let fresh = Fresh { challenge: temp[16..24].try_into().unwrap(), key: key.clone(), time };
    let (ours, flags) = answer(&challenge, &login, &fresh).unwrap();
    assert_eq!(flags, Flags(0x6298_8255));
    let mut expected = parsed;
    expected.workstation.clear();
    assert_eq!(ours, expected.to_bytes());

    let keys = Keys::new(&key, flags, Weakening::None);
    let (client, server) = key_parts::signing(&keys).unwrap();
    assert_eq!(hex(&client), "93f0d66438ca60cf5e2a738485bb584d");
    assert_eq!(hex(&server), "10c1cfa505d4d0ed679e67d6cdfb76d2");
    let text = b"<NTLM><8fc80a2f><1><SIP Communications Service><lcs.lab.example><C502g47C1aF90DiF26EmF1DBtDEB3b2DBEx4896x><1><SUBSCRIBE><sip:alice@lab.example><5867914483><sip:alice@lab.example><><><><>";
    assert_eq!(hex(&keys.sign(Sender::Client, text)).to_ascii_uppercase(), "01000000C5353DD013ED4ABD64000000");
    let text = b"<NTLM><F9332CD8><1><SIP Communications Service><lcs.lab.example><D7F5gF2F3a8F46iBCDBm2936t58DFb3A1Bx09C9x><3><REGISTER><sip:alice@lab.example><219906746><sip:alice@lab.example><1002><><><7200><200>";
    assert_eq!(hex(&keys.sign(Sender::Server, text)), "01000000f6a1a5e5bb83108464000000");
}

fn asked(flags: Flags, timestamp: Option<u64>) -> Vec<u8> {
    let mut target_info = TargetInfo::default();
    target_info.set_name(TargetInfo::DOMAIN, "EXAMPLE");
    target_info.set_name(TargetInfo::DNS_COMPUTER, "lcs1.example.test");
    if let Some(time) = timestamp {
        target_info.set(TargetInfo::TIMESTAMP, time.to_le_bytes().to_vec());
    }
    Challenge { flags, server_challenge: [7; 8], target_name: "EXAMPLE".into(), target_info, version: [0; 8] }.to_bytes()
}

fn fresh() -> Fresh {
    Fresh { challenge: [9; 8], key: fives(), time: 42 }
}

#[test]
fn both_roles_agree_with_and_without_a_timestamp() {
    let login = login("alice", "p\u{e4}ssword \u{1f511}");
    for flags in [EXTENDED, PLAIN] {
        for timestamp in [None, Some(133_000_000_000_000_000)] {
            let challenge = asked(flags.with(Flags::TARGET_INFO), timestamp);
            let (message, agreed) = answer(&challenge, &login, &fresh()).unwrap();
            assert_eq!(agreed, flags.with(Flags::TARGET_INFO));
            let parsed = Authenticate::parse(&message).unwrap();
            assert_eq!(parsed.mic.is_some(), timestamp.is_some());
            let temp = &parsed.nt_response[16..];
            assert_eq!(u64::from_le_bytes(temp[8..16].try_into().unwrap()), timestamp.unwrap_or(42));
            if timestamp.is_some() {
                assert_eq!(parsed.lm_response, vec![0; 24], "MS-NLMP section 3.1.5.1.2");
            }
            assert_eq!(accept(&challenge, &message, &login.hash), Ok(fives()));
        }
    }
    // Without target information the answer is of version 2 all the same.
    let bare = Challenge {
        flags: EXTENDED,
        server_challenge: [7; 8],
        target_name: String::new(),
        target_info: TargetInfo::default(),
        version: [0; 8],
    };
    let (message, _) = answer(&bare.to_bytes(), &login, &fresh()).unwrap();
    assert_eq!(accept(&bare.to_bytes(), &message, &login.hash), Ok(fives()));
}

#[test]
fn a_changed_message_is_found_out_by_its_integrity_code() {
    let login = login("alice", "secret");
    let challenge = asked(EXTENDED.with(Flags::TARGET_INFO), Some(5));
    let (message, _) = answer(&challenge, &login, &fresh()).unwrap();
    for at in [64, 72, 87] {
        let mut changed = message.clone();
        changed[at] ^= 1;
        assert_eq!(accept(&challenge, &changed, &login.hash), Err(Refusal::Mic), "octet {at}");
    }
    // Weaker keys than were offered cannot be slipped in either.
    let mut weaker = message;
    weaker[62] &= !0x08;
    assert_eq!(accept(&challenge, &weaker, &login.hash), Err(Refusal::Mic));
}

#[test]
fn version_1_is_neither_answered_nor_accepted() {
    let login = login("alice", "secret");
    let challenge = asked(EXTENDED.with(Flags::TARGET_INFO), None);
    let (message, _) = answer(&challenge, &login, &fresh()).unwrap();
    let mut old = Authenticate::parse(&message).unwrap();
    old.nt_response = vec![1; 24];
    assert_eq!(accept(&challenge, &old.to_bytes(), &login.hash), Err(Refusal::Version1));
    old.nt_response = Vec::new();
    assert_eq!(accept(&challenge, &old.to_bytes(), &login.hash), Err(Refusal::Version1));
    old.nt_response = vec![0; 60];
    assert_eq!(accept(&challenge, &old.to_bytes(), &login.hash), Err(Refusal::Version1));
}

#[test]
fn what_offers_too_little_is_refused() {
    let login = login("alice", "secret");
    for missing in [Flags::UNICODE, Flags::SIGN, Flags::DATAGRAM, Flags::NTLM, Flags::KEY_EXCHANGE] {
        let challenge = asked(EXTENDED.without(missing), None);
        assert_eq!(answer(&challenge, &login, &fresh()).err(), Some(Refusal::Weak), "{missing:?}");
    }
    let challenge = asked(EXTENDED.with(Flags::TARGET_INFO), None);
    let (message, _) = answer(&challenge, &login, &fresh()).unwrap();
    let mut greedy = Authenticate::parse(&message).unwrap();
    greedy.flags = greedy.flags.with(Flags::SEAL);
    assert_eq!(accept(&challenge, &greedy.to_bytes(), &login.hash), Err(Refusal::Weak), "not what was offered");
    let mut keyless = Authenticate::parse(&message).unwrap();
    keyless.encrypted_key.clear();
    assert_eq!(accept(&challenge, &keyless.to_bytes(), &login.hash), Err(Refusal::Weak));
}

#[test]
fn names_of_accounts() {
    for (name, user, domain) in [
        ("alice", "alice", ""),
        ("EXAMPLE\\alice", "alice", "EXAMPLE"),
        ("alice@example.test", "alice@example.test", ""),
        ("\\alice", "alice", ""),
        ("A\\b\\c", "b\\c", "A"),
    ] {
        let login = login(name, "x");
        assert_eq!((login.user.as_str(), login.domain.as_str()), (user, domain));
    }
    // One character stays one: sharp s has no upper case of one character, dotless i has.
    assert_eq!(super::wire::upper("stra\u{df}e \u{131}"), "STRA\u{df}E I");
}

#[test]
fn nothing_secret_is_shown() {
    let login = login("EXAMPLE\\alice", "Passw0rd!");
    let keys = Keys::new(&fives(), EXTENDED, Weakening::None);
    let (message, _) = answer(&asked(EXTENDED, None), &login, &fresh()).unwrap();
    let message = Authenticate::parse(&message).unwrap();
    let shown = format!("{login:?} {:?} {keys:?} {:?} {:?} {message:?}", login.hash, fives(), fresh());
    for secret in ["alice", "Passw0rd", "EXAMPLE", "fc525c", "85, 85", "5555", "[1, "] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn broken_messages_are_told_apart() {
    let challenge = BASE64_STANDARD.decode(CAPTURED_CHALLENGE).unwrap();
    let captured = BASE64_STANDARD.decode(CAPTURED_ANSWER).unwrap();
    assert_eq!(Challenge::parse(b""), Err(NtlmFault::Mark));
    assert_eq!(Challenge::parse(&captured), Err(NtlmFault::Type));
    assert_eq!(Authenticate::parse(&challenge), Err(NtlmFault::Type));
    for len in 8..challenge.len() {
        assert!(Challenge::parse(&challenge[..len]).is_err(), "cut at {len}");
    }
    for len in 8..captured.len() {
        assert!(Authenticate::parse(&captured[..len]).is_err(), "cut at {len}");
    }
    assert_eq!(Challenge::parse(&[b"NTLMSSP\0\x02\0\0\0".as_slice(), &vec![0; 20_000]].concat()), Err(NtlmFault::Long));
    // A field that points outside, by every means.
    let mut far = challenge.clone();
    far[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(Challenge::parse(&far), Err(NtlmFault::Short));
    let mut long = challenge.clone();
    long[40..42].copy_from_slice(&u16::MAX.to_le_bytes());
    assert_eq!(Challenge::parse(&long), Err(NtlmFault::Short));
    // Pairs without an end, and half a character.
    let mut endless = challenge.clone();
    endless[40] -= 4;
    assert_eq!(Challenge::parse(&endless), Err(NtlmFault::Target));
    let mut odd = challenge;
    odd[12] = 5;
    assert_eq!(Challenge::parse(&odd), Err(NtlmFault::Text));
}

proptest! {
    #[test]
    fn no_octets_break_the_readers(bytes in proptest::collection::vec(any::<u8>(), 0..400), kind in 0_u8..5) {
        let mut message = b"NTLMSSP\0".to_vec();
        message.extend([kind, 0, 0, 0]);
        message.extend(&bytes);
        let _ = Challenge::parse(&bytes);
        let _ = Authenticate::parse(&bytes);
        let _ = answer(&message, &login("a", "b"), &fresh());
        let _ = accept(&asked(EXTENDED, None), &message, &NtHash::new("b"));
        let _ = TargetInfo::parse(&bytes);
    }

    #[test]
    fn a_flipped_octet_never_signs_in_as_another(at in 0_usize..264, bit in 0_u8..8) {
        let challenge = BASE64_STANDARD.decode(CAPTURED_CHALLENGE).unwrap();
        let mut message = BASE64_STANDARD.decode(CAPTURED_ANSWER).unwrap();
        message[at] ^= 1 << bit;
        let hash = NtHash::new("secret1");
        if accept(&challenge, &message, &hash).is_ok() {
            // What is not covered: the workstation, the LM answer, the version, the key, some
            // lengths, some flags, the case of the name.
            let parsed = Authenticate::parse(&message).unwrap();
            prop_assert_eq!(parsed.user.to_uppercase(), "ALICE");
            prop_assert_eq!(parsed.domain, "LAB");
        }
    }
}

#[test]
fn a_domain_of_policy_is_for_names_that_name_none() {
    for (name, domain) in [("alice", "CORP"), ("EXAMPLE\\alice", "EXAMPLE"), ("alice@example.test", "")] {
        let login = Login::of(&Credentials::new(name, "x").with_domain(Some("CORP")));
        assert_eq!(login.domain, domain, "{name}");
    }
}
