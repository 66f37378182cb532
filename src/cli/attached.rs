//! The running program at the other end of its socket, as a session sees it: its reports, and a picture of
//! its accounts made of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::app::{AccountView, App, Msg, update};
use crate::backend::{Command, Event, Refused};
use crate::model::{AccountId, Address, FileId, SignInPhase};
use crate::policy::Policy;
use crate::runtime::control::{Hello, Line};
use crate::runtime::script::reading;

use super::exit::{Exit, Failure};
use super::printer::now;

/// What is said when the running program ends while something is waited for.
const ENDED: &str = "the running chinwag has ended";

/// What a session wants to be told, beside what answers its orders.
#[derive(Debug, Clone, Default)]
pub struct Interest {
    /// How everybody is; or these people only, if there are any.
    pub presence: bool,
    /// Only these.
    pub people: Vec<Address>,
    /// Messages, who writes, who watches us, rooms.
    pub messages: bool,
    /// The contact list and the access list.
    pub lists: bool,
}

impl Interest {
    /// Everything.
    pub const ALL: Self = Self { presence: true, people: Vec::new(), messages: true, lists: true };
    /// The lists alone.
    pub const LISTS: Self = Self { presence: false, people: Vec::new(), messages: false, lists: true };
}

/// What came from the running program.
#[derive(Debug)]
pub enum Heard {
    /// An account reports.
    Report(AccountId, Event),
    /// An order was refused.
    Refused(AccountId, Refused),
    /// A file that was offered here looks different now.
    File(AccountId, FileId),
    /// Nothing that concerns anybody.
    Nothing,
}

/// The running program.
#[derive(Debug)]
pub struct Attached {
    line: Line,
    app: App,
    interest: Interest,
    /// Accounts that were not signed in when their state was asked for: there is more to know when they are.
    early: BTreeSet<AccountId>,
    /// Whether the state of an account is told whole; and whether it would not be known better in a moment.
    told: BTreeMap<AccountId, bool>,
    /// The last thing it said of the connection itself.
    parting: Option<String>,
    /// Offers of which the program has not told yet, and what scripts call the files.
    offers: BTreeMap<u64, Option<Value>>,
    /// What scripts call files by the names of the program.
    names: BTreeMap<(AccountId, FileId), Value>,
    /// Files offered so far.
    offered: u64,
    leaving: bool,
}

impl Attached {
    /// Over a connection; `accounts` are those of the running program that count.
    #[must_use]
    pub fn new(line: Line, hello: &Hello, accounts: &[AccountId], interest: Interest) -> Self {
        let views = hello.accounts.iter().filter(|served| accounts.contains(&served.id));
        let app = App::new(views.map(|served| (served.id.clone(), AccountView::new(served.aor.clone()))), Policy::default());
        Self {
            line,
            app,
            interest,
            early: BTreeSet::new(),
            told: BTreeMap::new(),
            parting: None,
            offers: BTreeMap::new(),
            names: BTreeMap::new(),
            offered: 0,
            leaving: false,
        }
    }

