//! What a policy can be set to.

use std::fmt::Write as _;

/// A value in force, or wanted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Number(u64),
    /// A text; a word, for choices.
    Text(String),
    /// Several texts.
    List(Vec<String>),
}

impl Value {
    /// As a person reads it; texts as they are.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Flag(flag) => flag.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
            Self::List(texts) => texts.join(", "),
        }
    }

    /// As TOML, which JSON shares for these.
    #[must_use]
    pub fn toml(&self) -> String {
        match self {
            Self::Flag(flag) => flag.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => quoted(text),
            Self::List(texts) => {
                let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
                format!("[{}]", texts.join(", "))
            }
        }
    }
}

/// In quotes, as both TOML and JSON want it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A word of a choice, and the number that stands for it where only numbers can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub word: &'static str,
    /// The number.
    pub number: u32,
    /// What it means, for templates.
    pub doc: &'static str,
}

/// What the items of a list are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A domain such as `example.test`; `*.example.test` is everything below it.
    Domain,
    /// An address, or a domain as above.
    AddressOrDomain,
    /// Extension of a file name, without its dot.
    Extension,
    /// Scheme of a link, without its colon.
    Scheme,
    /// `sha256:` and 64 hexadecimal digits.
    Pin,
    /// A state and a text: `busy:On call for the database`.
    State,
}

/// What a policy takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`; 1 or 0 in a registry.
    Flag,
    /// A whole number within these bounds.
    Number {
        /// Least.
        min: u32,
        /// Greatest.
        max: u32,
        /// Of what.
        unit: &'static str,
    },
    /// One of these words.
    Choice(&'static [Word]),
    /// A text of one line.
    Text {
        /// Longest, in characters.
        max: usize,
    },
    /// `host` or `host:port`.
    HostPort,
    /// Path of a file, absolute.
    Path,
    /// Several of these.
    List(Item),
}

impl Kind {
    /// The word for it in documents.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Flag => "true or false",
            Self::Number { .. } => "number",
            Self::Choice(_) => "choice",
            Self::Text { .. } => "text",
            Self::HostPort => "host[:port]",
            Self::Path => "path",
            Self::List(_) => "list",
        }
    }

    /// What is expected, for messages: completes "expected …".
    #[must_use]
    pub fn expected(self) -> String {
        match self {
            Self::Flag => "true or false (1 or 0 in a registry)".to_owned(),
            Self::Number { min, max, unit } => format!("a whole number from {min} to {max} ({unit})"),
            Self::Choice(words) => {
                let words: Vec<&str> = words.iter().map(|word| word.word).collect();
                format!("one of {}", words.join(", "))
            }
            Self::Text { max } => format!("a text of one line and at most {max} characters"),
            Self::HostPort => "a host name or address, with or without port".to_owned(),
            Self::Path => "the absolute path of a file".to_owned(),
            Self::List(item) => format!("a list of {}", item.words()),
        }
    }
}

