//! Files of policies in each form: whatever stands in them, a table comes of it, and nothing in it is laxer than
//! without the file.

use std::path::Path;

use chinwag::policy::source::{Form, read};
use chinwag::policy::{Level, Rank, Read, Scope, merge};

/// TOML.
pub fn toml(data: &[u8]) {
    of(Form::Toml, data);
}

/// JSON.
pub fn json(data: &[u8]) {
    of(Form::Json, data);
}

/// `Registry.pol`; its first octets are given.
pub fn pol(data: &[u8]) {
    of(Form::Pol, data);
    of(Form::Pol, &[b"PReg\x01\0\0\0", data].concat());
}

/// Text of the registry editor, with each of its first lines.
pub fn reg(data: &[u8]) {
    of(Form::Reg, data);
    for head in ["Windows Registry Editor Version 5.00\n", "REGEDIT4\n"] {
        let key = "[HKEY_LOCAL_MACHINE\\Software\\Policies\\Chinwag]\n";
        of(Form::Reg, &[head.as_bytes(), key.as_bytes(), data].concat());
    }
}

fn of(form: Form, data: &[u8]) {
    let rank = Rank { level: Level::Managed, scope: Scope::Machine };
    let read = read(form, data, Path::new("p"), rank);
    let broken = read.faults.iter().any(|fault| fault.whole);
    assert!(read.entries.iter().all(|entry| entry.rank.scope == rank.scope), "a file speaks for its own scope");
    let faults = read.faults.len();
    let table = merge(read.clone());
    assert!(!broken || table.is_broken(), "what cannot be read is told");
    assert!(table.complaints().len() >= faults);
    for one in &table.in_force {
        let strict = one.row.strict.map(chinwag::policy::catalogue::Fixed::value);
        assert!(!one.status.is_fault() || Some(&one.value) == strict.as_ref(), "{} holds strictly", one.row.name);
    }
    // Read twice it says the same.
    let twice = Read { entries: [read.entries.clone(), read.entries].concat(), faults: read.faults };
    let again = merge(twice);
    assert!(table.in_force.iter().all(|one| again.get(one.row.name).is_some_and(|same| same.value == one.value)));
}
