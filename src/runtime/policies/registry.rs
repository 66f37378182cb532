//! The registry of Windows. Only reading, and only of the keys that are about us.

use windows_registry::{CURRENT_USER, Key, LOCAL_MACHINE};

use crate::policy::source::registry::{Data, KEY, Tree, data};
use crate::policy::{LEGACY_KEY, Level, Origin, Rank, Read, Scope};

/// Keys below ours that are looked into: ours, recommended, lists, services.
const DEPTH: usize = 3;
/// Values of one key, at most.
const MOST: usize = 10_000;

/// What both hives say.
pub(super) fn read() -> Read {
    let mut read = Read::default();
    for (hive, name, scope) in [(CURRENT_USER, "HKCU", Scope::User), (LOCAL_MACHINE, "HKLM", Scope::Machine)] {
        let rank = Rank { level: Level::Managed, scope };
        let mut tree = Tree::default();
        for path in [KEY, LEGACY_KEY] {
            let Ok(key) = hive.open(path) else { continue };
            if let Err(fault) = walk(&key, name, path, DEPTH, &mut tree) {
                read.append(Read::unreadable(format!("{name}\\{path}"), rank, format!("the key cannot be read: {fault}")));
            }
        }
        read.append(Read { entries: tree.entries(rank), faults: Vec::new() });
    }
    read
}

fn walk(key: &Key, hive: &str, path: &str, depth: usize, tree: &mut Tree) -> windows_registry::Result<()> {
    for (name, value) in key.values()?.take(MOST) {
        let origin = Origin::Registry { key: format!("{hive}\\{path}"), value: name.clone() };
        let kind = u32::from(value.ty());
        let held = data(kind, &value).unwrap_or(Data::Other("data that is not of its type"));
        tree.set(path, &name, held, origin);
    }
    if depth > 0 {
        for name in key.keys()? {
            walk(&key.open(&name)?, hive, &format!("{path}\\{name}"), depth - 1, tree)?;
        }
    }
    Ok(())
}
