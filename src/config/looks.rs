//! Files of themes: which roles there are, and how each is to look.
//!
//! ```toml
//! inherits = "dark"
//! quiet = { fg = "#9a9a9a" }
//! selection = { fg = "black", bg = "bright-yellow", attributes = ["bold"] }
//! ```
//!
//! A role that is given takes the place of the inherited one as a whole. What is wrong is reported like
//! what is wrong in the configuration, with its place, and everything else holds.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, Severity};
use super::raw::{Lines, Place, in_order};
use crate::model::nearest;

macro_rules! roles {
    ($($role:ident $word:literal $what:literal;)*) => {
        /// What something on the screen is; a theme says how it looks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role { $(#[doc = $what] $role,)* }

        impl Role {
            /// Every role.
            pub const ALL: &[Self] = &[$(Self::$role,)*];

            /// Its name in a theme file.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$role => $word,)* }
            }

            /// What it is, for the docs.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self { $(Self::$role => $what,)* }
            }
        }
    };
}

roles! {
    Text "text" "Ordinary text, and the ground of the whole screen";
    Quiet "quiet" "What matters less: hints, addresses";
    Strong "strong" "Titles and names";
    Bar "bar" "The bars on top and bottom";
    Selection "selection" "The row that has the keyboard";
    SelectionIdle "selection-idle" "The row that is selected while the keyboard is elsewhere";
    Unread "unread" "Unread counts, and the mark of new lines";
    Mention "mention" "Your name, and words you watch for";
    Link "link" "Links";
    Code "code" "Code in messages";
    Hit "hit" "What a search found";
    Day "day" "The line where a day begins";
    Time "time" "Times of messages";
    Border "border" "Lines around and between panes";
    BorderFocused "border-focused" "Lines around the pane that has the keyboard";
    Mine "mine" "Your own name";
    Theirs "theirs" "The name of the other person";
    Sender1 "sender-1" "People in a conversation of several, by turns";
    Sender2 "sender-2" "The second of them";
    Sender3 "sender-3" "The third";
    Sender4 "sender-4" "The fourth";
    Sender5 "sender-5" "The fifth";
    Sender6 "sender-6" "The sixth";
    Info "info" "Good to know";
    Warning "warning" "Something does not work as it should";
    Error "error" "Something failed";
    Online "online" "Online";
    Busy "busy" "Busy, on the phone";
    Away "away" "Away, be right back, out to lunch";
    Idle "idle" "Idle";
    Offline "offline" "Offline, or not known";
    Delivered "delivered" "A message that arrived";
    Failed "failed" "A message that did not arrive";
    Unconfirmed "unconfirmed" "A message of which nobody knows whether it arrived";
    Waiting "waiting" "A message that waits, or is on its way";
}

/// A colour as a theme names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paint {
    /// The terminal's own.
    #[default]
    Own,
    /// One of the terminal's 16.
    Sixteen(u8),
    /// One of 256.
    Indexed(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// Attributes of letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attributes {
    /// Bold.
    pub bold: bool,
    /// Dim.
    pub dim: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined.
    pub underlined: bool,
    /// Letters and ground exchanged.
    pub reversed: bool,
}

/// How one role looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ink {
    /// The letters; `None` leaves what is there.
    pub fg: Option<Paint>,
    /// Behind them.
    pub bg: Option<Paint>,
    /// Bold and so on.
    pub attributes: Attributes,
}

/// A theme as its file has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LooksFile {
    /// The theme that holds for what is not given.
    pub inherits: Option<(String, Place)>,
    /// Roles that are given.
    pub roles: Vec<(Role, Ink)>,
}

/// The names of the 16 colours, in the order of their numbers.
const COLOURS: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];
const ATTRIBUTES: [&str; 5] = ["bold", "dim", "italic", "underlined", "reversed"];

impl LooksFile {
    /// Reads the text of a file. `file` is only for the problems' sake.
    #[must_use]
    pub fn parse(text: &str, file: &Path) -> (Self, Vec<Problem>) {
        let mut reader = Reader { lines: Lines::new(text), text, file, problems: Vec::new() };
        let mut looks = Self::default();
        let (table, broken) = DeTable::parse_recoverable(text);
        for error in &broken {
            reader.report(&error.span().unwrap_or(0..0), String::new(), error.message().to_owned(), None);
        }
        // Of a file that is broken in one line, the others hold.
        for (name, span, value) in in_order(table.get_ref()) {
            if name == "inherits" {
                match value.get_ref().as_str() {
                    Some(base) => looks.inherits = Some((base.to_owned(), reader.lines.place(text, span.start))),
                    None => reader.report(&value.span(), name.to_owned(), "expected the name of a theme".to_owned(), None),
                }
            } else if let Some(role) = Role::ALL.iter().find(|role| role.word() == name) {
                if let Some(ink) = reader.ink(name, value) {
                    looks.roles.push((*role, ink));
                }
            } else {
                let known = Role::ALL.iter().map(|role| role.word()).chain(["inherits"]);
                let expected = "this is no part of the screen and has no effect".to_owned();
                reader.report(&span, name.to_owned(), expected, nearest(name, known));
            }
        }
        reader.problems.sort_by_key(|p| (p.line, p.column));
        (looks, reader.problems)
    }
}

