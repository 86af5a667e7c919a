//! Where a request comes from, and with what kind of program.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::HeaderMap;
use http::header::{HeaderName, USER_AGENT};

/// A network whose peers are believed about `X-Forwarded-For`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// An address of it.
    pub address: IpAddr,
    /// How many leading bits its addresses share.
    pub prefix: u8,
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

impl Network {
    fn holds(&self, address: IpAddr) -> bool {
        match (self.address.to_canonical(), address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let prefix = u32::from(self.prefix).saturating_sub(self.mapped_bits());
                let mask = u32::MAX.checked_shl(32 - prefix.min(32)).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let prefix = u32::from(self.prefix).min(128);
                let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    // `::ffff:10.0.0.0/104` is 10.0.0.0/8.
    const fn mapped_bits(&self) -> u32 {
        if self.address.is_ipv6() { 96 } else { 0 }
    }
}

/// The client's address: the right-most of `X-Forwarded-For` that is no trusted proxy, as far as
/// trusted proxies vouch for it; without them the peer. What a proxy wrote that is no address ends
/// the walk at that proxy.
pub(crate) fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.holds(address));
    let mut client = peer;
    let values: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
    let hops = values
        .into_iter()
        .rev()
        .flat_map(|value| value.to_str().unwrap_or("?").rsplit(',').map(str::trim));
    for hop in hops {
        if !is_trusted(client) {
            break;
        }
        match parse_hop(hop) {
            Some(address) => client = address,
            None => break,
        }
    }
    client.to_canonical()
}

/// An address, alone or with a port.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let socket = || hop.parse().ok().map(|it: std::net::SocketAddr| it.ip());
    let bracketed = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    hop.parse().ok().or_else(socket).or_else(bracketed)
}

/// The network of an address: /24 of IPv4, /48 of IPv6. What the journal and logs may keep.
pub(crate) fn truncated(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let network = Ipv4Addr::from_bits(address.to_bits() & 0xffff_ff00);
            format!("{network}/24")
        }
        IpAddr::V6(address) => {
            let network = Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 80));
            format!("{network}/48")
        }
    }
}

/// The class of the user agent. Only the class is kept: the whole text can tell people apart.
pub(crate) fn user_agent_class(headers: &HeaderMap) -> &'static str {
    let Some(text) = headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok())
    else {
        return "unknown";
    };
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["okhttp", "CFNetwork", "Dart/", "Expo", "ReactNative"]) {
        "mobile-app"
    } else if has(&["Mozilla/"]) {
        "browser"
    } else if has(&[
        "curl/",
        "Wget/",
        "python",
        "Python",
        "Go-http-client",
        "node",
        "axios",
        "Java/",
        "PostmanRuntime",
        "k6/",
        "wrk",
    ]) {
        "script"
    } else {
        "unknown"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn network(address: &str, prefix: u8) -> Network {
        Network {
            address: address.parse().unwrap(),
            prefix,
        }
    }

    fn of(peer: &str, forwarded: &[&str], trusted: &[Network]) -> String {
        let headers = forwarded
            .iter()
            .map(|value| (FORWARDED_FOR, value.parse().unwrap()))
            .collect();
        address(peer.parse().unwrap(), &headers, trusted).to_string()
    }

    #[test]
    fn nobody_is_believed_unless_trusted() {
        assert_eq!(of("203.0.113.9", &["10.1.1.1"], &[]), "203.0.113.9");
        let trusted = [network("10.0.0.0", 8)];
        assert_eq!(of("203.0.113.9", &["1.2.3.4"], &trusted), "203.0.113.9");
    }

    #[test]
    fn the_right_most_untrusted_address_counts() {
        let trusted = [network("10.0.0.0", 8)];
        let forged = ["8.8.8.8, 203.0.113.9, 10.2.2.2"];
        assert_eq!(of("10.1.1.1", &forged, &trusted), "203.0.113.9");
        assert_eq!(
            of("10.1.1.1", &["8.8.8.8", "203.0.113.9"], &trusted),
            "203.0.113.9"
        );
        assert_eq!(
            of("::ffff:10.1.1.1", &["203.0.113.9:4711"], &trusted),
            "203.0.113.9"
        );
        assert_eq!(of("10.1.1.1", &["8.8.8.8, unknown"], &trusted), "10.1.1.1");
        assert_eq!(of("10.1.1.1", &[], &trusted), "10.1.1.1");
    }

    #[test]
    fn only_networks_are_kept() {
        let truncate = |text: &str| truncated(text.parse().unwrap());
        assert_eq!(truncate("203.0.113.9"), "203.0.113.0/24");
        assert_eq!(truncate("2001:db8:1:2::3"), "2001:db8:1::/48");
    }

    proptest! {
        #[test]
        fn a_network_holds_what_shares_its_prefix(bits: u32, other: u32, prefix in 0u8..=32) {
            let network = Network { address: Ipv4Addr::from_bits(bits).into(), prefix };
            let shared = (bits ^ other).leading_zeros() >= u32::from(prefix);
            prop_assert_eq!(network.holds(Ipv4Addr::from_bits(other).into()), shared);
        }
    }
}
