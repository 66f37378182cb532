//! NTLM on the server's side: who signed in on which link (MS-SIP section 3.1.5).
//!
//! The handshake itself is in [`crate::sip::auth::acceptor`], signing and checking of messages in
//! the endpoint. A link is one client's: its association vouches for one user.

use std::collections::BTreeMap;
use std::time::Instant;

use bytes::Bytes;

use super::accounts::Accounts;
use super::config::ServerConfig;
use crate::model::Address;
use crate::sip::auth::ntlm::NtHash;
use crate::sip::auth::{Acceptor, Association, Clock, Rejected, SaHeader};
use crate::sip::endpoint::Flow;
use crate::sip::message::Message;
use crate::sip::tokens::Tokens;

/// Handshakes, and what came of them.
#[derive(Debug)]
pub struct Ntlm {
    acceptor: Acceptor,
    domain: String,
    tokens: Tokens,
    users: BTreeMap<Flow, Address>,
}

/// What a request with NTLM credentials is to be answered with.
#[derive(Debug)]
pub enum Handshake {
    /// With this challenge.
    Challenge(String),
    /// It is this user's, and so is everything signed with this.
    Done(Address, Box<Association>),
    /// With a new beginning.
    Rejected(Rejected),
}

impl Ntlm {
    /// For the domain of a server.
    #[must_use]
    pub fn new(config: &ServerConfig, tokens: Tokens, clock: Option<Clock>) -> Self {
        let acceptor = Acceptor::new(&config.domain, config.ntlm.clone(), clock);
        Self { acceptor, domain: config.domain.clone(), tokens, users: BTreeMap::new() }
    }

    /// The line of a 401 that offers it.
    #[must_use]
    pub fn offer(&self) -> String {
        self.acceptor.offer()
    }

    /// The user whose association a link has.
    #[must_use]
    pub fn user(&self, flow: Flow) -> Option<&Address> {
        self.users.get(&flow)
    }

    /// NTLM credentials for this server among those of a request.
    #[must_use]
    pub fn credentials(&self, request: &Message) -> Option<SaHeader> {
        let names = ["Authorization", "Proxy-Authorization"];
        names.iter().find_map(|name| SaHeader::all(request, name).find(|header| self.acceptor.is_named_by(header)))
    }

    /// Takes the next step of a handshake.
    pub fn shake(&mut self, flow: Flow, request: &Message, header: &SaHeader, accounts: &Accounts, now: Instant) -> Handshake {
        if header.data().is_none() {
            return Handshake::Challenge(self.acceptor.challenge(flow, &mut self.tokens, now));
        }
        let domain = &self.domain;
        match self.acceptor.accept(flow, request, header, now, |name| hash_of(name, domain, accounts)) {
            Ok((who, association)) => {
                self.users.insert(flow, who.clone());
                Handshake::Done(who, Box::new(association))
            }
            Err(why) => Handshake::Rejected(why),
        }
    }

    /// A link is gone, or its association is.
    pub fn gone(&mut self, flow: Flow) {
        self.acceptor.forget(flow);
        self.users.remove(&flow);
    }
}

/// The account a client names: by its name, in any case, or by its address.
fn hash_of(name: &str, domain: &str, accounts: &Accounts) -> Option<(Address, NtHash)> {
    let user = match name.rsplit_once('@') {
        Some((user, at)) if at.eq_ignore_ascii_case(domain) => user,
        Some(_) => return None,
        None => name,
    };
    let of = |user: &str| {
        let address = Address::complete(user, Some(domain)).ok()?;
        let hash = accounts.of(&address)?.secret.as_ref()?.nt()?.clone();
        Some((address, hash))
    };
    of(user).or_else(|| of(&user.to_lowercase()))
}

/// A message whose NTLM challenge stands on several lines, in its middle too.
#[must_use]
pub fn folded(bytes: Bytes) -> Bytes {
    let Ok(text) = std::str::from_utf8(&bytes) else { return bytes };
    let Some(at) = text.find("gssapi-data=\"TlRM") else { return bytes };
    let Some((head, data)) = text.split_at_checked(at) else { return bytes };
    let data = data.replacen("AAAA", "AA\r\n\tAA", 1);
    format!("{}\r\n {data}", head.trim_end_matches(' ')).into()
}
