//! Who could have written a file: a policy is an administrator's, or none.

use std::fs::Metadata;
use std::path::Path;
#[cfg(unix)]
use std::sync::OnceLock;

/// The name of the user, by the number of the process where the system has one. It is looked up once.
#[cfg(unix)]
pub(super) fn user_name() -> Option<String> {
    static NAME: OnceLock<Option<String>> = OnceLock::new();
    NAME.get_or_init(look_up).clone()
}

#[cfg(unix)]
fn look_up() -> Option<String> {
    let number = user_number();
    let line = |line: &str| {
        let mut fields = line.split(':');
        let (name, _, id) = (fields.next()?, fields.next()?, fields.next()?);
        (id.parse() == Ok(number)).then(|| name.to_owned())
    };
    // Users that a directory server knows are not in the file, and their environment is theirs to write.
    let named = || {
        let said = std::process::Command::new("/usr/bin/id").arg("-un").env_clear().output().ok()?;
        let name = String::from_utf8(said.stdout).ok()?.trim().to_owned();
        (said.status.success() && !name.is_empty()).then_some(name)
    };
    std::fs::read_to_string("/etc/passwd").ok().and_then(|text| text.lines().find_map(line)).or_else(named)
}

#[cfg(not(unix))]
pub(super) fn user_name() -> Option<String> {
    None
}

/// The number of the user.
#[cfg(unix)]
pub(super) fn user_number() -> u32 {
    rustix::process::getuid().as_raw()
}

#[cfg(not(unix))]
pub(super) fn user_number() -> u32 {
    0
}

/// Whether only its owner, who is one of these, could have written a file.
///
/// # Errors
/// A sentence.
#[cfg(unix)]
pub(super) fn check(about: &Metadata, owners: &[u32]) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt as _;
    if !owners.contains(&about.uid()) {
        return Err(format!("it is refused: it belongs to user {}, not to root", about.uid()));
    }
    if about.mode() & 0o022 != 0 {
        return Err("it is refused: others than its owner can write to it".to_owned());
    }
    Ok(())
}

/// Rights are lists there, which the system looks after: a folder of programs is not the user's to write to.
#[cfg(not(unix))]
pub(super) fn check(_: &Metadata, _: &[u32]) -> Result<(), String> {
    Ok(())
}

/// The same for a folder: who can write to it can put files there.
///
/// # Errors
/// A sentence.
pub(super) fn check_folder(folder: &Path, owners: &[u32]) -> Result<(), String> {
    let about = std::fs::metadata(folder).map_err(|fault| format!("the folder cannot be read: {fault}"))?;
    check(&about, owners)
}
