//! Gets tickets of Kerberos for one account. The library waits for servers and files, so each is got
//! in a thread of its own, for which nobody waits longer than [`TICKET_TIME`].

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::backend::TicketId;
use crate::model::KerberosFault;
use crate::net::gssapi::{self, Grant};
use crate::sip::auth::Ticket;

/// Longest wait for a ticket.
pub const TICKET_TIME: Duration = Duration::from_secs(15);

/// Threads that may wait for servers of Kerberos; one that was given up goes on until the library does.
pub const THREADS: usize = 4;

/// Gets a ticket for the SIP service at a host: the system's library, or a test.
pub type Issuer = Arc<dyn Fn(&str) -> Result<Ticket, KerberosFault> + Send + Sync>;

/// What came of asking.
pub type Issued = Result<Ticket, KerberosFault>;

/// All tickets of one account that are being got.
pub struct Tickets {
    issuer: Issuer,
    room: Arc<Semaphore>,
    wanted: JoinSet<(TicketId, Issued)>,
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tickets").field("wanted", &self.wanted.len()).finish_non_exhaustive()
    }
}

impl Tickets {
    /// From this issuer.
    #[must_use]
    pub fn from(issuer: Issuer) -> Self {
        Self { issuer, room: Arc::new(Semaphore::new(THREADS)), wanted: JoinSet::new() }
    }

    /// From the system's library.
    #[must_use]
    pub fn system() -> Self {
        Self::from(Arc::new(|host| gssapi::ticket(host).map(|grant| grant.ticket)))
    }

    /// Begins to get one.
    pub fn get(&mut self, ticket: TicketId, host: String) {
        let (issuer, room) = (self.issuer.clone(), self.room.clone().try_acquire_owned());
        self.wanted.spawn(async move {
            let issued = match room {
                Ok(room) => aside(move || (issuer(&host), room)).await.map(|(issued, _room)| issued).and_then(|issued| issued),
                Err(_) => Err(KerberosFault::Unreachable),
            };
            (ticket, issued)
        });
    }

    /// Waits for the next one that came, or cannot be had. Safe to drop at any time.
    pub async fn next(&mut self) -> (TicketId, Issued) {
        loop {
            match self.wanted.join_next().await {
                Some(Ok(told)) => return told,
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }
}

/// Gets one ticket from the system's library and tells whose it is: for who only wants to know.
///
/// # Errors
/// [`KerberosFault`] with what stands in the way.
pub async fn look(host: String) -> Result<Grant, KerberosFault> {
    aside(move || gssapi::ticket(&host)).await?
}

/// Works in a thread of its own, which nobody waits for longer than [`TICKET_TIME`], and the end of the program not at
/// all.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, KerberosFault> {
    let (tell, told) = oneshot::channel();
    let failed = |detail: String| KerberosFault::Other { detail };
    std::thread::Builder::new()
        .name("kerberos".to_owned())
        .spawn(move || drop(tell.send(work())))
        .map_err(|fault| failed(super::link::plain(&fault)))?;
    match timeout(TICKET_TIME, told).await {
        Ok(done) => done.map_err(|_| failed("the library failed".to_owned())),
        Err(_) => Err(KerberosFault::Unreachable),
    }
}

/// For the log.
pub(super) fn log(issued: &Issued) {
    match issued {
        Ok(ticket) => tracing::info!(seconds = ticket.life.as_secs(), "Kerberos ticket"),
        Err(KerberosFault::UnknownService { .. }) => tracing::warn!("no Kerberos ticket: the service is unknown"),
        Err(fault) => tracing::warn!(?fault, "no Kerberos ticket"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn an_answer_comes_back_under_its_number() {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        let mut tickets = Tickets::from(Arc::new(move |host| {
            seen.lock().unwrap().push(host.to_owned());
            Err(KerberosFault::NoTicket)
        }));
        tickets.get(TicketId(7), "lcs.example.test".to_owned());
        let (ticket, issued) = tickets.next().await;
        assert_eq!((ticket, issued.unwrap_err()), (TicketId(7), KerberosFault::NoTicket));
        assert_eq!(*asked.lock().unwrap(), ["lcs.example.test"]);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever_and_threads_have_a_bound() {
        let (release, held) = mpsc::channel::<()>();
        let held = Mutex::new(held);
        let mut tickets = Tickets::from(Arc::new(move |_| {
            let _ = held.lock().unwrap().recv();
            Err(KerberosFault::NoTicket)
        }));
        for number in 0..10 {
            tickets.get(TicketId(number), "lcs.example.test".to_owned());
        }
        let begun = tokio::time::Instant::now();
        let mut early = 0;
        for _ in 0..10 {
            let (_, issued) = tickets.next().await;
            assert_eq!(issued.unwrap_err(), KerberosFault::Unreachable);
            early += usize::from(begun.elapsed() < TICKET_TIME);
        }
        assert_eq!(early, 10 - THREADS, "those beyond the bound are told at once");
        assert!(begun.elapsed() < TICKET_TIME + Duration::from_secs(1));
        drop(release);
    }
}
