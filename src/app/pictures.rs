//! Pictures among the files that came or were sent, as the core sees them.

use super::transfers::Transfer;
use super::{App, ChatKey};
use crate::model::{AccountId, Entry, FileId, Picture};

/// Endings of names that are likely to be those of pictures. What a file is, its octets say when it is read.
const ENDINGS: [&str; 6] = ["png", "jpg", "jpeg", "jpe", "gif", "webp"];

/// How pictures can be shown where the user looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Showing {
    /// They cannot be: where they lie is said.
    #[default]
    Words,
    /// By cells of two colours, one above the other.
    Blocks,
    /// By the terminal itself, where the cells leave room for it.
    Pixels,
}

/// A picture over the panes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewed {
    /// Of which account.
    pub account: AccountId,
    /// Which file.
    pub id: FileId,
    /// Its name as it came: not yet made safe for a terminal.
    pub name: String,
    /// Where it lies.
    pub place: String,
    /// What is to be seen.
    pub sight: Sight,
}

/// What is to be seen of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// Nothing yet: it is being read.
    Reading,
    /// It.
    Seen(Picture),
    /// Nothing, for this reason: a sentence.
    Failed(String),
}

impl Transfer {
    /// Whether it is through, and called like a picture.
    #[must_use]
    pub fn may_be_picture(&self) -> bool {
        let ending = self.name.rsplit_once('.').map_or("", |(_, ending)| ending.trim_end());
        self.place().is_some() && ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending))
    }
}

impl App {
    /// The pictures of a conversation, in the order of its lines.
    #[must_use]
    pub fn pictures_of(&self, chat: &ChatKey) -> Vec<FileId> {
        let Some((account, talk)) = self.accounts.get(chat.account()).zip(self.conversation(chat)) else { return Vec::new() };
        let is_picture = |id: &FileId| account.transfers.get(id).is_some_and(Transfer::may_be_picture);
        talk.entries.iter().filter_map(Entry::file).filter(is_picture).collect()
    }

    /// What stands behind the line of a file that can be looked at; nothing behind others.
    #[must_use]
    pub fn how_to_view(&self, account: &AccountId, id: FileId) -> Option<String> {
        let can = self.showing != Showing::Words && self.policy.view().is_ok();
        let picture = self.transfer(account, id).is_some_and(Transfer::may_be_picture);
        (can && picture).then(|| format!("; /view {id} shows it"))
    }
}
