//! The C interface of GSS-API (RFC 2744): the only file of the program with `unsafe` in it.
//!
//! What leaves this file is safe: handles are owned and given back when they are dropped, what the
//! library allocates is copied and given back at once, and its words come without control
//! characters and not too long. The library stays loaded for as long as the program runs.

#![allow(unsafe_code)]

use std::ffi::{CString, OsString, c_int, c_void};
use std::fmt;
use std::ptr::{null, null_mut};
use std::sync::OnceLock;

use libloading::{Library, Symbol};

use super::layout::{
    ACCEPT, BY_LIBRARY, BY_MECHANISM, Buffer, COMPLETE, CONTINUE_NEEDED, ERRORS, FAILURE, HOST_BASED, Handle, INTEGRITY,
    KERBEROS, KeyValue, MAX_LINES, MAX_WORDS, Oid, OidSet, Store, USUAL, borrowed, oid, tame,
};

type ImportName = unsafe extern "C" fn(*mut u32, *const Buffer, *const Oid, *mut Handle) -> u32;
type Release = unsafe extern "C" fn(*mut u32, *mut Handle) -> u32;
type ReleaseBuffer = unsafe extern "C" fn(*mut u32, *mut Buffer) -> u32;
type DeleteContext = unsafe extern "C" fn(*mut u32, *mut Handle, *mut Buffer) -> u32;
type DisplayStatus = unsafe extern "C" fn(*mut u32, u32, c_int, *const Oid, *mut u32, *mut Buffer) -> u32;
type DisplayName = unsafe extern "C" fn(*mut u32, Handle, *mut Buffer, *mut *const Oid) -> u32;
type AcquireFrom = unsafe extern "C" fn(
    *mut u32,
    Handle,
    u32,
    *const OidSet,
    c_int,
    *const Store,
    *mut Handle,
    *mut *const OidSet,
    *mut u32,
) -> u32;
type InitContext = unsafe extern "C" fn(
    *mut u32,
    Handle,
    *mut Handle,
    Handle,
    *const Oid,
    u32,
    u32,
    *const c_void,
    *const Buffer,
    *mut *const Oid,
    *mut Buffer,
    *mut u32,
    *mut u32,
) -> u32;
type AcceptContext = unsafe extern "C" fn(
    *mut u32,
    *mut Handle,
    Handle,
    *const Buffer,
    *const c_void,
    *mut Handle,
    *mut *const Oid,
    *mut Buffer,
    *mut u32,
    *mut u32,
    *mut Handle,
) -> u32;
type InquireContext = unsafe extern "C" fn(
    *mut u32,
    Handle,
    *mut Handle,
    *mut Handle,
    *mut u32,
    *mut *const Oid,
    *mut u32,
    *mut c_int,
    *mut c_int,
) -> u32;
type GetMic = unsafe extern "C" fn(*mut u32, Handle, u32, *const Buffer, *mut Buffer) -> u32;
type VerifyMic = unsafe extern "C" fn(*mut u32, Handle, *const Buffer, *const Buffer, *mut u32) -> u32;

/// The functions of the library that are used.
pub(super) struct Api {
    import_name: ImportName,
    release_name: Release,
    release_cred: Release,
    release_buffer: ReleaseBuffer,
    delete_context: DeleteContext,
    display_status: DisplayStatus,
    display_name: DisplayName,
    /// Not in older Heimdal; for servers only.
    acquire_from: Option<AcquireFrom>,
    init_context: InitContext,
    accept_context: AcceptContext,
    inquire_context: InquireContext,
    get_mic: GetMic,
    verify_mic: VerifyMic,
}

/// Why something could not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Status {
    /// The library's number (RFC 2744 section 3.9.1).
    pub major: u32,
    /// The mechanism's number.
    pub minor: i32,
    /// Both in words.
    pub text: String,
}

/// A client's side of a context, fresh.
#[derive(Debug)]
pub(super) struct Initiated {
    pub context: Context,
    pub token: Vec<u8>,
    /// Seconds.
    pub life: u32,
    pub principal: String,
}

/// A server's side of a context, fresh.
#[derive(Debug)]
pub(super) struct Accepted {
    pub context: Context,
    /// Seconds.
    pub life: u32,
    pub principal: String,
}

static LOADED: OnceLock<Api> = OnceLock::new();

