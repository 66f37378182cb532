//! Calls of the SERVICE method (MS-SIP sections 3.2.4.2, 3.7 and 9), `application/SOAP+xml`: what
//! a client asks its server to do, and the two answers that have a body.
//!
//! Methods stand in the envelope of SOAP 1.1. Calls that change the list of contacts or the access
//! list end with the number of the version they are made to. Bodies are written in the very shape
//! of the captures, attributes of a setPresence qualified and all.

use super::acl::Ace;

mod read;
mod write;

pub use read::{read_answer, read_call};
pub use write::{write_answer, write_call};

/// The media type.
pub const MEDIA_TYPE: &str = "application/SOAP+xml";
/// Most terms of a search.
pub const MAX_TERMS: usize = 32;
/// Most people in the answer to a search.
pub const MAX_ROWS: usize = 1000;
/// How many people a search asks for where it does not say.
pub const DEFAULT_RESULTS: u32 = 100;

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Publish the presence of this device.
    SetPresence(SetPresence),
    /// Tell a person's presence once.
    GetPresence {
        /// The person's address, with `sip:`.
        uri: String,
    },
    /// Add a contact, or make it what this says.
    SetContact {
        /// The name given; empty for that of the directory.
        display_name: String,
        /// Numbers of the groups it is in; none for the default group.
        groups: Vec<u8>,
        /// Whether to watch it.
        subscribed: bool,
        /// Its address, with `sip:`.
        uri: String,
        /// An address of the client's own.
        external_uri: String,
        /// Markup of the client's own.
        extension: Option<String>,
        /// Version of the list.
        delta_num: u32,
    },
    /// Delete a contact.
    DeleteContact {
        /// Its address, with `sip:`.
        uri: String,
        /// Version of the list.
        delta_num: u32,
    },
    /// Add a group; the server chooses its number.
    AddGroup {
        /// Its name.
        name: String,
        /// An address of the client's own.
        external_uri: String,
        /// Version of the list.
        delta_num: u32,
    },
    /// Give a group another name.
    ModifyGroup {
        /// Its number.
        id: u8,
        /// Its name from now on.
        name: String,
        /// An address of the client's own.
        external_uri: String,
        /// Version of the list.
        delta_num: u32,
    },
    /// Delete a group, which must be empty.
    DeleteGroup {
        /// Its number.
        id: u8,
        /// Version of the list.
        delta_num: u32,
    },
    /// Put an entry into the access list.
    SetAce {
        /// The entry.
        ace: Ace,
        /// Version of the access list.
        delta_num: u32,
    },
    /// Search the directory.
    DirectorySearch {
        /// What is looked for: names of attributes and how their values begin.
        rows: Vec<(String, String)>,
        /// Most people to be told.
        max_results: u32,
    },
}

/// The presence of one device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SetPresence {
    /// The person's own address, with `sip:`.
    pub uri: String,
    /// Whether calls get through, 0 to 999.
    pub availability: u32,
    /// What the person does, 0 to 999.
    pub activity: u32,
    /// The availability in words; empty for none.
    pub availability_description: String,
    /// The activity in words; empty for none.
    pub activity_description: String,
    /// A remark.
    pub note: Option<String>,
    /// What the device is called.
    pub device_name: Option<String>,
    /// What the device can do, in XML of its own that is carried as text.
    pub device_data: Option<String>,
    /// What the person stores, see [`super::user_info`]. Where it is not sent the server keeps
    /// what it has.
    pub user_info: Option<String>,
}

/// An answer with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The group has this number.
    GroupAdded(u8),
    /// What the search found.
    Directory {
        /// People.
        rows: Vec<Row>,
        /// Whether there are more than these.
        more: bool,
    },
}

/// A person in the directory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// The address, with `sip:`.
    pub uri: String,
    /// The name.
    pub display_name: Option<String>,
    /// Where they work.
    pub company: Option<String>,
    /// Where they live.
    pub country: Option<String>,
    /// Mail address.
    pub email: Option<String>,
}

#[cfg(test)]
mod tests;
