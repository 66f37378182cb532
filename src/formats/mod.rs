//! Message bodies to structs and back; bytes in, structs out. No SIP, no IO.
//!
//! Each document type is a room of its own with `read` and `write`. All XML goes through one
//! guarded door, [`xml`]: no document type definitions, no entities, and hard limits, so that
//! every `read` ends in time proportional to its input and never fails but with a [`Fault`].
//! [`http1`] is the odd one out: not a body but the little HTTP that carries bodies to and from
//! document servers.

pub mod acl;
pub mod adrl;
pub mod cpim;
mod extent;
mod fault;
pub mod file_description;
pub mod http1;
pub mod invitation;
pub mod iscomposing;
pub mod keyboard;
pub mod lcs;
pub mod media_type;
pub mod mim;
pub mod msgr;
pub mod msrtc;
pub mod multipart;
mod percent;
pub mod pidf;
pub mod pres_rules;
pub mod provisioning;
pub mod registration_event;
pub mod resource_lists;
pub mod rlmi;
pub mod rls_services;
pub mod roaming;
pub mod rpid;
pub mod sdp;
pub mod soap;
pub mod text_format;
pub mod timestamp;
pub mod user_info;
pub mod winfo;
pub mod wpending;
pub mod xml;
pub mod xpidf;

pub use extent::Extent;
pub use fault::{Fault, Offence};

#[cfg(test)]
mod tests;
