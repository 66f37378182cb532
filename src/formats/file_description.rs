//! Session descriptions that offer a file (RFC 5547), which travels by MSRP (RFC 4975) then: `application/sdp`.
//!
//! Only files that somebody pushes to us are read, and only ours are written; who wants to fetch a file is refused.

use std::fmt::Write as _;
use std::net::IpAddr;

use super::percent;
use super::sdp::{self, Line, MAX_MEDIA, word};
use super::{Fault, Offence};

/// Most octets of a file's name.
pub const LONGEST_NAME: usize = 1024;
/// Octets of a SHA-256.
const SHA256_OCTETS: usize = 32;
/// The media type of a file of which nothing more is known.
const OCTETS: &str = "application/octet-stream";

/// A medium that carries a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileMedium {
    /// Port; 0 refuses it.
    pub port: u16,
    /// By TLS.
    pub secure: bool,
    /// Where MSRP goes: the URIs of `a=path`, unread.
    pub path: String,
    /// Who connects.
    pub setup: Option<Setup>,
    /// What the certificate is known by: `a=fingerprint`, unread.
    pub fingerprint: Option<String>,
    /// Names this transfer.
    pub transfer_id: String,
    /// What file it is.
    pub file: Selector,
}

/// Who makes the connection (RFC 4145 section 4, RFC 6135).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Setup {
    /// Who says so.
    Active,
    /// The other side.
    Passive,
    /// Either.
    ActPass,
}

/// Which way the file goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From who says so.
    Send,
    /// To who says so.
    Receive,
}

/// What is said of a file (RFC 5547 section 6).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selector {
    /// Its name.
    pub name: Option<String>,
    /// Its media type.
    pub media_type: Option<String>,
    /// How many octets it has.
    pub octets: Option<u64>,
    /// Its SHA-1.
    pub sha1: Option<[u8; 20]>,
}

/// A description that offers a file to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDescription {
    /// The first file that is offered and not refused.
    pub medium: FileMedium,
    /// The lines of all media, and which is the file's.
    lines: Vec<Line>,
    chosen: usize,
}

/// Reads a description; `None` where it offers us no file. Lines that are not known are passed over.
///
/// # Errors
/// It is no session description, or larger than any needs to be.
pub fn read(body: &[u8]) -> Result<Option<FileDescription>, Fault> {
    let (common, media) = take_apart(body)?;
    let Some(chosen) = media.iter().position(|medium| medium.offers(&common)) else { return Ok(None) };
    let lines = media.iter().map(|medium| medium.line.clone()).collect();
    let found = media.into_iter().nth(chosen).map(|medium| medium.finish(common));
    Ok(found.map(|medium| FileDescription { medium, lines, chosen }))
}

/// Reads the answer to an offer of ours; `None` where the file is refused. What an answer should repeat of the file
/// (RFC 5547 section 8.2) is not asked for: there is only one it can be about.
///
/// # Errors
/// It is no session description, or larger than any needs to be.
pub fn read_answer(body: &[u8]) -> Result<Option<FileMedium>, Fault> {
    let (common, media) = take_apart(body)?;
    Ok(media.into_iter().find(|medium| medium.is_msrp() && medium.line.port != 0).map(|medium| medium.finish(common)))
}

/// What is said of all media, and the media.
fn take_apart(body: &[u8]) -> Result<(Attributes, Vec<Medium>), Fault> {
    let text = sdp::text(body)?;
    let (mut common, mut media) = (Attributes::default(), Vec::<Medium>::new());
    for (kind, value) in sdp::lines(&text)? {
        match kind {
            "m" if media.len() >= MAX_MEDIA => return Err(Offence::TooMany.at(0)),
            "m" => media.push(Medium { line: Line::read(value), attributes: Attributes::default() }),
            "a" => media.last_mut().map_or(&mut common, |medium| &mut medium.attributes).take(value),
            _ => {}
        }
    }
    Ok((common, media))
}

/// Writes the offer of a file, or the answer to one where nothing else was offered.
#[must_use]
pub fn write(ours: &FileMedium, direction: Direction, address: IpAddr) -> String {
    let mut text = head(address);
    medium(&mut text, ours, direction);
    text
}

