//! What the server refuses, or does wrong, on purpose: for tests of clients. Nothing of it is on
//! unless a test asks for it.

use crate::sip::auth::Prank;
use crate::sip::message::Method;

/// How a REGISTER is turned away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// With this code and these header fields.
    Code(u16, Vec<(&'static str, String)>),
    /// With a new challenge, as if the server had forgotten the client.
    Challenge,
    /// Not at all: the client waits.
    Silent,
}

/// Everything odd. [`Default`] is a server without faults.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Oddities {
    /// Every REGISTER meets with this.
    pub register: Option<Refusal>,
    /// A REGISTER of a device that is registered meets with this, once.
    pub refresh: Option<Refusal>,
    /// `ms-keep-alive` is not answered.
    pub no_keepalive: bool,
    /// Registrations last this long, seconds, whatever is asked for.
    pub registration: Option<u32>,
    /// Notifications of lists come with CSeq numbers out of order.
    pub disorder: bool,
    /// The second notification of a list skips a version.
    pub version_gap: bool,
    /// What is wrong with presence documents of LCS.
    pub document: DocumentOddity,
    /// What is wrong with NTLM.
    pub signing: SigningOddities,
}

/// What is wrong with NTLM and with signatures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SigningOddities {
    /// Mischief with the next messages of these methods, for the association made next.
    pub pranks: Vec<Prank>,
    /// The server forgets the association of a link when a request of this method comes; once for
    /// each.
    pub forget_at: Vec<Method>,
    /// The server's clock is fast by so many seconds.
    pub skew: i64,
    /// The challenge is folded over several lines.
    pub folded: bool,
}

/// How presence documents of LCS differ from what they should be. All have been seen in the wild.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DocumentOddity {
    /// They do not.
    #[default]
    None,
    /// They say they were UTF-16, and are not.
    WrongEncoding,
    /// They have no name space.
    NoNamespace,
    /// Month and year of the name space are swapped.
    SwappedNamespace,
}
