//! Accounts come, go and begin anew when the settings are read again. What is as it was goes on untouched.
//!
//! ```text
//!   removed:  sign out ──▶ out ──▶ gone from the list
//!   changed:  sign out ──▶ out ──▶ begins anew ──▶ sign in
//!   added:    password ──▶ begins ──▶ sign in
//! ```
//!
//! Nobody begins before everybody with the same address is out: a server would take the farewell of the one
//! for that of the other.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::{Running, Shell};
use crate::app::{AccountNews, AccountView, Action, Msg};
use crate::backend::Command;
use crate::config::{AccountSettings, AuthChoice, PasswordSource, Resolved};
use crate::history::{Remembered, StoreFault};
use crate::model::{AccountId, Address, Secret, SignInPhase};
use crate::runtime::secrets::{self, SecretError};

/// So long after its own last wait an account that says nothing is given up.
const GRACE: Duration = Duration::from_secs(1);

/// What became of the accounts when the settings were read again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exchanged {
    /// How many are as they were.
    pub unchanged: usize,
    /// Signed out, and begun anew.
    pub anew: Vec<AccountId>,
    /// They were not there before.
    pub added: Vec<AccountId>,
    /// Signed out, and taken off the list.
    pub removed: Vec<AccountId>,
}

impl Exchanged {
    /// `2 accounts unchanged, work begins anew, old is removed`.
    #[must_use]
    pub fn words(&self) -> String {
        let names = |ids: &[AccountId]| {
            let names: Vec<&str> = ids.iter().map(AccountId::as_str).collect();
            match names.split_last() {
                Some((last, [])) => (*last).to_owned(),
                Some((last, others)) => format!("{} and {last}", others.join(", ")),
                None => String::new(),
            }
        };
        let said = |ids: &[AccountId], one: &str, many: &str| match ids {
            [] => None,
            [_] => Some(format!("{} {one}", names(ids))),
            _ => Some(format!("{} {many}", names(ids))),
        };
        let unchanged = match self.unchanged {
            0 => None,
            1 => Some("1 account unchanged".to_owned()),
            n => Some(format!("{n} accounts unchanged")),
        };
        let parts = [
            unchanged,
            said(&self.anew, "is signed in anew", "are signed in anew"),
            said(&self.added, "is new", "are new"),
            said(&self.removed, "is signed out and removed", "are signed out and removed"),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// Accounts on their way in and out.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    /// They sign out; so long that is waited for.
    leaving: BTreeMap<AccountId, Instant>,
    /// They begin as soon as they can.
    coming: Vec<Coming>,
    /// Accounts that wait for what is kept of them, in the order they asked; `true` = they were not there before.
    reading: VecDeque<(AccountId, bool)>,
    /// Tasks that close their links.
    ending: JoinSet<()>,
    /// It is not settled yet who goes: nobody begins.
    deciding: bool,
}

/// An account that has not begun.
#[derive(Debug)]
struct Coming {
    account: AccountSettings,
    /// The password that is known of it already, and what is found out of it now.
    secret: Option<Secret>,
    finding: Option<JoinHandle<Result<Option<Secret>, SecretError>>>,
    /// Whether it is to sign in.
    signs_in: bool,
}

/// What an exchange woke up for.
#[derive(Debug)]
pub(super) enum Due {
    /// This one did not sign out in time.
    Late(AccountId),
    /// The password of this one, or why there is none.
    Secret(AccountId, Result<Option<Secret>, SecretError>),
}

impl Exchange {
    pub(super) fn is_leaving(&self, id: &AccountId) -> bool {
        self.leaving.contains_key(id)
    }

    /// Waits for the next thing that is due; for ever if nothing is. Safe to drop at any time.
    pub(super) async fn next(&mut self) -> Due {
        let first = self.leaving.iter().min_by_key(|(_, at)| **at).map(|(id, at)| (id.clone(), *at));
        let coming = &mut self.coming;
        let found = poll_fn(|cx| {
            for one in coming.iter_mut() {
                if let Some(finding) = &mut one.finding
                    && let Poll::Ready(found) = Pin::new(finding).poll(cx)
                {
                    one.finding = None;
                    // A task that came to nothing found nothing.
                    return Poll::Ready((one.account.id.clone(), found.unwrap_or(Ok(None))));
                }
            }
            Poll::Pending
        });
        tokio::select! {
            biased;
            (id, found) = found => Due::Secret(id, found),
            id = async {
                match first {
                    Some((id, at)) => { sleep_until(at).await; id }
                    None => std::future::pending().await,
                }
            } => Due::Late(id),
        }
    }

    /// Waits until all links are closed; nobody begins any more.
    pub(super) async fn finish(&mut self) {
        self.coming.clear();
        while self.ending.join_next().await.is_some() {}
    }
}

impl Shell {
    /// Other settings of accounts are in force from now on: who is new comes, who is not there any more is
    /// signed out and goes, who changed is signed out and begins anew. All others are left alone.
    pub fn exchange(&mut self, settings: &Resolved) -> Exchanged {
        let mut done = Exchanged::default();
        if self.ground.is_none() || self.quit {
            done.unchanged = self.accounts.len();
            return done;
        }
        self.exchange.deciding = true;
        for account in &settings.accounts {
            let id = &account.id;
            match self.runs_by(id).map(|(by, _)| by.holds_under(account)) {
                Some(true) => {
                    done.unchanged += 1;
                    continue;
                }
                Some(false) => done.anew.push(id.clone()),
                None => done.added.push(id.clone()),
            }
            let coming = self.coming(account);
            self.exchange.coming.retain(|other| other.account.id != *id);
            self.exchange.coming.push(coming);
            self.leave(id);
        }
        let stays = |id: &AccountId| settings.accounts.iter().any(|account| account.id == *id);
        let coming = self.exchange.coming.iter().map(|coming| &coming.account.id);
        let known = self.accounts.keys().filter(|id| !self.exchange.is_leaving(id));
        let mut removed: Vec<AccountId> = coming.chain(known).filter(|id| !stays(id)).cloned().collect();
        removed.sort();
        removed.dedup();
        self.exchange.coming.retain(|coming| stays(&coming.account.id));
        for id in &removed {
            self.leave(id);
        }
        done.removed = removed;
        // Who was out already, and was to begin anew, may be somebody else now, or nobody.
        let left = self.app.accounts.iter().filter(|(id, view)| !self.accounts.contains_key(id) && !self.comes(id, &view.aor));
        let left: Vec<AccountId> = left.map(|(id, _)| id.clone()).collect();
        for id in left {
            self.submit(Msg::Accounts(AccountNews::Gone(id)));
        }
        self.exchange.deciding = false;
        self.begin_coming();
        done
    }

    /// Whether this account is to begin, at this address.
    fn comes(&self, id: &AccountId, aor: &Address) -> bool {
        self.exchange.coming.iter().any(|coming| coming.account.id == *id && coming.account.aor == *aor)
    }

    /// The settings and the password an account runs by, or is to begin with; none if there is none or it goes.
    fn runs_by(&self, id: &AccountId) -> Option<(&AccountSettings, Option<&Secret>)> {
        if let Some(coming) = self.exchange.coming.iter().find(|coming| coming.account.id == *id) {
            return Some((&coming.account, coming.secret.as_ref()));
        }
        let running = self.accounts.get(id).filter(|_| !self.exchange.is_leaving(id))?;
        running.by.as_ref().map(|(account, secret)| (account, secret.as_ref()))
    }

    /// An account that is to begin: with the password that was typed, or what its source gives now.
    fn coming(&self, account: &AccountSettings) -> Coming {
        let known = self.runs_by(&account.id).and_then(|(_, secret)| secret.cloned());
        let (secret, finding) = match &account.password {
            _ if account.auth == AuthChoice::Kerberos => (None, None),
            PasswordSource::Given(secret) => (Some(secret.clone()), None),
            PasswordSource::Ask => (known, None),
            _ => {
                let account = account.clone();
                (known, Some(tokio::spawn(async move { secrets::find_behind(&account).await })))
            }
        };
        // Whoever signed out by hand is not signed in by a change of settings.
        let view = self.app.accounts.get(&account.id).filter(|_| self.runs_by(&account.id).is_some());
        let awake = self.accounts.get(&account.id).is_some_and(|running| running.awake);
        let by_hand = view.is_some_and(|view| matches!(view.phase, SignInPhase::Offline { why: None })) && !awake;
        let signs_in = awake || (account.auto_sign_in && !by_hand);
        Coming { account: account.clone(), secret, finding, signs_in }
    }

    /// Signs an account out, to be taken away then.
    fn leave(&mut self, id: &AccountId) {
        if self.exchange.is_leaving(id) {
            return;
        }
        let Some(running) = self.accounts.get(id) else { return };
        let Some(handle) = running.handle.as_ref().filter(|_| running.awake) else { return self.out(id, true) };
        let until = Instant::now() + handle.farewell() + GRACE;
        let ordered = self.app.permit(id, Command::SignOut).is_ok_and(|order| handle.order(order.into_inner()).is_ok());
        if ordered {
            self.exchange.leaving.insert(id.clone(), until);
        } else {
            self.out(id, false);
        }
    }

    /// An account said something: if it was to go, and is out now, it goes.
    pub(super) fn look_after(&mut self, id: &AccountId) {
        if self.exchange.is_leaving(id) && self.accounts.get(id).is_some_and(|running| !running.awake) {
            self.out(id, true);
        }
    }

    /// An account does nothing any more; it is gone, unless it begins anew. `clean` = it signed out in good order.
    pub(super) fn out(&mut self, id: &AccountId, clean: bool) {
        self.exchange.leaving.remove(id);
        let Some(running) = self.accounts.remove(id) else { return };
        if let Some(handle) = running.handle {
            self.exchange.ending.spawn(handle.end());
        }
        self.waiting.retain(|waiting| waiting.account.id != *id);
        self.held.retain(|(of, _)| of != id);
        self.owed.retain(|(of, _)| of != id);
        self.submit(Msg::Accounts(AccountNews::Out { id: id.clone(), clean }));
        if !self.app.accounts.get(id).is_some_and(|view| self.comes(id, &view.aor)) {
            self.submit(Msg::Accounts(AccountNews::Gone(id.clone())));
        }
        self.begin_coming();
    }

    /// Something that an exchange waited for.
    pub(super) fn exchanged(&mut self, due: Due) {
        match due {
            Due::Late(id) => {
                tracing::warn!(account = %id, "gave up waiting for the farewell");
                self.out(&id, false);
            }
            Due::Secret(id, found) => {
                let Some(coming) = self.exchange.coming.iter_mut().find(|coming| coming.account.id == id) else { return };
                match found {
                    Ok(found) => coming.secret = found,
                    Err(why) if coming.secret.is_some() => {
                        self.trouble(format!("{why}; it signs in with the password of before"));
                    }
                    Err(why) => self.trouble(format!("{why}; /password signs in with one that you type")),
                }
                self.begin_coming();
            }
        }
    }

    /// Whoever can begin does.
    fn begin_coming(&mut self) {
        while !self.quit && !self.exchange.deciding {
            let leaves =
                |aor: &Address| self.app.accounts.iter().any(|(id, view)| view.aor == *aor && self.exchange.is_leaving(id));
            let can = |Coming { account, finding, .. }: &Coming| {
                finding.is_none() && !leaves(&account.aor) && !self.accounts.contains_key(&account.id)
            };
            let Some(at) = self.exchange.coming.iter().position(can) else { return };
            let coming = self.exchange.coming.remove(at);
            self.begin(coming);
        }
    }

    fn begin(&mut self, coming: Coming) {
        let Coming { account, secret, signs_in, .. } = coming;
        let id = account.id.clone();
        let before = self.app.accounts.get(&id);
        let files_before = before.map_or(0, AccountView::last_file_received);
        let known = before.map(|view| (view.roster.clone(), view.access.clone()));
        let anew = known.is_some();
        let mut troubles = Vec::new();
        let Some(made) = self.ground.as_ref().map(|ground| ground.assemble(&account, secret.clone(), known, &mut troubles))
        else {
            return;
        };
        for trouble in troubles {
            self.trouble(trouble);
        }
        let (assembly, mut begins) = match made {
            Ok(made) => made,
            Err(why) => {
                self.trouble(format!("account {id} cannot begin: {why}"));
                return self.submit(Msg::Accounts(AccountNews::Gone(id)));
            }
        };
        begins.known.files_before = files_before;
        let name = assembly.view.chosen_name.clone();
        let (_, view, mut running) = Running::new(assembly);
        running.by = Some((account, secret));
        // It must know what came before, where that is kept.
        let reads = self.app.ledger && self.messages.as_ref().is_some_and(crate::runtime::messages::Messages::read);
        if reads {
            self.exchange.reading.push_back((id.clone(), !anew));
            self.waiting.push(begins);
        } else if self.app.opening {
            self.waiting.push(begins);
        } else {
            let nothing = Remembered::default();
            running.handle = Some(begins.ready(self.app.ledger.then_some(&nothing)).start());
        }
        self.accounts.insert(id.clone(), running);
        let news = if anew { AccountNews::Anew { id: id.clone(), name } } else { AccountNews::Came(id.clone(), Box::new(view)) };
        self.submit(Msg::Accounts(news));
        if signs_in {
            self.submit(Msg::Action(Action::Order(id, Command::SignIn)));
        }
    }

    /// What is kept was read for the account that asked first: it begins.
    pub(super) fn reread(&mut self, read: Result<Remembered, StoreFault>) {
        let Some((id, new)) = self.exchange.reading.pop_front() else { return };
        let remembered = read.unwrap_or_else(|fault| {
            self.trouble(format!("what is kept of account {id} cannot be read: {fault}"));
            Remembered::default()
        });
        let Some(at) = self.waiting.iter().position(|waiting| waiting.account.id == id) else { return };
        let waiting = self.waiting.remove(at);
        if let Some(running) = self.accounts.get_mut(&id) {
            running.handle = Some(waiting.ready(Some(&remembered)).start());
        }
        if new {
            self.submit(Msg::Accounts(AccountNews::Remembered(id.clone(), Box::new(remembered))));
        }
        let (held, others) = std::mem::take(&mut self.held).into_iter().partition(|(of, _)| *of == id);
        self.held = others;
        let held: Vec<(AccountId, Command)> = held;
        for (id, command) in held {
            self.order(id, command);
        }
    }
}

#[cfg(test)]
mod tests;