impl Api {
    /// Loads the first library of these names that can be; once there is one, it is that for good.
    ///
    /// # Errors
    /// What was tried, in words.
    pub(super) fn load(names: &[OsString]) -> Result<&'static Self, String> {
        if let Some(api) = LOADED.get() {
            return Ok(api);
        }
        let tried = names.iter().map(|name| name.to_string_lossy()).collect::<Vec<_>>().join(", ");
        for name in names {
            // SAFETY: loading runs the library's initialisers. The names are those of GSS-API libraries, or what
            // whoever runs this program has named, who could as well have it preloaded.
            let Ok(library) = (unsafe { Library::new(name) }) else { continue };
            let Some(api) = Self::of(&library) else { continue };
            // It is never unloaded, so that its functions can be called for good.
            std::mem::forget(library);
            return Ok(LOADED.get_or_init(|| api));
        }
        Err(tried)
    }

    fn of(library: &Library) -> Option<Self> {
        /// A function by its name.
        fn find<T: Copy>(library: &Library, name: &str) -> Option<T> {
            // SAFETY: each caller asks for a function of RFC 2744 with the type that RFC gives it.
            let symbol: Result<Symbol<'_, T>, _> = unsafe { library.get(name) };
            symbol.ok().map(|symbol| *symbol)
        }
        Some(Self {
            import_name: find(library, "gss_import_name")?,
            release_name: find(library, "gss_release_name")?,
            release_cred: find(library, "gss_release_cred")?,
            release_buffer: find(library, "gss_release_buffer")?,
            delete_context: find(library, "gss_delete_sec_context")?,
            display_status: find(library, "gss_display_status")?,
            display_name: find(library, "gss_display_name")?,
            acquire_from: find(library, "gss_acquire_cred_from"),
            init_context: find(library, "gss_init_sec_context")?,
            accept_context: find(library, "gss_accept_sec_context")?,
            inquire_context: find(library, "gss_inquire_context")?,
            get_mic: find(library, "gss_get_mic")?,
            verify_mic: find(library, "gss_verify_mic")?,
        })
    }

    /// Gets a ticket for a service such as `sip@lcs.example.test` and begins a context with it: integrity, no answer of the
    /// service, no order of signatures.
    ///
    /// # Errors
    /// [`Status`].
    pub(super) fn initiate(&'static self, service: &str) -> Result<Initiated, Status> {
        let name = self.name(service)?;
        let mut context = Context { api: self, handle: null_mut() };
        let (mut minor, mut flags, mut life) = (0, 0, 0);
        let mut token = Owned::new(self);
        let mechanism = oid(KERBEROS);
        // SAFETY: all pointers are to live values of the types the function wants, or null where that is allowed:
        // the default credential, no bindings, no token yet. It fills `context.handle` and `token`, which are given
        // back when dropped.
        let major = unsafe {
            (self.init_context)(
                &raw mut minor,
                null_mut(),
                &raw mut context.handle,
                name.handle,
                &raw const mechanism,
                INTEGRITY,
                USUAL,
                null(),
                null(),
                null_mut(),
                &raw mut token.buffer,
                &raw mut flags,
                &raw mut life,
            )
        };
        self.check(major, minor)?;
        if major & CONTINUE_NEEDED != 0 || flags & INTEGRITY == 0 {
            return Err(Status { major: FAILURE, minor: 0, text: "the library wants another round".to_owned() });
        }
        let principal = context.client();
        Ok(Initiated { token: token.copy(), life, principal, context })
    }

    /// The keys of a service in a keytab.
    ///
    /// # Errors
    /// [`Status`].
    pub(super) fn acceptor(&'static self, service: &str, keytab: &str) -> Result<Credential, Status> {
        let unfit = |text: &str| Status { major: FAILURE, minor: 0, text: text.to_owned() };
        let acquire = self.acquire_from.ok_or_else(|| unfit("this library cannot read a keytab that is named"))?;
        let value = CString::new(keytab).map_err(|_| unfit("its name cannot be used"))?;
        let name = self.name(service)?;
        let pair = KeyValue { key: c"keytab".as_ptr(), value: value.as_ptr() };
        let store = Store { count: 1, elements: &raw const pair };
        let mechanism = oid(KERBEROS);
        let mechanisms = OidSet { count: 1, elements: &raw const mechanism };
        let mut credential = Credential { api: self, handle: null_mut() };
        let mut minor = 0;
        // SAFETY: all pointers are to live values of the types the function wants, or null where what it would tell is
        // not wanted. It fills `credential.handle`, which is given back when dropped.
        let major = unsafe {
            acquire(
                &raw mut minor,
                name.handle,
                USUAL,
                &raw const mechanisms,
                ACCEPT,
                &raw const store,
                &raw mut credential.handle,
                null_mut(),
                null_mut(),
            )
        };
        self.check(major, minor)?;
        Ok(credential)
    }

    fn name(&'static self, service: &str) -> Result<Name, Status> {
        let (text, kind) = (borrowed(service.as_bytes()), oid(HOST_BASED));
        let mut name = Name { api: self, handle: null_mut() };
        let mut minor = 0;
        // SAFETY: the pointers are to live values; the function copies the text and fills `name.handle`, which is
        // given back when dropped.
        let major = unsafe { (self.import_name)(&raw mut minor, &raw const text, &raw const kind, &raw mut name.handle) };
        self.check(major, minor)?;
        Ok(name)
    }

    fn check(&'static self, major: u32, minor: u32) -> Result<(), Status> {
        if major & ERRORS == COMPLETE {
            return Ok(());
        }
        // What Kerberos says is of more use than that there was a failure.
        let mut text = if minor == 0 { String::new() } else { self.words(minor, BY_MECHANISM) };
        if text.is_empty() {
            text = self.words(major, BY_LIBRARY);
        }
        Err(Status { major, minor: minor.cast_signed(), text })
    }

    /// What a number means in words, made fit for a sentence.
    fn words(&'static self, number: u32, kind: c_int) -> String {
        let mut lines = Vec::new();
        let (mut minor, mut more) = (0, 0);
        let mechanism = oid(KERBEROS);
        while lines.len() < MAX_LINES {
            let mut line = Owned::new(self);
            // SAFETY: the pointers are to live values; the function fills `line`, which is given back when dropped.
            let major = unsafe {
                (self.display_status)(&raw mut minor, number, kind, &raw const mechanism, &raw mut more, &raw mut line.buffer)
            };
            if major & ERRORS != COMPLETE {
                break;
            }
            lines.push(tame(&line.copy()));
            if more == 0 {
                break;
            }
        }
        lines.join(", ").chars().take(MAX_WORDS).collect()
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Api")
    }
}

