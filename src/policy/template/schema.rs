//! A JSON Schema (draft 2020-12) of files of policies. It is as strict as `policy check` or stricter, but for some
//! letters in names of domains and for lengths beyond reason; words must be written as they are here.

use serde_json::{Map, Value as Json, json};

use super::words::{legacy, preset, strict, takes};
use crate::policy::catalogue::{NONE, Row, rows};
use crate::policy::value::{Item, Kind, MOST_ITEMS, STATES, Value};

/// No control characters.
const PLAIN: &str = r"[^\u0000-\u001f\u007f-\u009f]";
/// A label of a domain: letters outside of ASCII count as letters.
const LABEL: &str = r"[A-Za-z0-9_\-\u00a1-\uffff]+";

/// The schema.
#[must_use]
pub fn schema() -> String {
    let known = rows().map(|row| (row.name.to_owned(), property(row)));
    let nothing = NONE.iter().map(|nothing| {
        let about = json!({ "deprecated": true, "description": format!("No effect: {}.", nothing.why) });
        (nothing.name.to_owned(), about)
    });
    let properties: Map<String, Json> = known.chain(nothing).collect();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Policies of chinwag",
        "description": "A file of policies, as JSON or TOML, for /etc/chinwag/policies. Written by: chinwag policy schema",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    format!("{schema:#}\n")
}

fn property(row: &Row) -> Json {
    let mut about = of_kind(row.kind);
    if let Some(about) = about.as_object_mut() {
        about.insert("description".to_owned(), description(row).into());
        about.insert("examples".to_owned(), json!([literal(&row.example.value())]));
    }
    about
}

fn description(row: &Row) -> String {
    let mut out = vec![row.doc.to_owned(), format!("It takes {}.", takes(row.kind))];
    if let Kind::Choice(words) = row.kind {
        let words: Vec<String> = words.iter().map(|word| format!("{}: {}.", word.word, word.doc)).collect();
        out.push(words.join(" "));
    }
    out.extend([preset(row), strict(row), format!("Levels: {}.", row.levels.word())]);
    out.extend(legacy(row));
    out.join(" ")
}

fn of_kind(kind: Kind) -> Json {
    match kind {
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Number { min, max, .. } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Choice(words) => json!({ "enum": words.iter().map(|word| word.word).collect::<Vec<_>>() }),
        Kind::Text { max } => json!({ "type": "string", "maxLength": max, "pattern": format!("^{PLAIN}*$") }),
        Kind::HostPort => json!({ "type": "string", "pattern": host_port() }),
        Kind::Path => json!({ "type": "string", "pattern": format!(r"^(/|[A-Za-z]:[\\/]|\\\\){PLAIN}*$") }),
        Kind::List(item) => json!({ "type": "array", "maxItems": MOST_ITEMS, "items": of_item(item) }),
    }
}

fn of_item(item: Item) -> Json {
    let text = |pattern: String| json!({ "type": "string", "pattern": pattern });
    let domain = domain();
    match item {
        Item::OneOf(words) => json!({ "enum": words }),
        Item::Domain => json!({ "type": "string", "maxLength": 253, "pattern": format!("^{domain}$") }),
        Item::AddressOrDomain => text(format!("^([Ss][Ii][Pp][Ss]?:)?([!-?A-~]+@)?{domain}$")),
        Item::Extension => text(r"^\.?[A-Za-z0-9_\-\u00a1-\uffff]{1,32}$".to_owned()),
        Item::Scheme => text(r"^[A-Za-z][A-Za-z0-9+.\-]*:?$".to_owned()),
        Item::Pin => text("^[Ss][Hh][Aa]256:[0-9A-Fa-f]{64}$".to_owned()),
        Item::State => {
            let states = STATES.join("|");
            text(format!(r"^({states}):[^\u0000-\u0020\u007f-\u00a0][^\u0000-\u001f\u007f-\u009f]{{0,63}}$"))
        }
    }
}

fn domain() -> String {
    format!(r"(\*\.)?{LABEL}(\.{LABEL})*")
}

/// A host, an address in brackets or without, and a port from 1 on.
fn host_port() -> String {
    let domain = domain();
    format!(r"^(({domain}|\[[0-9A-Fa-f]*:[0-9A-Fa-f:.]+\])(:0*[1-9][0-9]{{0,4}})?|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)$")
}

fn literal(value: &Value) -> Json {
    match value {
        Value::Flag(flag) => json!(flag),
        Value::Number(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::List(texts) => json!(texts),
    }
}
