//! The limit of open files (`RLIMIT_NOFILE`): each connection takes one.

use std::fmt;

/// The system does not let us have so many open files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooFew {
    /// How many are needed.
    pub wanted: u64,
    /// How many there may be.
    pub most: u64,
}

impl fmt::Display for TooFew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "so many connections need {} open files, and the system allows {}; raise that limit (ulimit -n) or ask for fewer \
             with --connections",
            self.wanted, self.most
        )
    }
}

impl std::error::Error for TooFew {}

/// Makes sure that so many files may be open. A soft limit below that is raised, but not above the hard one.
///
/// # Errors
/// [`TooFew`]: the hard limit is lower, or the soft one cannot be raised.
#[cfg(unix)]
pub fn make_room(wanted: u64) -> Result<(), TooFew> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let holds = |most: Option<u64>| most.is_none_or(|most| most >= wanted);
    if holds(limit.current) {
        return Ok(());
    }
    if holds(limit.maximum) && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum }).is_ok() {
        return Ok(());
    }
    let most = if holds(limit.maximum) { limit.current } else { limit.maximum };
    Err(TooFew { wanted, most: most.unwrap_or(u64::MAX) })
}

/// Elsewhere sockets are not counted among open files.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub const fn make_room(_wanted: u64) -> Result<(), TooFew> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn little_is_always_there_and_too_much_is_refused_with_the_limit() {
        assert_eq!(make_room(16), Ok(()));
        if let Some(most) = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum {
            assert_eq!(make_room(most), Ok(()));
            let fault = make_room(most + 1).unwrap_err();
            assert_eq!(fault, TooFew { wanted: most + 1, most });
            assert!(fault.to_string().contains("--connections"));
        }
    }
}
