//! Session descriptions of conversations (MS-SDP section 3.1.5.3 on top of RFC 4566),
//! `application/sdp`: the message medium, and what else a description offers.
//!
//! We have no other medium; of the others it is only told which they are, so that a person can be
//! told what they were invited to.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::net::IpAddr;

use super::{Fault, Offence};

/// The media type.
pub const MEDIA_TYPE: &str = "application/sdp";
/// Most octets of a description.
pub const MAX_SIZE: usize = 64 * 1024;
/// Most media of a description.
pub const MAX_MEDIA: usize = 32;
const NOWHERE: &str = "0.0.0.0";
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
    /// There are others, and each of them is offered encrypted: by a secure profile (RFC 3711, RFC 5764), or over TLS.
    pub secret: bool,
    /// All media in order.
    lines: Vec<Line>,
}

/// A line that offers a medium: its words without the port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) protocol: String,
    format: String,
    pub(super) port: u16,
}

/// The text of a description.
pub(super) fn text(body: &[u8]) -> Result<Cow<'_, str>, Fault> {
    if body.len() > MAX_SIZE { Err(Offence::TooLong.at(MAX_SIZE)) } else { Ok(String::from_utf8_lossy(body)) }
}

/// The lines of a description behind its first: kind and value. What is no such line is passed over.
pub(super) fn lines(text: &str) -> Result<impl Iterator<Item = (&str, &str)>, Fault> {
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    if !lines.next().is_some_and(|line| line.starts_with("v=")) {
        return Err(Offence::WrongDocument.at(0));
    }
    Ok(lines.filter_map(|line| line.split_once('=')).map(|(kind, value)| (kind.trim(), value)))
}

/// Reads any description. Lines that are not known are passed over.
pub fn read(body: &[u8]) -> Result<Description, Fault> {
    let text = text(body)?;
    let mut found = Description::default();
    let (mut origin, mut connection, mut types) = (None, None, Vec::new());
    // Whether the lines below belong to the message medium; before the first medium, to all.
    let mut within = true;
    for (kind, value) in lines(&text)? {
        match kind {
            "m" => {
                if found.lines.len() >= MAX_MEDIA {
                    return Err(Offence::TooMany.at(0));
                }
                let before = found.message.is_some();
                found.take(Line::read(value));
                within = !before && found.message.is_some();
            }
            "o" => origin = value.split_ascii_whitespace().nth(5),
            "c" if within => connection = value.split_ascii_whitespace().nth(2),
            "a" if within => types.extend(accepted(value)),
            _ => {}
        }
    }
    if let Some(offer) = &mut found.message {
        let address = connection.or(origin).and_then(|address| address.split('/').next());
        offer.address = address.map(word).filter(|address| !address.is_empty()).unwrap_or_else(|| NOWHERE.to_owned());
        types.truncate(MAX_TYPES);
        offer.accept_types = types;
    }
    Ok(found)
}

impl Description {
    fn take(&mut self, line: Line) {
        if line.port == 0 {
            self.lines.push(line);
            return;
        }
        if let Some(media) = line.media() {
            let target = (line.format != "-" && !line.format.eq_ignore_ascii_case("null")).then(|| line.format.clone());
            let (address, accept_types) = (String::new(), Vec::new());
            self.message.get_or_insert(Offer { address, media, port: line.port, target, accept_types });
        } else {
            self.secret = line.is_secret() && (self.secret || self.others.is_empty());
            if !self.others.contains(&line.other()) {
                self.others.push(line.other());
            }
        }
        self.lines.push(line);
    }

    /// Writes the answer to this description: the message medium accepted with this, every other
    /// refused in its place (RFC 3264 section 6).
    #[must_use]
    pub fn answer(&self, accepted: &Offer) -> String {
        let chosen = self.lines.iter().position(|line| line.port != 0 && line.media().is_some());
        let mut text = head(accepted);
        for (at, line) in self.lines.iter().enumerate() {
            if Some(at) == chosen {
                message(&mut text, accepted);
            } else {
                text.push_str(&line.refused());
            }
        }
        text
    }
}

impl Line {
    /// The same, refused.
    pub(super) fn refused(&self) -> String {
        format!("m={} 0 {} {}\r\n", self.name, self.protocol, self.format)
    }

