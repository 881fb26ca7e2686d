//! Which addresses a stranger's URL must not reach.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

/// What a client may connect to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) allow_private: bool,
    pub(crate) allow_own: bool,
}

impl Rule {
    /// Why `address` is refused, or `None` if it may be connected to.
    pub(crate) fn refused(self, address: IpAddr) -> Option<&'static str> {
        if self.allow_private {
            return None;
        }
        refused(address)
            .or_else(|| (!self.allow_own && is_own(address)).then_some("this machine itself"))
    }
}

/// Whether this machine has the address: then it is also where its packets to that address come from. Nothing is sent.
fn is_own(address: IpAddr) -> bool {
    let any: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let local = UdpSocket::bind((any, 0)).and_then(|socket| {
        // The port does not matter (9 is "discard").
        socket.connect((address, 9))?;
        socket.local_addr()
    });
    local.is_ok_and(|local| local.ip() == address)
}

/// Why `address` is refused, or `None` if it is an ordinary public one.
///
/// IPv4 follows the IANA special-purpose registry (RFC 6890 and its successors). IPv6 is the other
/// way round: only global unicast (`2000::/3`) without its special blocks passes, so that a block
/// nobody thought of is refused.
#[must_use]
pub fn refused(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => refused_v4(address),
        IpAddr::V6(address) => refused_v6(address),
    }
}

/// Network, prefix length, and what it is.
const SPECIAL_V4: [(Ipv4Addr, u32, &str); 16] = [
    (Ipv4Addr::UNSPECIFIED, 8, "this network"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "shared by a carrier"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local (cloud metadata)"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "protocol assignments"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "documentation"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "6to4 relay"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "benchmarking"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "documentation"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"),
    // Not special by a registry, but Azure's and Oracle's platform service lives there.
    (Ipv4Addr::new(168, 63, 129, 16), 32, "cloud platform service"),
];

fn refused_v4(address: Ipv4Addr) -> Option<&'static str> {
    let bits = address.to_bits();
    let within = |network: Ipv4Addr, length: u32| {
        let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
        bits & mask == network.to_bits()
    };
    SPECIAL_V4.iter().find(|(network, length, _)| within(*network, *length)).map(|(.., what)| *what)
}

fn refused_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some(inner) = translated(address) {
        return refused_v4(inner);
    }
    match address.segments() {
        [first, ..] if first & 0xe000 != 0x2000 => Some("not global unicast"),
        // 2001::/23 holds Teredo, ORCHID and other protocol assignments.
        [0x2001, second, ..] if second < 0x0200 => Some("protocol assignments (Teredo)"),
        [0x2001, 0x0db8, ..] => Some("documentation"),
        [0x2002, ..] => Some("6to4"),
        [0x3fff, second, ..] if second < 0x1000 => Some("documentation"),
        _ => None,
    }
}

/// The IPv4 address behind a translator's prefix (RFC 6052, `64:ff9b::/96`): networks without IPv4
/// reach the public IPv4 Internet through it, so what counts is the address inside.
fn translated(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_addresses_are_refused() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b:1::a00:1",
            "100::1",
            "2001::1",
            "2001:0:4136:e378::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(refused(address.parse().unwrap()).is_some(), "{address}");
        }
    }

    #[test]
    fn addresses_of_this_machine_are_known() {
        assert!(is_own(Ipv4Addr::LOCALHOST.into()));
        assert!(!is_own(Ipv4Addr::new(1, 1, 1, 1).into()));
        // The one with which this machine reaches others, where it reaches any.
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        if socket.connect("1.1.1.1:9").is_ok() {
            let own = socket.local_addr().unwrap().ip();
            assert!(is_own(own));
            let rule = Rule { allow_private: false, allow_own: false };
            assert!(rule.refused(own).is_some());
        }
    }

    #[test]
    fn public_addresses_pass() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.255.255",
            "198.20.0.1",
            "223.255.255.255",
            "2001:200::1",
            "2606:4700::1111",
            "2a00:1450:4001::8",
            "64:ff9b::808:808",
        ] {
            assert_eq!(refused(address.parse().unwrap()), None, "{address}");
        }
    }
}
