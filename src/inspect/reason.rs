//! Why a file is asked about or not taken: facts, each with the sentence the user reads.

use std::fmt;

use super::content::Sort;
use super::kinds::{Class, Family};
use super::name::{Oddity, SafeName};
use super::scanner::NotLooked;
use super::verdict::SenderClass;

/// A reason, and what of the file it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The member of an archive, with the archives it is in; safe to show. `None`: the file itself.
    pub member: Option<String>,
    /// What is the matter with it.
    pub why: Why,
}

/// What is the matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The extension belongs to files that are asked about or not taken.
    Kind {
        /// In small letters.
        extension: String,
        /// What such files are.
        family: Family,
    },
    /// The extension says nothing.
    UnknownKind(String),
    /// There is no extension.
    NoExtension,
    /// Something is odd about the name.
    Name(Oddity),
    /// What the content is.
    Content(&'static Sort),
    /// The content is not what the extension says.
    Mismatch {
        /// In small letters.
        extension: String,
        /// What the content is.
        sort: &'static Sort,
    },
    /// Something was found in it.
    Found(Finding),
    /// A rule of an administrator's.
    Policy {
        /// Why: a clause.
        why: String,
        /// In whose name.
        whose: String,
    },
    /// Who sends it.
    Sender(SenderClass),
    /// It is not as large as was said.
    Size {
        /// Octets that were said.
        declared: u64,
        /// Octets there are.
        actual: u64,
    },
    /// The scanner knows it, by this word of the scanner's.
    Scanner(String),
    /// No scanner looked at it.
    Unscanned(NotLooked),
    /// It could not be read from the disk.
    Unreadable,
    /// So many other reasons are left out.
    More(usize),
}

/// What can be found in content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Finding {
    /// Macros.
    Macros,
    /// A script in a document.
    Script,
    /// Something that is started when it is opened.
    Launches,
    /// Other files or objects.
    Embedded,
    /// Parts that are fetched when it is opened.
    Remote,
    /// A file a page makes of itself.
    Smuggled,
    /// A password is needed.
    Locked,
    /// It is one kind of file and another at once.
    TwoKinds,
    /// Something follows its end.
    Trailing,
    /// It was searched in part only.
    NotSearched,
    /// It cannot be read as what it is.
    Damaged,
    /// No way is known to look into it.
    Closed,
    /// It is too large to be looked into.
    TooLarge,
    /// It is in too many archives.
    TooDeep,
    /// There are more members than are looked at.
    TooMany,
    /// It unpacks to far more than it is.
    Bomb,
    /// Members share octets.
    Overlap,
    /// Two places say different things of it.
    Disagrees,
    /// A member is in no list.
    Unlisted,
    /// It leads out of the folder it is unpacked in.
    Outside,
    /// It is a link.
    Link,
    /// It is a device or a pipe.
    Device,
    /// It is marked as a program.
    Executable,
}

