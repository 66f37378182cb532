//! Published vectors, own ones from another implementation (Python's hashlib), and both sides
//! against each other.

use super::*;

const NONCE: &str = "84f1c1ae6cbe5ua9c8e88dfa3ecm3459";

fn credentials(user: &str, password: &str) -> Credentials {
    Credentials::new(user, password)
}

fn challenge(text: &str) -> Challenge {
    Challenge::parse(&AuthParams::parse(text).unwrap()).unwrap()
}

fn presented(text: &str) -> Presented {
    Presented::parse(&AuthParams::parse(text).unwrap()).unwrap()
}

/// Response by the engine itself, for inputs of any shape.
fn response(algorithm: Algorithm, qop: Option<Qop>, method: &str, uri: &str, count: &str, body: &[u8]) -> String {
    let secret = SecretHash::new(algorithm, "alice", "example.test", "Passw0rd!");
    let method = Method::parse(method).unwrap();
    Response { algorithm, nonce: NONCE, cnonce: "0a4f113b", uri, count, qop }.compute(&secret, method.as_str(), body)
}

#[test]
fn rfc_7616_section_3_9_1() {
    let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
    let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    for (algorithm, expected) in [
        (Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
        (Algorithm::Sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ] {
        let secret = SecretHash::new(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life");
        let response = Response { algorithm, nonce, cnonce, uri: "/dir/index.html", count: "00000001", qop: Some(Qop::Auth) };
        assert_eq!(response.compute(&secret, "GET", b""), expected);
    }
}

#[test]
fn vectors_of_our_own_for_register() {
    assert_eq!(
        SecretHash::new(Algorithm::Md5, "alice", "example.test", "Passw0rd!").expose(),
        "66aac665e33874693170fe25aa8ed54a"
    );
    assert_eq!(Algorithm::Md5.hash(&[b"REGISTER", b"sip:example.test"]), "65351e5fd73262ea6a4dbdf9f9f5aa9f");
    for (algorithm, qop, expected) in [
        (Algorithm::Md5, Some(Qop::Auth), "e2bfe9299b9329caeb86be86a6462d0a"),
        (Algorithm::Sha256, Some(Qop::Auth), "d1e79fc01fa01604911801d5c288d72dba07aa27b3e3e6858c3dc70c69436899"),
        (Algorithm::Md5, None, "fa4f0970da43bf8e15f0130db5bf8f3b"),
    ] {
        assert_eq!(response(algorithm, qop, "REGISTER", "sip:example.test", "00000001", b""), expected, "{algorithm} {qop:?}");
    }
}

#[test]
fn every_algorithm_with_and_without_the_body() {
    for (algorithm, qop, expected) in [
        (Algorithm::Md5, Qop::Auth, "3da9cf6386f1651a6dfb3d062c221ccb"),
        (Algorithm::Md5, Qop::AuthInt, "f67c5dad2fbe55d0a5ede48172ee93da"),
        (Algorithm::Md5Sess, Qop::Auth, "158c4adeaeebfc2f9240f87e4198677a"),
        (Algorithm::Md5Sess, Qop::AuthInt, "cdb06b5068368c71878bd3cb6af49a5b"),
        (Algorithm::Sha256, Qop::Auth, "c78f90aff452cd03cb2d6a5426055696d1a7726495b61fd81a785c87d77ff043"),
        (Algorithm::Sha256, Qop::AuthInt, "99f8d50ca4062324ab0466d2068c67a5bb0e3673ed72c47a7a4fcb9a2a374a88"),
        (Algorithm::Sha256Sess, Qop::Auth, "d4ed6ea5411f2fbcc38eb52b9a9744f89b8e926cd528b54cef9effc7ae9a523f"),
        (Algorithm::Sha256Sess, Qop::AuthInt, "8c20a781a938d969676a4e5eb6f47dc7540f8c511a79396d2ffc9c5b3021671e"),
        (Algorithm::Sha512T256, Qop::Auth, "487f91c23a116b6250d8d74babf8b243bfe573d7f4b1ec4f370534d3fd079d4b"),
        (Algorithm::Sha512T256, Qop::AuthInt, "70693b077737c139b7a7d6137cbcf4151970601a981c8ac71739944bbf041d1e"),
        (Algorithm::Sha512T256Sess, Qop::Auth, "eabed33d21448a1a719d019ac66b4c49da62eeea17b195844e328e548c067a85"),
        (Algorithm::Sha512T256Sess, Qop::AuthInt, "a50be506f6d334ca6fec08fb052fcbd061ac73e903c727ff5c0bb169985dc44a"),
    ] {
        let computed = response(algorithm, Some(qop), "MESSAGE", "sip:bob@example.test", "0000000a", b"hello");
        assert_eq!(computed, expected, "{algorithm} {qop:?}");
    }
}

#[test]
fn the_header_field_quotes_what_must_be_quoted_and_nothing_else() {
    let challenge = challenge(&format!(
        "Digest realm=\"example.test\", nonce=\"{NONCE}\", opaque=\"x y\", algorithm=MD5, qop=\"auth,auth-int\""
    ));
    let signed = Signed { method: &Method::Register, uri: "sip:example.test", body: b"" };
    assert_eq!(
        challenge.answer(&credentials("alice", "Passw0rd!"), &signed, "0a4f113b", 1),
        format!(
            "Digest username=\"alice\", realm=\"example.test\", nonce=\"{NONCE}\", uri=\"sip:example.test\", \
             response=\"e2bfe9299b9329caeb86be86a6462d0a\", algorithm=MD5, cnonce=\"0a4f113b\", qop=auth, nc=00000001, opaque=\"x y\""
        )
    );
}

#[test]
fn without_qop_there_is_neither_count_nor_cnonce() {
    let challenge = challenge(&format!("Digest realm=\"example.test\",nonce=\"{NONCE}\""));
    let signed = Signed { method: &Method::Register, uri: "sip:example.test", body: b"" };
    assert_eq!(
        challenge.answer(&credentials("alice", "Passw0rd!"), &signed, "0a4f113b", 1),
        format!(
            "Digest username=\"alice\", realm=\"example.test\", nonce=\"{NONCE}\", uri=\"sip:example.test\", \
             response=\"fa4f0970da43bf8e15f0130db5bf8f3b\", algorithm=MD5"
        )
    );
}

#[test]
fn the_count_is_hex_of_eight_digits() {
    let challenge = challenge(&format!("Digest realm=\"example.test\",nonce=\"{NONCE}\",qop=\"auth\",algorithm=SHA-256"));
    let signed = Signed { method: &Method::Message, uri: "sip:bob@example.test", body: b"hello" };
    let value = challenge.answer(&credentials("alice", "Passw0rd!"), &signed, "0a4f113b", 10);
    assert!(value.ends_with("nc=0000000a"), "{value}");
    assert!(value.contains("c78f90aff452cd03cb2d6a5426055696d1a7726495b61fd81a785c87d77ff043"), "{value}");
}

#[test]
fn auth_int_only_where_auth_is_not_offered() {
    for (offer, chosen) in [("auth-int", Qop::AuthInt), ("auth-int,auth", Qop::Auth), ("auth-int, x-new", Qop::AuthInt)] {
        let challenge = challenge(&format!("Digest realm=\"r\",nonce=\"n\",qop=\"{offer}\""));
        assert_eq!(challenge.best_qop(), Some(chosen), "{offer}");
    }
}

#[test]
fn quotes_and_backslashes_survive_both_ways() {
    let (user, realm) = (r#"al"ice\"#, r#"the "best" \ realm"#);
    let challenge = Challenge {
        realm: realm.to_owned(),
        nonce: "n\"1".to_owned(),
        opaque: Some("o\\".to_owned()),
        algorithm: Algorithm::Sha256,
        qop: vec![Qop::Auth, Qop::AuthInt],
        stale: true,
        userhash: false,
    };
    let read = Challenge::parse(&AuthParams::parse(&challenge.to_string()).unwrap()).unwrap();
    assert_eq!(read, challenge);
    let signed = Signed { method: &Method::Message, uri: "sip:bob@example.test", body: b"" };
    let shown = presented(&read.answer(&credentials(user, "pass\"word"), &signed, "c\"n", 1));
    assert_eq!((shown.username.as_str(), shown.realm.as_str(), shown.cnonce.as_str()), (user, realm, "c\"n"));
    let secrets = SecretHashes::new(user, realm, "pass\"word");
    assert!(shown.verify(secrets.of(shown.algorithm), &Method::Message, b""));
}

#[test]
fn the_server_accepts_what_the_client_makes_and_nothing_else() {
    let secrets = SecretHashes::new("alice", "example.test", "Passw0rd!");
    for algorithm in Algorithm::ALL {
        for qop in [vec![], vec![Qop::Auth], vec![Qop::AuthInt]] {
            let challenge = Challenge {
                realm: "example.test".to_owned(),
                nonce: NONCE.to_owned(),
                opaque: None,
                algorithm,
                qop: qop.clone(),
                stale: false,
                userhash: false,
            };
            let signed = Signed { method: &Method::Message, uri: "sip:bob@example.test", body: b"hello" };
            let shown = presented(&challenge.answer(&credentials("alice", "Passw0rd!"), &signed, "0a4f113b", 1));
            let secret = secrets.of(algorithm);
            assert!(shown.verify(secret, &Method::Message, b"hello"), "{algorithm} {qop:?}");
            assert!(!shown.verify(secret, &Method::Register, b"hello"), "other method, {algorithm} {qop:?}");
            assert_eq!(shown.verify(secret, &Method::Message, b"other"), qop != [Qop::AuthInt], "{algorithm} {qop:?}");
            let wrong = SecretHashes::new("alice", "example.test", "Passw0rd?");
            assert!(!shown.verify(wrong.of(algorithm), &Method::Message, b"hello"), "{algorithm} {qop:?}");
            for change in [
                Presented { uri: "sip:eve@example.test".to_owned(), ..shown.clone() },
                Presented { nonce: "older".to_owned(), ..shown.clone() },
                Presented { response: String::new(), ..shown.clone() },
            ] {
                assert!(!change.verify(secret, &Method::Message, b"hello"), "{change:?}");
            }
        }
    }
}

#[test]
fn t26_a_proof_of_another_length_is_none() {
    for algorithm in Algorithm::ALL {
        let secrets = SecretHashes::new("alice", "example.test", "Passw0rd!");
        let asked = format!("Digest realm=\"example.test\",nonce=\"n\",qop=\"auth\",algorithm={algorithm}");
        let signed = Signed { method: &Method::Message, uri: "sip:bob@example.test", body: b"" };
        let shown = presented(&challenge(&asked).answer(&credentials("alice", "Passw0rd!"), &signed, "c", 1));
        let verifies =
            |response: String| Presented { response, ..shown.clone() }.verify(secrets.of(algorithm), &Method::Message, b"");
        let right = shown.response.clone();
        assert!(verifies(right.clone()));
        for end in 0..right.len() {
            assert!(!verifies(right[..end].to_owned()), "{algorithm}: {end} digits");
        }
        for longer in [
            right.clone() + "0",
            right.clone() + "\0",
            " ".to_owned() + &right,
            right.repeat(2),
            "f".repeat(100_000),
            "ä".repeat(16),
        ] {
            assert!(!verifies(longer.clone()), "{algorithm}: {longer:.80}");
        }
    }
}

#[test]
fn a_hashed_user_name_is_hashed_with_the_realm() {
    let challenge = challenge("Digest realm=\"example.test\",nonce=\"n\",qop=\"auth\",algorithm=SHA-256,userhash=true");
    let signed = Signed { method: &Method::Register, uri: "sip:example.test", body: b"" };
    let shown = presented(&challenge.answer(&credentials("alice", "Passw0rd!"), &signed, "c", 1));
    assert!(shown.userhash);
    assert_eq!(shown.username, "6b0970ed38946a15ad0a66d2bd15594f732409d35ec92a1a8518e6ed0bb70d83");
    assert_eq!(shown.username, Presented::user_hash(Algorithm::Sha256, "alice", "example.test"));
    // The proof itself is made with the real name.
    let secret = SecretHash::new(Algorithm::Sha256, "alice", "example.test", "Passw0rd!");
    assert!(shown.verify(&secret, &Method::Register, b""));
}

#[test]
fn a_stored_hash_needs_no_password() {
    let stored = SecretHash::new(Algorithm::Md5, "alice", "example.test", "Passw0rd!").expose().to_uppercase();
    let shown = presented(&format!(
        "Digest username=\"alice\",realm=\"example.test\",nonce=\"{NONCE}\",uri=\"sip:example.test\",\
         response=\"E2BFE9299B9329CAEB86BE86A6462D0A\",cnonce=\"0a4f113b\",qop=auth,nc=00000001"
    ));
    assert_eq!(shown.count(), 1);
    assert!(shown.verify(&SecretHash::from_hex(&stored), &Method::Register, b""));
}

#[test]
fn challenges_that_cannot_be_answered_are_not_read() {
    for text in [
        "Basic realm=\"r\"",
        "NTLM realm=\"r\", targetname=\"x\"",
        "Digest realm=\"r\"",
        "Digest nonce=\"n\"",
        "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-1024",
        "Digest realm=\"r\", nonce=\"n\", qop=\"x-new\"",
    ] {
        assert_eq!(AuthParams::parse(text).and_then(|p| Challenge::parse(&p)), None, "{text}");
    }
}

#[test]
fn credentials_that_prove_nothing_are_not_read() {
    let whole = "Digest username=\"a\",realm=\"r\",nonce=\"n\",uri=\"sip:r\",response=\"00\"";
    assert!(Presented::parse(&AuthParams::parse(whole).unwrap()).is_some());
    for more in [
        "qop=auth",
        "qop=auth,nc=1,cnonce=\"c\"",
        "qop=auth,nc=0000000g,cnonce=\"c\"",
        "qop=auth,nc=00000001",
        "algorithm=MD5-sess",
    ] {
        let text = format!("{whole},{more}");
        assert_eq!(Presented::parse(&AuthParams::parse(&text).unwrap()), None, "{text}");
    }
}

#[test]
fn nothing_secret_is_shown() {
    let secrets = SecretHashes::new("alice", "example.test", "Passw0rd!");
    let shown = format!("{secrets:?} {:?}", credentials("alice", "Passw0rd!"));
    assert!(!shown.contains("66aac665") && !shown.contains("Passw0rd") && shown.contains("[secret]"), "{shown}");
}

#[test]
fn the_server_proves_that_it_knows_the_password() {
    for (algorithm, proof) in [
        ("MD5", "669286c5c12825de4cf2bacc4cb19dbc"),
        ("SHA-256", "650114ba12978d9c1c944ca1a07bd75cb6432c74f5041814f68300cbb12c350f"),
    ] {
        let challenge = challenge(&format!("Digest realm=\"example.test\",nonce=\"n1\",qop=\"auth\",algorithm={algorithm}"));
        let ours = Signature { challenge, uri: "sip:example.test".into(), cnonce: "c1".into(), count: 2 };
        let us = credentials("alice", "Passw0rd!");
        assert!(ours.is_proven_by(proof, &us, b"") && ours.is_proven_by(&proof.to_uppercase(), &us, b""));
        assert!(!ours.is_proven_by(proof, &credentials("alice", "other"), b""));
        assert!(!ours.is_proven_by("", &us, b"") && !ours.is_proven_by(&"0".repeat(proof.len()), &us, b""));
        assert!(!Signature { count: 3, ..ours }.is_proven_by(proof, &us, b""));
    }
}