/// The keys of a service; given back when dropped.
#[derive(Debug)]
pub(super) struct Credential {
    api: &'static Api,
    handle: Handle,
}

// SAFETY: RFC 2743 ties handles to no thread, and both libraries keep to that as long as one thread at a time uses one:
// this type is not `Sync`, so no two do.
unsafe impl Send for Credential {}

impl Credential {
    /// Looks at the token of a client; a context of one round is all that SIP has room for.
    ///
    /// # Errors
    /// [`Status`].
    pub(super) fn accept(&self, token: &[u8]) -> Result<Accepted, Status> {
        let api = self.api;
        let mut context = Context { api, handle: null_mut() };
        let mut client = Name { api, handle: null_mut() };
        let mut answer = Owned::new(api);
        let (mut minor, mut flags, mut life) = (0, 0, 0);
        let token = borrowed(token);
        // SAFETY: all pointers are to live values of the types the function wants, or null where there are no bindings
        // or what it would tell is not wanted. It reads `token`, and fills `context.handle`, `client.handle` and
        // `answer`, which are given back when dropped.
        let major = unsafe {
            (api.accept_context)(
                &raw mut minor,
                &raw mut context.handle,
                self.handle,
                &raw const token,
                null(),
                &raw mut client.handle,
                null_mut(),
                &raw mut answer.buffer,
                &raw mut flags,
                &raw mut life,
                null_mut(),
            )
        };
        api.check(major, minor)?;
        if major & CONTINUE_NEEDED != 0 || flags & INTEGRITY == 0 {
            return Err(Status { major: FAILURE, minor: 0, text: "the client wants another round".to_owned() });
        }
        Ok(Accepted { principal: client.shown(), life, context })
    }
}

