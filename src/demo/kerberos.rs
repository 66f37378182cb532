//! Kerberos on the server's side: who signed in on which link (MS-SIP sections 3.1.5 and 4.1).
//!
//! Tickets are looked at outside, by who has the service's key. The user is the principal without
//! its realm, which must be the domain served, in whatever case.

use std::collections::BTreeMap;
use std::time::Instant;

use super::accounts::Accounts;
use crate::model::Address;
use crate::sip::auth::acceptor::DEFAULT_REALM;
use crate::sip::auth::ntlm::Sender;
use crate::sip::auth::{Admitted, Asker, Association, Rejected, SaHeader, Scheme, Terms, TextVersion, TicketTaker};
use crate::sip::endpoint::Flow;
use crate::sip::message::Message;
use crate::sip::tokens::Tokens;

/// The tickets that were taken.
#[derive(Debug)]
pub struct Kerberos {
    taker: Box<dyn TicketTaker>,
    domain: String,
    /// The service, as challenges name it.
    target: String,
    version: TextVersion,
    tokens: Tokens,
    users: BTreeMap<Flow, Address>,
}

impl Kerberos {
    /// For the domain of a server, which is its host name too.
    #[must_use]
    pub fn new(domain: &str, version: TextVersion, taker: Box<dyn TicketTaker>, tokens: Tokens) -> Self {
        let target = format!("sip/{domain}");
        Self { taker, domain: domain.to_owned(), target, version, tokens, users: BTreeMap::new() }
    }

    /// The line of a 401 that offers it.
    #[must_use]
    pub fn offer(&self) -> String {
        format!("Kerberos realm=\"{DEFAULT_REALM}\", targetname=\"{}\"{}", self.target, self.version.parameter())
    }

    /// The user whose association a link has.
    #[must_use]
    pub fn user(&self, flow: Flow) -> Option<&Address> {
        self.users.get(&flow)
    }

    /// Kerberos credentials for this server among those of a request.
    #[must_use]
    pub fn credentials(&self, request: &Message) -> Option<SaHeader> {
        let ours = |header: &SaHeader| {
            header.scheme == Scheme::Kerberos
                && header.get("realm") == Some(DEFAULT_REALM)
                && header.get("targetname") == Some(self.target.as_str())
        };
        let names = ["Authorization", "Proxy-Authorization"];
        names.iter().find_map(|name| SaHeader::all(request, name).find(ours))
    }

    /// Takes a ticket, and what is signed with it.
    ///
    /// # Errors
    /// [`Rejected`]: the client is to be challenged anew.
    pub fn take(
        &mut self,
        flow: Flow,
        request: &Message,
        header: &SaHeader,
        accounts: &Accounts,
        now: Instant,
    ) -> Result<(Address, Box<Association>), Rejected> {
        let token = header.data().ok_or(Rejected::NoChallenge)?.map_err(|_| Rejected::Ticket)?;
        let Admitted { principal, mechanism, life } = self.taker.take(&token).ok_or(Rejected::Ticket)?;
        let who = user(&principal, &self.domain, accounts).ok_or(Rejected::NoSuchUser)?;
        let terms = Terms {
            scheme: Scheme::Kerberos,
            realm: DEFAULT_REALM.to_owned(),
            target: self.target.clone(),
            opaque: self.tokens.hex(4).to_ascii_uppercase(),
            // A client that names no version knows the oldest only.
            version: self.version.min(header.version()),
        };
        let version = terms.version;
        let mut association = Association::ticketed(terms, Sender::Server, Asker::Origin, mechanism, life, now);
        if version == TextVersion::V4 && association.verify(request, header).is_err() {
            return Err(Rejected::Signature);
        }
        self.users.insert(flow, who.clone());
        Ok((who, Box::new(association)))
    }

    /// A link is gone, or its association is.
    pub fn gone(&mut self, flow: Flow) {
        self.users.remove(&flow);
    }
}

/// The account of a principal: `alice@EXAMPLE.TEST`, and nothing with an instance (`alice/admin`) or of another realm.
fn user(principal: &str, domain: &str, accounts: &Accounts) -> Option<Address> {
    let (name, realm) = principal.rsplit_once('@')?;
    if !realm.eq_ignore_ascii_case(domain) || name.contains(['/', '\\', '@']) {
        return None;
    }
    let of = |name: &str| {
        let address = Address::complete(name, Some(domain)).ok()?;
        accounts.of(&address).filter(|account| account.secret.is_some())?;
        Some(address)
    };
    of(name).or_else(|| of(&name.to_lowercase()))
}
