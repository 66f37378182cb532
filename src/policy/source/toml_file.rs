//! `PreventRun = true`: one line a policy.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::file::{Lines, MOST, text};
use crate::policy::entry::{Entry, Fault, Name, Origin, Rank, Read, Typed};
use crate::policy::value::Value;

pub(super) fn read(bytes: &[u8], path: &Path, rank: Rank) -> Read {
    let text = match text(bytes) {
        Ok((text, _)) => text,
        Err(why) => return Read::unreadable(path, rank, why),
    };
    let (table, broken) = DeTable::parse_recoverable(&text);
    let lines = Lines::of(&text);
    if !broken.is_empty() {
        let fault = |error: &toml::de::Error| {
            let line = lines.line(error.span().map_or(0, |span| span.start));
            Fault { origin: at(path, line), what: error.message().trim().to_owned(), rank, whole: true }
        };
        return Read { entries: Vec::new(), faults: broken.iter().take(MOST).map(fault).collect() };
    }
    let mut rows: Vec<_> = table.get_ref().iter().collect();
    rows.sort_by_key(|(name, _)| name.span().start);
    let entries = rows.into_iter().map(|(name, value)| Entry {
        name: Name::Own(name.get_ref().to_string()),
        typed: typed(value.get_ref()),
        loose: false,
        rank,
        origin: at(path, lines.line(name.span().start)),
    });
    Read { entries: entries.collect(), faults: Vec::new() }
}

fn at(path: &Path, line: usize) -> Origin {
    Origin::File { path: path.to_owned(), line }
}

fn typed(value: &DeValue<'_>) -> Typed {
    match value {
        DeValue::Boolean(flag) => Typed::Value(Value::Flag(*flag)),
        DeValue::String(text) => Typed::Value(Value::Text(text.to_string())),
        DeValue::Integer(number) => match u64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Typed::Value(Value::Number(number)),
            Err(_) => Typed::Other("a number below zero, or beyond all bounds"),
        },
        DeValue::Array(items) => {
            let texts: Option<Vec<String>> = items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect();
            texts.map_or(Typed::Other("a list of other things than texts"), |texts| Typed::Value(Value::List(texts)))
        }
        DeValue::Float(_) => Typed::Other("a fraction"),
        DeValue::Datetime(_) => Typed::Other("a date"),
        DeValue::Table(_) => Typed::Other("a table"),
    }
}