impl Item {
    /// In the plural.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::OneOf(words) => format!("these words: {}", words.join(", ")),
            Self::Domain => "domains such as example.test, or *.example.test for all below it".to_owned(),
            Self::AddressOrDomain => "addresses such as sip:bob@example.test, or domains such as *.example.test".to_owned(),
            Self::Extension => "extensions of file names without the dot, such as exe".to_owned(),
            Self::Scheme => "schemes of links without the colon, such as https".to_owned(),
            Self::Pin => "hashes of keys, such as sha256: and 64 hexadecimal digits".to_owned(),
            Self::State => "states with a text of at most 64 characters, such as busy:On call for the database".to_owned(),
        }
    }

    /// The item as it is kept, if it is one.
    fn checked(self, text: &str) -> Option<String> {
        let text = text.trim();
        let lower = text.to_ascii_lowercase();
        match self {
            Self::OneOf(words) => words.iter().find(|word| **word == lower).map(|word| (*word).to_owned()),
            Self::Domain => is_domain(&lower).then_some(lower),
            Self::AddressOrDomain => {
                let bare = lower.strip_prefix("sips:").or_else(|| lower.strip_prefix("sip:")).unwrap_or(&lower);
                match bare.split_once('@') {
                    Some((user, domain)) => (!user.is_empty() && user.chars().all(|c| c.is_ascii_graphic()) && is_domain(domain))
                        .then(|| bare.to_owned()),
                    None => is_domain(bare).then(|| bare.to_owned()),
                }
            }
            Self::Extension => {
                let bare = lower.strip_prefix('.').unwrap_or(&lower);
                let fine = (1..=32).contains(&bare.len()) && bare.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
                fine.then(|| bare.to_owned())
            }
            Self::Scheme => {
                let bare = lower.strip_suffix(':').unwrap_or(&lower);
                let fine = bare.starts_with(|c: char| c.is_ascii_alphabetic())
                    && bare.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
                fine.then(|| bare.to_owned())
            }
            // Some ways to write it tell cases apart.
            Self::Pin => crate::model::Pin::parse(text).map(|_| text.to_owned()),
            Self::State => {
                let (state, words) = text.split_once(':')?;
                let words = words.trim();
                let state = state.trim().to_ascii_lowercase();
                let fine = STATES.contains(&state.as_str())
                    && (1..=64).contains(&words.chars().count())
                    && !words.chars().any(char::is_control);
                fine.then(|| format!("{state}:{words}"))
            }
        }
    }
}

/// States a text can go with: [`crate::model::Availability`] in one word.
pub const STATES: [&str; 6] = ["online", "busy", "away", "brb", "phone", "lunch"];

/// Longest list taken.
pub const MOST_ITEMS: usize = 1_000;

fn is_domain(text: &str) -> bool {
    let bare = text.strip_prefix("*.").unwrap_or(text);
    (1..=253).contains(&bare.len())
        && bare.split('.').all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_')))
}

/// What is wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// It is of another type.
    Type,
    /// It is of the type, and not one of those that can be set.
    Range,
}

/// The value as it is kept, if it is of the kind. In a registry (`loose`) a number may stand for a flag and
/// for the word of a choice, and one text for a list: there is no other way to write them there.
///
/// # Errors
/// [`Wrong`] says in what way it is not.
pub fn check(kind: Kind, value: Value, loose: bool) -> Result<Value, Wrong> {
    match (kind, value) {
        (Kind::Flag, Value::Flag(flag)) => Ok(Value::Flag(flag)),
        (Kind::Flag, Value::Number(number)) if loose => match number {
            0 => Ok(Value::Flag(false)),
            1 => Ok(Value::Flag(true)),
            _ => Err(Wrong::Range),
        },
        (Kind::Number { min, max, .. }, Value::Number(number)) => {
            (u64::from(min)..=u64::from(max)).contains(&number).then_some(Value::Number(number)).ok_or(Wrong::Range)
        }
        (Kind::Choice(words), Value::Text(text)) => {
            let text = text.trim();
            let found = words.iter().find(|word| word.word.eq_ignore_ascii_case(text));
            found.map(|word| Value::Text(word.word.to_owned())).ok_or(Wrong::Range)
        }
        (Kind::Choice(words), Value::Number(number)) if loose => {
            let found = words.iter().find(|word| u64::from(word.number) == number);
            found.map(|word| Value::Text(word.word.to_owned())).ok_or(Wrong::Range)
        }
        (Kind::Text { max }, Value::Text(text)) => {
            let fine = text.chars().count() <= max && !text.chars().any(char::is_control);
            fine.then_some(Value::Text(text)).ok_or(Wrong::Range)
        }
        (Kind::HostPort, Value::Text(text)) => is_host_port(&text).then_some(Value::Text(text)).ok_or(Wrong::Range),
        (Kind::Path, Value::Text(text)) => is_path(&text).then_some(Value::Text(text)).ok_or(Wrong::Range),
        (Kind::List(item), Value::List(texts)) => {
            if texts.len() > MOST_ITEMS {
                return Err(Wrong::Range);
            }
            let items: Option<Vec<String>> = texts.iter().map(|text| item.checked(text)).collect();
            items.map(Value::List).ok_or(Wrong::Range)
        }
        (Kind::List(_), Value::Text(text)) if loose => {
            let texts = text.split([';', ',']).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect();
            check(kind, Value::List(texts), loose)
        }
        _ => Err(Wrong::Type),
    }
}

