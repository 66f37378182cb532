//! Media types with their parameters, as `Content-Type` has them (RFC 2045 section 5.1).

/// A media type, `multipart/related;boundary="x"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType {
    /// Type and subtype in lower case, `multipart/related`.
    pub essence: String,
    /// Parameters: names in lower case, values without their quotes.
    pub parameters: Vec<(String, String)>,
}

const MAX_PARAMETERS: usize = 32;

impl MediaType {
    /// Reads a value; what cannot be read at its end is left out. Never fails: without a slash
    /// the essence is what stands there, and equals no type.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let (essence, mut rest) = text.split_once(';').unwrap_or((text, ""));
        let mut parameters = Vec::new();
        while !rest.trim().is_empty() && parameters.len() < MAX_PARAMETERS {
            let trimmed = rest.trim_start_matches([' ', '\t', ';']);
            let Some((name, after)) = trimmed.split_once('=') else { break };
            let (value, next) = value(after.trim_start());
            parameters.push((name.trim().to_ascii_lowercase(), value));
            rest = next;
        }
        Self { essence: essence.trim().to_ascii_lowercase(), parameters }
    }

    /// The value of a parameter, by its name in lower case.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Whether it is `multipart/` anything.
    #[must_use]
    pub fn is_multipart(&self) -> bool {
        self.essence.starts_with("multipart/")
    }
}

/// A value, quoted or not, and what follows its semicolon.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = text.split_once(';').unwrap_or((text, ""));
        return (value.trim().to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(characters.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn essence_and_parameters() {
        let read = MediaType::read(r#"Multipart/Related; TYPE="application/rlmi+xml" ;start="<a\"b;c@x>";boundary=L1st ; x = y"#);
        assert_eq!(read.essence, "multipart/related");
        assert!(read.is_multipart());
        assert_eq!(read.parameter("type"), Some("application/rlmi+xml"));
        assert_eq!(read.parameter("start"), Some("<a\"b;c@x>"));
        assert_eq!((read.parameter("boundary"), read.parameter("x"), read.parameter("y")), (Some("L1st"), Some("y"), None));
    }

    #[test]
    fn oddities_do_no_harm() {
        assert_eq!(MediaType::read("text/plain").parameters, []);
        assert_eq!(MediaType::read("text/plain;;;").parameters, []);
        assert_eq!(MediaType::read("text/plain;charset=\"utf").parameter("charset"), Some("utf"));
        assert_eq!(MediaType::read("").essence, "");
        assert_eq!(MediaType::read(&";a=b".repeat(1000)).parameters.len(), MAX_PARAMETERS);
    }
}
