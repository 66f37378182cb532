//! What the server was found able to do.

use super::keepalive::{Keepalive, Way};
use super::publication::Publication;
use super::roster::RosterKeeper;
use super::services::Services;
use super::subscriptions::Subscriptions;
use super::ua::Ua;
use crate::model::{Capabilities, Dialect};

/// The picture as it is now; it grows clearer while answers come in.
pub(super) fn found(
    ua: &Ua,
    keepalive: &Keepalive,
    publication: &Publication,
    subscriptions: &Subscriptions,
    services: &Services,
    roster: &RosterKeeper,
    access_on_server: bool,
) -> Capabilities {
    let seen = subscriptions.seen();
    Capabilities {
        dialect: if ua.traits.set_presence { Dialect::Lcs } else { Dialect::Simple },
        batch: subscriptions.batch(),
        benotify: seen.benotify,
        piggyback: seen.piggyback,
        autoextend: seen.autoextend,
        keepalive: keepalive.interval(),
        pongs: keepalive.answers(),
        ping: match keepalive.way() {
            Some(Way::Lines) => "lines",
            Some(Way::Stun) => "stun",
            Some(Way::Options) => "options",
            None => "none",
        },
        outbound: ua.reach.outbound,
        gruu: ua.reach.gruu.is_some(),
        seen_at: ua.reach.seen(),
        auth: match ua.signed_by {
            Some(scheme) => scheme.word(),
            None if ua.authenticated => "digest",
            None => "none",
        },
        publish: services.publishes() || publication.works(),
        watchers: subscriptions.watchers_work() || services.tells_pending(),
        access_on_server: access_on_server || services.enforces_access(),
        roster_home: roster.home(),
        sessions: ua.traits.sessions,
        directory: services.has_directory(),
        signed: ua.signed_by.is_some(),
    }
}