fn is_host_port(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    let fine = if bare.contains(':') {
        bare.parse::<std::net::Ipv6Addr>().is_ok()
    } else {
        bare == host && is_domain(bare) && !bare.contains('*')
    };
    fine && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

/// Absolute here or on Windows: one template serves both.
fn is_path(text: &str) -> bool {
    let drive = text.as_bytes().get(1..3).is_some_and(|rest| rest == b":\\" || rest == b":/");
    (text.starts_with('/') || drive || text.starts_with("\\\\")) && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &[Word] = &[Word { word: "tls", number: 4, doc: "" }, Word { word: "tcp", number: 2, doc: "" }];

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    fn list(texts: &[&str]) -> Value {
        Value::List(texts.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn each_kind_takes_its_own() {
        let number = Kind::Number { min: 1, max: 9, unit: "things" };
        for (kind, value, loose, wanted) in [
            (Kind::Flag, Value::Flag(true), false, Ok(Value::Flag(true))),
            (Kind::Flag, Value::Number(1), false, Err(Wrong::Type)),
            (Kind::Flag, Value::Number(1), true, Ok(Value::Flag(true))),
            (Kind::Flag, Value::Number(2), true, Err(Wrong::Range)),
            (Kind::Flag, text("1"), true, Err(Wrong::Type)),
            (number, Value::Number(9), false, Ok(Value::Number(9))),
            (number, Value::Number(10), false, Err(Wrong::Range)),
            (number, text("3"), true, Err(Wrong::Type)),
            (Kind::Choice(WORDS), text("TLS"), false, Ok(text("tls"))),
            (Kind::Choice(WORDS), Value::Number(2), true, Ok(text("tcp"))),
            (Kind::Choice(WORDS), Value::Number(2), false, Err(Wrong::Type)),
            (Kind::Choice(WORDS), text("udp"), false, Err(Wrong::Range)),
            (Kind::Text { max: 3 }, text("abc"), false, Ok(text("abc"))),
            (Kind::Text { max: 3 }, text("abcd"), false, Err(Wrong::Range)),
            (Kind::Text { max: 3 }, text("a\u{1b}"), false, Err(Wrong::Range)),
            (Kind::HostPort, text("[2001:db8::1]:5061"), false, Ok(text("[2001:db8::1]:5061"))),
            (Kind::HostPort, text("host:0"), false, Err(Wrong::Range)),
            (Kind::HostPort, text("*.example.test"), false, Err(Wrong::Range)),
            (Kind::Path, text("C:\\a.pem"), false, Ok(text("C:\\a.pem"))),
            (Kind::Path, text("a.pem"), false, Err(Wrong::Range)),
            (Kind::List(Item::Domain), list(&["*.Example.test"]), false, Ok(list(&["*.example.test"]))),
            (Kind::List(Item::Domain), list(&["a..b"]), false, Err(Wrong::Range)),
            (Kind::List(Item::Extension), text(".exe; bat"), true, Ok(list(&["exe", "bat"]))),
            (Kind::List(Item::Extension), text("exe"), false, Err(Wrong::Type)),
            (Kind::List(Item::AddressOrDomain), list(&["sip:Bob@x.test"]), false, Ok(list(&["bob@x.test"]))),
            (Kind::List(Item::State), list(&["Busy: On call "]), false, Ok(list(&["busy:On call"]))),
            (Kind::List(Item::State), list(&["gone:Away"]), false, Err(Wrong::Range)),
            (Kind::List(Item::Scheme), list(&["https:"]), false, Ok(list(&["https"]))),
        ] {
            assert_eq!(check(kind, value.clone(), loose), wanted, "{kind:?} {value:?}");
        }
    }

    #[test]
    fn written_as_toml() {
        assert_eq!(list(&["a\"b", "c\\\u{7}"]).toml(), r#"["a\"b", "c\\\u0007"]"#);
    }
}
