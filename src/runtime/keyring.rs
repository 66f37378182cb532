//! The keyring of the desktop (Secret Service, over the session's D-Bus): it keeps the passphrase that opens the
//! key of the store, and passwords of accounts.
//!
//! There is one passphrase for all data folders of a user: a folder that is moved is opened all the same. A password
//! is found by the address of its account, whatever the account is called. The socket of the bus is the user's own, so
//! secrets go over it as they are (`plain` of the Secret Service).

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::{sleep, timeout};
use zbus::fdo::RequestNameFlags;
use zbus::{Connection, MatchRule, MessageStream, ObjectPath, OwnedObjectPath, OwnedVariant, Variant};
use zeroize::Zeroizing;

use crate::model::{Address, Secret};
use crate::runtime::desktop::session_bus;

/// Longest wait for an answer that asks nobody anything.
const LIMIT: Duration = Duration::from_secs(5);
/// Longest wait for somebody to unlock the keyring.
const PATIENCE: Duration = Duration::from_mins(2);
/// Between two looks whether another program made one.
const AGAIN: Duration = Duration::from_millis(100);

const SERVICE: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const SERVICE_WORDS: &str = "org.freedesktop.Secret.Service";
const COLLECTION_WORDS: &str = "org.freedesktop.Secret.Collection";
const ITEM_WORDS: &str = "org.freedesktop.Secret.Item";
const PROMPT_WORDS: &str = "org.freedesktop.Secret.Prompt";
const NO_DEFAULT: &str = "it has no default keyring; make one with the settings of your desktop";
/// The name on the bus of the program that makes one.
const MAKER: &str = "org.chinwag.Keyring";

/// A secret as it goes over the bus: session, parameters, octets, media type.
type OnTheBus = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

/// An open keyring.
#[derive(Debug)]
struct Keyring {
    connection: Connection,
    session: OwnedObjectPath,
}

/// What of ours lies there.
#[derive(Debug, Clone, Copy)]
enum Kept<'a> {
    /// What opens the key of the store.
    Passphrase,
    /// The password of an account.
    Password(&'a Address),
}

impl<'a> Kept<'a> {
    /// What it is found by.
    fn attributes(self) -> HashMap<&'a str, &'a str> {
        let of = |purpose| HashMap::from([("application", "chinwag"), ("purpose", purpose)]);
        match self {
            Self::Passphrase => of("store passphrase"),
            Self::Password(whose) => {
                let mut attributes = of("password");
                attributes.insert("address", whose.as_str());
                attributes
            }
        }
    }

    /// What the user sees it called among everything else.
    fn label(self) -> String {
        match self {
            Self::Passphrase => "chinwag: passphrase of what is kept".to_owned(),
            Self::Password(whose) => format!("chinwag: password of {whose}"),
        }
    }

    /// For sentences.
    fn name(self) -> String {
        match self {
            Self::Passphrase => "passphrase of chinwag".to_owned(),
            Self::Password(whose) => format!("password of {whose}"),
        }
    }
}

/// The passphrase in the keyring. `make` = one is made there where there is none. Waits for an answer, and for
/// somebody to unlock the keyring, up to two minutes.
///
/// # Errors
/// A sentence.
pub fn passphrase(make: bool) -> Result<Secret, String> {
    wait_for(move || passphrase_at(None, make))
}

/// The password of an account in the keyring. Waits as [`passphrase`] does.
///
/// # Errors
/// A sentence.
pub fn password(whose: &Address) -> Result<Secret, String> {
    let whose = whose.clone();
    wait_for(move || async move { password_at(None, &whose).await })
}

/// The same for who cannot be held up.
///
/// # Errors
/// A sentence.
pub async fn password_behind(whose: &Address) -> Result<Secret, String> {
    password_at(None, whose).await
}

/// Puts the password of an account into the keyring, in place of the one that is there. Waits as [`passphrase`] does.
///
/// # Errors
/// A sentence.
pub fn keep_password(whose: &Address, secret: &Secret) -> Result<(), String> {
    let (whose, secret) = (whose.clone(), secret.clone());
    wait_for(move || async move { keep_at(None, &whose, &secret).await })
}

/// Takes the password of an account out of the keyring; `false` where there is none. Waits as [`passphrase`] does.
///
/// # Errors
/// A sentence.
pub fn forget_password(whose: &Address) -> Result<bool, String> {
    let whose = whose.clone();
    wait_for(move || async move { forget_at(None, &whose).await })
}

/// Whether a keyring answers.
#[must_use]
pub fn is_there() -> bool {
    wait_for(async || opened(None).await.map(drop)).is_ok()
}

/// Waits for an answer. It may be called anywhere, so it has a thread of its own.
fn wait_for<T, W>(ask: impl FnOnce() -> W + Send + 'static) -> Result<T, String>
where
    T: Send + 'static,
    W: Future<Output = Result<T, String>>,
{
    let asking = std::thread::Builder::new().name("keyring".to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|fault| fault.to_string())?;
        runtime.block_on(ask())
    });
    let asking = asking.map_err(|fault| fault.to_string())?;
    asking.join().unwrap_or_else(|_| Err("it could not be asked because of a fault in the program".to_owned()))
}

