//! Why the server ended a registration (MS-SIPREGE), `text/registration-event`: one line of words
//! with semicolons between them.

use super::{Fault, Offence};

/// The media type.
pub const MEDIA_TYPE: &str = "text/registration-event";
/// Most octets of a body.
pub const MAX_SIZE: usize = 4096;

/// Why a registration is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deregistered {
    /// Signed in elsewhere, or on too many devices.
    Unregistered,
    /// The account may not sign in any more.
    Rejected,
    /// The account is on another server now.
    Deactivated,
    /// Likewise, in words of later servers.
    RegistrarChanged,
    /// Any other reason, or none.
    Unknown,
}

impl Deregistered {
    const WORDS: [(Self, &'static str); 4] = [
        (Self::Unregistered, "unregistered"),
        (Self::Rejected, "rejected"),
        (Self::Deactivated, "deactivated"),
        (Self::RegistrarChanged, "preferred-registrar-change"),
    ];
}

/// Reads a body.
pub fn read(body: &[u8]) -> Result<Deregistered, Fault> {
    if body.len() > MAX_SIZE {
        return Err(Offence::TooLong.at(MAX_SIZE));
    }
    let text = std::str::from_utf8(body).map_err(|e| Offence::Encoding.at(e.valid_up_to()))?;
    let mut words = text.trim_start_matches('\u{feff}').split(';').map(str::trim);
    if !words.next().unwrap_or_default().eq_ignore_ascii_case("deregistered") {
        return Err(Offence::WrongDocument.at(0));
    }
    let event = words.filter_map(|word| word.split_once('=')).find(|(name, _)| name.trim().eq_ignore_ascii_case("event"));
    let event = event.map(|(_, event)| event.trim().trim_matches('"')).unwrap_or_default();
    let known = Deregistered::WORDS.iter().find(|(_, word)| word.eq_ignore_ascii_case(event));
    Ok(known.map_or(Deregistered::Unknown, |(why, _)| *why))
}

/// Writes a body.
#[must_use]
pub fn write(why: &Deregistered) -> String {
    let word = Deregistered::WORDS.iter().find(|(known, _)| known == why).map(|(_, word)| *word);
    word.map_or_else(|| "deregistered".to_owned(), |word| format!("deregistered;event={word}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body of the sample: 27 octets.
    #[test]
    fn sample_in_its_exact_bytes() {
        let body = "deregistered;event=rejected";
        assert_eq!(body.len(), 27);
        assert_eq!(write(&Deregistered::Rejected), body);
        for (why, word) in Deregistered::WORDS {
            assert_eq!(read(write(&why).as_bytes()), Ok(why));
            assert_eq!(
                read(format!("\u{feff} DEREGISTERED ; x ; Event = \"{}\" ;y=z\r\n", word.to_uppercase()).as_bytes()),
                Ok(why)
            );
        }
        assert_eq!(read(write(&Deregistered::Unknown).as_bytes()), Ok(Deregistered::Unknown));
        assert_eq!(read(b"deregistered;event=new"), Ok(Deregistered::Unknown));
    }

    #[test]
    fn bad_bodies_are_faults() {
        assert_eq!(read(b""), Err(Offence::WrongDocument.at(0)));
        assert_eq!(read(b"registered"), Err(Offence::WrongDocument.at(0)));
        assert_eq!(read(b"dere\xff"), Err(Offence::Encoding.at(4)));
        assert_eq!(read(&[b'd'; MAX_SIZE + 1]), Err(Offence::TooLong.at(MAX_SIZE)));
    }
}
