//! Invitations of Messenger's older protocol, `text/x-msmsgsinvite`: fields a line, here those that offer a file.
//!
//! No published text of the format was found; clients of the family are known to send these fields.

/// Octets of a body that are looked at, and of a value.
const LONGEST: usize = 8 * 1024;
const LONGEST_VALUE: usize = 512;

/// A file that is offered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileOffer {
    /// Its name, as it was sent; empty for none.
    pub name: String,
    /// How many octets it says it has.
    pub octets: Option<u64>,
}

/// What a body offers. Fields that are missing or broken are as if they were not there.
#[must_use]
pub fn file_offer(body: &[u8]) -> FileOffer {
    let body = body.get(..LONGEST).unwrap_or(body);
    let text = String::from_utf8_lossy(body);
    let field = |wanted: &str| {
        let found =
            text.lines().filter_map(|line| line.split_once(':')).find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.trim().chars().take(LONGEST_VALUE).collect::<String>())
    };
    let octets =
        field("Application-FileSize").filter(|value| !value.is_empty() && value.bytes().all(|octet| octet.is_ascii_digit()));
    FileOffer { name: field("Application-File").unwrap_or_default(), octets: octets.and_then(|value| value.parse().ok()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_size() {
        let body = "Application-Name: File Transfer\r\nApplication-GUID: {5D3E02AB-6190-11d3-BBBB-00C04F795683}\r\nInvitation-Command: INVITE\r\napplication-file:  a b.txt \r\nApplication-FileSize: 123\r\n\r\n";
        assert_eq!(file_offer(body.as_bytes()), FileOffer { name: "a b.txt".into(), octets: Some(123) });
        for size in ["-1", "+5", "0x10", "99999999999999999999", "1 2", ""] {
            let body = format!("Application-File: a\r\nApplication-FileSize: {size}\r\n");
            assert_eq!(file_offer(body.as_bytes()), FileOffer { name: "a".into(), octets: None }, "{size}");
        }
        assert_eq!(file_offer(b"\xff\xfe"), FileOffer::default());
        assert!(file_offer(format!("Application-File: {}", "n".repeat(9_000)).as_bytes()).name.len() <= LONGEST_VALUE);
    }
}
