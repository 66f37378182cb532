//! The types and numbers of GSS-API's C interface (RFC 2744 section 3 and appendix A, and for the key store MIT's
//! `gssapi_ext.h`), as on every system but macOS, where some are packed otherwise.

use std::ffi::{c_char, c_int, c_void};

/// A name, a credential or a context of the library.
pub(super) type Handle = *mut c_void;

/// `gss_buffer_desc`
#[repr(C)]
pub(super) struct Buffer {
    pub(super) length: usize,
    pub(super) value: *mut c_void,
}

/// `gss_OID_desc`
#[repr(C)]
pub(super) struct Oid {
    pub(super) length: u32,
    pub(super) elements: *const c_void,
}

/// `gss_OID_set_desc`
#[repr(C)]
pub(super) struct OidSet {
    pub(super) count: usize,
    pub(super) elements: *const Oid,
}

/// `gss_key_value_element_desc`
#[repr(C)]
pub(super) struct KeyValue {
    pub(super) key: *const c_char,
    pub(super) value: *const c_char,
}

/// `gss_key_value_set_desc`
#[repr(C)]
pub(super) struct Store {
    pub(super) count: u32,
    pub(super) elements: *const KeyValue,
}

/// 1.2.840.113554.1.2.2: Kerberos 5 (RFC 4121 section 1).
pub(super) const KERBEROS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02];
/// 1.2.840.113554.1.2.1.4: a service at a host (RFC 2743 section 4.1).
pub(super) const HOST_BASED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x01, 0x04];

pub(super) const COMPLETE: u32 = 0;
pub(super) const CONTINUE_NEEDED: u32 = 1;
/// A routine error or a calling error; the low half is for what is good to know.
pub(super) const ERRORS: u32 = 0xffff_0000;
pub(super) const FAILURE: u32 = 0x000d_0000;
pub(super) const INTEGRITY: u32 = 32;
pub(super) const ACCEPT: c_int = 2;
pub(super) const BY_LIBRARY: c_int = 1;
pub(super) const BY_MECHANISM: c_int = 2;
/// No wish; the mechanism's own.
pub(super) const USUAL: u32 = 0;

/// Lines of one error, and characters of all of them.
pub(super) const MAX_LINES: usize = 4;
pub(super) const MAX_WORDS: usize = 200;

/// Octets of ours for the library to read.
pub(super) const fn borrowed(octets: &[u8]) -> Buffer {
    Buffer { length: octets.len(), value: octets.as_ptr().cast_mut().cast() }
}

/// The name of a mechanism or of a kind of names.
pub(super) fn oid(octets: &'static [u8]) -> Oid {
    Oid { length: u32::try_from(octets.len()).unwrap_or(0), elements: octets.as_ptr().cast() }
}

/// Words of the library as they may stand in a sentence of ours.
pub(super) fn tame(octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets);
    text.trim().chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect()
}
