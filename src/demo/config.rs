//! Settings and limits of the embedded server.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::features::Features;
use super::oddities::Oddities;
use super::users::User;
use crate::model::{Address, Stamp};
use crate::sip::auth::AcceptorSettings;

/// What to do with a watcher about whom the user has decided nothing and who is not on the
/// user's roster (people on the roster may see the user).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DefaultHandling {
    /// Let them see the user.
    #[default]
    Allow,
    /// Keep them waiting until the user decides (RFC 3857 `pending`).
    Confirm,
}

/// Settings of a server.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// The domain served, and the realm of Digest.
    pub domain: String,
    /// Who may sign in.
    pub users: Vec<User>,
    /// What is on.
    pub features: Features,
    /// Offer Digest with MD5 below SHA-256 (RFC 8760 section 2.3), for clients that know no other.
    pub offer_md5: bool,
    /// About watchers nobody has decided on.
    pub default_handling: DefaultHandling,
    /// Whether the personas live in this server.
    pub personas: bool,
    /// Users whose home is another server, and its `host:port`: their REGISTER is answered with 301.
    pub homes: BTreeMap<Address, String>,
    /// Addresses that spoil every list of LCS they stand in, for tests of clients.
    pub poison: BTreeSet<Address>,
    /// How NTLM is done, where it is on. Its version of the signed text is that of Kerberos too.
    pub ntlm: AcceptorSettings,
    /// What goes wrong on purpose.
    pub oddities: Oddities,
    /// Source of tags, nonces and of everything the personas do.
    pub seed: [u8; 32],
    /// The same moment on the monotonic clock and on the wall.
    pub started: (Instant, Stamp),
    /// Bounds and intervals.
    pub limits: ServerLimits,
}

impl ServerConfig {
    /// A server with everything on, no personas, and the usual limits.
    #[must_use]
    pub fn new(domain: &str, users: Vec<User>, seed: [u8; 32], started: (Instant, Stamp)) -> Self {
        Self {
            domain: domain.to_ascii_lowercase(),
            users,
            features: Features::default(),
            offer_md5: true,
            default_handling: DefaultHandling::default(),
            personas: false,
            homes: BTreeMap::new(),
            poison: BTreeSet::new(),
            ntlm: AcceptorSettings::default(),
            oddities: Oddities::default(),
            seed,
            started,
            limits: ServerLimits::default(),
        }
    }
}

/// Bounds on what clients can make the server hold, and its intervals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerLimits {
    /// Links open at a time.
    pub flows: usize,
    /// How long a stream may stay without credentials.
    pub introduction: Duration,
    /// Devices of one user.
    pub bindings_per_user: usize,
    /// Publications of one user.
    pub publications_per_user: usize,
    /// Octets of a published document.
    pub publication_size: usize,
    /// Subscriptions a user may have open.
    pub subscriptions_per_user: usize,
    /// People all subscriptions of a user together may be about.
    pub watched_per_user: usize,
    /// People on one list.
    pub list_entries: usize,
    /// Messages waiting for one user.
    pub stored_messages: usize,
    /// Octets of bodies waiting for one user.
    pub stored_octets: usize,
    /// Octets of one message's body.
    pub message_size: usize,
    /// Contacts on one user's roster, and decisions on watchers.
    pub roster_entries: usize,
    /// Octets of what users send one device that it has not answered. More of it could fill what
    /// may wait for its link (`net/link.rs`), which would then be dropped.
    pub unanswered: usize,
    /// Messages being relayed at a time.
    pub relays: usize,
    /// INVITEs of one user that nobody has answered yet.
    pub invites_per_user: usize,
    /// Sessions one user may have begun; the one used least goes when there are more.
    pub sessions_per_user: usize,
    /// Sessions of one user with personas.
    pub talks_per_user: usize,
    /// How long nothing is said until a persona hangs up.
    pub talk_idle: Duration,
    /// How long a device rings while another one of the user waits its turn. Clients of LCS let
    /// up to ten seconds pass when their user is signed in elsewhere too.
    pub ring: Duration,
    /// Answers to one challenge, and challenges remembered once answered.
    pub nonces: usize,
    /// How long a nonce lives.
    pub nonce_lifetime: Duration,
    /// Shortest registration, publication and subscription granted, seconds: 423 below.
    pub min_expires: u32,
    /// Longest granted, seconds; also what is granted when nothing is asked for.
    pub max_expires: u32,
    /// Keep-alive interval told to clients of RFC 5626, seconds; a stream that is silent for half as long
    /// again is cut off.
    pub flow_timer: u32,
    /// Keep-alive interval told to clients of LCS, seconds; one that is silent for half as long
    /// again is cut off.
    pub keepalive: u32,
    /// How long a device of LCS that came back may take to say anew what its user does. LCS can be
    /// set to 3 to 15 minutes.
    pub presence_wait: Duration,
    /// Shortest time between two notifications of one subscription. RFC 3856 section 6.10 names
    /// 5 s for large servers; this one serves a handful of people, who should not wait so long.
    pub notify_interval: Duration,
    /// How long a publication outlives the link it came by: time to come back in.
    pub publication_grace: Duration,
}

impl ServerLimits {
    /// Requests the server may have under way: half a session begun each second by everybody at once, since an
    /// INVITE counts for half a minute.
    #[must_use]
    pub const fn under_way(&self) -> usize {
        let all = self.flows.saturating_mul(16);
        if all > LEAST_UNDER_WAY { all } else { LEAST_UNDER_WAY }
    }
}

/// As many as any endpoint may have.
const LEAST_UNDER_WAY: usize = 16_384;

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            flows: 256,
            introduction: Duration::from_secs(30),
            bindings_per_user: 10,
            publications_per_user: 10,
            publication_size: 16 * 1024,
            subscriptions_per_user: 1500,
            watched_per_user: 10_000,
            list_entries: 250,
            stored_messages: 100,
            stored_octets: 256 * 1024,
            message_size: 64 * 1024,
            roster_entries: 1000,
            unanswered: 512 * 1024,
            relays: 1024,
            invites_per_user: 32,
            sessions_per_user: 128,
            talks_per_user: 64,
            talk_idle: Duration::from_mins(10),
            ring: Duration::from_secs(15),
            nonces: 1024,
            nonce_lifetime: Duration::from_mins(5),
            min_expires: 60,
            max_expires: 3600,
            flow_timer: 120,
            keepalive: 300,
            presence_wait: Duration::from_mins(3),
            notify_interval: Duration::from_secs(1),
            publication_grace: Duration::from_secs(30),
        }
    }
}
