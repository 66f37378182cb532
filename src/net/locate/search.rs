//! Walks the steps to a server and asks name servers on the way.
//!
//! Every question known beforehand is asked at once; the answers are used in the order of
//! [`steps`], and only as far as needed. All waiting for names together has one bound, whatever
//! name servers do: an answer that has not come by then counts as none.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::backend::Target;
use crate::model::{Transport, WaitReason};
use crate::net::locate::fitting::fitting;
use crate::net::locate::names::{Lookup, LookupFault, Names, Naptr, Srv, literal};
use crate::net::locate::order::{CANDIDATES, Dice, interleave, order};
use crate::net::locate::steps::{EXTERNAL_PORT, Source, Step, steps};

/// NAPTR records of one service that are followed.
const REPLACEMENTS: usize = 4;

/// What the search must know besides where to go.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Clear text may follow where TLS leads nowhere and the target leaves the way open.
    pub clear_text: bool,
    /// Servers found must be called as the domain, or `sip.` and the domain.
    pub strict: bool,
    /// A name the certificate may hold besides that of the target.
    pub also_named: Option<String>,
    /// For the order among servers of equal rank.
    pub seed: u64,
    /// One question: what a name server is silent about leaves time for what follows.
    pub answer: Duration,
    /// All waiting for names together.
    pub patience: Duration,
    /// Servers that did not answer lately: they go behind others of the same priority.
    pub failed: BTreeSet<(String, u16)>,
    /// Servers of a better priority than this one only, reached in this way; all, if it is none of them.
    pub better_than: Option<(Transport, String)>,
}

/// A server to be tried; its addresses are raced among each other only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The way.
    pub transport: Transport,
    /// Name or address literal.
    pub name: String,
    /// Port.
    pub port: u16,
    /// Names of which its certificate must hold one.
    pub accepted: Vec<String>,
    /// Nobody named it: it is one of the usual names. That it does not exist means nothing.
    pub guessed: bool,
    /// Lower is better: the source it comes from, and its priority there.
    pub rank: (usize, u16),
}

impl Candidate {
    /// Where nobody named the server, a web server with a certificate of its own is no wonder at
    /// this port, and says nothing about the domain's server.
    #[must_use]
    pub const fn may_be_a_stranger(&self) -> bool {
        self.guessed && self.port == EXTERNAL_PORT
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.name, self.port))
    }
}

fn shown(name: &str, port: u16) -> String {
    if name.contains(':') && !name.starts_with('[') { format!("[{name}]:{port}") } else { format!("{name}:{port}") }
}

/// What was learnt on the way, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// These records came.
    Records {
        /// The question: `SRV _sip._tls.example.test`.
        question: String,
        /// The records, in the order they are used.
        records: Vec<String>,
    },
    /// No record came.
    Nothing {
        /// The question.
        question: String,
        /// Why.
        fault: LookupFault,
    },
    /// The domain says that it does not offer this service (RFC 2782, the target `.`).
    Declined {
        /// The question.
        question: String,
    },
    /// No service record led anywhere: the usual host names are tried.
    Guessing(Transport),
    /// A server was passed over.
    PassedOver(WaitReason),
}

/// A question that was asked.
#[derive(Debug)]
struct Question<T> {
    task: JoinHandle<Result<Vec<T>, LookupFault>>,
    answer: Option<Result<Vec<T>, LookupFault>>,
}

impl<T: Clone + Send + 'static> Question<T> {
    /// Asks; an answer that takes longer than `most` is none.
    fn ask(lookup: Lookup<T>, most: Duration) -> Self {
        let bounded = async move { timeout(most, lookup).await.unwrap_or(Err(LookupFault::NoAnswer)) };
        Self { task: tokio::spawn(bounded), answer: None }
    }

    /// The answer; waits no longer than `left`, and takes the time it waited away from it.
    async fn answer(&mut self, left: &mut Duration) -> Result<Vec<T>, LookupFault> {
        if let Some(answer) = &self.answer {
            return answer.clone();
        }
        let before = Instant::now();
        let answer = match timeout(*left, &mut self.task).await {
            Ok(Ok(Ok(records))) if records.is_empty() => Err(LookupFault::NotFound),
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(LookupFault::NoAnswer),
        };
        *left = left.saturating_sub(before.elapsed());
        self.answer.insert(answer).clone()
    }
}

