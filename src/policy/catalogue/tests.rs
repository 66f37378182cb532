//! The table is whole and agrees with itself.

use std::collections::BTreeSet;

use super::table::TABLES;
use super::*;
use crate::policy::value::{Kind, Value, check};

#[test]
fn names_are_unique_and_fit_a_registry() {
    let mut seen = BTreeSet::new();
    for row in rows() {
        assert!(seen.insert(row.name.to_ascii_lowercase()), "{} twice", row.name);
        assert!(row.name.len() <= 64 && row.name.chars().all(|c| c.is_ascii_alphanumeric()), "{}", row.name);
    }
    for nothing in NONE {
        assert!(seen.insert(nothing.name.to_ascii_lowercase()), "{} twice", nothing.name);
    }
    let legacy: Vec<_> = rows().filter_map(|row| row.legacy).map(|legacy| legacy.value).collect();
    assert_eq!(legacy.iter().collect::<BTreeSet<_>>().len(), legacy.len());
    assert!(rows().count() >= 50, "{}", rows().count());
}

#[test]
fn examples_and_fallbacks_can_be_set() {
    for row in rows() {
        let fits = |fixed: Fixed| check(row.kind, fixed.value(), false);
        assert_eq!(fits(row.example), Ok(row.example.value()), "example of {}", row.name);
        if let Some(strict) = row.strict {
            assert_eq!(fits(strict), Ok(strict.value()), "strict value of {}", row.name);
        }
        assert!(!row.guarded || row.strict.is_some(), "{} has no strict value to fall back on", row.name);
        assert!(row.doc.ends_with('.') && !row.doc.contains('\n'), "{}: {}", row.name, row.doc);
        assert!(row.legacy.is_none() || row.kind == Kind::Flag, "old names are flags: {}", row.name);
    }
}

#[test]
fn looked_up_by_any_name_in_any_case() {
    assert_eq!(find("preventrun").unwrap().name, "PreventRun");
    assert_eq!(by_legacy("DISABLEVIDEO").unwrap().name, "DisableVideo");
    assert_eq!(by_server("disablefiletransfer").unwrap().name, "DisableFileTransfer");
    assert!(find("PreventFun").is_none());
}

#[test]
fn every_table_holds_its_category() {
    for (table, category) in TABLES.iter().zip(Category::ALL) {
        assert!(table.iter().all(|row| row.category == category), "{}", category.title());
    }
}

#[test]
fn a_value_decides_settings() {
    let high = find("EnableSIPHighSecurityMode").unwrap();
    assert_eq!(high.decides(&Value::Flag(true)).len(), 2);
    assert!(high.decides(&Value::Flag(false)).is_empty());
    let days = find("HistoryRetentionDays").unwrap();
    assert_eq!(days.decides(&Value::Number(0)), [("history.keep", Value::Text("forever".into()))]);
    assert_eq!(days.decides(&Value::Number(9)), [("history.keep", Value::Number(9))]);
}
