//! `en-US/chinwag.adml`: the texts of [`admx()`](super::admx()) ([MS-GPREG] 7.3), and how they are asked for.

use super::admx::{NAMESPACE, ROOT, SUPPORTED, VERSION, explain, name, word_id};
use super::words::{id, legacy, precedence, preset, settings, strict, takes};
use super::xml::Xml;
use crate::policy::catalogue::{Category, Fixed, Levels, Row, rows};
use crate::policy::entry::Level;
use crate::policy::source::registry::RECOMMENDED;
use crate::policy::value::Kind;

/// The texts of the policies, in English.
#[must_use]
pub fn adml() -> String {
    let mut xml = Xml::new("Texts of chinwag.admx in English. Written by: chinwag policy template adml");
    xml.open("policyDefinitionResources", &[("xmlns", NAMESPACE), ("revision", VERSION), ("schemaVersion", VERSION)]);
    xml.text("displayName", &[], "chinwag");
    xml.text("description", &[], "Policies of chinwag, a messenger for SIP networks");
    xml.open("resources", &[]);
    xml.open("stringTable", &[]);
    for (id, text) in strings() {
        xml.text("string", &[("id", &id)], &text);
    }
    xml.close();
    xml.open("presentationTable", &[]);
    for (row, level) in settings().filter(|(row, _)| row.kind != Kind::Flag) {
        xml.open("presentation", &[("id", &name(row, level))]);
        asked(&mut xml, row);
        xml.close();
    }
    xml.done()
}

fn strings() -> Vec<(String, String)> {
    let mut strings = vec![
        (ROOT.to_owned(), "chinwag".to_owned()),
        (SUPPORTED.to_owned(), "chinwag".to_owned()),
        (RECOMMENDED.to_owned(), "Recommended values".to_owned()),
        (
            explain(RECOMMENDED),
            "What is set here holds until the user sets something else. What is set as a policy counts before it.".to_owned(),
        ),
    ];
    strings.extend(Category::ALL.map(|category| (id(category).to_owned(), category.title().to_owned())));
    for row in rows() {
        strings.push((row.name.to_owned(), row.name.to_owned()));
        if let Kind::Choice(words) = row.kind {
            strings.extend(words.iter().map(|word| (word_id(row, word), format!("{}: {}", word.word, word.doc))));
        }
    }
    strings.extend(settings().map(|(row, level)| (explain(&name(row, level)), explained(row, level))));
    strings
}

fn explained(row: &Row, level: Level) -> String {
    let mut out = vec![row.doc.to_owned()];
    out.extend(row.category.note().map(str::to_owned));
    match row.kind {
        Kind::Flag => out.push("Enabled: true. Disabled: false.".to_owned()),
        Kind::Choice(words) => {
            let words: Vec<String> = words.iter().map(|word| format!("{}: {}.", word.word, word.doc)).collect();
            out.push(format!("Enabled: one of these words. Disabled: nothing is set.\n\n{}", words.join("\n")));
        }
        kind => out.push(format!("Enabled: {}. Disabled: nothing is set.", takes(kind))),
    }
    out.push(preset(row));
    match level {
        Level::Managed => {
            out.push(strict(row));
            if row.levels == Levels::Either {
                out.push("It holds whatever the user sets, and counts before a recommended value.".to_owned());
            }
        }
        Level::Recommended => {
            out.push("This recommended value holds until the user sets something else. The policy counts before it.".to_owned());
        }
    }
    out.push(precedence(row).to_owned());
    out.extend(legacy(row).filter(|_| level == Level::Managed));
    out.join("\n\n")
}

/// How the editor asks for the value. What stands there at first is the example, which can be set.
fn asked(xml: &mut Xml, row: &Row) {
    let refers = ("refId", row.name);
    match (row.kind, row.example) {
        (Kind::Number { unit, .. }, example) => {
            let first = match example {
                Fixed::Number(number) => number.to_string(),
                _ => "0".to_owned(),
            };
            xml.text("decimalTextBox", &[refers, ("defaultValue", &first)], &format!("{}:", capital(unit)));
        }
        (Kind::Choice(words), example) => {
            let first = words.iter().position(|word| example == Fixed::Text(word.word)).unwrap_or(0).to_string();
            xml.text("dropdownList", &[refers, ("noSort", "true"), ("defaultItem", &first)], "One of:");
        }
        (Kind::Text { .. } | Kind::HostPort | Kind::Path, _) => {
            xml.open("textBox", &[refers]);
            xml.text("label", &[], &format!("{}:", capital(row.kind.word())));
            xml.close();
        }
        (Kind::List(_), _) => xml.text("listBox", &[refers], "List:"),
        (Kind::Flag, _) => {}
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
