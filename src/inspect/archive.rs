//! Archives: what is in them, without unpacking anything to the disk.
//!
//! zip, tar and gzip are looked into; members are streams that are counted while they are unpacked. What others say of
//! the size of something is never believed, only compared.

mod gzip;
mod inflate;
mod paths;
mod stream;
mod tar;
mod zip;

pub(super) use gzip::gzip;
pub(super) use inflate::Inflater;
pub(super) use stream::{Halt, Plain, Stream};
pub(super) use tar::{is_tar, tar};
pub(super) use zip::{directory, reach, walk};