    /// The picture of the accounts.
    #[must_use]
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// Whether everything known at the beginning is told.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.app.accounts.keys().all(|id| self.told.contains_key(id))
    }

    /// Whether what is not known of people by now would not be known in a moment either.
    #[must_use]
    pub fn is_settled(&self, id: &AccountId) -> bool {
        self.told.get(id).copied().unwrap_or(false)
    }

    /// Asks for what is to be told of an account.
    ///
    /// # Errors
    /// Exit 4 when the program is gone.
    pub fn follow(&mut self, id: &AccountId) -> Result<(), Failure> {
        let interest = &self.interest;
        let people: Vec<&str> = interest.people.iter().map(Address::as_str).collect();
        let presence = if interest.presence && !people.is_empty() { json!(people) } else { json!(interest.presence) };
        let wish = json!({
            "do": "follow",
            "account": id.as_str(),
            "presence": presence,
            "messages": interest.messages,
            "lists": interest.lists,
        });
        self.say(&wish.to_string())
    }

    /// Passes an order on. What is the other program's own affair is left to it.
    ///
    /// # Errors
    /// Exit 4 when the program is gone.
    pub fn order(&mut self, id: &AccountId, command: &Command) -> Result<(), Failure> {
        match reading::act(id, command) {
            Some(line) => self.say(&line),
            None => Ok(()),
        }
    }

    /// Has it offer a file; `name` is what a script calls it.
    ///
    /// # Errors
    /// Exit 4 when the program is gone, 1 where the path cannot be told.
    pub fn offer(&mut self, account: &AccountId, to: &Address, path: &str, name: Option<Value>) -> Result<(), Failure> {
        // It is in another folder, perhaps; in the same home.
        let path = if path.starts_with("~/") { path.into() } else { std::path::absolute(path)? };
        let Some(path) = path.to_str() else {
            let text = format!("{} cannot be told to the running chinwag: it is not text; leave --attach out", path.display());
            return Err(Failure::new(Exit::Failed, text));
        };
        self.offered += 1;
        self.offers.insert(self.offered, name);
        let number = self.offered;
        let wish = json!({"do": "offer_file", "account": account.as_str(), "to": to.as_str(), "path": path, "id": number});
        self.say(&wish.to_string())
    }

    /// Has it stop a file that was offered here.
    ///
    /// # Errors
    /// Exit 4 when the program is gone.
    pub fn stop(&mut self, account: &AccountId, id: FileId) -> Result<(), Failure> {
        self.say(&json!({"do": "reject", "account": account.as_str(), "id": id.to_string()}).to_string())
    }

    /// Whether a file was offered of which nothing was told yet.
    #[must_use]
    pub fn awaits_files(&self) -> bool {
        !self.offers.is_empty()
    }

    /// What a script calls a file; told once.
    pub fn take_name(&mut self, account: &AccountId, id: FileId) -> Option<Value> {
        self.names.remove(&(account.clone(), id))
    }

    fn say(&mut self, line: &str) -> Result<(), Failure> {
        self.line.say(line).map_err(|_| self.ended())
    }

    /// The next thing it tells. Safe to drop at any time.
    ///
    /// # Errors
    /// Exit 4 when the program is gone, 5 when its policy forbids what was ordered.
    pub async fn next(&mut self) -> Result<Heard, Failure> {
        let Some(line) = self.line.next().await else { return Err(self.ended()) };
        // A newer program may say what we do not understand.
        let Ok(fields) = serde_json::from_slice::<Map<String, Value>>(&line) else { return Ok(Heard::Nothing) };
        let word = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
        match word("event") {
            "followed" => {
                let settled = fields.get("settled").and_then(Value::as_bool).unwrap_or(false);
                let id = AccountId::new(word("account"));
                if !self.app.accounts.get(&id).is_some_and(AccountView::is_online) {
                    self.early.insert(id.clone());
                }
                self.told.insert(id, settled);
                return Ok(Heard::Nothing);
            }
            "file" => return Ok(self.file(&fields)),
            "notice" if fields.contains_key("id") => return answer(word("code"), word("account"), word("text")),
            "notice" if fields.get("account").is_none_or(Value::is_null) => {
                self.parting = Some(word("text").to_owned());
                return Ok(Heard::Nothing);
            }
            _ => {}
        }
        let Some(told) = reading::event(&fields) else { return Ok(Heard::Nothing) };
        let Some(view) = self.app.accounts.get_mut(&told.account) else { return Ok(Heard::Nothing) };
        if let Some(note) = told.note {
            view.own.note = note;
        }
        // The picture is only looked at: nothing is to be done about what changes in it.
        drop(update(&mut self.app, Msg::Account(told.account.clone(), told.event.clone()), now()));
        if matches!(told.event, Event::Phase { phase: SignInPhase::Online, .. }) && self.early.remove(&told.account) {
            self.told.remove(&told.account);
            self.follow(&told.account)?;
        }
        Ok(Heard::Report(told.account, told.event))
    }

    fn file(&mut self, fields: &Map<String, Value>) -> Heard {
        let Some((account, id, transfer)) = reading::file(fields) else { return Heard::Nothing };
        let Some(view) = self.app.accounts.get_mut(&account) else { return Heard::Nothing };
        view.transfers.insert(id, transfer);
        let offer = fields.get("id").and_then(Value::as_u64);
        if let Some(name) = offer.and_then(|offer| self.offers.remove(&offer)).flatten() {
            self.names.insert((account.clone(), id), name);
        }
        Heard::File(account, id)
    }

    /// Says that no more will be ordered; answers still come, then the end.
    pub async fn leave(&mut self) {
        self.leaving = true;
        self.line.end().await;
    }

    /// Whether we are leaving, so that the end is nothing to tell of.
    #[must_use]
    pub const fn is_leaving(&self) -> bool {
        self.leaving
    }

    fn ended(&self) -> Failure {
        let why = self.parting.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        Failure::new(Exit::Unreachable, format!("{ENDED}{why}"))
    }
}

/// What an order was answered with that was not carried out.
fn answer(code: &str, account: &str, text: &str) -> Result<Heard, Failure> {
    match code {
        "refused" => Ok(Heard::Refused(AccountId::new(account), Refused::Unknown(text.to_owned()))),
        "forbidden" => Err(Failure::new(Exit::Forbidden, text)),
        _ => Err(Failure::new(Exit::Failed, format!("the running chinwag says: {text}"))),
    }
}