    pub(super) fn read(value: &str) -> Self {
        let mut words = value.split_ascii_whitespace().map(word);
        // A line must keep its place in the answer, whatever is missing from it.
        let mut next = || words.next().filter(|word| !word.is_empty()).unwrap_or_else(|| "-".to_owned());
        let (name, port, protocol, format) = (next().to_ascii_lowercase(), next(), next(), next());
        let port = port.split('/').next().unwrap_or_default().parse().unwrap_or(0);
        Self { name, protocol, format, port }
    }

    /// The message medium, in one of its words. Others send messages by MSRP in a medium of the
    /// same name, which we do not.
    fn media(&self) -> Option<Media> {
        match self.name.as_str() {
            "message" if self.protocol.eq_ignore_ascii_case("sip") => Some(Media::Message),
            "x-ms-message" => Some(Media::XMsMessage),
            _ => None,
        }
    }

    fn is_secret(&self) -> bool {
        self.protocol.to_ascii_uppercase().split('/').any(|part| matches!(part, "SAVP" | "SAVPF" | "TLS"))
    }

    fn other(&self) -> Other {
        match self.name.as_str() {
            "audio" => Other::Audio,
            "video" => Other::Video,
            "application" => Other::Application,
            _ => Other::Unknown,
        }
    }
}

fn accepted(attribute: &str) -> impl Iterator<Item = String> {
    let types = attribute.trim().split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("accept-types"));
    let types = types.map(|(_, types)| types).unwrap_or_default().split_ascii_whitespace();
    types.take(MAX_TYPES).map(word).filter(|word| !word.is_empty())
}

/// Writes a description with this medium.
#[must_use]
pub fn write(offer: &Offer) -> String {
    let mut text = head(offer);
    message(&mut text, offer);
    text
}

fn head(offer: &Offer) -> String {
    let address = Some(word(&offer.address)).filter(|address| !address.is_empty()).unwrap_or_else(|| NOWHERE.to_owned());
    let family = if matches!(address.parse(), Ok(IpAddr::V6(_))) { "IP6" } else { "IP4" };
    format!("v=0\r\no=- 0 0 IN {family} {address}\r\ns=session\r\nc=IN {family} {address}\r\nt=0 0\r\n")
}

fn message(text: &mut String, offer: &Offer) {
    let target = offer.target.as_deref().map(word).filter(|target| !target.is_empty());
    let _ = write!(text, "m={} {} sip {}\r\n", offer.media.word(), offer.port, target.as_deref().unwrap_or("null"));
    let types: Vec<_> = offer.accept_types.iter().map(|t| word(t)).filter(|t| !t.is_empty()).collect();
    if !types.is_empty() {
        let _ = write!(text, "a=accept-types:{}\r\n", types.join(" "));
    }
}

