//! Which challenge wins.

use super::*;

fn response(code: u16, challenges: &[(&str, &str)]) -> Message {
    let mut response = Message::response(code);
    for (name, value) in challenges {
        response.headers.push(name, value);
    }
    response
}

fn chosen(response: &Message, refuse_md5: bool) -> Vec<(Asker, String, Algorithm)> {
    demands(response, refuse_md5)
        .into_iter()
        .map(|d| (d.asker, format!("{}/{}", d.challenge.realm, d.challenge.nonce), d.challenge.algorithm))
        .collect()
}

const WWW: &str = "WWW-Authenticate";
const PROXY: &str = "Proxy-Authenticate";

#[test]
fn the_strongest_wins_wherever_it_stands() {
    for order in [["MD5", "SHA-256", "SHA-512-256"], ["SHA-512-256", "SHA-256", "MD5"], ["SHA-256", "SHA-512-256", "MD5"]] {
        let lines: Vec<String> =
            order.iter().map(|a| format!("Digest realm=\"r\", nonce=\"n\", algorithm={a}, qop=\"auth\"")).collect();
        let pairs: Vec<(&str, &str)> = lines.iter().map(|l| (WWW, l.as_str())).collect();
        assert_eq!(chosen(&response(401, &pairs), false), [(Asker::Origin, "r/n".to_owned(), Algorithm::Sha512T256)]);
    }
}

#[test]
fn among_equals_the_topmost_wins() {
    let response = response(
        401,
        &[
            (WWW, "Digest realm=\"r\", nonce=\"1\", algorithm=SHA-256"),
            (WWW, "Digest realm=\"r\", nonce=\"2\", algorithm=SHA-256-sess"),
        ],
    );
    assert_eq!(chosen(&response, false), [(Asker::Origin, "r/1".to_owned(), Algorithm::Sha256)]);
}

#[test]
fn realms_and_askers_are_kept_apart() {
    let response = response(
        407,
        &[
            (WWW, "Digest realm=\"r\", nonce=\"1\""),
            (PROXY, "Digest realm=\"r\", nonce=\"2\""),
            (PROXY, "Digest realm=\"other\", nonce=\"3\", algorithm=SHA-256"),
        ],
    );
    assert_eq!(
        chosen(&response, false),
        [
            (Asker::Origin, "r/1".to_owned(), Algorithm::Md5),
            (Asker::Proxy, "r/2".to_owned(), Algorithm::Md5),
            (Asker::Proxy, "other/3".to_owned(), Algorithm::Sha256),
        ]
    );
}

#[test]
fn md5_can_be_refused() {
    let only_md5 = response(401, &[(WWW, "Digest realm=\"r\", nonce=\"1\"")]);
    assert_eq!(chosen(&only_md5, true), []);
    let both = response(
        401,
        &[
            (WWW, "Digest realm=\"r\", nonce=\"1\", algorithm=MD5-sess"),
            (WWW, "Digest realm=\"r\", nonce=\"1\", algorithm=SHA-256"),
        ],
    );
    assert_eq!(chosen(&both, true), [(Asker::Origin, "r/1".to_owned(), Algorithm::Sha256)]);
}

#[test]
fn other_schemes_and_unknown_algorithms_are_passed_over() {
    let response = response(
        401,
        &[
            (WWW, "Negotiate"),
            (WWW, "NTLM realm=\"r\", targetname=\"sip/x\""),
            (WWW, "Digest realm=\"r\", nonce=\"1\", algorithm=SHA3-512"),
            (WWW, "Digest realm=\"r\", nonce=\"2\", algorithm=MD5"),
        ],
    );
    assert_eq!(chosen(&response, false), [(Asker::Origin, "r/2".to_owned(), Algorithm::Md5)]);
}
