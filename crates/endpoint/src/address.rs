//! Who is on the other end of the connection.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::FromRequestParts;
use http::{HeaderMap, request::Parts};

use crate::{error::Failure, request::Context};

/// The other end of the connection, put into a request's extensions by the listener. Without it (a unix socket, a test)
/// the peer counts as this machine.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// The address that a request comes from: the peer's, or what a trusted proxy says in `X-Forwarded-For`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(Self(Context::of(parts)?.address))
    }
}

/// Whose `X-Forwarded-For` is believed: networks as an address and the number of leading bits that count.
#[derive(Clone, Debug, Default)]
pub struct ForwardedBy(Vec<(IpAddr, u8)>);

impl ForwardedBy {
    /// Believes these networks. An IPv4 network is one of IPv4 addresses, also where they are written as IPv6 ones.
    #[must_use]
    pub fn networks(networks: impl IntoIterator<Item = (IpAddr, u8)>) -> Self {
        Self(networks.into_iter().collect())
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|&(network, bits)| match (network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0);
                (network.to_bits() ^ address.to_bits()) & mask == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0);
                (network.to_bits() ^ address.to_bits()) & mask == 0
            }
            _ => false,
        })
    }

    /// The address of the client: from the peer backwards through the proxies, the first that is not a trusted proxy.
    /// What an untrusted client writes into the header stands to the left of that and is never reached.
    pub(crate) fn client(&self, peer: Option<&Peer>, headers: &HeaderMap) -> IpAddr {
        let mut address =
            peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip()).to_canonical();
        if self.0.is_empty() || !self.trusts(address) {
            return address;
        }
        let values =
            headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let hops: Vec<_> = values.flat_map(|value| value.split(',')).collect();
        for hop in hops.iter().rev() {
            let Some(next) = parse_hop(hop.trim()) else { return address };
            address = next;
            if !self.trusts(address) {
                return address;
            }
        }
        address
    }
}

/// An address, as proxies write it: alone, with a port, or in brackets.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let address = hop.parse::<IpAddr>().ok();
    let with_port = || hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets =
        || hop.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    address.or_else(with_port).or_else(in_brackets).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let trusted = [("10.0.0.0", 8), ("fd00::", 8)];
        let trusted = ForwardedBy::networks(trusted.map(|(ip, bits)| (ip.parse().unwrap(), bits)));
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let peer = Peer(SocketAddr::new(peer.parse().unwrap(), 1));
        trusted.client(Some(&peer), &headers).to_string()
    }

    #[test]
    fn a_stranger_cannot_name_an_address() {
        assert_eq!(client("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &["6.6.6.6, 192.0.2.1"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &["6.6.6.6", "192.0.2.1, 10.2.3.4"]), "192.0.2.1");
    }

    #[test]
    fn trusted_proxies_are_believed_in_every_notation() {
        assert_eq!(client("10.0.0.1", &["2001:db8::1"]), "2001:db8::1");
        assert_eq!(client("fd00::1", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(client("::ffff:10.0.0.1", &["192.0.2.1:80"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &["unknown"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }
}
