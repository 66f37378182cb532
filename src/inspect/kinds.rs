//! What the extension of a name says: whether files of the kind are taken, asked about, or not taken.

mod table;

use std::fmt;

/// What becomes of a file, or of something that was found in it; the worse is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// It is taken, also from strangers.
    Allowed,
    /// The user is asked, also where a contact sends it.
    Asked,
    /// It is not taken, whoever sends it.
    Blocked,
}

/// What files are called together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// What systems run.
    Program,
    /// What interpreters run.
    Script,
    /// What leads elsewhere.
    Shortcut,
    /// What puts programs in place.
    Installer,
    /// What changes a system or what it trusts.
    Settings,
    /// What is mounted like a disk.
    DiskImage,
    /// Databases, which run macros.
    Database,
    /// Documents with macros by their kind.
    MacroDocument,
    /// What browsers show and run.
    Page,
    /// Documents.
    Document,
    /// What other files are packed in.
    Archive,
    /// Tables, mails, fonts and the like.
    Data,
    /// What programs are made of.
    Source,
    /// Pictures.
    Picture,
    /// Sound.
    Sound,
    /// Films.
    Film,
    /// Text.
    Text,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Program => "programs",
            Self::Script => "scripts",
            Self::Shortcut => "shortcuts",
            Self::Installer => "installers",
            Self::Settings => "settings of a system",
            Self::DiskImage => "disk images",
            Self::Database => "databases that can run programs",
            Self::MacroDocument => "documents with macros",
            Self::Page => "web pages",
            Self::Document => "documents",
            Self::Archive => "archives",
            Self::Data => "data of other programs",
            Self::Source => "source code",
            Self::Picture => "pictures",
            Self::Sound => "sound",
            Self::Film => "films",
            Self::Text => "text",
        })
    }
}

/// What is known of an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// What becomes of such files.
    pub class: Class,
    /// What they are.
    pub family: Family,
}

/// What is known of an extension in small letters; `None`: nothing, and the user is asked.
#[must_use]
pub fn kind_of(extension: &str) -> Option<Kind> {
    let at = table::ROWS.binary_search_by(|(one, ..)| (*one).cmp(extension)).ok()?;
    table::ROWS.get(at).map(|(_, class, family)| Kind { class: *class, family: *family })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_in_small_letters() {
        let all: Vec<&str> = table::ROWS.iter().map(|row| row.0).collect();
        assert!(all.windows(2).all(|two| two[0] < two[1]), "binary search needs order");
        assert!(all.iter().all(|one| **one == one.to_lowercase() && !one.contains('.')));
    }

    #[test]
    fn classes_are_as_messengers_had_them() {
        let class = |extension| kind_of(extension).map(|kind| kind.class);
        for extension in ["exe", "cmd", "wsh", "bat", "vb", "vbs", "pif", "scr", "scf", "settingcontent-ms", "sh", "appimage"] {
            assert_eq!(class(extension), Some(Class::Blocked), "{extension}");
        }
        for extension in ["doc", "ppt", "xls", "zip", "wpd", "pdf"] {
            assert_eq!(class(extension), Some(Class::Asked), "{extension}");
        }
        for extension in ["jpg", "txt", "bmp", "gif"] {
            assert_eq!(class(extension), Some(Class::Allowed), "{extension}");
        }
        assert_eq!(class("no-such-thing"), None);
    }
}
