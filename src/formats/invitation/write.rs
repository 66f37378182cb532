//! Invitations as clients of the family write them: the same fields in the same order, a line each.

use super::read::CANCEL_WORDS;
use super::{Accept, CancelCode, Cookie, Encryption, FILE_TRANSFER, Invitation, LONGEST_NAME, Offer, Other};

/// Writes an invitation. Fields that have no value are left out, control characters in names too. Of an
/// [`Accept`] it holds the keys, so it must not be shown.
#[must_use]
pub fn write(invitation: &Invitation) -> String {
    let mut lines = Lines::default();
    match invitation {
        Invitation::Offer(file) => offer(&mut lines, file),
        Invitation::Accept(answer) => accept(&mut lines, answer),
        Invitation::Cancel { cookie, code } => cancel(&mut lines, *cookie, *code),
        Invitation::Other(Other { cookie, application, guid }) => begin(&mut lines, application, guid, *cookie),
    }
    lines.0
}

/// The answer to an invitation to what we do not have; none where the invitation has no number.
#[must_use]
pub fn refusal(other: &Other) -> Option<Invitation> {
    other.cookie.map(|cookie| Invitation::Cancel { cookie, code: CancelCode::NotInstalled })
}

fn begin(lines: &mut Lines, application: &str, guid: &str, cookie: Option<Cookie>) {
    lines.add("Application-Name", application);
    lines.add("Application-GUID", guid);
    lines.add("Invitation-Command", "INVITE");
    lines.number("Invitation-Cookie", cookie.map(Cookie::number));
}

fn offer(lines: &mut Lines, offer: &Offer) {
    begin(lines, "File Transfer", FILE_TRANSFER, offer.cookie);
    lines.add("Application-File", &offer.name);
    lines.number("Application-FileSize", offer.octets);
    if !offer.connectivity {
        lines.add("Connectivity", "N");
    }
    if offer.encryption == Encryption::Required {
        lines.add("Encryption", "R");
    }
}

fn accept(lines: &mut Lines, answer: &Accept) {
    lines.add("Invitation-Command", "ACCEPT");
    if answer.request_data {
        lines.add("Request-Data", "IP-Address:");
    }
    lines.number("Invitation-Cookie", Some(answer.cookie.number()));
    for (name, key) in [("Encryption-Key", &answer.encryption_key), ("Hash-Key", &answer.hash_key)] {
        if let Some(key) = key {
            lines.add(name, &key.write());
        }
    }
    lines.number("IP-Address", answer.address);
    lines.number("Port", answer.port);
    lines.number("PortX", answer.port_x);
    lines.number("AuthCookie", answer.auth_cookie.map(Cookie::number));
    if answer.sender_connect {
        lines.add("Sender-Connect", "TRUE");
    }
}

fn cancel(lines: &mut Lines, cookie: Cookie, code: CancelCode) {
    lines.add("Invitation-Command", "CANCEL");
    lines.number("Invitation-Cookie", Some(cookie.number()));
    if let Some((_, word)) = CANCEL_WORDS.iter().find(|(known, _)| *known == code) {
        lines.add("Cancel-Code", word);
    }
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    /// A line, unless there is nothing in it.
    fn add(&mut self, name: &str, value: &str) {
        let before = self.0.len();
        self.0.push_str(name);
        self.0.push_str(": ");
        let empty = self.0.len();
        // Names that come from a file system may hold anything.
        let value: String = value.chars().filter(|c| !c.is_control()).collect();
        self.0.extend(value.trim().chars().take(LONGEST_NAME));
        if self.0.len() == empty {
            self.0.truncate(before);
        } else {
            self.0.push_str("\r\n");
        }
    }

    /// A line with something that has only one way to be written.
    fn number(&mut self, name: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.add(name, &value.to_string());
        }
    }
}
