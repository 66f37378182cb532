//! STUN, as far as it keeps a flow over UDP alive (RFC 8489 sections 5, 6 and 14; RFC 5626 sections 4.4.2
//! and 8): Binding requests, and answers that say where a request came from.
//!
//! ```text
//!    0                   1                   2                   3
//!    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//!   |0 0|   type: method and class  |  octets of attributes         |
//!   |                  magic cookie  0x2112A442                     |
//!   |                  transaction id, 96 bits                      |
//!   |  attribute type               |  its octets, without filling  |
//!   |  value, filled up to a multiple of four octets ...            |
//! ```
//!
//! No SIP message begins with the two zero bits. Nothing is signed: a flow has no secret of its own, and who
//! does not see our requests does not know their ids.

mod exchange;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

pub use exchange::{Exchange, PATIENCE, Step};

/// Tells answers apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionId(pub [u8; 12]);

/// A message that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stun {
    /// A Binding request.
    Request(TransactionId),
    /// The answer to one, yes or no.
    Answer(Answer),
}

/// The answer to a Binding request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Of the request.
    pub id: TransactionId,
    /// Where the request came from; `None` where the server refused it or says nothing of use.
    pub mapped: Option<SocketAddr>,
}

/// Whether a datagram is STUN rather than SIP, by its first octet.
#[must_use]
pub fn is_stun(data: &[u8]) -> bool {
    data.first().is_some_and(|first| *first < 4)
}

/// Reads a datagram. `None`: it is broken, or something else than Binding.
#[must_use]
pub fn read(data: &[u8]) -> Option<Stun> {
    let (head, body) = data.split_at_checked(HEAD)?;
    let kind = word(head, 0)?;
    let length = usize::from(word(head, 2)?);
    if length != body.len() || length % 4 != 0 || head.get(4..8)? != COOKIE {
        return None;
    }
    let id = TransactionId(head.get(8..20)?.try_into().ok()?);
    let told = attributes(data, body, id)?;
    match kind {
        REQUEST if told.unknown => None,
        REQUEST => Some(Stun::Request(id)),
        // Who does not know what the answer asks for must not believe it (RFC 8489 section 6.3.3).
        SUCCESS => Some(Stun::Answer(Answer { id, mapped: told.mapped.filter(|_| !told.unknown) })),
        REFUSAL => Some(Stun::Answer(Answer { id, mapped: None })),
        _ => None,
    }
}

/// Writes a Binding request.
#[must_use]
pub fn request(id: TransactionId) -> Vec<u8> {
    head(REQUEST, 0, id)
}

/// Writes the answer to a request that came from there.
#[must_use]
pub fn answer(id: TransactionId, from: SocketAddr) -> Vec<u8> {
    let (family, address) = match from.ip() {
        IpAddr::V4(ip) => (1, ip.octets().to_vec()),
        IpAddr::V6(ip) => (2, ip.octets().to_vec()),
    };
    let port = from.port().to_be_bytes();
    let mut value = vec![0, family];
    value.extend(port.iter().zip(COOKIE).map(|(octet, key)| octet ^ key));
    value.extend(address.iter().zip(key(id)).map(|(octet, key)| octet ^ key));
    let length = u16::try_from(value.len()).unwrap_or(0);
    let mut out = head(SUCCESS, length + 4, id);
    out.extend(XOR_MAPPED_ADDRESS.to_be_bytes());
    out.extend(length.to_be_bytes());
    out.extend(value);
    out
}

fn head(kind: u16, length: u16, id: TransactionId) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &length.to_be_bytes(), &COOKIE, &id.0].concat()
}

/// What the attributes tell.
#[derive(Debug, Default)]
struct Told {
    mapped: Option<SocketAddr>,
    /// One of them must be understood, and is not.
    unknown: bool,
}

/// Reads the attributes of a message; `None`: they are broken.
fn attributes(whole: &[u8], body: &[u8], id: TransactionId) -> Option<Told> {
    let mut told = Told::default();
    let mut rest = body;
    while !rest.is_empty() {
        let (kind, length) = (word(rest, 0)?, usize::from(word(rest, 2)?));
        let value = rest.get(4..)?.get(..length)?;
        match kind {
            XOR_MAPPED_ADDRESS => told.mapped = told.mapped.or(mapped(value, id)),
            FINGERPRINT => {
                let before = whole.get(..whole.len().checked_sub(rest.len())?)?;
                let is_last = rest.len() == 4 + 4;
                if !is_last || value != (crc32(before) ^ FINGERPRINT_KEY).to_be_bytes() {
                    return None;
                }
            }
            // Of these nothing is wanted: what older servers tell, who they are, why they refuse, signatures.
            MAPPED_ADDRESS | ERROR_CODE | MESSAGE_INTEGRITY | MESSAGE_INTEGRITY_SHA256 => {}
            other => told.unknown |= other < OPTIONAL,
        }
        rest = rest.get(4 + length.next_multiple_of(4)..)?;
    }
    Some(told)
}

/// An address mixed with cookie and id (RFC 8489 section 14.2).
fn mapped(value: &[u8], id: TransactionId) -> Option<SocketAddr> {
    let port = word(value, 2)? ^ word(&COOKIE, 0)?;
    let clear: Vec<u8> = value.get(4..)?.iter().zip(key(id)).map(|(octet, key)| octet ^ key).collect();
    let ip = match (value.get(1)?, value.len()) {
        (1, 8) => IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(clear).ok()?)),
        (2, 20) => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(clear).ok()?)),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

fn key(id: TransactionId) -> impl Iterator<Item = u8> {
    COOKIE.into_iter().chain(id.0)
}

fn word(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(data.get(at..at + 2)?.try_into().ok()?))
}

/// The checksum of ISO 3309, as Ethernet has it.
fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(u32::MAX, |sum, octet| {
        (0..8).fold(sum ^ u32::from(*octet), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 })
    })
}

const HEAD: usize = 20;
const COOKIE: [u8; 4] = 0x2112_A442_u32.to_be_bytes();
const REQUEST: u16 = 0x0001;
const SUCCESS: u16 = 0x0101;
const REFUSAL: u16 = 0x0111;
const MAPPED_ADDRESS: u16 = 0x0001;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const ERROR_CODE: u16 = 0x0009;
const MESSAGE_INTEGRITY_SHA256: u16 = 0x001C;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const FINGERPRINT: u16 = 0x8028;
const FINGERPRINT_KEY: u32 = 0x5354_554E;
/// Attributes from here on need not be understood.
const OPTIONAL: u16 = 0x8000;

#[cfg(test)]
mod tests;
