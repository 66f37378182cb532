//! Session descriptions of conversations (MS-SDP section 3.1.5.3 on top of RFC 4566),
//! `application/sdp`: the message medium, and what else a description offers.
//!
//! We have no other medium; of the others it is only told which they are, so that a person can be
//! told what they were invited to.

use std::fmt::Write as _;
use std::net::IpAddr;

use super::{Fault, Offence};

/// The media type.
pub const MEDIA_TYPE: &str = "application/sdp";
/// Most octets of a description.
pub const MAX_SIZE: usize = 64 * 1024;
/// Most media of a description.
pub const MAX_MEDIA: usize = 32;
/// Most media types that are accepted in one conversation.
pub const MAX_TYPES: usize = 64;

/// A message medium offered, or accepted in the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Address of the machine. Where there is a server it is not used.
    pub address: String,
    /// In which words it is offered.
    pub media: Media,
    /// Port of the machine, not used either; not 0, which would be a refusal.
    pub port: u16,
    /// Who is to be written to; none where it says `null`, as early clients do.
    pub target: Option<String>,
    /// Types of bodies taken, an idea of RFC 4975; empty where it says nothing of it.
    pub accept_types: Vec<String>,
}

/// The words for the message medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Media {
    /// `message`, RTC 1.3.
    Message,
    /// `x-ms-message`, RTC 1.2.
    XMsMessage,
}

impl Media {
    const fn word(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::XMsMessage => "x-ms-message",
        }
    }
}

/// A medium we do not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Other {
    /// A call.
    Audio,
    /// A call that is seen.
    Video,
    /// Programs or drawings shared.
    Application,
    /// Any other.
    Unknown,
}

/// What a description says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Description {
    /// The first message medium that is not refused.
    pub message: Option<Offer>,
    /// Other media that are not refused, each once.
    pub others: Vec<Other>,
}

/// Reads any description. Lines that are not known are passed over.
pub fn read(body: &[u8]) -> Result<Description, Fault> {
    if body.len() > MAX_SIZE {
        return Err(Offence::TooLong.at(MAX_SIZE));
    }
    let text = String::from_utf8_lossy(body);
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    if !lines.next().is_some_and(|line| line.starts_with("v=")) {
        return Err(Offence::WrongDocument.at(0));
    }
    let mut found = Description::default();
    let (mut origin, mut connection, mut count) = (None, None, 0);
    let mut types = Vec::new();
    // Whether the lines below belong to the message medium; before the first medium, to all.
    let mut within = true;
    for line in lines {
        let Some((kind, value)) = line.split_once('=') else { continue };
        match kind.trim() {
            "m" => {
                count += 1;
                if count > MAX_MEDIA {
                    return Err(Offence::TooMany.at(0));
                }
                let before = found.message.is_some();
                medium(value, &mut found);
                within = !before && found.message.is_some();
            }
            "o" => origin = value.split_ascii_whitespace().nth(5),
            "c" if within => connection = value.split_ascii_whitespace().nth(2),
            "a" if within => types.extend(accepted(value)),
            _ => {}
        }
    }
    if let Some(offer) = &mut found.message {
        let address = connection.or(origin).unwrap_or_default();
        address.split('/').next().unwrap_or_default().clone_into(&mut offer.address);
        types.truncate(MAX_TYPES);
        offer.accept_types = types;
    }
    Ok(found)
}

/// Takes a line that offers a medium.
fn medium(value: &str, found: &mut Description) {
    let mut words = value.split_ascii_whitespace();
    let name = words.next().unwrap_or_default().to_ascii_lowercase();
    let port = words.next().and_then(|port| port.split('/').next()).and_then(|port| port.parse::<u16>().ok()).unwrap_or(0);
    if port == 0 {
        return;
    }
    let protocol = words.next().unwrap_or_default();
    let media = match name.as_str() {
        "message" if protocol.eq_ignore_ascii_case("sip") => Some(Media::Message),
        "x-ms-message" => Some(Media::XMsMessage),
        _ => None,
    };
    if let Some(media) = media {
        let target = words.next().filter(|target| !target.eq_ignore_ascii_case("null")).map(str::to_owned);
        let offer = Offer { address: String::new(), media, port, target, accept_types: Vec::new() };
        found.message.get_or_insert(offer);
        return;
    }
    let other = match name.as_str() {
        "audio" => Other::Audio,
        "video" => Other::Video,
        "application" => Other::Application,
        _ => Other::Unknown,
    };
    if !found.others.contains(&other) {
        found.others.push(other);
    }
}

fn accepted(attribute: &str) -> impl Iterator<Item = String> {
    let types = attribute.trim().split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("accept-types"));
    types.map(|(_, types)| types).unwrap_or_default().split_ascii_whitespace().take(MAX_TYPES).map(str::to_owned)
}

/// Writes a description with this medium.
#[must_use]
pub fn write(offer: &Offer) -> String {
    let address = match word(&offer.address) {
        none if none.is_empty() => "0.0.0.0".to_owned(),
        address => address,
    };
    let family = if matches!(address.parse(), Ok(IpAddr::V6(_))) { "IP6" } else { "IP4" };
    let target = offer.target.as_deref().map(word).filter(|target| !target.is_empty()).unwrap_or_else(|| "null".to_owned());
    let mut text = format!(
        "v=0\r\no=- 0 0 IN {family} {address}\r\ns=session\r\nc=IN {family} {address}\r\nt=0 0\r\nm={} {} sip {target}\r\n",
        offer.media.word(),
        offer.port
    );
    if !offer.accept_types.is_empty() {
        let types: Vec<_> = offer.accept_types.iter().map(|t| word(t)).filter(|t| !t.is_empty()).collect();
        let _ = write!(text, "a=accept-types:{}\r\n", types.join(" "));
    }
    text
}

/// What can stand in a line as one word.
fn word(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The offer of the message samples: 118 octets.
    const OFFER: &str = "v=0\r\no=- 0 0 IN IP4 198.51.100.9\r\ns=session\r\nc=IN IP4 198.51.100.9\r\nt=0 0\r\nm=message 5060 sip sip:alice@example.test\r\n";

    fn offer() -> Offer {
        Offer {
            address: "198.51.100.9".into(),
            media: Media::Message,
            port: 5060,
            target: Some("sip:alice@example.test".into()),
            accept_types: vec![],
        }
    }

    #[test]
    fn sample_in_its_exact_bytes() {
        assert_eq!(OFFER.len(), 118);
        assert_eq!(write(&offer()), OFFER);
        assert_eq!(read(OFFER.as_bytes()), Ok(Description { message: Some(offer()), others: vec![] }));
    }
}