/// The keyring on the bus at an address, else on that of the session.
async fn opened(address: Option<&str>) -> Result<Keyring, String> {
    timeout(LIMIT, Keyring::open(address)).await.unwrap_or_else(|_| Err(no_answer(LIMIT)))
}

async fn password_at(address: Option<&str>, whose: &Address) -> Result<Secret, String> {
    let (keyring, kept) = (opened(address).await?, Kept::Password(whose));
    let mut found = keyring.find(kept).await?;
    // Some keyrings find nothing of what is locked.
    if found.is_none() && keyring.unlocked_default().await?.is_some() {
        found = keyring.find(kept).await?;
    }
    found.ok_or_else(|| format!("it holds no {}; `chinwag password set` puts it there", kept.name()))
}

async fn keep_at(address: Option<&str>, whose: &Address, secret: &Secret) -> Result<(), String> {
    let (keyring, kept) = (opened(address).await?, Kept::Password(whose));
    let collection = keyring.unlocked_default().await?.ok_or(NO_DEFAULT)?;
    keyring.put(kept, &collection, secret.expose(), true).await?;
    // Another collection may hold an older one.
    match keyring.find(kept).await? {
        Some(found) if found == *secret => Ok(()),
        Some(_) => Err("it goes on giving an older one; `chinwag password forget` takes that away".to_owned()),
        None => Err("it did not keep the password".to_owned()),
    }
}

async fn forget_at(address: Option<&str>, whose: &Address) -> Result<bool, String> {
    opened(address).await?.forget(Kept::Password(whose)).await
}

async fn passphrase_at(address: Option<&str>, make: bool) -> Result<Secret, String> {
    let (keyring, kept) = (opened(address).await?, Kept::Passphrase);
    if let Some(found) = keyring.find(kept).await? {
        return Ok(found);
    }
    if make {
        timeout(PATIENCE, keyring.make_alone()).await.unwrap_or_else(|_| Err(no_answer(PATIENCE)))?;
    }
    // Some keyrings find nothing of what is locked, and what another data folder needs must not be missed.
    let collection = keyring.unlocked_default().await?;
    if let Some(found) = keyring.find(kept).await? {
        return Ok(found);
    }
    if !make {
        return Err(format!("it holds no {}", kept.name()));
    }
    let collection = collection.ok_or(NO_DEFAULT)?;
    let mut octets = Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut octets[..]).map_err(|fault| format!("the system gives no random numbers: {fault}"))?;
    let mut text = Zeroizing::new(String::with_capacity(64));
    for octet in octets.iter() {
        use std::fmt::Write as _;
        let _ = write!(*text, "{octet:02x}");
    }
    keyring.put(kept, &collection, &text, false).await?;
    // Only what can be read again may seal anything.
    keyring.find(kept).await?.ok_or_else(|| "it did not keep the passphrase".to_owned())
}

fn no_answer(limit: Duration) -> String {
    format!("no answer within {} s", limit.as_secs())
}

impl Keyring {
    async fn open(address: Option<&str>) -> Result<Self, String> {
        let connection = session_bus(address).await?;
        let answer = call(&connection, PATH, SERVICE_WORDS, "OpenSession", &("plain", Variant::from(""))).await?;
        let (_, session): (OwnedVariant, OwnedObjectPath) = answer.body().deserialize().map_err(|fault| fault.to_string())?;
        Ok(Self { connection, session })
    }

    /// Waits until no other program makes a passphrase: of those that begin at the same time, one does. The name is
    /// free again when the connection ends.
    async fn make_alone(&self) -> Result<(), String> {
        loop {
            match self.connection.request_name_with_flags(MAKER, RequestNameFlags::DO_NOT_QUEUE).await {
                Ok(_) => return Ok(()),
                Err(zbus::Error::NameTaken) => sleep(AGAIN).await,
                Err(fault) => return Err(fault.to_string()),
            }
        }
    }

    async fn ask<B>(&self, path: &str, words: &str, method: &str, arguments: &B) -> Result<zbus::Message, String>
    where
        B: serde::Serialize + zbus::DynamicType + Sync,
    {
        let answer = timeout(LIMIT, call(&self.connection, path, words, method, arguments)).await;
        answer.unwrap_or_else(|_| Err(no_answer(LIMIT)))
    }

    /// Where it lies: what is open, and what is locked.
    async fn search(&self, kept: Kept<'_>) -> Result<(Vec<OwnedObjectPath>, Vec<OwnedObjectPath>), String> {
        let answer = self.ask(PATH, SERVICE_WORDS, "SearchItems", &(kept.attributes(),)).await?;
        answer.body().deserialize().map_err(|fault| fault.to_string())
    }

