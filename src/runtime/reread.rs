//! Reading the settings again while the program runs.

use std::path::PathBuf;

use crate::app::{NewSettings, SettingChange};
use crate::config::{Loaded, Resolved, Severity, shown_place};
use crate::runtime::config_file;
use crate::runtime::policies::Sources;
use crate::runtime::shell::Shell;

const READ: &str = "the settings were read again";

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
        Loaded { resolved: None, problems: Vec::new(), bindings: Vec::new(), rows: Vec::new(), denied: Vec::new() }
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
    let later = change.account.as_ref().map_or_else(String::new, |id| format!("; /reload signs {id} in anew with it"));
    reread.told.said = Some(format!("written to {}{later}", shown_place(&file)));
    Ok(reread)
}

/// Reads the settings again by the user's wish; a file with which the program would not start is not used.
pub fn reload(source: &mut dyn Source) -> Reread {
    let mut reread = read(source);
    if source.file().is_some() && reread.resolved.as_ref().is_some_and(|new| new.accounts.is_empty()) {
        let text = "the settings in force stay as they were: without an account chinwag does not start";
        reread.told.problems.push(text.to_owned());
        (reread.resolved, reread.told.general) = (None, None);
    }
    reread
}

/// Puts the accounts of settings that were read by the user's wish in force, and says what becomes of each.
pub fn put_in_force(reread: &mut Reread, shell: &mut Shell) {
    if let Some(new) = &reread.resolved {
        // The configuration may name other files of policies now.
        shell.follow_policies(Sources::of(new));
        let words = shell.exchange(new).words();
        reread.told.said = Some(if words.is_empty() { READ.to_owned() } else { format!("{READ}: {words}") });
    }
}

/// What there is at the start, for the page of the settings; what is wrong with it was told already, and it is in force.
pub fn at_start(source: &mut dyn Source) -> NewSettings {
    NewSettings { problems: Vec::new(), general: None, ..read(source).told }
}

/// Reads the settings again.
pub fn read(source: &mut dyn Source) -> Reread {
    let loaded = source.read();
    let mut problems: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
    if loaded.resolved.is_none() && source.file().is_some() {
        // The last thing said is what stays on the screen: it says why.
        let error = loaded.problems.iter().position(|problem| problem.severity == Severity::Error);
        let why = error.map_or_else(String::new, |at| format!(": {}", problems.remove(at)));
        problems.push(format!("the settings in force stay as they were, until the file is mended{why}"));
    }
    let general = loaded.resolved.as_ref().map(|new| (new.ui.clone(), new.idle, new.messages));
    let policy = loaded.resolved.as_ref().map(|new| new.policy.clone());
    Reread { told: NewSettings { rows: loaded.rows, general, problems, said: None, policy }, resolved: loaded.resolved }
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
        assert_eq!(reread.told.policy.as_ref(), reread.resolved.as_ref().map(|new| &new.policy), "policies are read again too");
        assert!(!reread.resolved.unwrap().ui.mouse && !reread.told.general.unwrap().0.mouse);
        let row = reread.told.rows.iter().find(|row| row.path() == "ui.mouse").unwrap();
        assert_eq!((row.shown().as_str(), row.place.unwrap().line), ("false", 2));
        let reread = set(&mut source, &SettingChange { value: None, ..change.clone() }).unwrap();
        assert!(reread.resolved.unwrap().ui.mouse);
        std::fs::write(source.file().unwrap(), "[ui\n").unwrap();
        assert!(set(&mut source, &change).unwrap_err().contains("was not changed"));
        let reread = read(&mut source);
        assert!(reread.resolved.is_none(), "{:?}", reread.told.problems);
        let [told] = &reread.told.problems[..] else { panic!("{:?}", reread.told.problems) };
        assert!(told.contains("until the file is mended: ") && told.contains("c.toml:1"), "it says why: {told}");
        assert!(set(&mut NoSource, &change).is_err());
    }

    #[test]
    fn a_file_without_accounts_or_with_a_fault_changes_nothing() {
        let mut source = Folder(tempfile::tempdir().unwrap());
        let file = source.file().unwrap();
        for (text, why) in [("[ui]\nmouse = false\n", "without an account"), ("[accounts.work\n", "until the file is mended")] {
            std::fs::write(&file, text).unwrap();
            let reread = reload(&mut source);
            assert!(reread.resolved.is_none() && reread.told.general.is_none(), "{text}");
            assert!(reread.told.problems.last().unwrap().contains(why), "{:?}", reread.told.problems);
        }
        std::fs::write(&file, "[accounts.work]\nuri = \"sip:alice@example.test\"\n").unwrap();
        assert_eq!(reload(&mut source).resolved.unwrap().accounts.len(), 1);
    }
}
