//! `{ "PreventRun": true }`: one object with a member a policy.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::Value as Json;

use super::file::text;
use crate::policy::entry::{Entry, Fault, Name, Origin, Rank, Read, Typed};
use crate::policy::value::Value;

pub(super) fn read(bytes: &[u8], path: &Path, rank: Rank) -> Read {
    let text = match text(bytes) {
        Ok((text, _)) => text,
        Err(why) => return Read::unreadable(path, rank, why),
    };
    let at = |line| Origin::File { path: path.to_owned(), line };
    let mut reader = serde_json::Deserializer::from_str(&text);
    let members = reader.deserialize_map(Members).and_then(|members| reader.end().map(|()| members));
    let members = match members {
        Ok(members) => members,
        Err(fault) => {
            let what = fault.to_string();
            // The place is told apart.
            let what = what.split(" at line ").next().unwrap_or_default().to_owned();
            return Read { entries: Vec::new(), faults: vec![Fault { origin: at(fault.line()), what, rank, whole: true }] };
        }
    };
    let (mut read, mut seen) = (Read::default(), BTreeSet::new());
    for ((name, value), line) in members.into_iter().zip(lines(&text)) {
        if !seen.insert(name.clone()) {
            let what = format!("{name} stands here twice; the last one counts");
            read.faults.push(Fault { origin: at(line), what, rank, whole: false });
        }
        let (name, typed) = (Name::Own(name), typed(value));
        read.entries.push(Entry { name, typed, loose: false, rank, origin: at(line) });
    }
    read
}

/// The members of an object in their order, repeated ones too.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, Json)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a member for each policy")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

/// The lines in which the names of the members stand, for text that was read already.
fn lines(text: &str) -> Vec<usize> {
    let (mut lines, mut line, mut depth) = (Vec::new(), 1, 0_usize);
    // A text that begins here is a name: the object has just begun, or a member of it ended.
    let (mut name_next, mut in_text, mut escaped) = (false, false, false);
    for octet in text.bytes() {
        match octet {
            b'\n' => line += 1,
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => {
                if !in_text && depth == 1 && name_next {
                    lines.push(line);
                    name_next = false;
                }
                in_text = !in_text;
            }
            _ if in_text => {}
            b'{' | b'[' => {
                depth += 1;
                name_next = depth == 1;
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 1 => name_next = true,
            _ => {}
        }
    }
    lines
}

fn typed(value: Json) -> Typed {
    match value {
        Json::Bool(flag) => Typed::Value(Value::Flag(flag)),
        Json::Number(number) => match number.as_u64() {
            Some(number) => Typed::Value(Value::Number(number)),
            None => Typed::Other("a fraction, or a number below zero"),
        },
        Json::String(text) => Typed::Value(Value::Text(text)),
        Json::Array(items) => {
            let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            texts.map_or(Typed::Other("a list of other things than texts"), |texts| Typed::Value(Value::List(texts)))
        }
        Json::Null => Typed::Other("null"),
        Json::Object(_) => Typed::Other("an object"),
    }
}
