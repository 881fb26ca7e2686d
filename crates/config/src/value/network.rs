//! Networks of addresses.
use std::{fmt, net::IpAddr};

use crate::setting::{Input, List, Setting, expected, quoted, text};

/// An address and how many of its leading bits count, written `10.0.0.0/8`, `fd00::/8`, or as a
/// single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// An address of the network.
    pub address: IpAddr,
    /// The bits that count: at most 32, or 128 for IPv6.
    pub bits: u8,
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

impl Setting for Network {
    const KIND: &'static str = "a network such as \"10.0.0.0/8\", or an address";

    fn read(input: Input<'_>) -> Result<Self, String> {
        text(input).and_then(parse).ok_or_else(|| expected::<Self>(input))
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}

impl List for Network {
    const LIST_KIND: &'static str = "a list of networks such as [\"10.0.0.0/8\", \"::1\"]";
}

fn parse(text: &str) -> Option<Network> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let bits_max = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.unwrap_or(bits_max);
    (bits <= bits_max).then_some(Network { address, bits })
}
