//! Package `presence.winfo` (RFC 3857, RFC 3858): who watches a user. All rows first, then only
//! those that changed; a row that went is told as terminated, once.

use std::collections::BTreeMap;
use std::time::Instant;

use super::{Notice, Standing};
use crate::demo::accounts::Handling;
use crate::demo::server::Server;
use crate::demo::subscriptions::{Subscription, Topic};
use crate::formats::Extent;
use crate::formats::winfo::{self, Cause, Status, Watcher, WatcherInfo, WatcherList};
use crate::model::Address;

/// Rows in one document, and rows of one watcher: as many as a user may have devices. Who opens
/// subscriptions without end must not make a document nobody can take, nor hide the others in it.
const MOST_ROWS: usize = 1000;
const MOST_ROWS_OF_ONE: usize = 10;

impl Server {
    pub(super) fn winfo_notice(&self, subscription: &mut Subscription, full: bool) -> Option<Notice> {
        let version = subscription.version;
        let Topic::Watchers { user, told, departed } = &mut subscription.topic else { return None };
        let rows = self.watcher_rows(user);
        let mut watchers = Vec::new();
        for (id, row) in &rows {
            let before = told.get(id).map(|(_, status)| *status);
            if !full && before == Some(row.status) {
                continue;
            }
            let approved = before == Some(Status::Pending) && row.status == Status::Active;
            let cause = if approved { Cause::Approved } else { row.cause };
            watchers.push(Watcher { cause, ..row.clone() });
        }
        let went = told.iter().filter(|(id, _)| !rows.contains_key(*id));
        watchers.extend(went.map(|(id, (who, _))| Watcher {
            id: id.clone(),
            uri: who.as_str().to_owned(),
            status: Status::Terminated,
            cause: departed.get(id).copied().unwrap_or(Cause::Timeout),
            display_name: None,
            expiration: None,
            duration: None,
        }));
        if watchers.is_empty() && !full {
            return None;
        }
        departed.clear();
        *told = rows.into_iter().filter_map(|(id, row)| Some((id, (Address::parse(&row.uri).ok()?, row.status)))).collect();
        let list = WatcherList { resource: user.as_str().to_owned(), package: "presence".to_owned(), watchers };
        let extent = if full { Extent::Full } else { Extent::Partial };
        let info = WatcherInfo { version, extent, lists: vec![list] };
        subscription.version = version.saturating_add(1);
        let body = Some((winfo::MEDIA_TYPE.to_owned(), winfo::write(&info).into_bytes()));
        Some(Notice::one(Standing::Active, body))
    }

    /// Everybody who watches a user, by the name of the row.
    fn watcher_rows(&self, user: &Address) -> BTreeMap<String, Watcher> {
        let Some(account) = self.accounts.of(user) else { return BTreeMap::new() };
        let subscriptions = self.subscriptions.watching(user).into_iter().filter_map(|id| self.subscriptions.of(id));
        let mut rows_of: BTreeMap<&Address, usize> = BTreeMap::new();
        subscriptions
            .filter(|s| s.watcher != *user)
            .filter(|s| {
                let rows = rows_of.entry(&s.watcher).or_default();
                *rows += 1;
                *rows <= MOST_ROWS_OF_ONE
            })
            .filter_map(|s| {
                let status = match account.handling_of(&s.watcher, self.config.default_handling) {
                    Handling::Allow | Handling::PoliteBlock => Status::Active,
                    Handling::Confirm => Status::Pending,
                    Handling::Block => return None,
                };
                let display = self.accounts.of(&s.watcher).map(|a| a.display.clone()).filter(|d| !d.is_empty());
                let row = Watcher {
                    id: s.id.to_string(),
                    uri: s.watcher.as_str().to_owned(),
                    status,
                    cause: Cause::Subscribe,
                    display_name: display,
                    expiration: s.expires_at.map(|at| seconds(self.clock, at)),
                    duration: Some(seconds(s.since, self.clock)),
                };
                Some((row.id.clone(), row))
            })
            .take(MOST_ROWS)
            .collect()
    }
}

fn seconds(from: Instant, to: Instant) -> u32 {
    u32::try_from(to.saturating_duration_since(from).as_secs()).unwrap_or(u32::MAX)
}
