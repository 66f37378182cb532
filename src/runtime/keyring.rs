//! The keyring of the desktop (Secret Service, over the session's D-Bus): it keeps the passphrase that opens the
//! key of the store.
//!
//! There is one passphrase for all data folders of a user: a folder that is moved is opened all the same. The
//! socket of the bus is the user's own, so secrets go over it as they are (`plain` of the Secret Service).

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::{sleep, timeout};
use zbus::fdo::RequestNameFlags;
use zbus::{Connection, MatchRule, MessageStream, ObjectPath, OwnedObjectPath, OwnedVariant, Variant};
use zeroize::Zeroizing;

use crate::model::Secret;
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
const PROMPT_WORDS: &str = "org.freedesktop.Secret.Prompt";
/// What ours is found by.
const ATTRIBUTES: [(&str, &str); 2] = [("application", "chinwag"), ("purpose", "store passphrase")];
/// The name on the bus of the program that makes one.
const MAKER: &str = "org.chinwag.Keyring";
const LABEL: &str = "chinwag: passphrase of what is kept";

/// A secret as it goes over the bus: session, parameters, octets, media type.
type OnTheBus = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

/// An open keyring.
#[derive(Debug)]
struct Keyring {
    connection: Connection,
    session: OwnedObjectPath,
}

/// The passphrase in the keyring. `make` = one is made there where there is none. Waits for an answer, and for
/// somebody to unlock the keyring, up to two minutes.
///
/// # Errors
/// A sentence.
pub fn passphrase(make: bool) -> Result<Secret, String> {
    wait_for(None, make)
}

/// The same on the bus at an address. It may be called anywhere, so it has a thread of its own.
fn wait_for(address: Option<String>, make: bool) -> Result<Secret, String> {
    let asking = std::thread::Builder::new().name("keyring".to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|fault| fault.to_string())?;
        runtime.block_on(passphrase_at(address.as_deref(), make))
    });
    let asking = asking.map_err(|fault| fault.to_string())?;
    asking.join().unwrap_or_else(|_| Err("it could not be asked because of a fault in the program".to_owned()))
}

async fn passphrase_at(address: Option<&str>, make: bool) -> Result<Secret, String> {
    let keyring = timeout(LIMIT, Keyring::open(address)).await.unwrap_or_else(|_| Err(no_answer(LIMIT)))?;
    if let Some(found) = keyring.find().await? {
        return Ok(found);
    }
    if make {
        timeout(PATIENCE, keyring.make_alone()).await.unwrap_or_else(|_| Err(no_answer(PATIENCE)))?;
    }
    // Some keyrings find nothing of what is locked, and what another data folder needs must not be missed.
    let collection = keyring.unlocked_default().await?;
    if let Some(found) = keyring.find().await? {
        return Ok(found);
    }
    if !make {
        return Err("it holds no passphrase of chinwag".to_owned());
    }
    let collection = collection.ok_or("it has no default keyring; make one with the settings of your desktop")?;
    let mut octets = Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut octets[..]).map_err(|fault| format!("the system gives no random numbers: {fault}"))?;
    let mut text = Zeroizing::new(String::with_capacity(64));
    for octet in octets.iter() {
        use std::fmt::Write as _;
        let _ = write!(*text, "{octet:02x}");
    }
    keyring.put(&collection, &text).await?;
    // Only what can be read again may seal anything.
    keyring.find().await?.ok_or_else(|| "it did not keep the passphrase".to_owned())
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

    /// Our passphrase, if there is one; unlocks the keyring for that.
    async fn find(&self) -> Result<Option<Secret>, String> {
        let attributes = HashMap::from(ATTRIBUTES);
        let answer = self.ask(PATH, SERVICE_WORDS, "SearchItems", &(attributes,)).await?;
        let (mut open, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
            answer.body().deserialize().map_err(|fault| fault.to_string())?;
        if open.is_empty() && !locked.is_empty() {
            self.unlock(&locked).await?;
            open = locked;
        }
        let Some(item) = open.first() else { return Ok(None) };
        let answer = self.ask(PATH, SERVICE_WORDS, "GetSecrets", &(vec![item], &self.session)).await?;
        let found: HashMap<OwnedObjectPath, OnTheBus> = answer.body().deserialize().map_err(|fault| fault.to_string())?;
        let (_, _, octets, _) = found.into_values().next().ok_or("it does not hand out its passphrase of chinwag; unlock it")?;
        let octets = Zeroizing::new(octets);
        let text = std::str::from_utf8(&octets).ok().filter(|text| !text.is_empty());
        text.map(|text| Some(Secret::new(text.to_owned()))).ok_or_else(|| "its passphrase of chinwag is not text".to_owned())
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

    /// Puts it into an unlocked collection, in the place of nothing.
    async fn put(&self, collection: &ObjectPath<'_>, text: &str) -> Result<(), String> {
        let properties = HashMap::from([
            ("org.freedesktop.Secret.Item.Label", Variant::from(LABEL)),
            ("org.freedesktop.Secret.Item.Attributes", Variant::from(HashMap::from(ATTRIBUTES))),
        ]);
        let secret = (&self.session, Vec::<u8>::new(), text.as_bytes(), "text/plain");
        let answer = self.ask(collection.as_str(), COLLECTION_WORDS, "CreateItem", &(properties, secret, false)).await?;
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
