//! Templates of Group Policy and the schema, as validators see them.

use std::path::Path;
use std::process::Command;

use chinwag::policy::catalogue::{NONE, rows};
use chinwag::policy::source::{self, Form};
use chinwag::policy::{Item, Kind, Level, Rank, Scope, merge};
use serde_json::{Value as Json, json};

use super::{PYTHON, chinwag, foreign, here, written};

/// What xmllint says of a document, and whether it is of the form.
fn validated(document: &str, form: &str) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("document.xml");
    std::fs::write(&file, document).unwrap();
    let form = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/policies").join(form);
    let mut xmllint = Command::new("xmllint");
    let output = foreign(xmllint.args(["--noout", "--nonet", "--relaxng"]).arg(form).arg(file), "", "libxml2-utils");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn templates_keep_to_the_form_of_the_specification() {
    for (template, form) in [("admx", "admx.rng"), ("adml", "adml.rng")] {
        let (fine, said) = validated(&written(&["policy", "template", template]), form);
        assert!(fine, "{template}: {said}");
    }
}

#[test]
fn the_form_refuses_what_the_specification_does() {
    let (admx, adml) = (written(&["policy", "template", "admx"]), written(&["policy", "template", "adml"]));
    for (text, form, good, bad) in [
        (&admx, "admx.rng", "class=\"Both\"", "class=\"All\""),
        (&admx, "admx.rng", "<supportedOn ref=\"SUPPORTED_chinwag\"/>", ""),
        (&admx, "admx.rng", "$(string.Transport)", "$(string.Trans port)"),
        (&admx, "admx.rng", "maxValue=\"65535\"", "maxValue=\"4294967296\""),
        (&admx, "admx.rng", "</policies>", "<policy/></policies>"),
        (&adml, "adml.rng", "id=\"Transport\"", "id=\"Transport 1\""),
        (&adml, "adml.rng", "refId", "refid"),
        (&adml, "adml.rng", "<description>Policies of chinwag, a messenger for SIP networks</description>", ""),
        (&adml, "adml.rng", "revision=\"1.0\"", "revision=\"1\""),
    ] {
        let broken = text.replacen(good, bad, 1);
        assert_ne!(*text, broken, "{good} is nowhere in it");
        let (taken, said) = validated(&broken, form);
        assert!(!taken && said.contains("validity error"), "{bad}: {said}");
        // The form itself is whole: else it would refuse anything.
        assert!(!said.contains("regexp"), "{said}");
    }
}

/// Whether the program has nothing to say against a file.
fn is_fine(document: &Json) -> bool {
    let rank = Rank { level: Level::Managed, scope: Scope::Machine };
    merge(source::read(Form::Json, document.to_string().as_bytes(), Path::new("a.json"), rank)).complaints().is_empty()
}

