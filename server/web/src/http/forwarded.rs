//! Reads the headers in which a proxy describes the original request.
//!
//! `X-Forwarded-…` as common proxies write it, and `Forwarded` (RFC 7239). `X-Forwarded-…` has precedence, because common proxies
//! overwrite it but pass on a `Forwarded` that the client sent.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};

use holdfast_core::web_address::Host;

const FORWARDED: HeaderName = HeaderName::from_static("forwarded");
const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PORT: HeaderName = HeaderName::from_static("x-forwarded-port");

/// What the headers say, whether the proxy is trusted or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Forwarded {
    /// Whether there are any such headers.
    pub present: bool,
    /// The addresses that the request passed through, the client's first. `None` stands for a value that is not an address.
    pub chain: Vec<Option<IpAddr>>,
    /// The scheme that the client used.
    pub scheme: Option<&'static str>,
    /// The host that the client requested.
    pub host: Option<Host>,
    /// The port that the client connected to.
    pub port: Option<u16>,
}

impl Forwarded {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let standard: Vec<(String, String)> = values(headers, &FORWARDED).flat_map(pairs).collect();
        let of = |name: &'static str| standard.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str());
        let first = |name: &HeaderName| values(headers, name).flat_map(|text| text.split(',')).map(str::trim).find(|text| !text.is_empty());
        let chain: Vec<Option<IpAddr>> = if headers.contains_key(&FOR) {
            values(headers, &FOR).flat_map(|text| text.split(',')).map(node).collect()
        } else {
            of("for").map(node).collect()
        };
        Self {
            present: [FORWARDED, FOR, PROTO, HOST, PORT].iter().any(|name| headers.contains_key(name)),
            chain,
            scheme: first(&PROTO).or_else(|| of("proto").next()).and_then(scheme),
            host: first(&HOST).or_else(|| of("host").next()).and_then(Host::parse),
            port: first(&PORT).and_then(|text| text.parse().ok()).filter(|port| *port > 0),
        }
    }
}

fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
}

fn scheme(text: &str) -> Option<&'static str> {
    ["https", "http"].into_iter().find(|scheme| text.eq_ignore_ascii_case(scheme)).or_else(|| {
        // A proxy may report the schemes of sockets.
        [("wss", "https"), ("ws", "http")].into_iter().find(|(other, _)| text.eq_ignore_ascii_case(other)).map(|(_, scheme)| scheme)
    })
}

/// Parses an address with or without a port and brackets.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// Returns the pairs of a `Forwarded` header, names in lower case. Commas and semicolons in quoted strings do not separate.
fn pairs(text: &str) -> Vec<(String, String)> {
    let (mut parts, mut part, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for c in text.chars() {
        match c {
            _ if escaped => {
                escaped = false;
                part.push(c);
            }
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' | ';' if !quoted => parts.push(std::mem::take(&mut part)),
            _ => part.push(c),
        }
    }
    parts.push(part);
    let split = |part: String| part.split_once('=').map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    parts.into_iter().filter_map(split).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(headers: &[(&'static str, &str)]) -> Forwarded {
        Forwarded::read(&headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect())
    }

    #[test]
    fn schemes_come_in_any_case_and_in_lists() {
        for (given, told) in [
            ("https", Some("https")),
            ("HTTPS", Some("https")),
            ("Https, http", Some("https")),
            (" http,https", Some("http")),
            ("WSS", Some("https")),
            ("ws", Some("http")),
            ("ftp", None),
            ("", None),
        ] {
            assert_eq!(read(&[("x-forwarded-proto", given)]).scheme, told, "{given:?}");
        }
    }

    #[test]
    fn addresses_come_with_and_without_ports() {
        let chain = read(&[
            ("x-forwarded-for", "192.0.2.1:5678, [2001:db8::1]:443,[2001:db8::2],2001:db8::3"),
            ("x-forwarded-for", "unknown,_x, ::ffff:192.0.2.9"),
        ])
        .chain;
        let expected = [Some("192.0.2.1"), Some("2001:db8::1"), Some("2001:db8::2"), Some("2001:db8::3"), None, None, Some("192.0.2.9")];
        assert_eq!(chain, expected.map(|address| address.map(|it| it.parse().unwrap())));
    }

    #[test]
    fn the_standard_header_is_read_with_quotes_and_in_any_case() {
        let it =
            read(&[("forwarded", r#"For="[2001:db8:cafe::17]:4711";Proto=HTTPS;host="Chat.example.com:8443", for=10.0.0.9;by="a,b;c""#)]);
        assert_eq!(it.chain, [Some("2001:db8:cafe::17".parse().unwrap()), Some("10.0.0.9".parse().unwrap())]);
        assert_eq!((it.scheme, it.host.unwrap().to_string().as_str()), (Some("https"), "chat.example.com:8443"));
        let both = read(&[
            ("forwarded", "for=192.0.2.66;host=evil.example;proto=https"),
            ("x-forwarded-for", "192.0.2.1"),
            ("x-forwarded-host", "a"),
            ("x-forwarded-proto", "http"),
        ]);
        assert_eq!(both.chain, [Some("192.0.2.1".parse().unwrap())]);
        assert_eq!((both.scheme, both.host.unwrap().to_string().as_str()), (Some("http"), "a"));
        assert!(!read(&[("host", "a")]).present && read(&[("forwarded", "")]).present);
    }

    #[test]
    fn hosts_and_ports_may_be_lists_too() {
        let it = read(&[("x-forwarded-host", "chat.example.com:8443, inner"), ("x-forwarded-port", "8443,80")]);
        assert_eq!((it.host.unwrap().to_string().as_str(), it.port), ("chat.example.com:8443", Some(8443)));
        assert_eq!(read(&[("x-forwarded-host", "a b"), ("x-forwarded-port", "0")]), Forwarded { present: true, ..Forwarded::default() });
    }
}
