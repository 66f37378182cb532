//! The certificate we show to servers that ask who we are.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::crypto::ring;
use rustls::sign::CertifiedKey;

use super::verify::Seen;
use super::{Shown, certificates, private_key, shown};

/// Where our certificate is; both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnFiles {
    /// The certificate, and those between it and its root.
    pub cert: PathBuf,
    /// Its private key, without a passphrase.
    pub key: PathBuf,
}

/// Our certificate with its key.
#[derive(Debug, Clone)]
pub struct Own {
    key: Arc<CertifiedKey>,
    /// What it says.
    pub shown: Shown,
}

impl Own {
    /// Reads the files.
    ///
    /// # Errors
    /// What is wrong, in words for the user.
    pub fn load(files: &OwnFiles) -> Result<Self, String> {
        let chain = certificates(&files.cert)?;
        let key = private_key(&files.key)?;
        let (cert, key_file) = (files.cert.display(), files.key.display());
        let read = chain.first().and_then(Shown::read).ok_or_else(|| format!("the certificate in {cert} cannot be read"))?;
        let leaf = chain.first().and_then(shown::key);
        // The library would read the certificate for this and knows version 3 only; servers may know more.
        let key = ring::default_provider().key_provider.load_private_key(key).map_err(|_| {
            let kinds = "RSA from 2048 bits on, P-256, P-384 and Ed25519";
            format!("the private key in {key_file} is of a kind that cannot be used; {kinds} can")
        })?;
        if key.public_key().is_some_and(|public| Some(public.as_ref()) != leaf.as_deref()) {
            return Err(format!("the private key in {key_file} does not belong to the certificate in {cert}"));
        }
        let key = CertifiedKey::new(chain, key);
        Ok(Self { key: Arc::new(key), shown: read })
    }
}

/// Shows our certificate when a server asks, and notes that it did.
#[derive(Debug)]
pub(super) struct Presenter {
    key: Option<Arc<CertifiedKey>>,
    seen: Seen,
}

impl Presenter {
    pub(super) fn new(own: Option<&Own>, seen: Seen) -> Self {
        Self { key: own.map(|own| own.key.clone()), seen }
    }
}

impl ResolvesClientCert for Presenter {
    /// Whatever authorities the server names: there is only this one certificate, and the server says
    /// best itself why it does not like it.
    fn resolve(&self, _root_hint_subjects: &[&[u8]], sigschemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let key = self.key.clone().filter(|key| key.key.choose_scheme(sigschemes).is_some());
        self.seen.note(|seen| seen.asked = Some(key.is_some()));
        key
    }

    fn has_certs(&self) -> bool {
        true
    }
}
