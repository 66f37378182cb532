//! Package `presence` for many people: RLMI in front, one document for each person behind.
//!
//! Two forms: that of RFC 4662, and that of LCS (MS-SIP section 3.3), whose parts are named by the
//! people, and where a change of one person goes alone, as that person's document and no more.

use super::{Notice, Standing, View, mark_of};
use crate::demo::server::Server;
use crate::demo::subscriptions::{Entry, Form, ListKind, Subscription, Topic};
use crate::formats::lcs::without_scheme;
use crate::formats::multipart::{NewPart, Written, write_related, write_related_as_lcs};
use crate::formats::rlmi::{self, Instance, Resource, State};
use crate::formats::{Extent, pidf};
use crate::model::Address;

/// Octets of documents in one notification; who is left over comes with the next one. Less than
/// what may wait for one client at a time (`net/link.rs`), and far less than what clients take.
const MOST_OCTETS: usize = 256 * 1024;

/// Address of the list that holds a user's roster.
#[must_use]
pub fn list_uri_of(user: &str, domain: &str) -> String {
    format!("sip:{user}-contacts@{domain}")
}

/// How one person of a list stands.
struct Row {
    uri: String,
    name: Option<String>,
    state: Option<(State, Option<&'static str>)>,
    document: Option<(&'static str, String)>,
}

impl Server {
    pub(super) fn list_notice(&self, subscription: &mut Subscription, full: bool) -> Option<Notice> {
        let (watcher, form) = (subscription.watcher.clone(), subscription.form);
        let Topic::List { uri, entries, kind } = &mut subscription.topic else { return None };
        let (uri, kind) = (uri.clone(), *kind);
        let (mut rows, mut room, mut more) = (Vec::new(), MOST_OCTETS, false);
        for entry in entries.iter_mut().filter(|e| full || e.changed) {
            entry.changed = false;
            let (mut row, mark) = self.row(&watcher, entry, form, kind);
            // What looks the same as before says nothing, not even that something happened.
            if !full && entry.told == Some(mark) {
                continue;
            }
            let size = row.document.as_ref().map_or(0, |(_, document)| document.len());
            let fits = size <= room;
            room = room.saturating_sub(size);
            entry.told = fits.then_some(mark);
            if !fits {
                (entry.changed, row.document, more) = (true, None, true);
            }
            if fits || full {
                rows.push(row);
            }
        }
        if rows.is_empty() && !full {
            return None;
        }
        let alone = kind == ListKind::Batch && !full && rows.len() == 1;
        if alone && let Some(Row { document: Some((media_type, body)), .. }) = rows.first() {
            let body = Some(((*media_type).to_owned(), body.clone().into_bytes()));
            return Some(Notice { is_list: true, more, ..Notice::one(Standing::Active, body) });
        }
        let version = subscription.version;
        let gap = u32::from(self.config.oddities.version_gap && version == 0);
        subscription.version = version.saturating_add(1 + gap);
        let extent = if full { Extent::Full } else { Extent::Partial };
        let list = rlmi::List { uri, version, extent, name: None, cid: None, resources: Vec::new() };
        let name = subscription.id.to_string();
        let written = if kind == ListKind::Batch { as_lcs(list, rows, &name) } else { self.as_rfc(list, rows, &name) };
        Some(Notice { is_list: true, more, ..Notice::one(Standing::Active, Some((written.content_type, written.body))) })
    }

    /// How one person stands. A person nobody knows has no instance at all in lists of RFC 4662
    /// (its section 5.3), and none any more in those of LCS: its clients would wait for one.
    fn row(&self, watcher: &Address, entry: &Entry, form: Form, kind: ListKind) -> (Row, u64) {
        let view = entry.address.as_ref().map_or(View::NoResource, |who| self.view(watcher, who));
        let (state, open) = match view {
            View::Open => (Some((State::Active, None)), Some(true)),
            View::Closed => (Some((State::Active, None)), Some(false)),
            View::Pending => (Some((State::Pending, None)), None),
            View::Rejected => (Some((State::Terminated, Some("rejected"))), None),
            View::NoResource if kind == ListKind::Batch => (Some((State::Terminated, Some("noresource"))), None),
            View::NoResource => (None, None),
        };
        let picture = open.zip(entry.address.as_ref()).map(|(open, who)| self.picture(watcher, who, open, form));
        let mark = picture.as_ref().map_or_else(|| mark_of(&(view as u8)), |picture| picture.mark);
        let document = picture.map(|picture| (picture.media_type, picture.body));
        (Row { uri: entry.uri.clone(), name: entry.name.clone(), state, document }, mark)
    }

    fn as_rfc(&self, mut list: rlmi::List, rows: Vec<Row>, name: &str) -> Written {
        let (domain, version) = (&self.config.domain, list.version);
        let mut documents = Vec::new();
        for (at, row) in rows.into_iter().enumerate() {
            let cid = row.document.is_some().then(|| format!("{name}.{version}.{at}@{domain}"));
            documents.extend(cid.clone().zip(row.document));
            list.resources.push(Resource { uri: row.uri, name: row.name, instances: instance("1", row.state, cid) });
        }
        let rlmi = rlmi::write(&list);
        let root = format!("{name}.{version}@{domain}");
        let rlmi_type = format!("{};charset=\"UTF-8\"", rlmi::MEDIA_TYPE);
        let pidf_type = format!("{};charset=\"UTF-8\"", pidf::MEDIA_TYPE);
        let mut parts = vec![NewPart { content_type: &rlmi_type, content_id: &root, body: rlmi.as_bytes() }];
        for (cid, (media_type, document)) in &documents {
            let content_type = if *media_type == pidf::MEDIA_TYPE { pidf_type.as_str() } else { media_type };
            parts.push(NewPart { content_type, content_id: cid, body: document.as_bytes() });
        }
        write_related(&format!("list-{name}-{version}"), &parts)
    }
}

/// Parts are named by the people, the first `resourceList`.
fn as_lcs(mut list: rlmi::List, rows: Vec<Row>, name: &str) -> Written {
    let mut documents = Vec::new();
    for row in rows {
        let cid = row.document.is_some().then(|| without_scheme(&row.uri).to_owned());
        documents.extend(cid.clone().zip(row.document));
        list.resources.push(Resource { uri: row.uri, name: row.name, instances: instance("0", row.state, cid) });
    }
    let rlmi = rlmi::write_as_lcs(&list);
    let mut parts = vec![NewPart { content_type: rlmi::MEDIA_TYPE, content_id: "resourceList", body: rlmi.as_bytes() }];
    for (cid, (media_type, document)) in &documents {
        parts.push(NewPart { content_type: media_type, content_id: cid, body: document.as_bytes() });
    }
    write_related_as_lcs(&format!("list{name}v{}", list.version), &parts)
}

fn instance(id: &str, state: Option<(State, Option<&str>)>, cid: Option<String>) -> Vec<Instance> {
    let made = state.map(|(state, reason)| Instance {
        id: id.to_owned(),
        state,
        reason: reason.map(str::to_owned),
        cid,
        pool_fqdn: None,
    });
    made.into_iter().collect()
}
