//! Host names and origins in a normalized form, as they occur in `Host`, in origins, in proxy headers and in settings.
//!
//! Source: RFC 9110 §7.2 and §4.2.3 (normalization), RFC 3986 §3.2.2, RFC 6454 (origins), RFC 6761 and RFC 6762 (names outside of the
//! public DNS).

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use http::Uri;

/// Top-level names that nobody can register (RFC 6761, RFC 6762 appendix G, ICANN's `internal`).
const PRIVATE: [&str; 10] = ["local", "localhost", "localdomain", "internal", "intranet", "private", "corp", "home", "lan", "home.arpa"];

/// A name or address, in lower case, without a final dot; IPv6 addresses are in brackets and in their shortest form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostName(String);

impl HostName {
    /// Parses a host name. Returns `None` for a text that is neither a name nor an address.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix('[') {
            let address: Ipv6Addr = rest.strip_suffix(']')?.parse().ok()?;
            return Some(Self(format!("[{address}]")));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let plain =
            name.split('.').all(|label| !label.is_empty() && label.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_~".contains(&c)));
        plain.then(|| Self(name.to_ascii_lowercase()))
    }

    /// Returns the IP address, or `None` for a name.
    pub fn address(&self) -> Option<IpAddr> {
        match self.0.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(v6) => v6.parse::<Ipv6Addr>().ok().map(|address| IpAddr::V6(address).to_canonical()),
            None => self.0.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
        }
    }

    /// Returns whether it stands for the client's own machine; browsers do not look such names up in DNS.
    pub fn is_loopback(&self) -> bool {
        match self.address() {
            Some(address) => address.is_loopback(),
            None => self.0 == "localhost" || self.0.ends_with(".localhost"),
        }
    }

    /// Returns whether it is one of the three names that mean the same origin to a client on the same machine.
    pub fn is_localhost(&self) -> bool {
        matches!(self.0.as_str(), "localhost" | "127.0.0.1" | "[::1]")
    }

    /// Returns whether it can be a name in the public DNS. Other names usually come from a proxy's configuration.
    pub fn is_public(&self) -> bool {
        let is_private = |name: &&str| self.0.strip_suffix(*name).is_some_and(|rest| rest.ends_with('.'));
        self.address().is_none() && self.0.contains('.') && !PRIVATE.iter().any(is_private)
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A host and its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// The name or address.
    pub name: HostName,
    /// The port; `None` for the default port of the scheme.
    pub port: Option<u16>,
}

impl Host {
    /// Parses the value of a `Host` header, such as `chat.example.com:8443`.
    pub fn parse(text: &str) -> Option<Self> {
        // The colon before the port is the last one after the brackets, if there are any.
        let colon = text.rfind(':').filter(|at| text.rfind(']').is_none_or(|end| end < *at));
        let (name, port) = text.split_at(colon.unwrap_or(text.len()));
        let port = match port.trim_start_matches(':') {
            "" => None, // the same as none (RFC 3986 §3.2.3)
            digits if digits.bytes().all(|c| c.is_ascii_digit()) => Some(digits.parse().ok()?),
            _ => return None,
        };
        Some(Self { name: HostName::parse(name)?, port })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.name),
            None => self.name.fmt(f),
        }
    }
}

/// A scheme, a host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebOrigin {
    scheme: &'static str,
    host: HostName,
    port: u16,
}

impl WebOrigin {
    /// Parses an origin as browsers write it, such as `https://chat.example.com`.
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.trim_end_matches('/').parse().ok()?;
        let scheme = ["http", "https"].into_iter().find(|scheme| uri.scheme_str().is_some_and(|it| it.eq_ignore_ascii_case(scheme)))?;
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return None;
        }
        Some(Self::of(scheme, &Host::parse(uri.authority()?.as_str())?))
    }

    /// Returns the origin with this scheme, `http` or `https`.
    pub fn of(scheme: &'static str, host: &Host) -> Self {
        Self { scheme, host: host.name.clone(), port: host.port.unwrap_or_else(|| default_port(scheme)) }
    }

    /// Returns the host as in `Host`: with the port unless it is the default one.
    pub fn authority(&self) -> String {
        if self.has_default_port() { self.host.to_string() } else { format!("{}:{}", self.host, self.port) }
    }

    /// Returns the host without the port.
    pub fn host(&self) -> &HostName {
        &self.host
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns whether scheme and port are those of another origin.
    pub fn has_scheme_and_port_of(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.port == other.port
    }

    /// Returns whether the port is the default one of the scheme.
    pub fn has_default_port(&self) -> bool {
        self.port == default_port(self.scheme)
    }

    /// Returns whether the scheme is HTTPS.
    pub fn is_secure(&self) -> bool {
        self.scheme == "https"
    }
}

impl fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority())
    }
}

fn default_port(scheme: &str) -> u16 {
    if scheme == "https" { 443 } else { 80 }
}

/// The public address of this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    /// Its origin.
    pub origin: WebOrigin,
    /// Base path of all addresses: empty, or like `/chat`, without a slash at its end.
    pub base: String,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_host_has_one_spelling() {
        for (given, shown) in [
            ("Chat.Example.COM.:8443", "chat.example.com:8443"),
            ("localhost.", "localhost"),
            ("[0:0:0:0:0:0:0:1]:3000", "[::1]:3000"),
            ("[2001:DB8::0:1]", "[2001:db8::1]"),
            ("192.168.1.5:80", "192.168.1.5:80"),
            ("a_b:", "a_b"),
        ] {
            assert_eq!(Host::parse(given).unwrap().to_string(), shown);
        }
        for bad in ["", ".", "a..", ".a", ":80", "a::1", "a:x", "a:+1", "a:70000", "a b", "a/b", "a@b", "[::1", "::1", "[1]", "a,b", "é"] {
            assert_eq!(Host::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn names_of_the_machine_itself_and_of_the_public_dns_are_told_apart() {
        let name = |text: &str| HostName::parse(text).unwrap();
        for own in ["localhost", "chat.localhost", "127.0.0.1", "127.1.2.3", "[::1]", "[::ffff:127.0.0.1]"] {
            assert!(name(own).is_loopback() && !name(own).is_public(), "{own}");
        }
        for public in ["chat.example.com", "xn--bcher-kva.example", "local.example"] {
            assert!(!name(public).is_loopback() && name(public).is_public(), "{public}");
        }
        for private in ["holdfast", "nas.local", "chat.lan", "chat.home.arpa", "192.168.1.5", "[2001:db8::1]"] {
            assert!(!name(private).is_loopback() && !name(private).is_public(), "{private}");
        }
        assert!(!name("localhost.evil.example").is_loopback());
    }
}
