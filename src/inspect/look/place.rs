//! Where in a file something is, and what is known of it before it is looked at.

use crate::inspect::name::SafeName;

/// Where in a file something is.
#[derive(Debug, Clone, Copy)]
pub(in crate::inspect) struct Place<'a> {
    /// Its path, with those of the archives it is in; `None`: it is the file itself.
    pub(in crate::inspect) path: Option<&'a str>,
    pub(in crate::inspect) name: &'a SafeName,
    /// 1 for the file itself.
    pub(in crate::inspect) depth: usize,
    /// It is a part of a document, whose names nobody opens.
    pub(in crate::inspect) in_document: bool,
    /// It is in a package as documents of Office are, whatever that is called and opened with.
    pub(in crate::inspect) in_package: bool,
    /// An administrator takes the document it is in by its name, which says that there are macros.
    pub(in crate::inspect) takes_macros: bool,
    /// It will have the right to be run.
    pub(in crate::inspect) executable: bool,
}

impl<'a> Place<'a> {
    /// The file itself.
    pub(in crate::inspect) const fn whole(name: &'a SafeName) -> Self {
        Self { path: None, name, depth: 1, in_document: false, in_package: false, takes_macros: false, executable: false }
    }

    /// A member of it.
    pub(in crate::inspect) const fn member(self, path: &'a str, name: &'a SafeName) -> Self {
        Self { path: Some(path), name, depth: self.depth + 1, ..self }
    }

    /// The path of a member.
    pub(in crate::inspect) fn path_of(self, member: &str) -> String {
        self.path.map_or_else(|| member.to_owned(), |path| format!("{path}/{member}"))
    }

    /// Whether programs would open it as a tar archive, packed or not.
    pub(in crate::inspect) fn claims_tar(self) -> bool {
        let mut extensions = self.name.extensions().iter().rev().map(String::as_str);
        match extensions.next() {
            Some("tar" | "tgz" | "taz") => true,
            Some("gz" | "z") => extensions.next() == Some("tar"),
            _ => false,
        }
    }
}

/// What is said of a member's content.
#[derive(Debug, Clone, Copy)]
pub(in crate::inspect) struct Expected {
    pub(in crate::inspect) octets: u64,
    /// Its CRC-32.
    pub(in crate::inspect) sum: u32,
}
