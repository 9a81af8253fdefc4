//! The client of a request, and the name by which it knows this server. Proxy headers count only if the proxy is trusted.

use std::{convert::Infallible, sync::Arc};

use super::session_cookie::Reach;
use super::{forwarded::Forwarded, host};
use crate::{settings::Settings, state::App};
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, Uri, header::CONNECTION, request::Parts},
};
use holdfast_core::address::{ClientAddress, TrustedProxy};
use holdfast_core::web_address::Host;

/// The client of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its address.
    pub address: ClientAddress,
    /// The scheme of its request; `None` if it is not known for sure.
    pub scheme: Option<&'static str>,
    /// The host and port that it requested.
    pub host: Option<Host>,
    /// The port of the client's connection to a trusted proxy, if the proxy reports it.
    pub port: Option<u16>,
    /// Whether a trusted proxy passed the request on. Headers alone do not prove this, because a page can make its browser send
    /// `X-Forwarded-…`.
    pub proxied: bool,
    /// What is known about proxies between client and server.
    pub between: Between,
    /// How its address is known.
    pub known_by: KnownBy,
    /// Whether its cookies are for HTTPS only.
    pub secure: bool,
}

/// How the address of a client is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownBy {
    /// It is the peer of the connection.
    Itself,
    /// It is the peer of the connection, which claims to be a proxy but is not trusted.
    Stranger,
    /// A trusted proxy reported it.
    Proxy,
    /// It is the address of a trusted proxy that did not report its client, or of a user on the proxy's machine.
    SilentProxy,
}

/// What is known about proxies, trusted or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// There is no sign of a proxy.
    Nothing,
    /// A proxy reports its client but not the requested host, except by `Host`.
    Silent,
    /// A proxy reports the requested host.
    NamesHost,
}

impl Client {
    /// Reads the client from the parts of a request.
    pub fn read(peer: ClientAddress, headers: &HeaderMap, uri: &Uri, trusted: &[TrustedProxy], own_scheme: &'static str) -> Self {
        let is_trusted = |address: ClientAddress| trusted.iter().any(|proxy| proxy.contains(address));
        let host = host::asked(uri, headers);
        let told = Forwarded::read(headers);
        let between = match &told {
            Forwarded { host: Some(_), .. } => Between::NamesHost,
            Forwarded { present: true, .. } => Between::Silent,
            Forwarded { .. } => Between::Nothing,
        };
        if !is_trusted(peer) {
            // The headers of an untrusted peer do not count.
            let scheme = Some(own_scheme);
            let known_by = if between == Between::Nothing { KnownBy::Itself } else { KnownBy::Stranger };
            return Self { address: peer, scheme, host, port: None, proxied: false, between, known_by, secure: own_scheme == "https" };
        }
        // Starting from the nearest proxy, the first address that is not a trusted proxy is the client. Addresses before it may be
        // forged.
        let (mut chain, mut address) = (told.chain, peer);
        while let Some(Some(next)) = chain.pop() {
            address = next.into();
            if !is_trusted(address) {
                break;
            }
        }
        // A silent proxy may have been contacted by either scheme, except if this server uses HTTPS itself.
        let scheme = told.scheme.or_else(|| (own_scheme == "https").then_some("https"));
        // Browsers send this header with each HTTP/1.1 request, and pages can't change it (Fetch, forbidden request headers). Proxies
        // remove or replace it.
        let is_browser = headers.get(CONNECTION).is_some_and(|value| value == "keep-alive");
        Self {
            address,
            scheme,
            host: told.host.or(host),
            port: told.port,
            proxied: told.present && !is_browser,
            between,
            known_by: if is_trusted(address) { KnownBy::SilentProxy } else { KnownBy::Proxy },
            secure: scheme == Some("https"),
        }
    }

    /// Returns whether its cookies are for HTTPS only.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Returns where its cookies are valid.
    pub fn reach(&self, settings: &Settings) -> Reach {
        Reach { secure: self.is_secure(), under_path: !settings.base().is_empty() }
    }

    /// Returns the origin by which it reaches this server, as far as that can be known without `public_url`.
    pub fn origin(&self) -> Option<String> {
        let host = self.host.as_ref()?;
        let scheme = self.scheme.unwrap_or("http");
        // The default port of the other scheme is an internal port.
        let port = self.port.filter(|port| host.port.is_none() && !matches!(port, 80 | 443));
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("{scheme}://{host}{port}"))
    }
}

impl FromRequestParts<Arc<App>> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<ClientAddress>>().map_or(ClientAddress::Unix, |info| info.0);
        let settings = &app.settings;
        let mut client = Self::read(peer, &parts.headers, &parts.uri, &settings.trusted_proxies, settings.own_scheme());
        // If `public_url` is HTTPS, clients use HTTPS, whether the proxy reports it or not.
        client.secure |= settings.public_url.as_ref().is_some_and(|url| url.origin.is_secure());
        Ok(client)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn client(peer: &str, headers: &[(&'static str, &str)]) -> Client {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        Client::read(
            peer.parse().unwrap(),
            &headers,
            &Uri::from_static("/"),
            &[TrustedProxy::Network("10.0.0.0/8".parse().unwrap())],
            "http",
        )
    }

    fn host(client: &Client) -> String {
        client.host.as_ref().unwrap().to_string()
    }

    #[test]
    fn a_stranger_s_forwarded_headers_count_for_nothing() {
        let client = client(
            "192.0.2.1",
            &[("host", "a:3000"), ("x-forwarded-for", "1.1.1.1"), ("x-forwarded-host", "evil"), ("x-forwarded-proto", "https")],
        );
        assert_eq!((client.address.to_string().as_str(), client.scheme, host(&client).as_str()), ("192.0.2.1", Some("http"), "a:3000"));
        assert!(!client.proxied && !client.secure);
    }

    #[test]
    fn of_a_chain_the_last_stranger_is_the_client() {
        let client = client(
            "10.0.0.1",
            &[("host", "inner"), ("x-forwarded-for", "6.6.6.6, 192.0.2.7:4711, 10.0.0.9:80"), ("x-forwarded-proto", "HTTPS")],
        );
        assert_eq!((client.address.to_string().as_str(), client.scheme, host(&client).as_str()), ("192.0.2.7", Some("https"), "inner"));
        assert!(client.proxied && client.secure);
    }

    #[test]
    fn what_a_page_has_its_browser_send_is_no_proxy() {
        let forged = [("host", "evil.example"), ("connection", "keep-alive"), ("x-forwarded-for", "192.0.2.7")];
        assert!(!client("10.0.0.1", &forged).proxied);
        assert!(client("10.0.0.1", &[("host", "chat.lan"), ("connection", "upgrade"), ("x-forwarded-for", "192.0.2.7")]).proxied);
        assert!(!client("10.0.0.1", &[("host", "chat.lan")]).proxied);
    }

    #[test]
    fn the_address_is_told_with_the_port_that_people_use() {
        let told = |headers: &[(&'static str, &str)]| client("10.0.0.1", headers).origin().unwrap();
        assert_eq!(told(&[("host", "a"), ("x-forwarded-proto", "https"), ("x-forwarded-port", "8443")]), "https://a:8443");
        assert_eq!(told(&[("host", "a"), ("x-forwarded-proto", "https"), ("x-forwarded-port", "80")]), "https://a");
        assert_eq!(told(&[("host", "a:1"), ("x-forwarded-port", "8443")]), "http://a:1");
    }
}