struct Reader<'t> {
    text: &'t str,
    lines: Lines,
    file: &'t Path,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn report(&mut self, span: &Range<usize>, key: String, expected: String, nearest: Option<&str>) {
        let Place { line, column } = self.lines.place(self.text, span.start);
        let (file, nearest) = (Some(self.file.to_owned()), nearest.map(str::to_owned));
        self.problems.push(Problem { severity: Severity::Warning, file, line, column, key, expected, nearest });
    }

    fn ink(&mut self, role: &str, value: &Spanned<DeValue<'_>>) -> Option<Ink> {
        let Some(table) = value.get_ref().as_table() else {
            let expected = "expected a table such as { fg = \"#d0d0d0\", bg = \"black\", attributes = [\"bold\"] }";
            self.report(&value.span(), role.to_owned(), expected.to_owned(), None);
            return None;
        };
        let mut ink = Ink::default();
        for (name, span, value) in in_order(table) {
            let key = format!("{role}.{name}");
            match name {
                "fg" => ink.fg = self.paint(key, value),
                "bg" => ink.bg = self.paint(key, value),
                "attributes" => ink.attributes = self.attributes(&key, value),
                _ => {
                    let expected = "this key is not known and has no effect".to_owned();
                    self.report(&span, key, expected, nearest(name, ["fg", "bg", "attributes"]));
                }
            }
        }
        Some(ink)
    }

    fn paint(&mut self, key: String, value: &Spanned<DeValue<'_>>) -> Option<Paint> {
        let typed = value.get_ref().as_str();
        let paint = typed.and_then(Paint::parse);
        if paint.is_none() {
            let expected =
                "expected a colour: \"#rrggbb\", a number from 0 to 255 in quotes, \"default\", or one of the 16 names";
            let near = typed.and_then(|typed| nearest(typed, COLOURS));
            self.report(&value.span(), key, expected.to_owned(), near);
        }
        paint
    }

    fn attributes(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Attributes {
        let mut attributes = Attributes::default();
        let DeValue::Array(items) = value.get_ref() else {
            self.report(&value.span(), key.to_owned(), "expected a list such as [\"bold\"]".to_owned(), None);
            return attributes;
        };
        for item in items {
            match item.get_ref().as_str() {
                Some("bold") => attributes.bold = true,
                Some("dim") => attributes.dim = true,
                Some("italic") => attributes.italic = true,
                Some("underlined") => attributes.underlined = true,
                Some("reversed") => attributes.reversed = true,
                other => {
                    let expected = format!("expected one of {}", ATTRIBUTES.join(", "));
                    self.report(&item.span(), key.to_owned(), expected, other.and_then(|word| nearest(word, ATTRIBUTES)));
                }
            }
        }
        attributes
    }
}

impl Paint {
    /// Reads `#rrggbb`, a number, a name, or `default`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "default" {
            return Some(Self::Own);
        }
        if let Some(digits) = text.strip_prefix('#').filter(|digits| digits.len() == 6) {
            let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
            return Some(Self::Rgb(part(0)?, part(2)?, part(4)?));
        }
        if let Some(number) = COLOURS.iter().position(|name| *name == text) {
            return u8::try_from(number).ok().map(Self::Sixteen);
        }
        let number = text.parse::<u8>().ok()?;
        Some(if number < 16 { Self::Sixteen(number) } else { Self::Indexed(number) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_is_in_the_docs() {
        let docs = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/themes.md")).unwrap();
        for role in Role::ALL {
            let row = format!("| `{}` | {} |", role.word(), role.what());
            assert!(docs.contains(&row), "docs/themes.md lacks {row}");
        }
    }

    #[test]
    fn nonsense_is_said_with_its_place_and_the_rest_holds() {
        let text = "inherits = \"dark\"\ntext = { fg = \"#d0d0d0\", bg = \"235\" }\nquiet = { fg = \"gren\", attributes = [\"bold\", \"blink\"] }\n\
                    selektion = { fg = \"red\" }\nunread = \"red\"\nlink = { fg = 7, colour = \"red\" }\nmention = { bg = \"default\" }\n";
        let (looks, problems) = LooksFile::parse(text, Path::new("night.toml"));
        assert_eq!(looks.inherits.as_ref().unwrap().0, "dark");
        let of = |role| looks.roles.iter().find(|(known, _)| *known == role).map(|(_, ink)| *ink);
        assert_eq!(of(Role::Text).unwrap().fg, Some(Paint::Rgb(0xd0, 0xd0, 0xd0)));
        assert_eq!(of(Role::Text).unwrap().bg, Some(Paint::Indexed(235)));
        assert!(of(Role::Quiet).unwrap().attributes.bold);
        assert_eq!(of(Role::Mention).unwrap().bg, Some(Paint::Own));
        assert_eq!(of(Role::Unread), None);
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), 6, "{said:#?}");
        assert!(
            said[0].starts_with("night.toml:3:16: warning: quiet.fg: expected a colour")
                && said[0].ends_with("did you mean `green`?"),
            "{said:#?}"
        );
        assert!(said[1].starts_with("night.toml:3:46: warning: quiet.attributes: expected one of bold"), "{said:#?}");
        assert!(said[2].starts_with("night.toml:4:1: ") && said[2].ends_with("did you mean `selection`?"), "{said:#?}");
        assert!(said[3].starts_with("night.toml:5:10: "), "{said:#?}");
        let (broken, problems) = LooksFile::parse("text = {{{\nquiet = { fg = \"red\" }\n", Path::new("x.toml"));
        assert!(!problems.is_empty() && problems[0].line == 1, "{problems:?}");
        assert!(broken.roles.len() <= 2);
    }
}
