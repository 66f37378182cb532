//! Names of header fields as small numbers, so that looking one up compares numbers.
//!
//! Every registered name that we or our peers use is in one table with its compact form
//! (RFC 3261 section 7.3.3 and later registrations). A name that is not in it works as well; it
//! is compared letter by letter.

use super::lex::lower;

/// The number of a name; [`Name::OTHER`] for names that are not in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name(u8);

impl Name {
    /// A name that is not in the table.
    pub(crate) const OTHER: Self = Self(0);
    /// `Content-Length`, which the writer and the framer treat apart.
    pub(crate) const CONTENT_LENGTH: Self = Self::of(b"Content-Length");

    /// The number of a name as written, long or compact, in any case.
    pub(crate) const fn of(name: &[u8]) -> Self {
        if let [letter] = name {
            let letter = letter.to_ascii_lowercase();
            return if letter.is_ascii_lowercase() { Self(COMPACT[(letter - b'a') as usize]) } else { Self::OTHER };
        }
        let mut slot = hash(name);
        loop {
            let number = SLOTS[slot & MASK];
            if number == 0 {
                return Self::OTHER;
            }
            if same(NAMES[number as usize - 1].0.as_bytes(), name) {
                return Self(number);
            }
            slot += 1;
        }
    }
}

/// The long form of a compact name; any other name as it is.
pub(crate) fn long_name(name: &str) -> &str {
    let Name(number) = Name::of(name.as_bytes());
    let known = usize::from(number).checked_sub(1).and_then(|at| NAMES.get(at));
    known.filter(|_| name.len() == 1).map_or(name, |(long, _)| long)
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if lower(a[at]) != lower(b[at]) {
            return false;
        }
        at += 1;
    }
    true
}

/// Length, first, middle and last letter tell nearly all names apart.
const fn hash(name: &[u8]) -> usize {
    let len = name.len();
    if len == 0 {
        return 0;
    }
    let (first, middle, last) = (lower(name[0]) as usize, lower(name[len / 2]) as usize, lower(name[len - 1]) as usize);
    len.wrapping_mul(7) ^ first.wrapping_mul(31) ^ middle.wrapping_mul(5) ^ last
}

const MASK: usize = 511;

/// Open addressing; at most a fifth of the slots is in use, so that a search ends soon.
static SLOTS: [u8; MASK + 1] = slots();

const fn slots() -> [u8; MASK + 1] {
    let mut slots = [0; MASK + 1];
    let mut at = 0;
    while at < NAMES.len() {
        let mut slot = hash(NAMES[at].0.as_bytes());
        while slots[slot & MASK] != 0 {
            slot += 1;
        }
        #[allow(clippy::cast_possible_truncation)] // the table below has fewer than 255 rows
        {
            slots[slot & MASK] = at as u8 + 1;
        }
        at += 1;
    }
    slots
}

static COMPACT: [u8; 26] = compact();

const fn compact() -> [u8; 26] {
    let mut letters = [0; 26];
    let mut at = 0;
    while at < NAMES.len() {
        if NAMES[at].1 != 0 {
            #[allow(clippy::cast_possible_truncation)] // as above
            {
                letters[(NAMES[at].1 - b'a') as usize] = at as u8 + 1;
            }
        }
        at += 1;
    }
    letters
}

const NAMES: [(&str, u8); 98] = [
    ("Via", b'v'),
    ("From", b'f'),
    ("To", b't'),
    ("Call-ID", b'i'),
    ("CSeq", 0),
    ("Max-Forwards", 0),
    ("Contact", b'm'),
    ("Content-Length", b'l'),
    ("Content-Type", b'c'),
    ("Content-Encoding", b'e'),
    ("Content-Disposition", 0),
    ("Content-Language", 0),
    ("Content-ID", 0),
    ("Route", 0),
    ("Record-Route", 0),
    ("Event", b'o'),
    ("Expires", 0),
    ("Min-Expires", 0),
    ("Supported", b'k'),
    ("Unsupported", 0),
    ("Require", 0),
    ("Proxy-Require", 0),
    ("Allow", 0),
    ("Allow-Events", b'u'),
    ("Accept", 0),
    ("Accept-Contact", b'a'),
    ("Accept-Encoding", 0),
    ("Accept-Language", 0),
    ("Accept-Resource-Priority", 0),
    ("Alert-Info", 0),
    ("Authentication-Info", 0),
    ("Proxy-Authentication-Info", 0),
    ("Authorization", 0),
    ("Proxy-Authorization", 0),
    ("WWW-Authenticate", 0),
    ("Proxy-Authenticate", 0),
    ("Call-Info", 0),
    ("Date", 0),
    ("Error-Info", 0),
    ("Flow-Timer", 0),
    ("History-Info", 0),
    ("Identity", b'y'),
    ("Identity-Info", b'n'),
    ("In-Reply-To", 0),
    ("Join", 0),
    ("MIME-Version", 0),
    ("Min-SE", 0),
    ("Organization", 0),
    ("P-Access-Network-Info", 0),
    ("P-Asserted-Identity", 0),
    ("P-Associated-URI", 0),
    ("P-Called-Party-ID", 0),
    ("P-Preferred-Identity", 0),
    ("Path", 0),
    ("Priority", 0),
    ("Privacy", 0),
    ("RAck", 0),
    ("RSeq", 0),
    ("Reason", 0),
    ("Refer-Sub", 0),
    ("Refer-To", b'r'),
    ("Referred-By", b'b'),
    ("Reject-Contact", b'j'),
    ("Replaces", 0),
    ("Reply-To", 0),
    ("Request-Disposition", b'd'),
    ("Resource-Priority", 0),
    ("Retry-After", 0),
    ("SIP-ETag", 0),
    ("SIP-If-Match", 0),
    ("Security-Client", 0),
    ("Security-Server", 0),
    ("Security-Verify", 0),
    ("Server", 0),
    ("Service-Route", 0),
    ("Session-Expires", b'x'),
    ("Subject", b's'),
    ("Subscription-State", 0),
    ("Suppress-If-Match", 0),
    ("Target-Dialog", 0),
    ("Timestamp", 0),
    ("User-Agent", 0),
    ("Warning", 0),
    ("EndPoints", 0),
    ("Presence-State", 0),
    ("Roster-Manager", 0),
    ("TriggeredInvite", 0),
    ("ms-client-diagnostics", 0),
    ("ms-diagnostics", 0),
    ("ms-diagnostics-public", 0),
    ("ms-keep-alive", 0),
    ("ms-piggyback-cseq", 0),
    ("ms-text-format", 0),
    ("ms-user-logon-data", 0),
    ("ms-asserted-verification-level", 0),
    ("ms-forking", 0),
    ("ms-routing-phase", 0),
    ("ms-subscription", 0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_in_every_case_and_by_its_compact_form() {
        for (at, (name, letter)) in NAMES.iter().enumerate() {
            let number = Name(u8::try_from(at + 1).unwrap());
            assert_eq!(Name::of(name.as_bytes()), number, "{name}");
            assert_eq!(Name::of(name.to_ascii_uppercase().as_bytes()), number, "{name}");
            if *letter != 0 {
                assert_eq!(Name::of(&[*letter]), number, "{name}");
                assert_eq!(Name::of(&[letter.to_ascii_uppercase()]), number, "{name}");
            }
        }
        for unknown in ["", "z", "q", "1", "Viaa", "X-Unknown", "ms-unknown"] {
            assert_eq!(Name::of(unknown.as_bytes()), Name::OTHER, "{unknown}");
        }
    }
}
