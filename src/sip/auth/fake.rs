//! Tickets without Kerberos, for tests: a token names its owner and the service, and signatures are
//! made with the token itself, which proves nothing to anybody but a test.

use std::time::Duration;

use subtle::ConstantTimeEq as _;

use super::digest::Algorithm;
use super::ntlm::Sender;
use super::ticket::{Admitted, Mechanism, Ticket, TicketTaker};

/// Signs with what everybody may know.
#[derive(Debug)]
pub struct FakeMechanism {
    token: Vec<u8>,
    side: Sender,
}

impl FakeMechanism {
    /// One side of a ticket.
    #[must_use]
    pub fn new(token: &[u8], side: Sender) -> Self {
        Self { token: token.to_vec(), side }
    }

    fn of(&self, side: Sender, text: &[u8]) -> Vec<u8> {
        let mark: &[u8] = match side {
            Sender::Client => b" up ",
            Sender::Server => b" down ",
        };
        // As long as those of the cipher captured from servers of the family.
        let mut signature = Algorithm::Sha256.hash(&[&self.token, mark, text]).into_bytes();
        signature.truncate(37);
        signature
    }
}

impl Mechanism for FakeMechanism {
    fn sign(&mut self, text: &[u8]) -> Option<Vec<u8>> {
        Some(self.of(self.side, text))
    }

    fn verify(&mut self, text: &[u8], signature: &[u8]) -> bool {
        let other = match self.side {
            Sender::Client => Sender::Server,
            Sender::Server => Sender::Client,
        };
        self.of(other, text).ct_eq(signature).into()
    }
}

/// A ticket of `principal` for the service at a host.
#[must_use]
pub fn ticket(principal: &str, host: &str, life: Duration) -> Ticket {
    let token = format!("{principal} for {host}").into_bytes();
    Ticket { mechanism: Box::new(FakeMechanism::new(&token, Sender::Client)), token, life }
}

/// A service that takes such tickets.
#[derive(Debug)]
pub struct FakeTaker {
    host: String,
    life: Duration,
}

impl FakeTaker {
    /// The service at this host; tickets are good for `life` from when they are shown.
    #[must_use]
    pub fn new(host: &str, life: Duration) -> Self {
        Self { host: host.to_owned(), life }
    }
}

impl TicketTaker for FakeTaker {
    fn take(&mut self, token: &[u8]) -> Option<Admitted> {
        let (principal, host) = std::str::from_utf8(token).ok()?.split_once(" for ")?;
        (host == self.host).then(|| Admitted {
            principal: principal.to_owned(),
            mechanism: Box::new(FakeMechanism::new(token, Sender::Server)),
            life: self.life,
        })
    }
}