    /// The secret, if there is one; unlocks the keyring for that.
    async fn find(&self, kept: Kept<'_>) -> Result<Option<Secret>, String> {
        let (mut open, locked) = self.search(kept).await?;
        if open.is_empty() && !locked.is_empty() {
            self.unlock(&locked).await?;
            open = locked;
        }
        let Some(item) = open.first() else { return Ok(None) };
        let answer = self.ask(PATH, SERVICE_WORDS, "GetSecrets", &(vec![item], &self.session)).await?;
        let found: HashMap<OwnedObjectPath, OnTheBus> = answer.body().deserialize().map_err(|fault| fault.to_string())?;
        let (_, _, octets, _) =
            found.into_values().next().ok_or_else(|| format!("it does not hand out its {}; unlock it", kept.name()))?;
        let octets = Zeroizing::new(octets);
        let text = std::str::from_utf8(&octets).ok().filter(|text| !text.is_empty());
        text.map(|text| Some(Secret::new(text.to_owned()))).ok_or_else(|| format!("its {} is not text", kept.name()))
    }

    /// Takes away all there are; `false` = there was none.
    async fn forget(&self, kept: Kept<'_>) -> Result<bool, String> {
        let (mut all, mut locked) = self.search(kept).await?;
        // Some keyrings find nothing of what is locked.
        if all.is_empty() && locked.is_empty() && self.unlocked_default().await?.is_some() {
            (all, locked) = self.search(kept).await?;
        }
        if !locked.is_empty() {
            self.unlock(&locked).await?;
            all.extend(locked);
        }
        for item in &all {
            let answer = self.ask(item.as_str(), ITEM_WORDS, "Delete", &()).await?;
            let prompt: OwnedObjectPath = answer.body().deserialize().map_err(|fault| fault.to_string())?;
            self.prompted(&prompt).await?;
        }
        Ok(!all.is_empty())
    }

    /// Where new secrets go, unlocked, if there is such a place.
    async fn unlocked_default(&self) -> Result<Option<OwnedObjectPath>, String> {
        let answer = self.ask(PATH, SERVICE_WORDS, "ReadAlias", &("default",)).await?;
        let collection: OwnedObjectPath = answer.body().deserialize().map_err(|fault| fault.to_string())?;
        if collection.as_str() == "/" {
            return Ok(None);
        }
        self.unlock(std::slice::from_ref(&collection)).await?;
        Ok(Some(collection))
    }

    /// Puts it into an unlocked collection; `replace` = in the place of what is found by the same.
    async fn put(&self, kept: Kept<'_>, collection: &ObjectPath<'_>, text: &str, replace: bool) -> Result<(), String> {
        let label = kept.label();
        let properties = HashMap::from([
            ("org.freedesktop.Secret.Item.Label", Variant::from(label.as_str())),
            ("org.freedesktop.Secret.Item.Attributes", Variant::from(kept.attributes())),
        ]);
        let secret = (&self.session, Vec::<u8>::new(), text.as_bytes(), "text/plain");
        let answer = self.ask(collection.as_str(), COLLECTION_WORDS, "CreateItem", &(properties, secret, replace)).await?;
        let (_, prompt): (OwnedObjectPath, OwnedObjectPath) = answer.body().deserialize().map_err(|fault| fault.to_string())?;
        self.prompted(&prompt).await
    }

    async fn unlock(&self, what: &[OwnedObjectPath]) -> Result<(), String> {
        let answer = self.ask(PATH, SERVICE_WORDS, "Unlock", &(what,)).await?;
        let (_, prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) =
            answer.body().deserialize().map_err(|fault| fault.to_string())?;
        self.prompted(&prompt).await
    }

    /// Has the keyring ask its user, and waits for the answer; `/` = there is nothing to ask.
    async fn prompted(&self, prompt: &ObjectPath<'_>) -> Result<(), String> {
        if prompt.as_str() == "/" {
            return Ok(());
        }
        let rule = MatchRule::builder().msg_type(zbus::message::Type::Signal).path(prompt.as_str());
        let rule = rule.interface(PROMPT_WORDS).member("Completed").build().map_err(|fault| fault.to_string())?;
        let stream = MessageStream::for_match_rule(rule, &self.connection, None).await;
        let mut stream = stream.map_err(|fault| fault.to_string())?;
        self.ask(prompt.as_str(), PROMPT_WORDS, "Prompt", &("",)).await?;
        let Ok(Some(Ok(done))) = timeout(PATIENCE, stream.next()).await else {
            return Err("nobody unlocked it".to_owned());
        };
        let (dismissed, _): (bool, OwnedVariant) = done.body().deserialize().map_err(|fault| fault.to_string())?;
        if dismissed { Err("it was not unlocked".to_owned()) } else { Ok(()) }
    }
}

async fn call<B>(connection: &Connection, path: &str, words: &str, method: &str, arguments: &B) -> Result<zbus::Message, String>
where
    B: serde::Serialize + zbus::DynamicType + Sync,
{
    connection.call_method(Some(SERVICE), path, Some(words), method, arguments).await.map_err(|fault| {
        let said = fault.to_string();
        if said.contains("DBus.Error.ServiceUnknown") { "no keyring runs on this desktop".to_owned() } else { said }
    })
}

#[cfg(test)]
mod tests;
