//! What a server does wrong on purpose with its signatures, for tests of clients.

use crate::sip::message::{Message, Method};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mischief {
    /// One bit of the signature.
    WrongSignature,
    /// The number of the message before comes again.
    Replayed,
    /// So many numbers are left out.
    Jump(u32),
    /// There is no signature.
    Unsigned,
}

/// Mischief with one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prank {
    /// What goes wrong.
    pub mischief: Mischief,
    /// With the next message of this method, request or final response.
    pub method: Method,
}

impl Prank {
    /// Takes the first prank that is meant for a message out of a list.
    pub(super) fn take(pranks: &mut Vec<Self>, message: &Message) -> Option<Mischief> {
        if pranks.is_empty() || message.status().is_some_and(|code| code < 200) {
            return None;
        }
        let method = message.cseq()?.method;
        let at = pranks.iter().position(|p| p.method == method)?;
        Some(pranks.remove(at).mischief)
    }
}
