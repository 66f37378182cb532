//! Keys pressed and no longer pressed (`KeyboardActivity`), `application/xml` in an INFO: how
//! Messenger tells that somebody is writing. Known from clients that do it, not from any published text.

use super::xml::{self, Doctype};
use super::{Fault, Offence, lcs};

/// The media type.
pub const MEDIA_TYPE: &str = "application/xml";

/// Whether the other end is writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyboardActivity {
    /// Is writing.
    Type,
    /// Has stopped. Any other word means this too.
    Idle,
}

/// Reads a body.
pub fn read(body: &[u8]) -> Result<KeyboardActivity, Fault> {
    let root = xml::read_any(body, Doctype::Refuse)?;
    if !lcs::is_word(&root, "KeyboardActivity") {
        return Err(Offence::WrongDocument.at(0));
    }
    let status = root.child_named("status").and_then(|status| status.lcs("status")).ok_or(Offence::Missing.at(0))?;
    Ok(if status.eq_ignore_ascii_case("type") { KeyboardActivity::Type } else { KeyboardActivity::Idle })
}

/// Writes a body.
#[must_use]
pub fn write(activity: &KeyboardActivity) -> String {
    let status = match activity {
        KeyboardActivity::Type => "type",
        KeyboardActivity::Idle => "idle",
    };
    format!("<?xml version=\"1.0\"?><KeyboardActivity><status status=\"{status}\" /></KeyboardActivity>")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body of the message samples: 82 octets.
    #[test]
    fn sample_in_its_exact_bytes() {
        let body = "<?xml version=\"1.0\"?><KeyboardActivity><status status=\"type\" /></KeyboardActivity>";
        assert_eq!(body.len(), 82);
        assert_eq!(write(&KeyboardActivity::Type), body);
        assert_eq!(read(body.as_bytes()), Ok(KeyboardActivity::Type));
        assert_eq!(read(write(&KeyboardActivity::Idle).as_bytes()), Ok(KeyboardActivity::Idle));
    }

    #[test]
    fn every_spelling_means_the_same() {
        for body in [
            "<KeyboardActivity><status status='type'/></KeyboardActivity>",
            "<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n<keyboardactivity xmlns='u:v'>\r\n<status status=' TYPE '></status></keyboardactivity>\r\n",
            "<KeyboardActivity><other/><status x='y' status='type'/><status status='idle'/></KeyboardActivity>",
        ] {
            assert_eq!(read(body.as_bytes()), Ok(KeyboardActivity::Type), "{body}");
        }
        assert_eq!(read(b"<KeyboardActivity><status status='sleeping'/></KeyboardActivity>"), Ok(KeyboardActivity::Idle));
        assert_eq!(read(b"<KeyboardActivity/>"), Err(Offence::Missing.at(0)));
        assert_eq!(read(b"<KeyboardActivity><status/></KeyboardActivity>"), Err(Offence::Missing.at(0)));
        assert_eq!(read(b"<isComposing/>"), Err(Offence::WrongDocument.at(0)));
    }
}