impl<T> Drop for Question<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A search under way.
#[derive(Debug)]
pub struct Search {
    to: Target,
    rules: Rules,
    names: Arc<dyn Names>,
    dice: Dice,
    left: Duration,
    steps: VecDeque<Step>,
    srv: BTreeMap<String, Question<Srv>>,
    naptr: BTreeMap<String, Question<Naptr>>,
    addresses: BTreeMap<String, Question<IpAddr>>,
    /// Ways for which the domain has service records, those that decline included.
    served: BTreeSet<&'static str>,
    seen: BTreeSet<(&'static str, String, u16)>,
    ready: VecDeque<Candidate>,
    /// Sources proposed so far.
    sources: usize,
    /// What follows is no better than what is there.
    ended: bool,
    found: usize,
    told: Vec<Told>,
}

impl Search {
    /// Asks everything that is known to be asked. Needs a tokio runtime around it.
    #[must_use]
    pub fn begin(names: Arc<dyn Names>, to: &Target, rules: Rules) -> Self {
        let mut search = Self {
            to: to.clone(),
            dice: Dice::new(rules.seed),
            left: rules.patience,
            steps: steps(to, rules.clear_text).into(),
            rules,
            names,
            srv: BTreeMap::new(),
            naptr: BTreeMap::new(),
            addresses: BTreeMap::new(),
            served: BTreeSet::new(),
            seen: BTreeSet::new(),
            ready: VecDeque::new(),
            sources: 0,
            ended: false,
            found: 0,
            told: Vec::new(),
        };
        for step in search.steps.clone() {
            match step.source {
                Source::Srv(name) => search.ask_srv(&name),
                Source::Naptr { domain, otherwise, .. } => {
                    let (names, most) = (&search.names, search.rules.answer);
                    search.naptr.entry(domain.clone()).or_insert_with(|| Question::ask(names.naptr(&domain), most));
                    search.ask_srv(&otherwise);
                }
                Source::Hosts(hosts) => hosts.iter().for_each(|(host, _)| search.ask_addresses(host)),
            }
        }
        search
    }

    /// The next server to be tried.
    pub async fn next(&mut self) -> Option<Candidate> {
        while self.found < CANDIDATES {
            if let Some(candidate) = self.ready.pop_front() {
                self.found += 1;
                return Some(candidate);
            }
            let step = self.steps.pop_front()?;
            self.take(step).await;
        }
        None
    }

    /// The addresses of a server, in the order to be tried.
    ///
    /// # Errors
    /// [`LookupFault`].
    pub async fn addresses(&mut self, of: &Candidate) -> Result<Vec<SocketAddr>, LookupFault> {
        if let Some(ip) = literal(&of.name) {
            return Ok(vec![SocketAddr::new(ip, of.port)]);
        }
        self.ask_addresses(&of.name);
        let Some(question) = self.addresses.get_mut(&of.name) else { return Err(LookupFault::NotFound) };
        Ok(interleave(question.answer(&mut self.left).await?, of.port))
    }

    /// What was learnt since this was asked last.
    pub fn take_told(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.told)
    }

    fn ask_srv(&mut self, name: &str) {
        if !self.srv.contains_key(name) {
            self.srv.insert(name.to_owned(), Question::ask(self.names.srv(name), self.rules.answer));
        }
    }

    fn ask_addresses(&mut self, host: &str) {
        if literal(host).is_none() && !self.addresses.contains_key(host) {
            self.addresses.insert(host.to_owned(), Question::ask(self.names.addresses(host), self.rules.answer));
        }
    }

    async fn take(&mut self, step: Step) {
        let transport = step.transport;
        match step.source {
            Source::Srv(name) => {
                let records = self.services(&name, transport).await;
                self.propose(records, transport, false);
            }
            Source::Naptr { domain, service, otherwise } => {
                let mut empty = true;
                for name in self.replacements(&domain, service).await {
                    let records = self.services(&name, transport).await;
                    empty &= records.is_empty();
                    self.propose(records, transport, false);
                }
                if empty {
                    let records = self.services(&otherwise, transport).await;
                    self.propose(records, transport, false);
                }
            }
            Source::Hosts(_) if self.served.contains(transport.word()) => {}
            Source::Hosts(hosts) => {
                if self.to.automatic {
                    self.told.push(Told::Guessing(transport));
                }
                let hosts = (0..).zip(hosts).map(|(place, (host, port))| (place, host, port)).collect();
                self.propose(hosts, transport, self.to.automatic);
            }
        }
    }

