//! Notifications of the desktop, over the session's D-Bus.
//!
//! The socket is opened here and not by the library: it would also start programs for some addresses, and wait
//! in a thread where a bus takes nobody in. Everything is given up after [`LIMIT`].

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::time::timeout;
use zbus::connection::Builder;
use zbus::{Connection, Variant};

use crate::app::notices::{Notice, NoticeKind};
use crate::net::link::plain;
use crate::ui::notify::texts;

/// Longest time for one notice.
pub const LIMIT: Duration = Duration::from_secs(2);
/// Numbers of notices kept, so that they can be taken back.
const MAX_KEPT: usize = 200;

const SERVICE: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// The desktop.
#[derive(Debug, Default)]
pub struct Desktop {
    bus: Option<Bus>,
    /// Where the bus is, if not where the environment says.
    address: Option<String>,
    /// Numbers the desktop gave to ours.
    numbers: BTreeMap<u32, u32>,
}

#[derive(Debug)]
struct Bus {
    connection: Connection,
    /// Who shows notifications.
    server: String,
    /// It takes the text for a kind of HTML.
    markup: bool,
}

/// Whether there is a session bus, by its address.
#[must_use]
pub fn is_there() -> bool {
    sockets(|name| std::env::var_os(name))
        .iter()
        .any(|path| path.as_os_str().as_encoded_bytes().first() == Some(&0) || path.exists())
}

impl Desktop {
    /// The desktop of the bus at this address.
    #[must_use]
    pub fn at(address: &str) -> Self {
        Self { address: Some(address.to_owned()), ..Self::default() }
    }

    /// Shows a notice in place of the one of the same number; gives who took it, for people.
    ///
    /// # Errors
    /// A sentence.
    pub async fn show(&mut self, notice: &Notice) -> Result<String, String> {
        let shown = timeout(LIMIT, self.try_to_show(notice)).await;
        let shown = shown.unwrap_or_else(|_| Err(format!("no answer within {} s", LIMIT.as_secs())));
        if shown.is_err() {
            // The next one begins anew.
            self.bus = None;
        }
        shown
    }

    /// Takes a notice back, if it is still to be seen.
    pub async fn close(&mut self, id: u32) {
        let Some((number, bus)) = self.numbers.remove(&id).zip(self.bus.as_ref()) else { return };
        let arguments = (number,);
        let call = bus.connection.call_method(Some(SERVICE), PATH, Some(SERVICE), "CloseNotification", &arguments);
        // That it was gone already is no fault.
        let _ = timeout(LIMIT, call).await;
    }

    async fn try_to_show(&mut self, notice: &Notice) -> Result<String, String> {
        let bus = match self.bus.take() {
            Some(bus) => bus,
            None => Bus::open(self.address.as_deref()).await?,
        };
        let (title, body) = texts(notice);
        let body = if bus.markup { escaped(&body) } else { body };
        let replaces = self.numbers.get(&notice.id).copied().unwrap_or(0);
        let category = if notice.kind == NoticeKind::Presence { "presence" } else { "im.received" };
        let hints = HashMap::from([("urgency", Variant::from(1_u8)), ("category", Variant::from(category))]);
        let actions: [&str; 0] = [];
        let arguments = ("chinwag", replaces, "", title.as_str(), body.as_str(), actions.as_slice(), hints, -1_i32);
        let answer = bus.call("Notify", &arguments).await?;
        let number: u32 = answer.body().deserialize().map_err(|fault| fault.to_string())?;
        if self.numbers.len() >= MAX_KEPT {
            self.numbers.pop_first();
        }
        self.numbers.insert(notice.id, number);
        let said = format!("{} took it as number {number}", bus.server);
        self.bus = Some(bus);
        Ok(said)
    }
}

/// A connection to the session bus, or to the bus at an address.
///
/// # Errors
/// A sentence.
pub(super) async fn session_bus(address: Option<&str>) -> Result<Connection, String> {
    let mut why = "there is no session bus: DBUS_SESSION_BUS_ADDRESS names none".to_owned();
    let variable = |name: &str| match address {
        Some(address) => (name == "DBUS_SESSION_BUS_ADDRESS").then(|| address.into()),
        None => std::env::var_os(name),
    };
    for path in sockets(variable) {
        match UnixStream::connect(&path).await.and_then(UnixStream::into_std) {
            Ok(stream) => return Builder::unix_stream(stream).build().await.map_err(|fault| fault.to_string()),
            Err(fault) => why = format!("the session bus cannot be reached: {}", plain(&fault)),
        }
    }
    Err(why)
}

impl Bus {
    async fn open(address: Option<&str>) -> Result<Self, String> {
        let mut bus = Self { connection: session_bus(address).await?, server: String::new(), markup: false };
        let about = bus.call("GetServerInformation", &()).await?;
        let (name, vendor, version, _): (String, String, String, String) =
            about.body().deserialize().map_err(|fault| fault.to_string())?;
        bus.server = format!("{name} {version} ({vendor})");
        let able = bus.call("GetCapabilities", &()).await?;
        let able: Vec<String> = able.body().deserialize().map_err(|fault| fault.to_string())?;
        bus.markup = able.iter().any(|word| word == "body-markup");
        Ok(bus)
    }

    async fn call<B>(&self, method: &str, arguments: &B) -> Result<zbus::Message, String>
    where
        B: serde::Serialize + zbus::zvariant::DynamicType + Sync,
    {
        let call = self.connection.call_method(Some(SERVICE), PATH, Some(SERVICE), method, arguments);
        call.await.map_err(|fault| {
            let said = fault.to_string();
            let nobody = said.contains("DBus.Error.ServiceUnknown");
            if nobody { "no program that shows notifications runs on this desktop".to_owned() } else { said }
        })
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The sockets a session bus may listen at: those of its address, else the usual one. Of the ways an address
/// can name, only sockets are taken: others would start programs.
fn sockets(variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let Some(address) = set("DBUS_SESSION_BUS_ADDRESS") else {
        return set("XDG_RUNTIME_DIR").map(|folder| PathBuf::from(folder).join("bus")).into_iter().collect();
    };
    let address = address.to_string_lossy().into_owned();
    let one = |entry: &str| {
        let rest = entry.strip_prefix("unix:")?;
        rest.split(',').find_map(|pair| match pair.split_once('=')? {
            ("path", value) => unescaped(value, b""),
            ("abstract", value) => unescaped(value, b"\0"),
            _ => None,
        })
    };
    address.split(';').filter_map(one).collect()
}

/// A value of an address, whose odd octets stand as `%20`.
fn unescaped(value: &str, before: &[u8]) -> Option<PathBuf> {
    let mut octets = before.to_vec();
    let mut rest = value.as_bytes();
    while let [first, others @ ..] = rest {
        rest = others;
        if *first != b'%' {
            octets.push(*first);
            continue;
        }
        let [high, low, others @ ..] = rest else { return None };
        let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        octets.push(digit(high)? * 16 + digit(low)?);
        rest = others;
    }
    Some(OsString::from_vec(octets).into())
}

#[cfg(test)]
pub(super) mod tests;
