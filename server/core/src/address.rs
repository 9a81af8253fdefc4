//! Addresses that the server listens on, and addresses of clients.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
};

use ipnet::IpNet;

/// Maximum length of a Unix socket's path, bytes: shorter than `sun_path` of unix(7) on any system.
const LONGEST_PATH: usize = 103;

/// Prefix length of the IPv6 network that a provider assigns to one household: a /56, which is 256 networks (RFC 6177 §2).
const HOUSEHOLD: u32 = 56;

/// An address to listen on: TCP, or a Unix socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// An IP address and a port. Port 0 lets the system choose a free port.
    Tcp(SocketAddr),
    /// A Unix socket, by the path of its file.
    Unix(PathBuf),
}

impl Listen {
    /// Parses `127.0.0.1:3000` or `unix:/run/holdfast.sock`. Returns `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let Some(path) = text.strip_prefix("unix:") else { return text.parse().ok().map(Self::Tcp) };
        // Also accepted as a URL: unix:///run/holdfast.sock.
        let path = path.strip_prefix("//").unwrap_or(path);
        let is_file = !path.is_empty() && !path.ends_with('/') && !path.starts_with('@') && !path.contains('\0');
        (is_file && path.len() <= LONGEST_PATH).then(|| Self::Unix(path.into()))
    }

    /// Returns whether only this machine can reach it.
    pub fn is_local(&self) -> bool {
        match self {
            Self::Tcp(address) => address.ip().is_loopback(),
            Self::Unix(_) => true,
        }
    }

    /// Returns the path of a Unix socket, or `None` for TCP.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Tcp(_) => None,
            Self::Unix(path) => Some(path),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// The address of a client, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientAddress {
    /// An IP address; IPv4 addresses are never mapped to IPv6.
    Ip(IpAddr),
    /// The Unix socket, if no proxy named the client. All such clients count as one address.
    Unix,
}

impl ClientAddress {
    /// Returns whether it certainly is this machine.
    pub fn is_loopback(self) -> bool {
        matches!(self, Self::Ip(address) if address.is_loopback())
    }

    /// Returns the address that limits apply to: an IPv6 address is reduced to its household's network.
    pub fn household(self) -> Self {
        match self {
            Self::Ip(IpAddr::V6(v6)) => Self::Ip(IpAddr::V6((v6.to_bits() & (u128::MAX << (128 - HOUSEHOLD))).into())),
            other => other,
        }
    }
}

impl From<IpAddr> for ClientAddress {
    fn from(address: IpAddr) -> Self {
        Self::Ip(address.to_canonical())
    }
}

impl FromStr for ClientAddress {
    type Err = std::net::AddrParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<IpAddr>().map(Self::from)
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Unix => f.write_str("unix"),
        }
    }
}

/// Proxies whose headers about the client's address are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustedProxy {
    /// All proxies in a network.
    Network(IpNet),
    /// Everyone who may open the Unix socket.
    Unix,
}

impl TrustedProxy {
    /// Returns whether a peer with this address is one of these proxies.
    pub fn contains(&self, peer: ClientAddress) -> bool {
        match (self, peer) {
            (Self::Network(network), ClientAddress::Ip(address)) => network.contains(&address),
            (Self::Unix, ClientAddress::Unix) => true,
            (Self::Network(_), ClientAddress::Unix) | (Self::Unix, ClientAddress::Ip(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_socket_is_a_path_and_anything_else_an_address_with_a_port() {
        for (text, path) in [("unix:/run/a.sock", "/run/a.sock"), ("unix:a.sock", "a.sock"), ("unix:///run/a.sock", "/run/a.sock")] {
            assert_eq!(Listen::parse(text).unwrap().path(), Some(Path::new(path)), "{text}");
        }
        assert_eq!(Listen::parse("[::]:3000").unwrap().to_string(), "[::]:3000");
        let long = format!("unix:/{}", "a".repeat(LONGEST_PATH));
        for wrong in ["unix:", "unix:/run/", "unix:@name", "/run/a.sock", "3000", "127.0.0.1", &long] {
            assert_eq!(Listen::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_socket_s_peer_is_trusted_by_its_own_name_alone() {
        let all: TrustedProxy = TrustedProxy::Network("0.0.0.0/0".parse().unwrap());
        let address = ClientAddress::from(IpAddr::from([127, 0, 0, 1]));
        assert!(all.contains(address) && !all.contains(ClientAddress::Unix));
        assert!(TrustedProxy::Unix.contains(ClientAddress::Unix) && !TrustedProxy::Unix.contains(address));
    }

    #[test]
    fn a_household_counts_as_one_and_so_does_what_is_unknown() {
        let household = |text: &str| text.parse::<ClientAddress>().unwrap().household();
        assert_eq!(household("2001:db8::1"), household("2001:db8:0:ff::2"));
        assert_ne!(household("2001:db8::1"), household("2001:db8:0:100::1"));
        assert_ne!(household("192.0.2.1"), household("192.0.2.2"));
        assert_eq!(household("::ffff:192.0.2.1"), household("192.0.2.1"));
        assert_eq!(ClientAddress::Unix.household(), ClientAddress::Unix);
    }
}