impl Drop for Credential {
    fn drop(&mut self) {
        if !self.handle.is_null() {
            let mut minor = 0;
            // SAFETY: the handle is the library's own and is not used any more.
            unsafe { (self.api.release_cred)(&raw mut minor, &raw mut self.handle) };
        }
    }
}

/// What a client and a service share; given back when dropped.
pub(super) struct Context {
    api: &'static Api,
    handle: Handle,
}

// SAFETY: as for `Credential`; every use of a context wants it exclusively.
unsafe impl Send for Context {}

impl Context {
    /// The signature of a text.
    ///
    /// # Errors
    /// [`Status`].
    pub(super) fn mic(&mut self, text: &[u8]) -> Result<Vec<u8>, Status> {
        let text = borrowed(text);
        let mut signature = Owned::new(self.api);
        let mut minor = 0;
        // SAFETY: the context is complete; the pointers are to live values. The function reads `text` and fills
        // `signature`, which is given back when dropped.
        let major = unsafe { (self.api.get_mic)(&raw mut minor, self.handle, USUAL, &raw const text, &raw mut signature.buffer) };
        self.api.check(major, minor)?;
        Ok(signature.copy())
    }

    /// Whether the other side has made this signature for this text.
    pub(super) fn has_made(&mut self, text: &[u8], signature: &[u8]) -> bool {
        let (text, signature) = (borrowed(text), borrowed(signature));
        let mut minor = 0;
        // SAFETY: the context is complete; the pointers are to live values, which the function reads, or null where
        // what it would tell is not wanted.
        let major =
            unsafe { (self.api.verify_mic)(&raw mut minor, self.handle, &raw const text, &raw const signature, null_mut()) };
        // Nor one that was seen before, or comes late: the low half would say so.
        major == COMPLETE
    }

    /// Whose ticket it is; empty where the library does not say.
    fn client(&mut self) -> String {
        let mut client = Name { api: self.api, handle: null_mut() };
        let mut minor = 0;
        // SAFETY: the context is complete; what is not wanted is null. The function fills `client.handle`, which is
        // given back when dropped.
        let major = unsafe {
            (self.api.inquire_context)(
                &raw mut minor,
                self.handle,
                &raw mut client.handle,
                null_mut(),
                null_mut(),
                null_mut(),
                null_mut(),
                null_mut(),
                null_mut(),
            )
        };
        if major & ERRORS == COMPLETE { client.shown() } else { String::new() }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        if !self.handle.is_null() {
            let mut minor = 0;
            // SAFETY: the handle is the library's own and is not used any more; no token is wanted.
            unsafe { (self.api.delete_context)(&raw mut minor, &raw mut self.handle, null_mut()) };
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Context([secret])")
    }
}

/// A name; given back when dropped.
struct Name {
    api: &'static Api,
    handle: Handle,
}

impl Name {
    fn shown(&self) -> String {
        if self.handle.is_null() {
            return String::new();
        }
        let mut text = Owned::new(self.api);
        let mut minor = 0;
        // SAFETY: the name is the library's own; the function fills `text`, which is given back when dropped.
        let major = unsafe { (self.api.display_name)(&raw mut minor, self.handle, &raw mut text.buffer, null_mut()) };
        if major & ERRORS == COMPLETE { tame(&text.copy()) } else { String::new() }
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        if !self.handle.is_null() {
            let mut minor = 0;
            // SAFETY: the handle is the library's own and is not used any more.
            unsafe { (self.api.release_name)(&raw mut minor, &raw mut self.handle) };
        }
    }
}

/// Octets the library allocates; given back when dropped.
struct Owned {
    api: &'static Api,
    buffer: Buffer,
}

impl Owned {
    const fn new(api: &'static Api) -> Self {
        Self { api, buffer: Buffer { length: 0, value: null_mut() } }
    }

    fn copy(&self) -> Vec<u8> {
        if self.buffer.value.is_null() || self.buffer.length == 0 {
            return Vec::new();
        }
        // SAFETY: the library has filled the buffer: so many octets are there, until it is given back.
        unsafe { std::slice::from_raw_parts(self.buffer.value.cast::<u8>(), self.buffer.length) }.to_vec()
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        let mut minor = 0;
        // SAFETY: the buffer is empty or the library's own, and is not used any more.
        unsafe { (self.api.release_buffer)(&raw mut minor, &raw mut self.buffer) };
    }
}
