//! The file as typed: every value checked by itself, every place remembered.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{self, KEY_CONTEXTS, KnownKey, Section};
use super::problem::{Problem, Severity};
use super::resolve::check;
use crate::model::nearest;

/// Line and column in characters, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

/// A value of a known key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Text(String),
    /// Several texts.
    Words(Vec<String>),
    /// A whole number.
    Number(u64),
    /// Yes or no.
    Flag(bool),
}

/// A known key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Which key.
    pub key: &'static KnownKey,
    /// Its value, of the kind the key wants.
    pub value: Value,
    /// Where, in a file.
    pub place: Option<Place>,
}

/// The settings of one `[accounts.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawAccount {
    /// NAME.
    pub name: String,
    /// Where the table begins.
    pub place: Option<Place>,
    /// In the order of the file.
    pub settings: Vec<Setting>,
}

/// One line of `[keys.CONTEXT]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// CONTEXT.
    pub context: String,
    /// The keys, such as `ctrl-d` or `ctrl-x g`.
    pub chord: String,
    /// The action's name; empty to unbind.
    pub action: String,
    /// Where.
    pub place: Place,
}

/// Everything one file sets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawFile {
    /// Accounts in the order of the file.
    pub accounts: Vec<RawAccount>,
    /// Everything but accounts and keys.
    pub general: Vec<Setting>,
    /// Keys.
    pub bindings: Vec<Binding>,
}

impl RawFile {
    /// Reads the text of a file. `file` is only for the problems' sake.
    #[must_use]
    pub fn parse(text: &str, file: &Path) -> (Self, Vec<Problem>) {
        let mut reader =
            Reader { lines: Lines::new(text), text, file: file.to_owned(), problems: Vec::new(), raw: Self::default() };
        let (table, broken) = DeTable::parse_recoverable(text);
        for error in &broken {
            let span = error.span().unwrap_or(0..0);
            reader.report(Severity::Error, &span, String::new(), error.message().to_owned(), None);
        }
        if broken.is_empty() {
            reader.top(table.get_ref());
        }
        reader.problems.sort_by_key(|p| (p.line, p.column));
        (reader.raw, reader.problems)
    }
}

struct Reader<'t> {
    text: &'t str,
    lines: Lines,
    file: PathBuf,
    problems: Vec<Problem>,
    raw: RawFile,
}

