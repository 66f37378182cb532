//! NTLM between us and pyspnego, which shares no line with us: handshakes in both roles, the
//! session key, and signatures in both directions, in every form that SIP servers use.

use std::process::Command;

use chinwag::sip::auth::Credentials;
use chinwag::sip::auth::ntlm::{
    Challenge, Flags, Fresh, Keys, Login, NtHash, Refusal, Sender, SessionKey, TargetInfo, Weakening, accept, answer,
};
use chinwag::sip::hex::hex;

use crate::support::{Lines, script};

const PASSWORD: &str = "Passw0rd! of alice";
const TEXT: &[u8] = b"<NTLM><009139df><1><SIP Communications Service><lcs1.example.test><72558074992e4f2c><1>\
    <SUBSCRIBE><sip:alice@example.test><82249b57436d4aa3><><>";

/// The forms a server may offer, without the flags that pyspnego adds by itself.
const FORMS: [(&str, u32); 6] = [
    ("extended, 128 bits", 0x628a_8255),
    ("extended, 56 bits", 0xc28a_8255),
    ("extended, 40 bits", 0x428a_8255),
    ("plain, 128 bits", 0x6282_8255),
    ("plain, 56 bits", 0xc282_8255),
    ("plain, 40 bits", 0x4282_8255),
];

/// Without extended session security servers differ in how much of the key they use.
const STRENGTHS: [(Weakening, &str); 3] = [(Weakening::None, " full"), (Weakening::Bits56, " 56"), (Weakening::Bits40, " 40")];

/// The script in the environment that `tests/run.sh` makes for it.
fn program() -> Command {
    let python = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/ntlm-peer/bin/python");
    assert!(python.exists(), "{} is missing: tests/run.sh makes it", python.display());
    let mut program = Command::new(python);
    program.arg(script("ntlm/ntlm_peer.py"));
    program
}

fn peer() -> Lines {
    Lines::start(program().arg(format!("EXAMPLE:alice:{PASSWORD}")))
}

fn ask(peer: &mut Lines, question: &str) -> String {
    peer.tell(question);
    peer.line(question, 20, |_| true)
}

