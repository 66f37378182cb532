//! Package `presence` for a list (RFC 4662): RLMI in front, one document for each person behind.

use super::{Notice, Standing, View};
use crate::demo::server::Server;
use crate::demo::subscriptions::{Entry, Subscription, Topic};
use crate::formats::multipart::{NewPart, write_related};
use crate::formats::rlmi::{self, Instance, Resource, State};
use crate::formats::{Extent, pidf};
use crate::model::Address;

/// Address of the list that holds a user's roster.
#[must_use]
pub fn list_uri_of(user: &str, domain: &str) -> String {
    format!("sip:{user}-contacts@{domain}")
}

impl Server {
    pub(super) fn list_notice(&self, subscription: &mut Subscription, full: bool) -> Option<Notice> {
        let (watcher, number, version) = (subscription.watcher.clone(), subscription.id, subscription.version);
        let Topic::List { uri, entries, .. } = &mut subscription.topic else { return None };
        let told: Vec<&mut Entry> = entries.iter_mut().filter(|e| full || e.changed).collect();
        if told.is_empty() && !full {
            return None;
        }
        let domain = &self.config.domain;
        let mut resources = Vec::with_capacity(told.len());
        let mut documents: Vec<(String, String)> = Vec::new();
        for (at, entry) in told.into_iter().enumerate() {
            entry.changed = false;
            let cid = format!("{number}.{version}.{at}@{domain}");
            let instance = self.instance(&watcher, entry, &cid, &mut documents);
            resources.push(Resource {
                uri: entry.uri.clone(),
                name: entry.name.clone(),
                instances: instance.into_iter().collect(),
            });
        }
        let extent = if full { Extent::Full } else { Extent::Partial };
        let list = rlmi::List { uri: uri.clone(), version, extent, name: None, cid: None, resources };
        subscription.version = version.saturating_add(1);
        let rlmi = rlmi::write(&list);
        let root = format!("{number}.{version}@{domain}");
        let rlmi_type = format!("{};charset=\"UTF-8\"", rlmi::MEDIA_TYPE);
        let pidf_type = format!("{};charset=\"UTF-8\"", pidf::MEDIA_TYPE);
        let mut parts = vec![NewPart { content_type: &rlmi_type, content_id: &root, body: rlmi.as_bytes() }];
        for (cid, document) in &documents {
            parts.push(NewPart { content_type: &pidf_type, content_id: cid, body: document.as_bytes() });
        }
        let written = write_related(&format!("list-{number}-{version}"), &parts);
        Some(Notice { standing: Standing::Active, body: Some((written.content_type, written.body)), is_list: true })
    }

    /// How one person of a list stands; a person nobody knows has no instance at all
    /// (RFC 4662 section 5.3).
    fn instance(&self, watcher: &Address, entry: &Entry, cid: &str, documents: &mut Vec<(String, String)>) -> Option<Instance> {
        let instance = |state, reason: Option<&str>, cid: Option<&str>| {
            Some(Instance {
                id: "1".to_owned(),
                state,
                reason: reason.map(str::to_owned),
                cid: cid.map(str::to_owned),
                pool_fqdn: None,
            })
        };
        match self.view(watcher, entry.address.as_ref()?) {
            View::Shown(document) => {
                documents.push((cid.to_owned(), pidf::write(&document)));
                instance(State::Active, None, Some(cid))
            }
            View::Pending => instance(State::Pending, None, None),
            View::Rejected => instance(State::Terminated, Some("rejected"), None),
            View::NoResource => None,
        }
    }
}
