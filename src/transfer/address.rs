//! What to tell of where we are, and where not to connect to.

use std::net::IpAddr;

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

/// Whether we connect to an address that the other side told, given our own end towards it or the server. Not to a
/// loopback address, unless that is where we are; not to many at once; not to none.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_told() {
        for (local, expected) in [("192.0.2.10", "192.0.2.10"), ("::ffff:10.0.0.1", "10.0.0.1"), ("2001:db8::1", "2001:db8::1")] {
            assert_eq!(told(ip(local)), Some(ip(expected)));
        }
        for useless in ["0.0.0.0", "::", "::ffff:0.0.0.0", "fe80::1", "224.0.0.1", "255.255.255.255", "ff02::1"] {
            assert_eq!(told(ip(useless)), None, "{useless}");
        }
    }

    #[test]
    fn where_not_to_connect() {
        let ours = ip("192.168.1.5");
        for theirs in ["192.168.1.6", "192.0.2.1", "10.0.0.1", "2001:db8::1"] {
            assert!(may_connect(ip(theirs), ours), "{theirs}");
        }
        for theirs in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "fe80::1"] {
            assert!(!may_connect(ip(theirs), ours), "{theirs}");
        }
        assert!(may_connect(ip("127.0.0.1"), ip("127.0.0.1")));
        assert!(may_connect(ip("127.0.0.1"), ip("::1")));
    }
}