/// What can stand in a line as one word.
pub(super) fn word(text: &str) -> String {
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
        let read = read(OFFER.as_bytes()).unwrap();
        assert_eq!((read.message, read.others), (Some(offer()), vec![]));
    }

    #[test]
    fn early_words_and_types_in_their_exact_bytes() {
        let early = Offer { media: Media::XMsMessage, target: None, ..offer() };
        assert_eq!(write(&early), OFFER.replace("m=message 5060 sip sip:alice@example.test", "m=x-ms-message 5060 sip null"));
        assert_eq!(read(write(&early).as_bytes()).unwrap().message, Some(early));
        let types =
            ["text/plain", "text/html", "image/gif", "application/im-iscomposing+xml", "text/x-msmsgsinvite"].map(str::to_owned);
        let typed = Offer { accept_types: types.to_vec(), ..offer() };
        let written = format!(
            "{OFFER}a=accept-types:text/plain text/html image/gif application/im-iscomposing+xml text/x-msmsgsinvite\r\n"
        );
        assert_eq!(write(&typed), written);
        assert_eq!(read(written.as_bytes()).unwrap().message, Some(typed));
        let six = Offer { address: "2001:db8::1".into(), ..offer() };
        assert!(write(&six).contains("o=- 0 0 IN IP6 2001:db8::1\r\ns=session\r\nc=IN IP6 2001:db8::1\r\n"));
        assert_eq!(read(write(&six).as_bytes()).unwrap().message, Some(six));
    }

    /// A call as RTC 1.3 offers it, and a program to be shared.
    #[test]
    fn other_media_are_told() {
        let call = "v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\ns=session\r\nc=IN IP4 192.0.2.1\r\nb=CT:1000\r\nt=0 0\r\n\
            m=audio 49170 RTP/AVP 97 111 112 6 0 8 4 5 3 101\r\nk=base64: AAAA\r\na=rtpmap:97 red/8000\r\na=encryption:optional\r\n\
            m=audio 49180 RTP/AVP 0\r\nm=video 49190 RTP/AVP 34 31\r\nm=application 1503 tcp msdata\r\na=sendonly\r\n";
        let read = |text: &str| super::read(text.as_bytes()).unwrap();
        assert_eq!((read(call).message, read(call).others), (None, vec![Other::Audio, Other::Video, Other::Application]));
        let none = read("v=0\r\n");
        assert_eq!((none.message, none.others), (None, vec![]));
        // MSRP has the same word for another thing; a port of 0 is a refusal; other words are others.
        let others = read(
            "v=0\nm=message 7654 TCP/MSRP *\nm=audio 0 RTP/AVP 0\nm=message 0 sip x\nm=image 5 udptl t38\nm=video 99999 x y\n",
        );
        assert_eq!((others.message, others.others), (None, vec![Other::Unknown]));
    }

    /// RFC 3264 section 6: as many media as were offered, in the same order.
    #[test]
    fn an_answer_refuses_everything_else_in_its_place() {
        let text = "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 49170 RTP/AVP 0\r\na=accept-types:no\r\nm=x-ms-message 5060 sip null\r\na=accept-types:*\r\n\
            m=message 5060 sip sip:a@b\r\na=accept-types:no\r\nm=video 1/2 RTP/AVP 34\r\nm=\r\n";
        let read = read(text.as_bytes()).unwrap();
        let message = read.message.clone().unwrap();
        assert_eq!((message.media, message.target, message.accept_types), (Media::XMsMessage, None, vec!["*".to_owned()]));
        assert_eq!((message.address.as_str(), read.others.as_slice()), ("192.0.2.1", &[Other::Audio, Other::Video][..]));
        let accepted = Offer { media: Media::XMsMessage, target: Some("sip:alice@example.test".into()), ..offer() };
        let answer = "v=0\r\no=- 0 0 IN IP4 198.51.100.9\r\ns=session\r\nc=IN IP4 198.51.100.9\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\n\
            m=x-ms-message 5060 sip sip:alice@example.test\r\nm=message 0 sip sip:a@b\r\nm=video 0 RTP/AVP 34\r\nm=- 0 - -\r\n";
        assert_eq!(read.answer(&accepted), answer);
    }

    #[test]
    fn oddities_do_no_harm() {
        let read = |text: &str| super::read(text.as_bytes()).unwrap();
        let odd = read(
            "\r\nv=0\n  \nx\no=a\nc=IN IP4 224.0.0.1/127\nM=\nm=MESSAGE 5/2 SIP NULL more\na=Accept-Types: a/b\ta/c \nc=IN IP4 192.0.2.9\n",
        );
        let message = odd.message.unwrap();
        assert_eq!((message.port, message.target, message.accept_types), (5, None, vec!["a/b".to_owned(), "a/c".to_owned()]));
        assert_eq!(message.address, "192.0.2.9");
        assert_eq!(read("v=0\nm=message 1 sip\n").message.unwrap().address, "0.0.0.0");
        let nasty = Offer {
            address: "a\r\nb".into(),
            target: Some(" x\r\nm=audio 1 ".into()),
            accept_types: vec!["\n".into(), "a\r\nb".into()],
            ..offer()
        };
        let written = write(&nasty);
        assert_eq!(written.lines().count(), 7, "{written}");
        assert!(read(&written).others.is_empty());
    }

    #[test]
    fn bad_descriptions_are_faults() {
        assert_eq!(read(b""), Err(Offence::WrongDocument.at(0)));
        assert_eq!(read(b"m=message 5060 sip null\r\n"), Err(Offence::WrongDocument.at(0)));
        assert_eq!(read(&vec![b'v'; MAX_SIZE + 1]), Err(Offence::TooLong.at(MAX_SIZE)));
        let many = format!("v=0\r\n{}", "m=audio 1 a b\r\n".repeat(MAX_MEDIA + 1));
        assert_eq!(read(many.as_bytes()), Err(Offence::TooMany.at(0)));
        let types = format!("v=0\r\nm=message 1 sip x\r\n{}", "a=accept-types:a/b c/d\r\n".repeat(100));
        assert_eq!(read(types.as_bytes()).unwrap().message.unwrap().accept_types.len(), MAX_TYPES);
    }
}
