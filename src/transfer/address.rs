//! What to tell of where we are, and where not to connect to.

use std::net::IpAddr;

/// Whether an address means something in its own network only: private (RFC 1918), shared (RFC 6598), unique local
/// (RFC 4193), link-local, loopback, or none at all.
#[must_use]
pub fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            let shared = first == 100 && second & 0b1100_0000 == 64;
            address.is_private() || shared || address.is_link_local() || address.is_loopback() || address.is_unspecified()
        }
        IpAddr::V6(address) => {
            address.is_unique_local() || address.is_unicast_link_local() || address.is_loopback() || address.is_unspecified()
        }
    }
}

/// The address to tell the other side to connect to, from our own end of a connection towards it or the server. None
/// where that end says nothing, or means something only together with an interface (IPv6 link-local).
#[must_use]
pub fn told(local: IpAddr) -> Option<IpAddr> {
    let address = local.to_canonical();
    let useless = match address {
        IpAddr::V4(address) => address.is_unspecified() || address.is_broadcast() || address.is_multicast(),
        IpAddr::V6(address) => address.is_unspecified() || address.is_multicast() || address.is_unicast_link_local(),
    };
    (!useless).then_some(address)
}

/// Whether we connect to an address that the other side told, given our own end towards it or the server. Not to
/// ourselves, unless that is where we are; not to many at once; not to none.
#[must_use]
pub fn may_connect(theirs: IpAddr, ours: IpAddr) -> bool {
    let (theirs, ours) = (theirs.to_canonical(), ours.to_canonical());
    match told(theirs) {
        None => false,
        Some(theirs) if theirs.is_loopback() => ours.is_loopback(),
        // The whole of 0.0.0.0/8 is this host (RFC 1122, section 3.2.1.3).
        Some(IpAddr::V4(theirs)) => theirs.octets().first() != Some(&0),
        Some(IpAddr::V6(_)) => true,
    }
}
