//! The lines the two sides say to each other, without their ends.

/// How a receiver parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bye {
    /// The file was sent.
    Sent,
    /// The file was received.
    Received,
    /// There is no room for it.
    Full,
    /// It is not wanted any more.
    Cancelled,
    /// It took too long.
    Timeout,
    /// Something else.
    Other(u32),
}

impl Bye {
    /// All that have a name, and their codes.
    const CODES: [(Self, u32); 5] = [
        (Self::Sent, 16_777_987),
        (Self::Received, 16_777_989),
        (Self::Full, 2_147_942_405),
        (Self::Cancelled, 2_164_261_682),
        (Self::Timeout, 2_164_261_694),
    ];

    /// From its code.
    #[must_use]
    pub fn from_code(code: u32) -> Self {
        Self::CODES.iter().find(|(_, known)| *known == code).map_or(Self::Other(code), |(bye, _)| *bye)
    }

    /// Its code.
    #[must_use]
    pub fn code(self) -> u32 {
        match self {
            Self::Other(code) => code,
            named => Self::CODES.iter().find(|(known, _)| *known == named).map_or(0, |(_, code)| *code),
        }
    }
}

/// A line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Word<'a> {
    /// The protocols that are spoken.
    Version(&'a str),
    /// Who receives the file, and the number to show it.
    User(&'a str, u32),
    /// Octets of the file.
    File(u64),
    /// The file may come.
    Transfer,
    /// It is not to go on.
    Cancel,
    /// The receiver parts.
    Bye(Bye),
    /// The authentication code, as Base64.
    Mac(&'a str),
}

impl<'a> Word<'a> {
    /// Reads a line. None for what is no line of these protocols.
    pub(super) fn read(line: &'a str) -> Option<Self> {
        let line = line.trim_matches(|c: char| c == '\0' || c.is_ascii_whitespace());
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        match name.to_ascii_uppercase().as_str() {
            "VER" => Some(Self::Version(rest)),
            "USR" => {
                let (user, cookie) = rest.rsplit_once(' ')?;
                Some(Self::User(user.trim_end(), number(cookie)?))
            }
            "FIL" => number(rest).map(Self::File),
            "TFR" if rest.is_empty() => Some(Self::Transfer),
            "CCL" => Some(Self::Cancel),
            // A code that is no number is one we do not know.
            "BYE" => Some(Self::Bye(Bye::from_code(number(rest).unwrap_or_default()))),
            "MAC" => Some(Self::Mac(rest)),
            _ => None,
        }
    }

    /// The line, with its end.
    pub(super) fn write(self) -> String {
        match self {
            Self::Version(protocol) => format!("VER {protocol}\r\n"),
            Self::User(user, cookie) => format!("USR {user} {cookie}\r\n"),
            Self::File(octets) => format!("FIL {octets}\r\n"),
            Self::Transfer => "TFR\r\n".to_owned(),
            Self::Cancel => "CCL\r\n".to_owned(),
            Self::Bye(bye) => format!("BYE {}\r\n", bye.code()),
            // Clients of the family have a zero octet here, and wait for it.
            Self::Mac(code) => format!("MAC {code}\0\r\n"),
        }
    }
}

/// Digits and nothing else.
fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    let digits = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}
