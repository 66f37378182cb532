//! Reading the settings again while the program runs.

use std::path::PathBuf;

use crate::app::{NewSettings, SettingChange};
use crate::config::{Loaded, Resolved, shown_place};
use crate::runtime::config_file;

/// Where settings come from, to be asked again.
pub trait Source {
    /// Everything read anew.
    fn read(&mut self) -> Loaded;

    /// The file that changes are written to.
    fn file(&self) -> Option<PathBuf>;
}

/// For runs whose settings are made up: nothing can be changed.
#[derive(Debug, Clone, Copy)]
pub struct NoSource;

impl Source for NoSource {
    fn read(&mut self) -> Loaded {
        Loaded { resolved: None, problems: Vec::new(), bindings: Vec::new(), rows: Vec::new() }
    }

    fn file(&self) -> Option<PathBuf> {
        None
    }
}

/// What was read, and the settings that are to be in force from now on; `None` if the old ones go on.
#[derive(Debug)]
pub struct Reread {
    /// For the core.
    pub told: NewSettings,
    /// For the rest of the program.
    pub resolved: Option<Resolved>,
}

/// Changes the file, and reads it again.
///
/// # Errors
/// A sentence for the user; nothing was changed.
pub fn set(source: &mut dyn Source, change: &SettingChange) -> Result<Reread, String> {
    let Some(file) = source.file() else {
        return Err("these settings are made up for the demonstration and are written nowhere".to_owned());
    };
    config_file::change(&file, change.account.as_deref(), change.key, change.value.as_ref())?;
    let mut reread = read(source);
    reread.told.said = Some(format!("written to {}", shown_place(&file)));
    Ok(reread)
}

/// Reads the settings again.
pub fn read(source: &mut dyn Source) -> Reread {
    let loaded = source.read();
    let mut problems: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
    if loaded.resolved.is_none() {
        problems.push("the settings in force stay as they were, until the file is mended".to_owned());
    }
    let general = loaded.resolved.as_ref().map(|new| (new.ui.clone(), new.idle, new.messages));
    Reread { told: NewSettings { rows: loaded.rows, general, problems, said: None }, resolved: loaded.resolved }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keys::{Section, known};
    use crate::config::{Overrides, Paths, Value, load};

    struct Folder(tempfile::TempDir);

    impl Source for Folder {
        fn read(&mut self) -> Loaded {
            let place = |name| self.0.path().join(name);
            let paths = Paths { config: place("c.toml"), config_given: false, data_dir: place("d"), state_dir: place("s") };
            load(&paths, &Overrides::default())
        }

        fn file(&self) -> Option<PathBuf> {
            Some(self.0.path().join("c.toml"))
        }
    }

    #[test]
    fn a_change_is_written_and_in_force() {
        let mut source = Folder(tempfile::tempdir().unwrap());
        let key = known(Section::Ui, "mouse").unwrap();
        let change = SettingChange { account: None, key, value: Some(Value::Flag(false)) };
        let reread = set(&mut source, &change).unwrap();
        assert!(!reread.resolved.unwrap().ui.mouse && !reread.told.general.unwrap().0.mouse);
        let row = reread.told.rows.iter().find(|row| row.path() == "ui.mouse").unwrap();
        assert_eq!((row.shown().as_str(), row.place.unwrap().line), ("false", 2));
        let reread = set(&mut source, &SettingChange { value: None, ..change.clone() }).unwrap();
        assert!(reread.resolved.unwrap().ui.mouse);
        std::fs::write(source.file().unwrap(), "[ui\n").unwrap();
        assert!(set(&mut source, &change).unwrap_err().contains("was not changed"));
        let reread = read(&mut source);
        assert!(reread.resolved.is_none() && reread.told.problems.len() == 2, "{:?}", reread.told.problems);
        assert!(set(&mut NoSource, &change).is_err());
    }
}
