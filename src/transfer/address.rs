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

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn private() {
        let private = [
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.9.9",
            "127.0.0.1",
            "127.9.9.9",
            "100.64.0.1",
            "100.127.255.255",
            "0.0.0.0",
            "::",
            "::1",
            "fe80::1",
            "febf::1",
            "fc00::1",
            "fdff::1",
            "::ffff:10.0.0.1",
        ];
        for address in private {
            assert!(is_private(ip(address)), "{address}");
        }
        let public =
            ["192.0.2.10", "172.32.0.1", "100.128.0.1", "100.63.0.1", "11.0.0.1", "2001:db8::1", "fec0::1", "::ffff:192.0.2.1"];
        for address in public {
            assert!(!is_private(ip(address)), "{address}");
        }
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
