//! Bytes to an invitation: any order of fields, names in any case, and of what is broken nothing.

use super::{Accept, CancelCode, Cookie, Encryption, FILE_TRANSFER, Invitation, Key, LONGEST_NAME, Offer, Other};
use crate::formats::{Fault, Offence};

/// Octets of a body.
const LONGEST: usize = 8 * 1024;
/// Characters of a value that is kept, but for names of files.
const LONGEST_VALUE: usize = 128;

/// Reasons that have a word, and it.
pub(super) const CANCEL_WORDS: [(CancelCode, &str); 5] = [
    (CancelCode::Reject, "REJECT"),
    (CancelCode::NotInstalled, "REJECT_NOT_INSTALLED"),
    (CancelCode::Timeout, "TIMEOUT"),
    (CancelCode::TransferTimeout, "FTTIMEOUT"),
    (CancelCode::ConversationEnded, "OUTBANDCANCEL"),
];

/// Reads an invitation. What is missing or broken in an offer is as if it were not there; an answer without the
/// number of the offer it belongs to is no use.
///
/// # Errors
///
/// The offence: the body is too long, another kind of document, or lacks the number.
pub fn read(body: &[u8]) -> Result<Invitation, Fault> {
    if body.len() > LONGEST {
        return Err(Offence::TooLong.at(LONGEST));
    }
    let text = String::from_utf8_lossy(body);
    let fields = Fields(&text);
    let cookie = fields.number("Invitation-Cookie").map(Cookie::new);
    let answered = cookie.ok_or(Offence::Missing.at(body.len()));
    match fields.word("Invitation-Command").as_deref() {
        Some("INVITE") => Ok(offer(&fields, cookie)),
        Some("ACCEPT") => Ok(Invitation::Accept(accept(&fields, answered?))),
        Some("CANCEL") => Ok(Invitation::Cancel { cookie: answered?, code: code(&fields) }),
        // An offer may be told by what it offers.
        None if fields.get("Application-File").is_some() || fields.get("Application-Name").is_some() => {
            Ok(offer(&fields, cookie))
        }
        None | Some(_) => Err(Offence::WrongDocument.at(0)),
    }
}

fn offer(fields: &Fields<'_>, cookie: Option<Cookie>) -> Invitation {
    let guid = fields.text("Application-GUID", LONGEST_VALUE);
    let is_file = match guid.as_str() {
        "" => fields.get("Application-File").is_some() || fields.word("Application-Name").as_deref() == Some("FILE TRANSFER"),
        guid => guid.eq_ignore_ascii_case(FILE_TRANSFER),
    };
    if !is_file {
        return Invitation::Other(Other { cookie, application: fields.text("Application-Name", LONGEST_VALUE), guid });
    }
    let encryption = match fields.word("Encryption").as_deref() {
        None | Some("" | "N") => Encryption::None,
        Some(_) => Encryption::Required,
    };
    Invitation::Offer(Offer {
        cookie,
        name: fields.text("Application-File", LONGEST_NAME),
        octets: fields.number("Application-FileSize"),
        connectivity: fields.word("Connectivity").as_deref() != Some("N"),
        encryption,
    })
}

fn accept(fields: &Fields<'_>, cookie: Cookie) -> Accept {
    let port = |name| fields.number::<u16>(name).filter(|port| *port != 0);
    Accept {
        cookie,
        request_data: fields.get("Request-Data").is_some(),
        encryption_key: fields.get("Encryption-Key").and_then(Key::read),
        hash_key: fields.get("Hash-Key").and_then(Key::read),
        address: fields.get("IP-Address").and_then(|value| value.parse().ok()),
        port: port("Port"),
        port_x: port("PortX"),
        auth_cookie: fields.number("AuthCookie").map(Cookie::new),
        sender_connect: fields.word("Sender-Connect").as_deref() == Some("TRUE"),
    }
}

fn code(fields: &Fields<'_>) -> CancelCode {
    let word = fields.word("Cancel-Code").unwrap_or_default();
    let known = CANCEL_WORDS.iter().find(|(_, known)| *known == word);
    known.map_or(CancelCode::Unnamed, |(code, _)| *code)
}

/// Lines of `Name: value`; of several with one name the first counts.
struct Fields<'a>(&'a str);

impl<'a> Fields<'a> {
    fn get(&self, wanted: &str) -> Option<&'a str> {
        let mut fields = self.0.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    }

    /// For people: no control characters, and not without end.
    fn text(&self, name: &str, longest: usize) -> String {
        let shown = |c: &char| !c.is_control();
        let value: String = self.get(name).unwrap_or_default().chars().filter(shown).collect();
        value.trim_start().chars().take(longest).collect::<String>().trim_end().to_owned()
    }

    /// One of a few words, in capitals.
    fn word(&self, name: &str) -> Option<String> {
        self.get(name).map(|_| self.text(name, LONGEST_VALUE).to_ascii_uppercase())
    }

    /// Digits and nothing else.
    fn number<N: std::str::FromStr>(&self, name: &str) -> Option<N> {
        let value = self.get(name).filter(|value| !value.is_empty() && value.bytes().all(|octet| octet.is_ascii_digit()));
        value.and_then(|value| value.parse().ok())
    }
}