impl Finding {
    /// What follows of it.
    #[must_use]
    pub const fn class(self) -> Class {
        match self {
            Self::Script
            | Self::Embedded
            | Self::Remote
            | Self::Locked
            | Self::TwoKinds
            | Self::Trailing
            | Self::NotSearched
            | Self::Closed
            | Self::TooLarge
            | Self::TooMany
            | Self::Link => Class::Asked,
            Self::Macros
            | Self::Launches
            | Self::Smuggled
            | Self::Damaged
            | Self::TooDeep
            | Self::Bomb
            | Self::Overlap
            | Self::Disagrees
            | Self::Unlisted
            | Self::Outside
            | Self::Device
            | Self::Executable => Class::Blocked,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Macros => "holds macros, which are programs",
            Self::Script => "holds a script",
            Self::Launches => "starts something when it is opened",
            Self::Embedded => "has other files or objects embedded in it",
            Self::Remote => "fetches parts of itself from elsewhere when it is opened",
            Self::Smuggled => "makes another file when it is opened",
            Self::Locked => "is encrypted, so nobody can look into it without its password",
            Self::TwoKinds => "is one kind of file and another at once",
            Self::Trailing => "has something behind its end",
            Self::NotSearched => "could be searched in part only",
            Self::Damaged => "is damaged, so nobody can tell what it holds",
            Self::Closed => "is packed in a way that cannot be looked into",
            Self::TooLarge => "is too large to be looked into as a whole",
            Self::TooDeep => "is in too many archives, one within the other",
            Self::TooMany => "has more files in it than are looked at",
            Self::Bomb => "unpacks to far more than it is",
            Self::Overlap => "has parts that overlap, as no program makes them",
            Self::Disagrees => "says different things of its content in different places",
            Self::Unlisted => "hides a file that is in no list",
            Self::Outside => "would be unpacked outside its folder",
            Self::Link => "is a link to another file",
            Self::Device => "is a device or a pipe",
            Self::Executable => "is marked as a program",
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.member {
            Some(member) => write!(f, "\u{201c}{member}\u{201d} in it {}.", self.why),
            None => match &self.why {
                Why::Sender(sender) => write!(f, "{sender}."),
                Why::More(_) => write!(f, "There are {}.", self.why),
                why => write!(f, "It {why}."),
            },
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind { extension, family } => write!(f, "ends with .{extension}, as {family} do"),
            Self::UnknownKind(extension) => write!(f, "ends with .{extension}, which is not known here"),
            Self::NoExtension => f.write_str("has a name that does not say what it is"),
            Self::Name(oddity) => oddity.fmt(f),
            Self::Content(sort) => write!(f, "is {}", sort.noun),
            Self::Mismatch { extension, sort } => write!(f, "ends with .{extension} but is {}", sort.noun),
            Self::Found(finding) => finding.fmt(f),
            Self::Policy { why, whose } => write!(f, "is against a rule: {why} ({whose})"),
            Self::Sender(sender) => write!(f, "comes from somebody else: {sender}"),
            Self::Size { declared, actual } => write!(f, "has {actual} octets, and {declared} were said"),
            Self::Scanner(word) => write!(f, "was found to be harmful by the scanner: {word}"),
            Self::Unscanned(why) => write!(f, "was not looked at by a scanner: {why}"),
            Self::Unreadable => f.write_str("could not be read from the disk"),
            Self::More(count) => write!(f, "{count} more reasons"),
        }
    }
}

/// Reasons of each class that are kept; an archive may give thousands.
const KEPT: usize = 12;
/// Letters of the path of a member that are shown.
const SHOWN: usize = 120;

/// What was found so far, with what follows of it.
#[derive(Debug, Default)]
pub(super) struct Reasons {
    asked: Kept,
    blocked: Kept,
}

#[derive(Debug, Default)]
struct Kept {
    reasons: Vec<Reason>,
    left_out: usize,
}

impl Reasons {
    /// Takes a reason, if it is one.
    pub(super) fn add(&mut self, path: Option<&str>, class: Class, why: Why) {
        let kept = match class {
            Class::Allowed => return,
            Class::Asked => &mut self.asked,
            Class::Blocked => &mut self.blocked,
        };
        let reason = Reason { member: path.map(shown), why };
        if kept.reasons.contains(&reason) {
            return;
        }
        if kept.reasons.len() < KEPT {
            kept.reasons.push(reason);
        } else {
            kept.left_out += 1;
        }
    }

    /// Takes what was found.
    pub(super) fn found(&mut self, path: Option<&str>, finding: Finding) {
        self.add(path, finding.class(), Why::Found(finding));
    }

    /// The worst class, and the reasons for it.
    pub(super) fn worst(self) -> (Class, Vec<Reason>) {
        let (class, kept) = match (self.blocked.reasons.is_empty(), self.asked.reasons.is_empty()) {
            (false, _) => (Class::Blocked, self.blocked),
            (true, false) => (Class::Asked, self.asked),
            (true, true) => return (Class::Allowed, Vec::new()),
        };
        let more = (kept.left_out > 0).then_some(Reason { member: None, why: Why::More(kept.left_out) });
        (class, kept.reasons.into_iter().chain(more).collect())
    }
}

/// A path within an archive as it can be shown: its last parts, each made safe.
fn shown(path: &str) -> String {
    let parts: Vec<String> = path.split(['/', '\\']).filter(|part| !part.is_empty()).map(part).collect();
    let whole = parts.join("/");
    let letters = whole.chars().count();
    match whole.char_indices().nth(letters.saturating_sub(SHOWN)) {
        Some((at, _)) if at > 0 => format!("\u{2026}{}", whole.get(at..).unwrap_or_default()),
        _ => whole,
    }
}

fn part(part: &str) -> String {
    if matches!(part, "." | "..") { part.to_owned() } else { SafeName::of(part).as_str().to_owned() }
}
