//! Where policies are on this machine: found, looked at for who could have written them, and read.
//!
//! | source | counts as |
//! | --- | --- |
//! | `/etc/chinwag/policies/managed`, and `recommended` beside it | set for the machine |
//! | `/etc/chinwag/policies/users/NAME/managed`, and `recommended` | set for the user |
//! | files the configuration names under `[policy]` | set by the user: below all other managed ones |
//! | on Windows the registry, `HKEY_LOCAL_MACHINE` and `HKEY_CURRENT_USER` | set for the machine, for the user |
//!
//! A folder is read in the byte order of the names in it. Files of the machine must belong to root, and nobody
//! else may be able to write to them or to their folder; a link must not lead out of it. What is refused counts
//! like what cannot be read: it is told, and the policies that guard most hold strictly.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::config::Resolved;
use crate::policy::source::{self, Form, LARGEST};
use crate::policy::{Fault, Level, Origin, Policy, Rank, Read, Scope};

mod owner;
#[cfg(windows)]
mod registry;
pub mod watch;

/// Where an administrator puts policies.
pub const FOLDER: &str = "/etc/chinwag/policies";

/// The administrator's number.
const ROOT: u32 = 0;

/// Folders of policies with what is in them.
const LEVELS: [(&str, Level); 2] = [("recommended", Level::Recommended), ("managed", Level::Managed)];

/// The places that are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// The folder of the machine.
    pub folder: PathBuf,
    /// The name of the user, for the folder of theirs.
    pub user: Option<String>,
    /// In place of the folder of the machine, for tests: managed policies stand in it itself.
    pub instead: Option<PathBuf>,
    /// Files that the configuration names.
    pub named: Vec<PathBuf>,
    /// The numbers of the users to whom files of policies may belong.
    pub owners: Vec<u32>,
}

impl Sources {
    /// Those of this machine.
    #[must_use]
    pub fn of_this_machine() -> Self {
        Self { folder: FOLDER.into(), user: owner::user_name(), instead: None, named: Vec::new(), owners: vec![ROOT] }
    }

    /// Those that were looked at for these settings.
    #[must_use]
    pub fn of(settings: &Resolved) -> Self {
        let sources = Self { named: settings.policy_files.clone(), ..Self::of_this_machine() };
        match &settings.policy_dir {
            Some(folder) => sources.tried(folder.clone()),
            None => sources,
        }
    }

    /// In place of the folder of the machine, for tests: this one, which may be the user's own.
    #[must_use]
    pub fn tried(self, folder: PathBuf) -> Self {
        Self { instead: Some(folder), owners: vec![ROOT, owner::user_number()], ..self }
    }

    /// Whether an administrator has set anything here.
    #[must_use]
    pub fn has_policies(&self) -> bool {
        let of_machine = Self { instead: None, named: Vec::new(), ..self.clone() };
        let is_set = |folder: &Path| match std::fs::read_dir(folder) {
            Ok(mut entries) => entries.next().is_some(),
            // What cannot be looked at may hold anything.
            Err(fault) => fault.kind() != std::io::ErrorKind::NotFound,
        };
        of_machine.folders().iter().any(|(folder, _)| is_set(folder)) || of_machine.registry() != Read::default()
    }

    /// Every folder, with what is in it.
    #[must_use]
    pub fn folders(&self) -> Vec<(PathBuf, Rank)> {
        if let Some(instead) = &self.instead {
            return vec![(instead.clone(), Rank { level: Level::Managed, scope: Scope::Machine })];
        }
        // Where rights are lists it cannot be told who wrote a file; there the registry is the place.
        if cfg!(not(unix)) {
            return Vec::new();
        }
        let of = |base: &Path, scope| LEVELS.map(|(name, level)| (base.join(name), Rank { level, scope }));
        // What is no name of a folder is no name of a user here.
        let user = self.user.as_ref().filter(|name| !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\']));
        let users = user.map(|name| of(&self.folder.join("users").join(name), Scope::User));
        of(&self.folder, Scope::Machine).into_iter().chain(users.into_iter().flatten()).collect()
    }

    /// Reads everything.
    #[must_use]
    pub fn read(&self) -> Read {
        let mut read = Read::default();
        for (folder, rank) in self.folders() {
            read.append(of_folder(&folder, rank, &self.owners));
        }
        let named = Rank { level: Level::Managed, scope: Scope::Own };
        for file in &self.named {
            read.append(of_file(file, named, None));
        }
        if self.instead.is_none() {
            read.append(self.registry());
        }
        read
    }

    #[cfg(windows)]
    fn registry(&self) -> Read {
        registry::read()
    }

    #[cfg(not(windows))]
    #[allow(clippy::unused_self)]
    fn registry(&self) -> Read {
        Read::default()
    }

    /// The policies in force.
    #[must_use]
    pub fn policy(&self) -> Policy {
        Policy::of(self.read())
    }
}

/// Policies that are followed while the program runs.
#[derive(Debug)]
pub struct Followed {
    sources: Sources,
    watch: watch::Watch,
}

impl Followed {
    /// Those of these sources. Needs a tokio runtime around it.
    #[must_use]
    pub fn new(sources: Sources) -> Self {
        Self { watch: watch::Watch::over(&sources), sources }
    }

