//! Which policies hold for a run: those of this machine, and those the configuration names.

use crate::config::{FileRead, Paths, named_policies};
use crate::policy::Policy;
use crate::runtime::policies::Sources;

use super::args::Global;
use super::exit::{Exit, Failure};

/// The places that are looked at before any file of the user's.
///
/// # Errors
/// Exit 5 for `--policy-dir` where an administrator has set policies.
pub fn of_machine(global: &Global) -> Result<Sources, Failure> {
    let sources = Sources::of_this_machine();
    match &global.policy_dir {
        Some(_) if sources.has_policies() => Err(Failure::new(
            Exit::Forbidden,
            "this machine has policies of its own, so --policy-dir cannot put others in their place",
        )),
        Some(folder) => Ok(sources.tried(folder.clone())),
        None => Ok(sources),
    }
}

/// The policies in force, those of the machine and those the configuration names.
///
/// # Errors
/// As [`of_machine`].
pub fn of(global: &Global, read: &FileRead, paths: &Paths) -> Result<Policy, Failure> {
    Ok(Sources { named: named_policies(read, paths), ..of_machine(global)? }.policy())
}
