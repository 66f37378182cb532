//! `chinwag.admx`: what Group Policy can set, and where in the registry that goes ([MS-GPREG] 7.2, 7.3).
//!
//! A policy that can be recommended stands in it twice, with a key for each level. A list is a key of its own
//! with values `1`, `2`, …, which an empty prefix makes: without one a value would be called as what it holds.

use super::words::{id, of, settings};
use super::xml::Xml;
use crate::policy::catalogue::{Category, Levels, Row, Scope};
use crate::policy::entry::Level;
use crate::policy::source::registry::{KEY, RECOMMENDED};
use crate::policy::value::{Kind, Word};

/// The namespace of both files.
pub(super) const NAMESPACE: &str = "http://www.microsoft.com/GroupPolicy/PolicyDefinitions";
/// The version of the files, and of the form they have.
pub(super) const VERSION: &str = "1.0";
/// The program, where a policy says what it is for.
pub(super) const SUPPORTED: &str = "SUPPORTED_chinwag";
/// The category everything is in.
pub(super) const ROOT: &str = "chinwag";
/// The longest name of a host, with a port and brackets.
const LONGEST_HOST: &str = "261";

/// The template of the policies.
#[must_use]
pub fn admx() -> String {
    let mut xml = Xml::new("Policies of chinwag for Group Policy. Written by: chinwag policy template admx");
    xml.open("policyDefinitions", &[("xmlns", NAMESPACE), ("revision", VERSION), ("schemaVersion", VERSION)]);
    xml.open("policyNamespaces", &[]);
    xml.empty("target", &[("prefix", "chinwag"), ("namespace", "Chinwag.Policies")]);
    xml.empty("using", &[("prefix", "windows"), ("namespace", "Microsoft.Policies.Windows")]);
    xml.close();
    xml.empty("resources", &[("minRequiredRevision", VERSION)]);
    xml.open("supportedOn", &[]);
    xml.open("definitions", &[]);
    xml.empty("definition", &[("name", SUPPORTED), ("displayName", &string(SUPPORTED))]);
    xml.close();
    xml.close();
    categories(&mut xml);
    xml.open("policies", &[]);
    for (row, level) in settings() {
        policy(&mut xml, row, level);
    }
    xml.done()
}

fn categories(xml: &mut Xml) {
    xml.open("categories", &[]);
    xml.empty("category", &[("name", ROOT), ("displayName", &string(ROOT))]);
    for category in Category::ALL {
        child(xml, id(category), id(category), None, ROOT);
    }
    child(xml, RECOMMENDED, RECOMMENDED, Some(RECOMMENDED), ROOT);
    for category in Category::ALL.into_iter().filter(|category| has_recommended(*category)) {
        child(xml, &category_of(category, Level::Recommended), id(category), None, RECOMMENDED);
    }
    xml.close();
}

fn child(xml: &mut Xml, name: &str, title: &str, explained: Option<&str>, parent: &str) {
    let title = string(title);
    let explained = explained.map(|id| string(&explain(id)));
    let mut attributes = vec![("name", name), ("displayName", title.as_str())];
    attributes.extend(explained.as_deref().map(|text| ("explainText", text)));
    xml.open("category", &attributes);
    xml.empty("parentCategory", &[("ref", parent)]);
    xml.close();
}

/// Whether anything of a category can be recommended.
pub(super) fn has_recommended(category: Category) -> bool {
    of(category).any(|row| row.levels == Levels::Either)
}

fn policy(xml: &mut Xml, row: &Row, level: Level) {
    let name = name(row, level);
    let key = key(level);
    let class = match row.scope {
        Scope::Both => "Both",
        Scope::Machine => "Machine",
    };
    let (title, explained, shown) = (string(row.name), string(&explain(&name)), presentation(&name));
    let mut attributes = vec![("name", name.as_str()), ("class", class), ("displayName", &title), ("explainText", &explained)];
    if row.kind == Kind::Flag {
        attributes.extend([("key", key.as_str()), ("valueName", row.name)]);
    } else {
        attributes.extend([("presentation", shown.as_str()), ("key", key.as_str())]);
    }
    xml.open("policy", &attributes);
    xml.empty("parentCategory", &[("ref", &category_of(row.category, level))]);
    xml.empty("supportedOn", &[("ref", SUPPORTED)]);
    if row.kind == Kind::Flag {
        for (element, value) in [("enabledValue", "1"), ("disabledValue", "0")] {
            xml.open(element, &[]);
            xml.empty("decimal", &[("value", value)]);
            xml.close();
        }
    } else {
        xml.open("elements", &[]);
        element(xml, row, &key);
        xml.close();
    }
    xml.close();
}

fn element(xml: &mut Xml, row: &Row, key: &str) {
    let base = [("id", row.name), ("valueName", row.name), ("required", "true")];
    match row.kind {
        // Enabled and disabled say it all.
        Kind::Flag => {}
        Kind::Number { min, max, .. } => {
            let (min, max) = (min.to_string(), max.to_string());
            let [id, value, required] = base;
            xml.empty("decimal", &[id, value, required, ("minValue", &min), ("maxValue", &max)]);
        }
        Kind::Choice(words) => {
            xml.open("enum", &base);
            for word in words {
                xml.open("item", &[("displayName", &string(&word_id(row, word)))]);
                xml.open("value", &[]);
                xml.text("string", &[], word.word);
                xml.close();
                xml.close();
            }
            xml.close();
        }
        Kind::Text { max } => text(xml, base, &max.to_string()),
        Kind::HostPort => text(xml, base, LONGEST_HOST),
        // What Windows itself takes.
        Kind::Path => text(xml, base, "1023"),
        Kind::List(_) => {
            let key = format!("{key}\\{}", row.name);
            xml.empty("list", &[("id", row.name), ("key", &key), ("valuePrefix", "")]);
        }
    }
}

fn text(xml: &mut Xml, [id, value, required]: [(&'static str, &str); 3], longest: &str) {
    xml.empty("text", &[id, value, required, ("maxLength", longest)]);
}

/// The name of a policy at a level.
pub(super) fn name(row: &Row, level: Level) -> String {
    match level {
        Level::Managed => row.name.to_owned(),
        Level::Recommended => format!("{}_{RECOMMENDED}", row.name),
    }
}

/// The name of a category at a level.
fn category_of(category: Category, level: Level) -> String {
    match level {
        Level::Managed => id(category).to_owned(),
        Level::Recommended => format!("{RECOMMENDED}_{}", id(category)),
    }
}

fn key(level: Level) -> String {
    match level {
        Level::Managed => KEY.to_owned(),
        Level::Recommended => format!("{KEY}\\{RECOMMENDED}"),
    }
}

/// The text that explains a policy or category.
pub(super) fn explain(name: &str) -> String {
    format!("{name}_Explain")
}

/// The text of a word of a choice: words may hold what no name of a text may.
pub(super) fn word_id(row: &Row, word: &Word) -> String {
    format!("{}_{}", row.name, word.number)
}

fn string(id: &str) -> String {
    format!("$(string.{id})")
}

fn presentation(id: &str) -> String {
    format!("$(presentation.{id})")
}
