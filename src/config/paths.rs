//! Where files are: flags, then `CHINWAG_CONFIG` and `CHINWAG_DATA_DIR`, then the folders the system has for
//! such files: those of XDG, or those of applications on Windows.

use std::path::{MAIN_SEPARATOR, Path, PathBuf, is_separator};

use directories::{BaseDirs, ProjectDirs, UserDirs};

/// What flags and environment say about places; the flag wins over the variable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GivenPaths {
    /// `--config`, else `CHINWAG_CONFIG`.
    pub config: Option<PathBuf>,
    /// `--data-dir`, else `CHINWAG_DATA_DIR`.
    pub data_dir: Option<PathBuf>,
}

/// Where files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The configuration file; need not exist unless it was given.
    pub config: PathBuf,
    /// Whether the user named the configuration file.
    pub config_given: bool,
    /// Rosters, caches, identity of this installation.
    pub data_dir: PathBuf,
    /// Logs.
    pub state_dir: PathBuf,
}

/// There is no home folder to put anything in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this user has no home folder; name the places with --config and --data-dir")]
pub struct NoHome;

impl Paths {
    /// Works out all places.
    ///
    /// # Errors
    /// [`NoHome`] when something was not given and there is no home folder to look in.
    pub fn find(given: GivenPaths) -> Result<Self, NoHome> {
        let home = ProjectDirs::from("", "", "chinwag");
        let config_given = given.config.is_some();
        let config = match given.config {
            Some(file) => file,
            None => home.as_ref().ok_or(NoHome)?.config_dir().join("config.toml"),
        };
        let (data_dir, state_dir) = if let Some(dir) = given.data_dir {
            (dir.clone(), dir)
        } else {
            let home = home.as_ref().ok_or(NoHome)?;
            // Of this machine alone, where the system tells that apart: nobody is to be this installation twice.
            (home.data_local_dir().to_owned(), home.state_dir().unwrap_or_else(|| home.data_local_dir()).to_owned())
        };
        Ok(Self { config, config_given, data_dir, state_dir })
    }
}

/// A place in words for people: what lies in the home folder begins with `~/` (`~\` on Windows).
#[must_use]
pub fn shown_place(path: &Path) -> String {
    let home = BaseDirs::new();
    match home.as_ref().and_then(|base| path.strip_prefix(base.home_dir()).ok()) {
        Some(rest) => format!("~{MAIN_SEPARATOR}{}", rest.display()),
        None => path.display().to_string(),
    }
}

/// The folder the system has for downloads; where it names none, `Downloads` in the home folder.
pub(super) fn downloads() -> Option<PathBuf> {
    let dirs = UserDirs::new()?;
    Some(dirs.download_dir().map_or_else(|| dirs.home_dir().join("Downloads"), Path::to_owned))
}

/// Replaces a leading `~/` by the home folder, if there is one.
#[must_use]
pub fn expand_home(path: &str) -> PathBuf {
    match (path.strip_prefix('~').and_then(|rest| rest.strip_prefix(is_separator)), BaseDirs::new()) {
        (Some(rest), Some(base)) => base.home_dir().join(rest),
        _ => Path::new(path).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_places_win() {
        let given = GivenPaths { config: Some("c.toml".into()), data_dir: Some("d".into()) };
        let paths = Paths::find(given).unwrap();
        assert_eq!(paths.config, Path::new("c.toml"));
        assert!(paths.config_given);
        assert_eq!((paths.data_dir.as_path(), paths.state_dir.as_path()), (Path::new("d"), Path::new("d")));
    }
}
