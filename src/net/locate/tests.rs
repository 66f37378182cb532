//! A name server for tests: answers from a table, at once or never.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Mutex;

use crate::net::locate::names::{Lookup, LookupFault, Names, Naptr, Srv};

/// The table.
#[derive(Debug, Default)]
pub struct Table {
    /// SRV records.
    pub srv: BTreeMap<String, Vec<Srv>>,
    /// NAPTR records.
    pub naptr: BTreeMap<String, Vec<Naptr>>,
    /// Addresses.
    pub hosts: BTreeMap<String, Vec<IpAddr>>,
    /// Names of which nothing is ever heard; `*` is all of them.
    pub silent: BTreeSet<String>,
    /// What was asked, in order.
    pub asked: Mutex<Vec<String>>,
}

impl Table {
    /// With an SRV record.
    #[must_use]
    pub fn with_srv(mut self, name: &str, priority: u16, port: u16, host: &str) -> Self {
        let record = Srv { priority, weight: 0, port, host: host.into() };
        self.srv.entry(name.to_owned()).or_default().push(record);
        self
    }

    /// With a NAPTR record.
    #[must_use]
    pub fn with_naptr(mut self, name: &str, order: u16, service: &str, replacement: &str) -> Self {
        let (flags, regexp) = ("s".to_owned(), String::new());
        let record = Naptr { order, preference: 0, flags, service: service.into(), regexp, replacement: replacement.into() };
        self.naptr.entry(name.to_owned()).or_default().push(record);
        self
    }

    /// With the addresses of a host.
    #[must_use]
    pub fn with_host(mut self, name: &str, addresses: &[IpAddr]) -> Self {
        self.hosts.insert(name.to_owned(), addresses.to_vec());
        self
    }

    /// With a name of which nothing is ever heard.
    #[must_use]
    pub fn with_silence(mut self, name: &str) -> Self {
        self.silent.insert(name.to_owned());
        self
    }

    fn answer<T: Clone + Send + 'static>(&self, kind: &str, name: &str, from: &BTreeMap<String, Vec<T>>) -> Lookup<T> {
        self.asked.lock().unwrap().push(format!("{kind} {name}"));
        let silent = self.silent.contains(name) || self.silent.contains("*");
        let found = from.get(name).cloned().ok_or(LookupFault::NotFound);
        Box::pin(async move { if silent { std::future::pending().await } else { found } })
    }
}

impl Names for Table {
    fn srv(&self, name: &str) -> Lookup<Srv> {
        self.answer("SRV", name, &self.srv)
    }

    fn naptr(&self, name: &str) -> Lookup<Naptr> {
        self.answer("NAPTR", name, &self.naptr)
    }

    fn addresses(&self, host: &str) -> Lookup<IpAddr> {
        self.answer("A", host, &self.hosts)
    }
}