impl Reader<'_> {
    fn report(&mut self, severity: Severity, span: &Range<usize>, key: String, expected: String, nearest: Option<&str>) {
        let Place { line, column } = self.lines.place(self.text, span.start);
        let nearest = nearest.map(str::to_owned);
        self.problems.push(Problem { severity, file: Some(self.file.clone()), line, column, key, expected, nearest });
    }

    fn unknown<'a>(&mut self, span: &Range<usize>, key: String, name: &str, known: impl IntoIterator<Item = &'a str>) {
        let nearest = nearest(name, known);
        self.report(Severity::Warning, span, key, "this key is not known and has no effect".to_owned(), nearest);
    }

    fn wants(&mut self, span: &Range<usize>, key: String, expected: &str) {
        self.report(Severity::Error, span, key, format!("expected {expected}"), None);
    }

    fn top(&mut self, table: &DeTable<'_>) {
        for (name, span, value) in in_order(table) {
            if name == "keys" {
                self.key_contexts(value);
                continue;
            }
            match Section::ALL.into_iter().find(|section| section.table() == name) {
                Some(Section::Account) => self.accounts(value),
                Some(section) => {
                    let mut settings = Vec::new();
                    self.section(section, name, value, &mut settings);
                    self.raw.general.append(&mut settings);
                }
                None => {
                    let tables = Section::ALL.iter().map(|section| section.table()).chain(["keys"]);
                    self.unknown(&span, name.to_owned(), name, tables);
                }
            }
        }
    }

    fn accounts(&mut self, value: &Spanned<DeValue<'_>>) {
        let Some(table) = value.get_ref().as_table() else {
            self.wants(&value.span(), "accounts".to_owned(), "a table for each account, such as [accounts.work]");
            return;
        };
        for (name, span, value) in in_order(table) {
            if !is_account_name(name) {
                let expected = "an account name of 1 to 64 letters, digits, `-`, `_`, `.`, `@`";
                self.wants(&span, format!("accounts.{name}"), expected);
                continue;
            }
            let mut settings = Vec::new();
            self.section(Section::Account, &format!("accounts.{name}"), value, &mut settings);
            let place = Some(self.lines.place(self.text, span.start));
            self.raw.accounts.push(RawAccount { name: name.to_owned(), place, settings });
        }
    }

    fn section(&mut self, section: Section, path: &str, value: &Spanned<DeValue<'_>>, into: &mut Vec<Setting>) {
        let Some(table) = value.get_ref().as_table() else {
            self.wants(&value.span(), path.to_owned(), &format!("a table: [{path}] and keys below it"));
            return;
        };
        for (name, span, value) in in_order(table) {
            if section == Section::Account && name == "password" {
                self.password(path, value, into);
            } else if let Some(key) = keys::known(section, name) {
                self.setting(key, format!("{path}.{name}"), value, into);
            } else {
                self.unknown(&span, format!("{path}.{name}"), name, keys::names(section));
            }
        }
    }

    fn password(&mut self, path: &str, value: &Spanned<DeValue<'_>>, into: &mut Vec<Setting>) {
        let Some(table) = value.get_ref().as_table() else {
            // Not even its length may show.
            let expected = "a password cannot stand in this file; use password.command, password.file, \
                            password.env or password.keyring, or leave it out to be asked";
            self.report(Severity::Error, &value.span(), format!("{path}.password"), expected.to_owned(), None);
            return;
        };
        for (name, span, value) in in_order(table) {
            match keys::known(Section::Account, &format!("password.{name}")) {
                Some(key) => self.setting(key, format!("{path}.password.{name}"), value, into),
                None => self.unknown(&span, format!("{path}.password.{name}"), name, ["command", "file", "env", "keyring"]),
            }
        }
    }

    fn setting(&mut self, key: &'static KnownKey, path: String, value: &Spanned<DeValue<'_>>, into: &mut Vec<Setting>) {
        let typed = match value.get_ref() {
            DeValue::String(text) => Some(Value::Text(text.clone().into_owned())),
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok().map(Value::Number),
            DeValue::Boolean(flag) => Some(Value::Flag(*flag)),
            DeValue::Array(items) => {
                items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect::<Option<Vec<_>>>().map(Value::Words)
            }
            DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => None,
        };
        if let Some(typed) = typed.and_then(|value| check(key.kind, value)) {
            let place = Some(self.lines.place(self.text, value.span().start));
            into.push(Setting { key, value: typed, place });
            return;
        }
        let nearest = match (key.kind, value.get_ref().as_str()) {
            (keys::Kind::Choice(words), Some(word)) => nearest(word, words.iter().copied()),
            _ => None,
        };
        self.report(Severity::Error, &value.span(), path, format!("expected {}", key.kind.expected()), nearest);
    }

    fn key_contexts(&mut self, value: &Spanned<DeValue<'_>>) {
        let Some(table) = value.get_ref().as_table() else {
            self.wants(&value.span(), "keys".to_owned(), "a table for each context, such as [keys.roster]");
            return;
        };
        for (context, span, value) in in_order(table) {
            if !KEY_CONTEXTS.contains(&context) {
                self.unknown(&span, format!("keys.{context}"), context, KEY_CONTEXTS.iter().copied());
                continue;
            }
            let Some(table) = value.get_ref().as_table() else {
                self.wants(&value.span(), format!("keys.{context}"), "a table of lines such as \"ctrl-d\" = \"contact.delete\"");
                continue;
            };
            for (chord, span, value) in in_order(table) {
                let key = format!("keys.{context}.{chord}");
                match value.get_ref().as_str() {
                    _ if chord.is_empty() => self.wants(&span, key, "a chord such as \"ctrl-d\""),
                    Some(action) => {
                        let place = self.lines.place(self.text, span.start);
                        let (context, chord, action) = (context.to_owned(), chord.to_owned(), action.to_owned());
                        self.raw.bindings.push(Binding { context, chord, action, place });
                    }
                    None => self.wants(&value.span(), key, "the name of an action in quotes; empty to unbind"),
                }
            }
        }
    }
}

/// Keys of a table in the order of the file.
pub(super) fn in_order<'a, 'i>(table: &'a DeTable<'i>) -> Vec<(&'a str, Range<usize>, &'a Spanned<DeValue<'i>>)> {
    let mut rows: Vec<_> = table.iter().map(|(name, value)| (name.get_ref().as_ref(), name.span(), value)).collect();
    rows.sort_by_key(|(_, span, _)| span.start);
    rows
}

/// Names of accounts become names of files and appear in every event.
fn is_account_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && !name.starts_with('.')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@'))
}

/// Where lines begin.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn new(text: &str) -> Self {
        Self(std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    pub(super) fn place(&self, text: &str, offset: usize) -> Place {
        let line = self.0.partition_point(|start| *start <= offset).max(1);
        let start = self.0.get(line - 1).copied().unwrap_or(0);
        let column = text.get(start..offset).map_or(0, |before| before.chars().count()) + 1;
        Place { line, column }
    }
}