impl FileDescription {
    /// Writes the answer: the file accepted with this, every other medium refused in its place (RFC 3264 section 6).
    #[must_use]
    pub fn answer(&self, ours: &FileMedium, address: IpAddr) -> String {
        let mut text = head(address);
        for (at, line) in self.lines.iter().enumerate() {
            if at == self.chosen {
                medium(&mut text, ours, Direction::Receive);
            } else {
                text.push_str(&line.refused());
            }
        }
        text
    }
}

#[derive(Debug, Default, Clone)]
struct Attributes {
    path: Option<String>,
    setup: Option<Setup>,
    fingerprint: Option<String>,
    transfer_id: Option<String>,
    file: Option<Selector>,
    /// Whether who says so sends; `None`: both do.
    sends: Option<bool>,
}

impl Attributes {
    fn take(&mut self, attribute: &str) {
        let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
        let value = value.trim();
        match name.trim().to_ascii_lowercase().as_str() {
            "path" => self.path = Some(printable(value)),
            "setup" => {
                self.setup = match value.to_ascii_lowercase().as_str() {
                    "active" => Some(Setup::Active),
                    "passive" => Some(Setup::Passive),
                    "actpass" => Some(Setup::ActPass),
                    _ => None,
                };
            }
            // Several may stand there, for several hashes: the first whole one of the hash that can be used is, else the first.
            "fingerprint" if self.fingerprint.as_deref().is_none_or(|known| !is_sha256(known) && is_sha256(value)) => {
                self.fingerprint = Some(printable(value));
            }
            "file-transfer-id" => self.transfer_id = Some(word(value)),
            "file-selector" => self.file = Some(Selector::read(value)),
            "sendonly" => self.sends = Some(true),
            "recvonly" | "inactive" => self.sends = Some(false),
            _ => {}
        }
    }
}

#[derive(Debug)]
struct Medium {
    line: Line,
    attributes: Attributes,
}

impl Medium {
    /// Whether it is a file for us.
    fn offers(&self, common: &Attributes) -> bool {
        let sends = self.attributes.sends.or(common.sends);
        self.is_msrp() && self.line.port != 0 && self.attributes.file.is_some() && sends != Some(false)
    }

    fn is_msrp(&self) -> bool {
        let carries = self.is_secure() || self.line.protocol.eq_ignore_ascii_case("TCP/MSRP");
        self.line.name == "message" && carries
    }

    fn is_secure(&self) -> bool {
        self.line.protocol.eq_ignore_ascii_case("TCP/TLS/MSRP")
    }

    fn finish(self, common: Attributes) -> FileMedium {
        let secure = self.is_secure();
        let own = self.attributes;
        FileMedium {
            port: self.line.port,
            secure,
            path: own.path.or(common.path).unwrap_or_default(),
            setup: own.setup.or(common.setup),
            fingerprint: own.fingerprint.or(common.fingerprint),
            transfer_id: own.transfer_id.unwrap_or_default(),
            file: own.file.unwrap_or_default(),
        }
    }
}

impl Selector {
    /// Reads `name:"f.txt" type:text/plain size:4092 hash:sha-1:72:24:...`, in any order.
    fn read(value: &str) -> Self {
        let mut found = Self::default();
        let mut rest = value.trim_start();
        while let Some((key, after)) = rest.split_once(':') {
            let (value, next) = match after.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
                None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
            };
            match key.trim().to_ascii_lowercase().as_str() {
                "name" => found.name = Some(shortened(&percent::decode(value))),
                "type" => found.media_type = Some(word(value)),
                "size" => found.octets = value.parse().ok(),
                "hash" => found.sha1 = found.sha1.or_else(|| sha1(value)),
                _ => {}
            }
            rest = next.trim_start();
        }
        found
    }

    fn write(&self) -> String {
        let mut parts = Vec::new();
        if let Some(name) = &self.name {
            parts.push(format!("name:\"{}\"", quoted(name)));
        }
        if let Some(media_type) = &self.media_type {
            parts.push(format!("type:{}", word(media_type)));
        }
        if let Some(octets) = self.octets {
            parts.push(format!("size:{octets}"));
        }
        if let Some(hash) = self.sha1 {
            let octets: Vec<String> = hash.iter().map(|octet| format!("{octet:02X}")).collect();
            parts.push(format!("hash:sha-1:{}", octets.join(":")));
        }
        parts.join(" ")
    }
}

