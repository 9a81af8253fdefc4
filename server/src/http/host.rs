//! Host names in a normalized form, as they occur in `Host`, in origins and in proxy headers.
//!
//! Source: RFC 9110 §7.2 and §4.2.3 (normalization), RFC 3986 §3.2.2, RFC 6761 and RFC 6762 (names outside of the public DNS).

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use axum::{
    extract::Request,
    http::{Uri, Version, header::HOST, uri::Authority},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use holdfast_protocol::{ApiError, Code};

use super::error::ErrorResponse;

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

/// Returns the host of a request: from its target if it is there (HTTP/2, RFC 9112 §3.2.2), otherwise from `Host`.
pub fn asked(uri: &Uri, headers: &axum::http::HeaderMap) -> Option<Host> {
    let target = uri.authority().map(Authority::as_str);
    Host::parse(target.or_else(|| headers.get(HOST)?.to_str().ok())?)
}

/// Refuses requests with several hosts, an invalid host or no host with 400 (RFC 9112 §3.2). HTTP/1.0 requests, which some health checks
/// still use, need no host.
pub(super) async fn require(request: Request, next: Next) -> Response {
    let mut given = request.headers().get_all(HOST).iter();
    let (first, second) = (given.next(), given.next());
    let in_target = request.uri().authority().is_some();
    let is_host = first.is_some_and(|host| host.to_str().is_ok_and(|host| Host::parse(host).is_some()));
    let problem = match first {
        _ if second.is_some() => "several Host headers",
        Some(_) if !is_host => "a Host header that is no host",
        None if !in_target && request.version() == Version::HTTP_11 => "no Host header",
        Some(_) | None => return next.run(request).await,
    };
    let sentence = format!("The request has {problem}. Send exactly one, such as: Host: chat.example.com");
    ErrorResponse::from(ApiError::new(Code::BadFrame, sentence)).into_response()
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
