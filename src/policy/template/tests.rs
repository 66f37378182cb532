//! Templates are whole, agree with each other, and what they propose is read back as it is meant.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::*;
use crate::policy::catalogue::{Levels, NONE, Row, Scope as RowScope, rows};
use crate::policy::source::{self, Form};
use crate::policy::value::{Kind, Value, check};
use crate::policy::{Level, Rank, Scope, Table, merge};

const RANK: Rank = Rank { level: Level::Managed, scope: Scope::Machine };

/// An element: its name, the names above it, its attributes, its text.
#[derive(Debug, Default, Clone)]
struct Element {
    name: String,
    above: Vec<String>,
    /// The attribute `name` or `id` of the element this is in, at any depth.
    within: Vec<String>,
    attributes: BTreeMap<String, String>,
    text: String,
}

impl Element {
    fn has(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

/// Every element of a document, in its order.
fn elements(document: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(document);
    let (mut found, mut open): (Vec<Element>, Vec<usize>) = (Vec::new(), Vec::new());
    loop {
        let event = reader.read_event().unwrap();
        let began = |start: &BytesStart<'_>, found: &[Element], open: &[usize]| {
            let attributes = start.attributes().map(|one| {
                let one = one.unwrap();
                let value = one.value.into_owned();
                (one.key.as_ref().to_owned(), quick_xml::escape::unescape(&value).unwrap().into_owned())
            });
            let above = open.iter().map(|at| &found[*at]);
            Element {
                name: start.name().as_ref().to_owned(),
                above: above.clone().map(|element| element.name.clone()).collect(),
                within: above.map(|element| format!("{}{}", element.has("name"), element.has("id"))).collect(),
                attributes: attributes.collect(),
                text: String::new(),
            }
        };
        match event {
            Event::Start(start) => {
                let element = began(&start, &found, &open);
                found.push(element);
                open.push(found.len() - 1);
            }
            Event::Empty(start) => {
                let element = began(&start, &found, &open);
                found.push(element);
            }
            Event::End(_) => assert!(open.pop().is_some()),
            Event::Text(text) => {
                if let Some(at) = open.last() {
                    found[*at].text.push_str(&text);
                }
            }
            Event::GeneralRef(name) => {
                let resolved = quick_xml::escape::resolve_predefined_entity(&name).unwrap();
                found[*open.last().unwrap()].text.push_str(resolved);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty());
    found
}

fn named<'a>(all: &'a [Element], name: &'a str) -> impl Iterator<Item = &'a Element> {
    all.iter().filter(move |element| element.name == name)
}

/// What stands in `$(table.…)` anywhere.
fn references(all: &[Element], table: &str) -> BTreeSet<String> {
    let begin = format!("$({table}.");
    let values = all.iter().flat_map(|element| element.attributes.values());
    values.filter_map(|value| value.strip_prefix(&begin)?.strip_suffix(')')).map(str::to_owned).collect()
}

fn ids(all: &[Element], element: &str) -> BTreeSet<String> {
    let list: Vec<String> = named(all, element).map(|one| one.has("id").to_owned()).filter(|id| !id.is_empty()).collect();
    let set: BTreeSet<String> = list.iter().cloned().collect();
    assert_eq!(list.len(), set.len(), "an id of {element} stands twice");
    set
}

#[test]
fn every_reference_of_the_templates_leads_somewhere_and_nothing_is_unused() {
    let (policies, texts) = (elements(&admx()), elements(&adml()));
    assert_eq!(references(&policies, "string"), ids(&texts, "string"));
    assert_eq!(references(&policies, "presentation"), ids(&texts, "presentation"));
    let categories: BTreeSet<&str> = named(&policies, "category").map(|one| one.has("name")).collect();
    let parents: BTreeSet<&str> = named(&policies, "parentCategory").map(|one| one.has("ref")).collect();
    assert_eq!(categories, parents, "categories without anything in them, or policies without a category");
    let definitions: BTreeSet<&str> = named(&policies, "definition").map(|one| one.has("name")).collect();
    let supported = policies.iter().filter(|one| one.name == "supportedOn" && !one.has("ref").is_empty());
    assert_eq!(definitions, supported.map(|one| one.has("ref")).collect());
}

#[test]
fn every_question_is_of_an_element_of_its_policy() {
    let (policies, texts) = (elements(&admx()), elements(&adml()));
    let asks = |question: &str| match question {
        "decimal" => "decimalTextBox",
        "enum" => "dropdownList",
        "text" => "textBox",
        "list" => "listBox",
        other => panic!("{other}"),
    };
    let of = |policy: &str| {
        let inside = policies.iter().filter(|one| one.above.last().is_some_and(|name| name == "elements"));
        let inside = inside.filter(|one| one.within.iter().any(|name| name == policy));
        inside.map(|one| (asks(&one.name).to_owned(), one.has("id").to_owned())).collect::<Vec<_>>()
    };
    let asked = |policy: &str| {
        let inside = texts.iter().filter(|one| one.above.last().is_some_and(|name| name == "presentation"));
        let inside = inside.filter(|one| one.within.last().is_some_and(|name| name == policy));
        inside.map(|one| (one.name.clone(), one.has("refId").to_owned())).collect::<Vec<_>>()
    };
    let mut questions = 0;
    for policy in named(&policies, "policy").map(|one| one.has("name")) {
        assert_eq!(of(policy), asked(policy), "{policy}");
        questions += of(policy).len();
    }
    assert!(questions > 20, "{questions}");
    for number in named(&texts, "decimalTextBox") {
        let row = rows().find(|row| row.name == number.has("refId")).unwrap();
        let first = Value::Number(number.has("defaultValue").parse().unwrap());
        assert!(check(row.kind, first, false).is_ok(), "{} cannot be what stands there at first", row.name);
    }
}

#[test]
fn every_policy_is_in_the_template_at_its_levels_and_scopes() {
    let policies = elements(&admx());
    let policy = |name: &str| named(&policies, "policy").find(|one| one.has("name") == name).cloned();
    for row in rows() {
        let managed = policy(row.name).unwrap_or_else(|| panic!("{}", row.name));
        assert_eq!(managed.has("key"), r"Software\Policies\Chinwag");
        assert_eq!(managed.has("class"), if row.scope == RowScope::Machine { "Machine" } else { "Both" }, "{}", row.name);
        let recommended = policy(&format!("{}_Recommended", row.name));
        assert_eq!(recommended.is_some(), row.levels == Levels::Either, "{}", row.name);
        if let Some(recommended) = recommended {
            assert_eq!(recommended.has("key"), r"Software\Policies\Chinwag\Recommended");
            assert_eq!(recommended.has("displayName"), managed.has("displayName"));
        }
    }
    let lists: Vec<&Element> = named(&policies, "list").collect();
    for list in &lists {
        let (key, name) = list.has("key").rsplit_once('\\').unwrap();
        assert!(key == r"Software\Policies\Chinwag" || key == r"Software\Policies\Chinwag\Recommended", "{key}");
        assert_eq!((name, list.attributes.get("valuePrefix").map(String::as_str)), (list.has("id"), Some("")));
    }
    assert!(lists.len() > rows().filter(|row| matches!(row.kind, Kind::List(_))).count(), "recommended lists are there too");
}

#[test]
fn choices_and_bounds_of_the_template_are_those_of_the_table() {
    let policies = elements(&admx());
    let row = |element: &Element| {
        let name = element
            .within
            .iter()
            .find_map(|name| rows().find(|row| row.name == name || format!("{}_Recommended", row.name) == *name));
        name.unwrap()
    };
    let mut words: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for word in named(&policies, "string") {
        let kind = row(word).kind;
        assert!(check(kind, Value::Text(word.text.clone()), true).is_ok(), "{word:?}");
        words.entry(row(word).name).or_default().insert(word.text.clone());
    }
    for row in rows() {
        if let Kind::Choice(all) = row.kind {
            assert_eq!(words.get(row.name).map_or(0, BTreeSet::len), all.len(), "{}", row.name);
        }
    }
    for number in named(&policies, "decimal").filter(|one| !one.has("id").is_empty()) {
        let Kind::Number { min, max, .. } = row(number).kind else { panic!("{number:?}") };
        assert_eq!((number.has("minValue"), number.has("maxValue")), (min.to_string().as_str(), max.to_string().as_str()));
    }
}

#[test]
fn explanations_say_what_it_does_what_holds_else_and_which_setting_counts() {
    let texts = elements(&adml());
    let explained = |name: &str| named(&texts, "string").find(|one| one.has("id") == name).map(|one| one.text.clone());
    for row in rows() {
        let managed = explained(&format!("{}_Explain", row.name)).unwrap();
        let recommended = explained(&format!("{}_Recommended_Explain", row.name));
        for text in [Some(&managed), recommended.as_ref()].into_iter().flatten() {
            assert!(text.contains(row.doc) && text.contains(row.preset), "{}: {text}", row.name);
            match row.scope {
                RowScope::Both => assert!(text.contains("If both are set, the setting of the computer counts"), "{text}"),
                RowScope::Machine => assert!(text.contains("for the computer only"), "{text}"),
            }
            if let Kind::Choice(words) = row.kind {
                assert!(words.iter().all(|word| text.contains(&format!("{}: {}", word.word, word.doc))), "{text}");
            }
        }
        assert_eq!(managed.contains("Windows Messenger"), row.legacy.is_some(), "{}", row.name);
        assert!(recommended.is_none_or(|text| text.contains("until the user sets something else")), "{}", row.name);
    }
}

/// What a file comes to.
fn table(form: Form, text: &str) -> Table {
    let path = match form {
        Form::Toml => "a.toml",
        Form::Json => "a.json",
        Form::Pol => "a.pol",
        Form::Reg => "a.reg",
    };
    merge(source::read(form, text.as_bytes(), Path::new(path), RANK))
}

/// The examples, and not a word about them.
fn assert_examples(table: &Table) {
    assert_eq!(table.complaints(), [""; 0]);
    for row in rows() {
        let one = table.get(row.name).unwrap_or_else(|| panic!("{} is missing", row.name));
        assert_eq!(one.value, row.example.value(), "{}", row.name);
        assert!(one.losers.is_empty(), "{} stands there twice", row.name);
    }
    assert!(table.useless.is_empty());
}

/// A template whose examples are no comments any more: those are marked without a blank.
fn uncommented(text: &str, mark: char) -> String {
    let line = |line: &str| match line.strip_prefix(mark) {
        Some(rest) if !rest.starts_with(' ') && !rest.is_empty() => format!("{rest}\r\n"),
        _ => format!("{line}\r\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn a_template_sets_nothing_until_comments_are_taken_away() {
    assert!(table(Form::Toml, &toml()).is_empty());
    assert!(table(Form::Reg, &reg()).is_empty());
    assert!(reg().lines().all(|line| line.is_empty() || line.starts_with([';', '[', 'W'])));
    assert_eq!(reg().matches('\n').count(), reg().matches("\r\n").count());
}

#[test]
fn examples_come_back_from_every_form() {
    assert_examples(&table(Form::Toml, &uncommented(&toml(), '#')));
    assert_examples(&table(Form::Reg, &uncommented(&reg(), ';')));
    assert_examples(&table(Form::Json, &json()));
}

#[test]
fn the_schema_has_every_policy_and_every_name_without_effect() {
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    let properties = schema["properties"].as_object().unwrap();
    assert_eq!(properties.len(), rows().count() + NONE.len());
    assert_eq!(schema["additionalProperties"], false);
    for row in rows() {
        let about = &properties[row.name];
        let description = about["description"].as_str().unwrap();
        assert!(description.contains(row.doc) && description.contains(row.preset), "{}", row.name);
        assert!(about["examples"][0] == serde_json::from_str::<serde_json::Value>(&row.example.value().toml()).unwrap());
    }
    assert!(NONE.iter().all(|nothing| properties[nothing.name]["deprecated"] == true));
}

#[test]
fn the_manual_says_all_there_is_to_a_policy() {
    let manual = markdown();
    let section = |row: &Row| {
        let from = manual.find(&format!("\n### {}\n", row.name)).unwrap_or_else(|| panic!("{}", row.name)) + 4;
        let rest = &manual[from..];
        rest[..rest.find("\n#").unwrap_or(rest.len())].to_owned()
    };
    for row in rows() {
        let text = section(row);
        let example = format!("`{} = {}`", row.name, row.example.value().toml());
        for wanted in [row.doc, row.preset, example.as_str()] {
            assert!(text.contains(wanted), "{}: {wanted}", row.name);
        }
        assert!(row.locks.iter().all(|lock| text.contains(lock.key)), "{}", row.name);
        assert!(
            row.legacy.is_none_or(|legacy| text.contains(legacy.value) && text.contains("not documented") != legacy.documented),
            "{}",
            row.name
        );
        assert!(row.server.is_none_or(|server| text.contains(server)), "{}", row.name);
    }
    assert!(NONE.iter().all(|nothing| manual.contains(&format!("| `{}` | {} |", nothing.name, nothing.why))));
}

#[test]
fn the_manual_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/policies.md");
    if std::env::var_os("CHINWAG_WRITE_DOCS").is_some() {
        std::fs::write(&path, markdown()).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == markdown(), "docs/policies.md is out of date: run this test with CHINWAG_WRITE_DOCS=1");
}