fn sha1(value: &str) -> Option<[u8; 20]> {
    let (name, octets) = value.split_once(':')?;
    if !name.eq_ignore_ascii_case("sha-1") {
        return None;
    }
    let octets: Option<Vec<u8>> = octets
        .split(':')
        .map(|digits| u8::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 2 && !digits.starts_with('+')))
        .collect();
    octets?.try_into().ok()
}

fn head(address: IpAddr) -> String {
    let family = if address.is_ipv6() { "IP6" } else { "IP4" };
    format!("v=0\r\no=- 0 0 IN {family} {address}\r\ns=-\r\nc=IN {family} {address}\r\nt=0 0\r\n")
}

fn medium(text: &mut String, ours: &FileMedium, direction: Direction) {
    let protocol = if ours.secure { "TCP/TLS/MSRP" } else { "TCP/MSRP" };
    let way = match direction {
        Direction::Send => "sendonly",
        Direction::Receive => "recvonly",
    };
    let _ = write!(
        text,
        "m=message {} {protocol} *\r\na={way}\r\na=accept-types:{}\r\na=path:{}\r\n",
        ours.port,
        accepted(ours, direction),
        printable(&ours.path)
    );
    if let Some(setup) = ours.setup {
        let word = match setup {
            Setup::Active => "active",
            Setup::Passive => "passive",
            Setup::ActPass => "actpass",
        };
        let _ = write!(text, "a=setup:{word}\r\n");
    }
    if let Some(fingerprint) = &ours.fingerprint {
        let _ = write!(text, "a=fingerprint:{}\r\n", printable(fingerprint));
    }
    let _ = write!(text, "a=file-selector:{}\r\n", ours.file.write());
    let _ = write!(text, "a=file-transfer-id:{}\r\na=file-disposition:attachment\r\n", word(&ours.transfer_id));
}

/// Of what types may come what comes. A file that we take comes as what it is: wrapped in something else it would be kept
/// with that (RFC 4975 section 8.6). Nothing comes where we send.
fn accepted(ours: &FileMedium, direction: Direction) -> String {
    let said = ours.file.media_type.as_deref().filter(|_| direction == Direction::Receive);
    let plain = said.and_then(|said| said.split(';').next()).map(word).filter(|plain| plain.contains('/'));
    match plain {
        Some(plain) if plain.eq_ignore_ascii_case(OCTETS) => plain,
        Some(plain) => format!("{plain} {OCTETS}"),
        None => "*".to_owned(),
    }
}

/// A name as it stands between quotes: what would end them, or the line, is encoded (RFC 5547 section 6).
fn quoted(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '"' | '%' | '\0'..='\x1f' | '\x7f' => {
                let _ = write!(text, "%{:02X}", u32::from(letter));
            }
            _ => text.push(letter),
        }
    }
    text
}

fn shortened(name: &str) -> String {
    name.get(..name.floor_char_boundary(LONGEST_NAME)).unwrap_or_default().to_owned()
}

/// Whether it is a SHA-256 with all its octets.
fn is_sha256(fingerprint: &str) -> bool {
    let Some((name, octets)) = fingerprint.split_once(' ') else { return false };
    let octets: Vec<&str> = octets.trim().split(':').take(SHA256_OCTETS + 1).collect();
    let whole = |digits: &&str| digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    name.eq_ignore_ascii_case("sha-256") && octets.len() == SHA256_OCTETS && octets.iter().all(whole)
}

fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The offer of RFC 5547 section 9.1, with its lines as they are there.
    const OFFER: &str = "v=0\r\no=alice 2890844526 2890844526 IN IP4 alicepc.example.com\r\ns=\r\nc=IN IP4 alicepc.example.com\r\nt=0 0\r\n\
        m=message 7654 TCP/MSRP *\r\ni=This is my latest picture\r\na=sendonly\r\na=accept-types:message/cpim\r\na=accept-wrapped-types:*\r\n\
        a=path:msrp://alicepc.example.com:7654/jshA7we;tcp\r\n\
        a=file-selector:name:\"My cool picture.jpg\" type:image/jpeg size:4092 hash:sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E\r\n\
        a=file-transfer-id:vBnG916bdberum2fFEABR1FR3ExZMUrd\r\na=file-disposition:attachment\r\na=file-date:creation:\"Mon, 15 May 2006 15:01:31 +0300\"\r\n\
        a=file-icon:cid:id2@alicepc.example.com\r\na=file-range:1-4092\r\n";

    fn ours() -> FileMedium {
        FileMedium {
            port: 9,
            secure: true,
            path: "msrps://192.0.2.10:9/s3ss10n;tcp".into(),
            setup: Some(Setup::Active),
            fingerprint: Some("SHA-256 4A:AD".into()),
            transfer_id: "Q6LMoGymJdh0IKIgD6wD0jkcfgva4xvE".into(),
            file: Selector { name: Some("a b.txt".into()), media_type: None, octets: Some(5), sha1: None },
        }
    }

    #[test]
    fn the_offer_of_the_specification() {
        let read = read(OFFER.as_bytes()).unwrap().unwrap();
        let file = &read.medium.file;
        assert_eq!((file.name.as_deref(), file.media_type.as_deref()), (Some("My cool picture.jpg"), Some("image/jpeg")));
        assert_eq!((file.octets, file.sha1.map(|hash| (hash[0], hash[19]))), (Some(4092), Some((0x72, 0x2e))));
        assert_eq!((read.medium.port, read.medium.secure, read.medium.setup), (7654, false, None));
        assert_eq!(read.medium.path, "msrp://alicepc.example.com:7654/jshA7we;tcp");
        assert_eq!(read.medium.transfer_id, "vBnG916bdberum2fFEABR1FR3ExZMUrd");
    }

    #[test]
    fn ours_in_its_exact_bytes() {
        let written = write(&ours(), Direction::Send, "192.0.2.10".parse().unwrap());
        let expected = "v=0\r\no=- 0 0 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\nm=message 9 TCP/TLS/MSRP *\r\na=sendonly\r\n\
            a=accept-types:*\r\na=path:msrps://192.0.2.10:9/s3ss10n;tcp\r\na=setup:active\r\na=fingerprint:SHA-256 4A:AD\r\n\
            a=file-selector:name:\"a b.txt\" size:5\r\na=file-transfer-id:Q6LMoGymJdh0IKIgD6wD0jkcfgva4xvE\r\na=file-disposition:attachment\r\n";
        assert_eq!(written, expected);
        assert_eq!(read(written.as_bytes()).unwrap().unwrap().medium, ours());
        let answer = written.replace("sendonly", "recvonly");
        assert_eq!(read(answer.as_bytes()).unwrap(), None, "who wants to fetch one");
        assert_eq!(read_answer(answer.as_bytes()).unwrap(), Some(ours()));
        assert_eq!(read_answer(answer.replace("m=message 9", "m=message 0").as_bytes()).unwrap(), None);
        let bare = "v=0\r\nm=message 2855 TCP/MSRP *\r\na=path:msrp://192.0.2.1:2855/x;tcp\r\n";
        assert_eq!(read_answer(bare.as_bytes()).unwrap().map(|medium| medium.path), Some("msrp://192.0.2.1:2855/x;tcp".into()));
    }

    #[test]
    fn an_answer_refuses_everything_else_in_its_place() {
        let offer = format!(
            "v=0\r\nm=audio 49170 RTP/AVP 0\r\nm=message 2855 TCP/MSRP *\r\na=path:x\r\n{}",
            OFFER.split_once("t=0 0\r\n").unwrap().1
        );
        let read = read(offer.as_bytes()).unwrap().unwrap();
        let answer = read.answer(&ours(), "2001:db8::1".parse().unwrap());
        let media: Vec<&str> = answer.lines().filter(|line| line.starts_with("m=")).collect();
        assert_eq!(media, ["m=audio 0 RTP/AVP 0", "m=message 0 TCP/MSRP *", "m=message 9 TCP/TLS/MSRP *"]);
        assert!(answer.contains("c=IN IP6 2001:db8::1\r\n") && answer.contains("a=recvonly\r\n"));
    }

    #[test]
    fn what_offers_us_no_file() {
        let none = |text: &str| assert_eq!(read(text.as_bytes()).unwrap(), None, "{text}");
        none("v=0\r\nm=audio 49170 RTP/AVP 0\r\n");
        none("v=0\r\nm=message 5060 sip null\r\na=file-selector:name:\"x\"\r\n");
        none(&OFFER.replace("sendonly", "recvonly"));
        none(&OFFER.replace("m=message 7654", "m=message 0"));
        none(&OFFER.replace("a=file-selector", "a=other"));
        assert!(read(b"m=message").is_err());
        let many = format!("v=0\r\n{}", "m=audio 1 a b\r\n".repeat(MAX_MEDIA + 1));
        assert_eq!(read(many.as_bytes()), Err(Offence::TooMany.at(0)));
        assert_eq!(read(&vec![b'v'; sdp::MAX_SIZE + 1]), Err(Offence::TooLong.at(sdp::MAX_SIZE)));
    }

    #[test]
    fn of_several_fingerprints_the_first_that_can_be_used_is() {
        let read = |prints: &[&str]| {
            let lines = format!("a=fingerprint:{}\r\n", prints.join("\r\na=fingerprint:"));
            let text = format!("v=0\r\nm=message 9 TCP/TLS/MSRP *\r\n{lines}");
            read_answer(text.as_bytes()).unwrap().unwrap().fingerprint
        };
        let whole = |name: &str, octet: &str| format!("{name} {}", [octet; 32].join(":"));
        let (one, two) = (whole("sha-256", "01"), whole("SHA-256", "aF"));
        assert_eq!(read(&["SHA-1 00", &one, &two]).as_deref(), Some(one.as_str()));
        let (long, odd) = (format!("{two}:00"), whole("SHA-256", "+1"));
        let bare = two.replace(':', "");
        for broken in ["SHA-256 01", "SHA-256", "", &long, &odd, &bare] {
            assert_eq!(read(&[broken, &two, &one]).as_deref(), Some(two.as_str()), "{broken}");
        }
        // Whoever asks finds out that it is none.
        assert_eq!(read(&["SHA-256 01", "SHA-1 00"]).as_deref(), Some("SHA-256 01"));
    }

    #[test]
    fn a_file_is_taken_as_what_it_is() {
        let accepted = |media_type: Option<&str>, direction| {
            let file = Selector { media_type: media_type.map(str::to_owned), ..ours().file };
            let written = write(&FileMedium { file, ..ours() }, direction, "192.0.2.10".parse().unwrap());
            written.lines().find_map(|line| line.strip_prefix("a=accept-types:")).unwrap().to_owned()
        };
        assert_eq!(accepted(Some("image/jpeg"), Direction::Receive), "image/jpeg application/octet-stream");
        assert_eq!(accepted(Some("text/plain;charset=utf-8"), Direction::Receive), "text/plain application/octet-stream");
        assert_eq!(accepted(Some("application/octet-stream"), Direction::Receive), "application/octet-stream");
        for (media_type, direction) in
            [(None, Direction::Receive), (Some("nonsense"), Direction::Receive), (Some("image/jpeg"), Direction::Send)]
        {
            assert_eq!(accepted(media_type, direction), "*", "{media_type:?}");
        }
    }

    #[test]
    fn names_come_and_go_whole() {
        for name in ["a\"b%c.txt", "naïve 文件.txt", "a\r\nm=audio 1", "%41", "\u{7f}"] {
            let medium = FileMedium { file: Selector { name: Some(name.into()), ..ours().file }, ..ours() };
            let written = write(&medium, Direction::Send, "192.0.2.10".parse().unwrap());
            assert_eq!(written.lines().count(), 14, "{written}");
            assert_eq!(read(written.as_bytes()).unwrap().unwrap().medium.file.name.as_deref(), Some(name));
        }
        let odd = Selector::read("  size:1 name:\"open end hash:sha-1:zz");
        assert_eq!((odd.octets, odd.name.as_deref(), odd.sha1), (Some(1), Some("open end hash:sha-1:zz"), None));
        assert_eq!(Selector::read("size:-1 hash:md5:00 hash:sha-1:00:11 what:ever"), Selector::default());
        let long = Selector::read(&format!("name:\"{}\"", "é".repeat(LONGEST_NAME)));
        assert!(long.name.unwrap().len() <= LONGEST_NAME);
    }
}
