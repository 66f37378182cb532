//! From the settings of an account to what its network and its links must be told.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::backend::Target;
use crate::backend::refusals::Refusals;
use crate::backend::sip::{Acknowledge, Expires, SipSettings, Timing};
use crate::config::{AccountSettings, AuthChoice, ServerChoice, TransportChoice};
use crate::model::{AccessList, Roster, Secret, Transport};
use crate::net::connect::{ConnectSettings, Limits};
use crate::net::surroundings::Watching;
use crate::net::tls::{OwnFiles, Trust};
use crate::sip::auth::{Clock, Credentials, Scheme, Schemes};

/// What is known besides the settings.
#[derive(Debug)]
pub struct Known {
    /// The password, if there is one.
    pub secret: Option<Secret>,
    /// Contacts from the last time.
    pub roster: Roster,
    /// Decisions on access from the last time.
    pub access: AccessList,
    /// The home server of the last time.
    pub home: Option<Target>,
    /// What is remembered of a refused password.
    pub refusals: Option<Refusals>,
    /// This installation.
    pub instance: uuid::Uuid,
    /// Messages of ours are written down.
    pub ledger: bool,
    /// When others are told that a message arrived.
    pub acknowledge: Acknowledge,
    /// The front takes and sends files.
    pub files: bool,
    /// The number of the last file that was offered before, in this run.
    pub files_before: u64,
    /// Ids of messages that were written down in earlier runs.
    pub received: Vec<String>,
    /// Fresh from the system's source of randomness.
    pub seed: [u8; 32],
}

/// Settings of the SIP network.
#[must_use]
pub fn sip_settings(account: &AccountSettings, known: Known) -> SipSettings {
    let credentials =
        known.secret.map(|secret| Credentials::new(&account.user, secret.expose()).with_domain(account.ntlm_domain.as_deref()));
    SipSettings {
        aor: account.aor.clone(),
        display_name: account.display_name.clone(),
        credentials,
        target: target(account),
        home: known.home,
        refusals: known.refusals,
        dialect: account.dialect,
        instance: known.instance,
        expires: Expires {
            registration: account.registration_expires,
            publication: account.presence_expires,
            subscription: account.presence_expires,
        },
        list_uri: account.list_uri.clone(),
        adhoc_list_uri: account.adhoc_list_uri.clone(),
        xcap_root: account.xcap_root.clone(),
        roster: known.roster,
        access: known.access,
        subscribe_rate: account.subscribe_rate,
        timing: Timing {
            ping: account.timing.ping_interval,
            datagram_ping: account.timing.datagram_ping_interval,
            attended_ping: account.timing.attended_ping_interval,
            pong: account.timing.pong_wait,
            attended_pong: account.timing.attended_pong_wait,
            request: account.timing.request_wait,
            attended_request: account.timing.attended_request_wait,
            probe: account.timing.probe_wait,
            attended_for: account.timing.attended_for,
        },
        return_after: account.return_after,
        refuse_md5: account.refuse_md5,
        schemes: Schemes::of(account.auth_ways.iter().filter_map(|way| match way {
            AuthChoice::Kerberos => Some(Scheme::Kerberos),
            AuthChoice::Ntlm => Some(Scheme::Ntlm),
            AuthChoice::Digest => Some(Scheme::Digest),
            AuthChoice::Auto => None,
        })),
        invitations: account.invitations.clone(),
        clock: SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|showed| Clock::new(Instant::now(), showed)),
        product: concat!("chinwag/", env!("CARGO_PKG_VERSION")).to_owned(),
        ledger: known.ledger,
        acknowledge: known.acknowledge,
        files: known.files,
        files_before: known.files_before,
        received: known.received,
        seed: known.seed,
    }
}

/// Settings of the links.
#[must_use]
pub fn connect_settings(account: &AccountSettings, seed: u64) -> ConnectSettings {
    ConnectSettings {
        dns: account.dns.clone(),
        clear_text: account.allow_clear_text,
        trust: Trust {
            system: account.system_roots && account.rules.roots.is_none(),
            ca_file: account.rules.roots.clone().or_else(|| account.ca_file.clone()),
            pins: account.pins.clone(),
            own: account.client.as_ref().map(|files| OwnFiles { cert: files.cert.clone(), key: files.key.clone() }),
            newest: account.rules.newest_tls,
        },
        strict_server_names: account.strict_server_names,
        // Where the user named the server, its certificate may speak for it or for the user's domain.
        also_named: matches!(account.server, ServerChoice::Manual { .. }).then(|| account.aor.domain().to_owned()),
        limits: Limits {
            answer: account.timing.dns_answer_wait,
            lookup: account.timing.dns_wait,
            connect: account.timing.connect_wait,
            handshake: account.timing.handshake_wait,
            total: account.timing.open_wait,
            unconfirmed: account.timing.tcp_user_timeout,
            ..Limits::default()
        },
        watching: account.timing.watch_network.then_some(Watching { every: account.timing.look_interval }),
        ..ConnectSettings::new(account.rules.clone(), account.ca_file.clone(), seed)
    }
}

/// Where the links of an account go.
#[must_use]
pub fn target(account: &AccountSettings) -> Target {
    let (host, port, automatic) = match &account.server {
        ServerChoice::Automatic => (account.aor.domain().to_owned(), None, true),
        ServerChoice::Manual { host, port } => (host.clone(), *port, false),
    };
    let transport = match account.transport {
        // A `sips:` address wants TLS whatever else is said.
        _ if account.aor.as_str().starts_with("sips:") => Some(Transport::Tls),
        TransportChoice::Auto => None,
        TransportChoice::Tls => Some(Transport::Tls),
        TransportChoice::Tcp => Some(Transport::Tcp),
        TransportChoice::Udp => Some(Transport::Udp),
    };
    Target { tls_name: host.clone(), host, port, transport, automatic }
}