fn octets(hex: &str) -> Vec<u8> {
    assert!(hex.len().is_multiple_of(2) && hex.bytes().all(|b| b.is_ascii_hexdigit()), "no octets: {hex}");
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

fn login(password: &str) -> Login {
    Login::of(&Credentials::new("EXAMPLE\\alice", password))
}

fn fresh() -> Fresh {
    let key: [u8; 16] = std::array::from_fn(|n| u8::try_from(7 * n + 1).unwrap());
    Fresh { challenge: [0xa5; 8], key: SessionKey::new(key), time: 134_000_000_000_000_000 }
}

/// What we would ask, as a server.
fn challenge(flags: u32, timestamp: bool) -> Vec<u8> {
    let mut info = TargetInfo::default();
    info.set_name(TargetInfo::DOMAIN, "EXAMPLE");
    info.set_name(TargetInfo::COMPUTER, "LCS1");
    info.set_name(TargetInfo::DNS_DOMAIN, "example.test");
    info.set_name(TargetInfo::DNS_COMPUTER, "lcs1.example.test");
    if timestamp {
        info.set(TargetInfo::TIMESTAMP, 134_000_000_000_000_000_u64.to_le_bytes().to_vec());
    }
    let (flags, version) = (Flags(flags), [5, 2, 0xce, 0x0e, 0, 0, 0, 0x0f]);
    Challenge { flags, server_challenge: [1, 2, 3, 4, 5, 6, 7, 8], target_name: "EXAMPLE".into(), target_info: info, version }
        .to_bytes()
}

/// Each believes what the other signs, and nothing else.
fn assert_signatures(peer: &mut Lines, key: &SessionKey, flags: Flags, form: &str) {
    let strengths: &[(Weakening, &str)] = if flags.has(Flags::EXTENDED) { &[(Weakening::None, "")] } else { &STRENGTHS };
    for (weakening, word) in strengths {
        let keys = Keys::new(key, flags, *weakening);
        for (sender, name) in [(Sender::Client, "client"), (Sender::Server, "server")] {
            let form = format!("{form}, {name}{word}");
            let ours = keys.sign(sender, TEXT);
            let judged = |peer: &mut Lines, text: &[u8], signature: &[u8]| {
                ask(peer, &format!("verify {name} {} {}{word}", hex(text), hex(signature)))
            };
            assert_eq!(judged(peer, TEXT, &ours), "good", "{form}");
            assert_eq!(judged(peer, b"another", &ours), "bad", "{form}");
            let theirs = octets(&ask(peer, &format!("sign {name} {}{word}", hex(TEXT))));
            let theirs: [u8; 16] = theirs.try_into().unwrap();
            assert!(keys.verify(sender, TEXT, &theirs), "{form}");
            assert!(!keys.verify(sender, b"another", &theirs), "{form}");
        }
    }
}

#[test]
fn it_is_right_about_itself_and_the_published_vectors() {
    let out = program().arg("check").output().unwrap();
    let told = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{told}\n{}", String::from_utf8_lossy(&out.stderr));
    assert!(told.ends_with(" 0 failed\n"), "{told}");
}

#[test]
fn it_lets_us_in() {
    let mut server = peer();
    for (form, flags) in FORMS {
        for timestamp in [false, true] {
            let option = if timestamp { " timestamp" } else { "" };
            let asked = octets(&ask(&mut server, &format!("challenge {flags:08x}{option}")));
            let (message, agreed) = answer(&asked, &login(PASSWORD), &fresh()).unwrap();
            assert_eq!(ask(&mut server, &format!("authenticate {}", hex(&message))), "ok EXAMPLE alice", "{form}{option}");
            let (known, mic) = (ask(&mut server, "agreed"), if timestamp { "mic" } else { "no-mic" });
            assert_eq!(known, format!("{:08x} {mic}", agreed.0), "{form}{option}");
            let key: [u8; 16] = octets(&ask(&mut server, "key")).try_into().unwrap();
            assert!(SessionKey::new(key) == fresh().key, "{form}{option}");
            assert_signatures(&mut server, &fresh().key, agreed, form);
        }
    }
}

#[test]
fn we_let_it_in() {
    let mut client = peer();
    for (form, flags) in FORMS {
        for timestamp in [false, true] {
            let asked = challenge(flags, timestamp);
            let message = octets(&ask(&mut client, &format!("answer {} EXAMPLE alice {PASSWORD}", hex(&asked))));
            let key = accept(&asked, &message, &NtHash::new(PASSWORD)).unwrap_or_else(|why| panic!("{form}: {why}"));
            let theirs: [u8; 16] = octets(&ask(&mut client, "key")).try_into().unwrap();
            assert!(SessionKey::new(theirs) == key, "{form}");
            let agreed = ask(&mut client, "agreed");
            let (agreed, mic) = agreed.split_once(' ').unwrap();
            assert_eq!(mic == "mic", timestamp, "{form}");
            assert_signatures(&mut client, &key, Flags(u32::from_str_radix(agreed, 16).unwrap()), form);
        }
    }
}

#[test]
fn neither_lets_in_who_should_not_be() {
    let mut peer = peer();
    let refused = |said: &str| said.starts_with("refused ");
    for timestamp in ["", " timestamp"] {
        let asked = octets(&ask(&mut peer, &format!("challenge {:08x}{timestamp}", FORMS[0].1)));
        let (message, _) = answer(&asked, &login("a guess"), &fresh()).unwrap();
        assert!(refused(&ask(&mut peer, &format!("authenticate {}", hex(&message)))), "a wrong password");
    }
    // Our integrity code covers what was agreed on.
    let asked = octets(&ask(&mut peer, &format!("challenge {:08x} timestamp", FORMS[0].1)));
    let (mut message, _) = answer(&asked, &login(PASSWORD), &fresh()).unwrap();
    message[64] ^= 1;
    assert!(refused(&ask(&mut peer, &format!("authenticate {}", hex(&message)))), "changed on the way");
    // And theirs.
    let asked = challenge(FORMS[0].1, true);
    let said = ask(&mut peer, &format!("answer {} EXAMPLE alice {PASSWORD}", hex(&asked)));
    let mut message = octets(&said);
    assert!(accept(&asked, &message, &NtHash::new(PASSWORD)).is_ok());
    assert_eq!(accept(&asked, &message, &NtHash::new("a guess")), Err(Refusal::Proof));
    message[64] ^= 1;
    assert_eq!(accept(&asked, &message, &NtHash::new(PASSWORD)), Err(Refusal::Mic));
}
