//! Files on their way between two people.

use std::fmt;
use std::str::FromStr;

/// One file on its way, within an account and a run of the program. The same name is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileId {
    /// We offer it; the number is ours.
    Sent(u64),
    /// It is offered to us; the number is the account's.
    Received(u64),
}

impl FileId {
    /// Whether we are the one who sends it.
    #[must_use]
    pub const fn is_sent(self) -> bool {
        matches!(self, Self::Sent(_))
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sent(number) => write!(f, "s{number}"),
            Self::Received(number) => write!(f, "r{number}"),
        }
    }
}

impl FromStr for FileId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "a file is named by its letter and number, such as r1".to_owned();
        let number = |digits: &str| {
            digits.bytes().all(|octet| octet.is_ascii_digit()).then(|| digits.parse().ok()).flatten().ok_or_else(wrong)
        };
        match text.split_at_checked(1) {
            Some(("s", digits)) => Ok(Self::Sent(number(digits)?)),
            Some(("r", digits)) => Ok(Self::Received(number(digits)?)),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for id in [FileId::Sent(0), FileId::Received(u64::MAX)] {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for text in ["", "s", "x1", "r-1", "r+1", "é1", "r1 ", "r99999999999999999999"] {
            assert!(text.parse::<FileId>().is_err(), "{text}");
        }
    }
}
