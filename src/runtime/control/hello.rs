//! What a running program says of itself to whoever comes in.

use serde_json::{Value, json};

use crate::app::App;
use crate::model::{AccountId, Address, Stamp};
use crate::runtime::script::events::JsonEvent;

/// The number goes up when old programs cannot talk to new ones any more.
const PROTOCOL: u64 = 1;

/// One account of the running program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Its name there.
    pub id: AccountId,
    /// Its address.
    pub aor: Address,
    /// It is signed out, and will be so until somebody wishes otherwise.
    pub offline: bool,
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The process.
    pub pid: u32,
    /// Which data folder it works with.
    pub data_dir: String,
    /// Its accounts.
    pub accounts: Vec<Served>,
}

impl Hello {
    /// The line of this program.
    #[must_use]
    pub fn line(app: &App, data_dir: &str, at: Stamp) -> String {
        let accounts: Vec<Value> = app
            .accounts
            .iter()
            .map(|(id, view)| json!({"id": id.as_str(), "aor": view.aor.as_str(), "phase": view.phase.word()}))
            .collect();
        JsonEvent::new("hello", at, None)
            .with("protocol", PROTOCOL)
            .with("version", env!("CARGO_PKG_VERSION"))
            .with("pid", std::process::id())
            .with("data_dir", data_dir)
            .with("accounts", accounts)
            .line()
    }

    /// Reads the line of another program.
    ///
    /// # Errors
    /// What is wrong with it, or what the program says instead.
    pub fn read(line: &[u8]) -> Result<Self, Unreached> {
        let value: Value = serde_json::from_slice(line).map_err(|_| Unreached::Strange)?;
        if value["event"] == "notice" {
            return Err(Unreached::Busy(value["text"].as_str().unwrap_or("it takes nobody").to_owned()));
        }
        if value["event"] != "hello" {
            return Err(Unreached::Strange);
        }
        if value["protocol"] != PROTOCOL {
            return Err(Unreached::OtherVersion(value["version"].as_str().unwrap_or("unknown").to_owned()));
        }
        let served = |one: &Value| {
            let aor = Address::parse(one["aor"].as_str()?).ok()?;
            Some(Served { id: AccountId::new(one["id"].as_str()?), aor, offline: one["phase"] == "offline" })
        };
        let accounts = value["accounts"].as_array().ok_or(Unreached::Strange)?;
        Ok(Self {
            pid: value["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok()).ok_or(Unreached::Strange)?,
            data_dir: value["data_dir"].as_str().unwrap_or_default().to_owned(),
            accounts: accounts.iter().map(served).collect::<Option<_>>().ok_or(Unreached::Strange)?,
        })
    }
}

/// Why no running program was reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreached {
    /// There is none, as far as can be seen.
    #[error("no chinwag that can be steered runs with the data folder {data_dir}{}", list(.others))]
    Nobody {
        /// Where was looked.
        data_dir: String,
        /// Those that run with other folders: folder and process.
        others: Vec<(String, u32)>,
    },
    /// It takes no more.
    #[error("the running chinwag says: {0}")]
    Busy(String),
    /// It says nothing.
    #[error("a chinwag runs with this data folder but does not answer; is it stopped?")]
    Silent,
    /// What it says is not understood.
    #[error("what answers at the socket of the running chinwag is no chinwag")]
    Strange,
    /// It is too old or too new.
    #[error("the running chinwag is version {0}, which this one cannot talk to; restart it")]
    OtherVersion(String),
    /// This system has no such sockets.
    #[error("a running chinwag cannot be steered on this system")]
    NotHere,
}

fn list(others: &[(String, u32)]) -> String {
    let one = |(folder, pid): &(String, u32)| format!("; one runs with --data-dir {folder} (process {pid})");
    others.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::AccountView;
    use crate::policy::Policy;

    #[test]
    fn what_is_said_is_understood() {
        let aor = Address::parse("sip:alice@example.test").unwrap();
        let app = App::new([(AccountId::new("work"), AccountView::new(aor.clone()))], Policy::default());
        let hello = Hello::read(Hello::line(&app, "/data", Stamp::default()).as_bytes()).unwrap();
        let accounts = vec![Served { id: AccountId::new("work"), aor, offline: true }];
        assert_eq!(hello, Hello { pid: std::process::id(), data_dir: "/data".into(), accounts });
    }

    #[test]
    fn everything_else_is_told() {
        for (line, why) in [
            ("", Unreached::Strange),
            ("220 mail.example.test ESMTP", Unreached::Strange),
            (r#"{"event":"hello","protocol":1,"pid":7,"accounts":[{"id":"a","aor":"b ob"}]}"#, Unreached::Strange),
            (r#"{"event":"hello","protocol":2,"version":"9.0"}"#, Unreached::OtherVersion("9.0".into())),
            (r#"{"event":"notice","text":"too many"}"#, Unreached::Busy("too many".into())),
        ] {
            assert_eq!(Hello::read(line.as_bytes()), Err(why), "{line}");
        }
    }
}
