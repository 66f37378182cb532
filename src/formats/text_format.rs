//! The first text of a conversation within its INVITE: the header `ms-text-format`.
//!
//! A content type with its parameters, and among them `ms-body`, the text in base64. Known from
//! clients that do it, not from any published text.

use base64::Engine as _;

use super::lcs::PADDED;
use super::media_type::MediaType;
use super::{Fault, Offence};

/// The header.
pub const HEADER: &str = "ms-text-format";

/// A text and what it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextFormat {
    /// `text/plain`, without parameters.
    pub content_type: String,
    /// Its character set.
    pub charset: Option<String>,
    /// How it looks, see [`super::msgr`].
    pub msgr: Option<String>,
    /// The text, in octets of its character set; empty where the header has none.
    pub body: Vec<u8>,
}

impl TextFormat {
    /// Plain text in UTF-8.
    #[must_use]
    pub fn plain(text: &str, msgr: Option<String>) -> Self {
        Self { content_type: "text/plain".to_owned(), charset: Some("UTF-8".to_owned()), msgr, body: text.as_bytes().to_vec() }
    }

    /// The value of `Content-Type` for the same text in a MESSAGE.
    #[must_use]
    pub fn content_type_value(&self) -> String {
        let mut value = token(&self.content_type);
        for (before, text) in [("; charset=", &self.charset), (";msgr=", &self.msgr)] {
            if let Some(text) = text {
                value.push_str(before);
                value.push_str(&token(text));
            }
        }
        value
    }
}

/// Reads the value of the header.
pub fn read(value: &str) -> Result<TextFormat, Fault> {
    let media = MediaType::read(value);
    if !media.essence.contains('/') {
        return Err(Offence::Value.at(0));
    }
    let parameter = |name| media.parameter(name).map(token).filter(|value| !value.is_empty());
    let body = PADDED.decode(media.parameter("ms-body").unwrap_or_default()).map_err(|_| Offence::Value.at(0))?;
    let (charset, msgr) = (parameter("charset"), parameter("msgr"));
    Ok(TextFormat { content_type: media.essence, charset, msgr, body })
}

/// Writes the value of the header.
#[must_use]
pub fn write(format: &TextFormat) -> String {
    format!("{};ms-body={}", format.content_type_value(), PADDED.encode(&format.body))
}

/// What can stand in a header as it is.
fn token(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic() && !matches!(c, ';' | '"' | '\\' | ',')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_in_its_exact_bytes() {
        let value = "text/plain; charset=UTF-8;msgr=WAAtAE0ATQBTAC0A;ms-body=SGVsbG8sIEJvYiE=";
        let hello = TextFormat::plain("Hello, Bob!", Some("WAAtAE0ATQBTAC0A".into()));
        assert_eq!(write(&hello), value);
        assert_eq!(read(value), Ok(hello.clone()));
        assert_eq!(hello.content_type_value(), "text/plain; charset=UTF-8;msgr=WAAtAE0ATQBTAC0A");
    }

    #[test]
    fn every_spelling_means_the_same() {
        let hello = TextFormat::plain("Hello, Bob!", None);
        for value in [
            "text/plain; charset=UTF-8;ms-body=SGVsbG8sIEJvYiE=",
            "Text/Plain ;ms-body=\"SGVsbG8sIEJvYiE=\" ; CHARSET=\"UTF-8\"; other=x",
            " text/plain;MS-Body=SGVsbG8sIEJvYiE=;charset=UTF-8;",
            "text/plain;ms-body=SGVsbG8sIEJvYiE;charset=\"UTF-8\"",
        ] {
            assert_eq!(read(value), Ok(hello.clone()), "{value}");
        }
        assert_eq!(read("text/plain").unwrap().body, b"");
        let invitation = read("text/x-msmsgsinvite; charset=UTF-8;ms-body=QQ==").unwrap();
        assert_eq!((invitation.content_type.as_str(), invitation.body.as_slice()), ("text/x-msmsgsinvite", &b"A"[..]));
    }

    #[test]
    fn broken_values_are_faults_and_headers_stay_one_line() {
        for broken in ["", "text", "text/plain;ms-body=!", "text/plain;ms-body=SGVsb", "text/plain;ms-body=SG VsbG8="] {
            assert_eq!(read(broken), Err(Offence::Value.at(0)), "{broken}");
        }
        assert_eq!(
            read("text/plain; charset=\"\\\"\";msgr=\u{e9}").unwrap(),
            TextFormat { content_type: "text/plain".into(), ..TextFormat::default() }
        );
        let nasty = TextFormat { msgr: Some("a\r\nVia: x;\"b".into()), ..TextFormat::plain("\r\n", None) };
        assert_eq!(write(&nasty), "text/plain; charset=UTF-8;msgr=aVia:xb;ms-body=DQo=");
    }
}