    /// Which.
    #[must_use]
    pub const fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Waits for a change, and reads everything anew. Safe to drop at any time.
    pub async fn next(&mut self) -> Policy {
        self.watch.changed().await;
        // Once an administrator has set something, nothing stands in its place.
        if self.sources.instead.is_some() && self.sources.has_policies() {
            let sources = Sources { named: std::mem::take(&mut self.sources.named), ..Sources::of_this_machine() };
            *self = Self::new(sources);
        }
        self.sources.policy()
    }
}

/// What the files of a folder say.
fn of_folder(folder: &Path, rank: Rank, owners: &[u32]) -> Read {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound && std::fs::symlink_metadata(folder).is_err() => {
            return Read::default();
        }
        Err(fault) => return Read::unreadable(folder, rank, format!("the folder cannot be read: {fault}")),
    };
    if let Err(why) = owner::check_folder(folder, owners) {
        return Read::unreadable(folder, rank, why);
    }
    let mut read = Read::default();
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => files.push(entry.path()),
            Err(fault) => read.append(Read::unreadable(folder, rank, format!("the folder cannot be read: {fault}"))),
        }
    }
    files.sort_by(|a, b| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
    for file in files {
        // What editors and package managers leave behind.
        let hidden = file.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden {
            read.append(of_file(&file, rank, Some((folder, owners))));
        }
    }
    read
}

/// What a file says; `within`: the folder it must not lead out of, where who can write to it matters.
fn of_file(file: &Path, rank: Rank, within: Option<(&Path, &[u32])>) -> Read {
    let Some(form) = Form::of(file) else {
        let what = "it is not read: a file of policies ends in .toml, .json, .pol or .reg".to_owned();
        let fault = Fault { origin: Origin::File { path: file.to_owned(), line: 0 }, what, rank, whole: false };
        return Read { entries: Vec::new(), faults: vec![fault] };
    };
    match bytes(file, within) {
        Ok(bytes) => source::read(form, &bytes, file, rank),
        Err(why) => Read::unreadable(file, rank, why),
    }
}

fn bytes(file: &Path, within: Option<(&Path, &[u32])>) -> Result<Vec<u8>, String> {
    let cannot = |fault: std::io::Error| format!("the file cannot be read: {fault}");
    if let Some((folder, _)) = within {
        let real = file.canonicalize().map_err(cannot)?;
        if !folder.canonicalize().is_ok_and(|folder| real.starts_with(folder)) {
            return Err(format!("it is a link out of its folder, to {}", real.display()));
        }
    }
    // What is looked at is what is read: the file may be another one a moment later.
    let open = open(file).map_err(cannot)?;
    let about = open.metadata().map_err(cannot)?;
    if !about.is_file() {
        return Err("it is no file".to_owned());
    }
    if let Some((_, owners)) = within {
        owner::check(&about, owners)?;
    }
    let mut bytes = Vec::new();
    open.take(LARGEST as u64 + 1).read_to_end(&mut bytes).map_err(cannot)?;
    Ok(bytes)
}

/// Opens without waiting for anybody: a pipe nobody writes to is no reason to stand still.
fn open(file: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or(0));
    }
    options.open(file)
}

/// What one file says, for who writes it: as if it lay in the folder of managed policies.
///
/// # Errors
/// A sentence for a file that cannot be read at all.
pub fn check(file: &Path, level: Level) -> Result<Read, String> {
    let rank = Rank { level, scope: Scope::Machine };
    let Some(form) = Form::of(file) else {
        return Err(format!("{} does not end in .toml, .json, .pol or .reg", file.display()));
    };
    let bytes = bytes(file, None).map_err(|why| format!("{}: {why}", file.display()))?;
    Ok(source::read(form, &bytes, file, rank))
}

/// Writes a file of policies that everybody may read, whole or not at all.
///
/// # Errors
/// The system's.
pub fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    #[cfg(unix)]
    file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|fault| fault.error)?;
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