/// Values of every type, and what is at the bounds of the kind.
fn tried(kind: Kind) -> Vec<Json> {
    let mut values = vec![
        json!(true),
        json!(0),
        json!(1),
        json!(-1),
        json!(1.5),
        json!(u64::from(u32::MAX) + 1),
        json!(""),
        json!("a\u{1b}[31m"),
        json!("a\nb"),
        json!(null),
        json!({}),
        json!([]),
        json!([""]),
        json!([1]),
        json!(["a b"]),
    ];
    match kind {
        Kind::Flag => {}
        Kind::Number { min, max, .. } => values.extend([json!(min), json!(max), json!(u64::from(max) + 1)]),
        Kind::Choice(words) => values.extend(words.iter().flat_map(|word| [json!(word.word), json!(word.number)])),
        Kind::Text { max } => values.extend([json!("x".repeat(max)), json!("x".repeat(max + 1)), json!("\u{fc}\u{1f600}")]),
        Kind::HostPort => values.extend(
            ["a", "a.example:5061", "[2001:db8::1]:5061", "2001:db8::1", "a:0", "a b", "a..b", "192.0.2.1:5060", "a:x"]
                .map(Json::from),
        ),
        Kind::Path => values.extend(["/etc/a.pem", "C:\\a.pem", "C:/a.pem", "\\\\server\\a", "a.pem", "./a"].map(Json::from)),
        Kind::List(item) => {
            let texts: &[&str] = match item {
                Item::OneOf(words) => words,
                Item::Domain => &["a.test", "*.a.test", "b\u{fc}ro.test", "a..b", "*", "a*b", "a.test."],
                Item::AddressOrDomain => &["sip:a@b.test", "a@b.test", "b.test", "*.b.test", "@b.test", "a@b@c.test", "sip:a@"],
                Item::Extension => &["exe", ".exe", "tar.gz", "app-ms", "a/b"],
                Item::Scheme => &["https", "https:", "1a", "a b", "svn+ssh"],
                Item::Pin => &["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "sha256:e3", "sha1:00"],
                Item::State => &["busy:On call", "busy", "gone:x", "busy:", "busy:   "],
            };
            values.extend(texts.iter().map(|text| json!([text])));
        }
    }
    values
}

#[test]
fn the_schema_takes_what_the_program_takes_and_refuses_what_it_refuses() {
    let mut cases: Vec<Json> = Vec::new();
    let mut case = |document: Json, fits: bool| cases.push(json!([document, fits]));
    case(serde_json::from_str(&written(&["policy", "template", "json"])).unwrap(), true);
    case(json!({}), true);
    case(json!([]), false);
    let (mut taken, mut refused) = (0, 0);
    for row in rows() {
        let example: Json = serde_json::from_str(&row.example.value().toml()).unwrap();
        case(json!({ row.name: example }), true);
        if let Some(strict) = row.strict {
            case(json!({ row.name: serde_json::from_str::<Json>(&strict.value().toml()).unwrap() }), true);
        }
        for value in tried(row.kind) {
            let document = json!({ row.name: value });
            let fits = is_fine(&document);
            *(if fits { &mut taken } else { &mut refused }) += 1;
            case(document, fits);
        }
        case(json!({ format!("{}s", row.name): true }), false);
    }
    assert!(taken > 120 && refused > 500, "{taken} {refused}");
    for nothing in NONE {
        assert!(is_fine(&json!({ nothing.name: 1 })));
        case(json!({ nothing.name: 1 }), true);
    }
    // What a list may not be longer than.
    let long = |count: usize| json!({ "BlockedDomains": vec!["a.test"; count] });
    case(long(1_000), is_fine(&long(1_000)));
    case(long(1_001), is_fine(&long(1_001)));

    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("schema.json");
    std::fs::write(&schema, written(&["policy", "schema"])).unwrap();
    let mut python = Command::new(PYTHON);
    let output = foreign(python.arg(here("check_schema.py")).arg(schema), &json!(cases).to_string(), "python3-jsonschema");
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
}

#[test]
fn every_template_is_written_and_what_can_be_checked_passes() {
    let folder = tempfile::tempdir().unwrap();
    for (form, comment) in [("toml", Some('#')), ("reg", Some(';')), ("json", None)] {
        let text = written(&["policy", "template", form]);
        // An example stands right behind the mark, an explanation behind a blank.
        let line = |line: &str| match comment.and_then(|mark| line.strip_prefix(mark)) {
            Some(rest) if !rest.starts_with(' ') => format!("{rest}\n"),
            _ => format!("{line}\n"),
        };
        let file = folder.path().join(format!("all.{form}"));
        std::fs::write(&file, text.lines().map(line).collect::<String>()).unwrap();
        let output = chinwag(&["policy", "check", "--json", file.to_str().unwrap()]);
        let told: Json = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((output.status.code(), &told["fine"]), (Some(0), &json!(true)), "{form}: {told:#}");
        for row in rows() {
            let one = told["policies"].as_array().unwrap().iter().find(|one| one["name"] == row.name).expect(row.name);
            let value: Json = serde_json::from_str(&row.example.value().toml()).unwrap();
            assert_eq!(one["value"], value, "{form}: {}", row.name);
        }
    }
    assert!(written(&["policy", "template", "markdown"]).starts_with("# Policies\n"));
    let page = written(&["man"]);
    assert!(page.contains(".SH POLICIES") && rows().all(|row| page.contains(&format!("\\&{} = ", row.name))));
}