    /// The SRV names that NAPTR records of `domain` name for a service, the best first.
    async fn replacements(&mut self, domain: &str, service: &str) -> Vec<String> {
        let Some(question) = self.naptr.get_mut(domain) else { return Vec::new() };
        let question_text = format!("NAPTR {domain} for {service}");
        let mut records = match question.answer(&mut self.left).await {
            Ok(records) => records,
            Err(fault) => {
                self.told.push(Told::Nothing { question: question_text, fault });
                return Vec::new();
            }
        };
        // RFC 3263 section 4.1: only flag `s` and no regular expression; others are for other uses.
        records.retain(|r| r.flags.eq_ignore_ascii_case("s") && r.service.eq_ignore_ascii_case(service));
        records.retain(|r| r.regexp.is_empty() && !r.replacement.is_empty());
        records.sort_by_key(|r| (r.order, r.preference));
        records.truncate(REPLACEMENTS);
        let names: Vec<String> = records.into_iter().map(|r| r.replacement).collect();
        self.told.push(if names.is_empty() {
            Told::Nothing { question: question_text, fault: LookupFault::NotFound }
        } else {
            Told::Records { question: question_text, records: names.clone() }
        });
        for name in &names {
            self.ask_srv(name);
        }
        names
    }

    /// The servers the SRV records of a name tell, with their priorities, in the order of RFC 2782.
    async fn services(&mut self, name: &str, transport: Transport) -> Vec<(u16, String, u16)> {
        let Some(asked) = self.srv.get_mut(name) else { return Vec::new() };
        let question = format!("SRV {name}");
        let records = match asked.answer(&mut self.left).await {
            Ok(records) => records,
            Err(fault) => {
                self.told.push(Told::Nothing { question, fault });
                return Vec::new();
            }
        };
        self.served.insert(transport.word());
        if records.iter().all(|r| r.host.is_empty()) {
            self.told.push(Told::Declined { question });
            return Vec::new();
        }
        let mut ordered = order(records, &mut self.dice);
        ordered.retain(|r| !r.host.is_empty() && r.port != 0);
        ordered.sort_by_key(|r| (r.priority, self.rules.failed.contains(&(r.host.clone(), r.port))));
        ordered.truncate(CANDIDATES);
        let servers: Vec<(u16, String, u16)> = ordered.into_iter().map(|r| (r.priority, r.host, r.port)).collect();
        let records = servers.iter().map(|(_, host, port)| format!("{host}:{port}")).collect();
        self.told.push(Told::Records { question, records });
        servers
    }

    /// Makes candidates of servers, each once and only those that fit.
    fn propose(&mut self, mut servers: Vec<(u16, String, u16)>, transport: Transport, guessed: bool) {
        if self.ended {
            return;
        }
        self.sources += 1;
        if let Some((_, than)) = self.rules.better_than.clone().filter(|(way, _)| *way == transport) {
            let is_it = |name: &str, port: u16| shown(name, port).eq_ignore_ascii_case(&than);
            if let Some(worst) = servers.iter().find(|(_, name, port)| is_it(name, *port)).map(|(priority, ..)| *priority) {
                servers.retain(|(priority, ..)| *priority < worst);
                self.steps.clear();
                self.ended = true;
            }
        }
        for (priority, name, port) in servers {
            if !self.seen.insert((transport.word(), name.to_ascii_lowercase(), port)) {
                continue;
            }
            match fitting(&self.to, &name, transport, self.rules.strict, self.rules.also_named.as_deref()) {
                Ok(accepted) => {
                    self.ask_addresses(&name);
                    self.ready.push_back(Candidate { transport, name, port, accepted, guessed, rank: (self.sources, priority) });
                }
                Err(why) => self.told.push(Told::PassedOver(why)),
            }
        }
    }
}

#[cfg(test)]
mod tests;
