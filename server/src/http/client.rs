//! Who is at the other end, and as what they know this server. A proxy's word counts if it is trusted.

use std::{convert::Infallible, sync::Arc};

use super::{
    forwarded::Forwarded,
    host::{self, Host},
};
use crate::{auth::cookie::Reach, config::Settings, state::App};
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, Uri, header::CONNECTION, request::Parts},
};
use holdfast_core::address::{ClientAddress, TrustedProxy};

/// The other end of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its address.
    pub address: ClientAddress,
    /// Scheme by which it came, where that is known for sure.
    pub scheme: Option<&'static str>,
    /// Host and port that it asked for.
    pub host: Option<Host>,
    /// The port that a trusted proxy says it connected to.
    pub port: Option<u16>,
    /// Whether a trusted proxy passed it on. A page can have its browser send `X-Forwarded-…` too, so headers alone are no proof.
    pub proxied: bool,
    /// What is known of the way between.
    pub between: Between,
    /// How its address is known.
    pub known_by: KnownBy,
    /// Whether its cookies are for https alone.
    pub secure: bool,
}

/// How the address of a client is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownBy {
    /// It is the other end of the connection.
    Itself,
    /// The same, and it says that it asks for others; it is not trusted, so that counts for nothing.
    Stranger,
    /// A trusted proxy told it.
    Proxy,
    /// It is a trusted proxy's own: that did not say for whom it asks. Or somebody asks from there.
    SilentProxy,
}

/// What is known of proxies between, whether they are trusted or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// Nothing says that there is one.
    Nothing,
    /// One that says for whom it asks, but not which host they asked for, except by `Host`.
    Silent,
    /// One that names the host.
    NamesHost,
}

impl Client {
    /// From a request's parts.
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
            // What it says of others counts for nothing.
            let scheme = Some(own_scheme);
            let known_by = if between == Between::Nothing { KnownBy::Itself } else { KnownBy::Stranger };
            return Self { address: peer, scheme, host, port: None, proxied: false, between, known_by, secure: own_scheme == "https" };
        }
        // From the nearest backwards: the first that is no proxy of ours is the client. What lies
        // before it, anybody can have written.
        let (mut chain, mut address) = (told.chain, peer);
        while let Some(Some(next)) = chain.pop() {
            address = next.into();
            if !is_trusted(address) {
                break;
            }
        }
        // A proxy that says nothing may have been asked by either; but not where it had to ask by https itself.
        let scheme = told.scheme.or_else(|| (own_scheme == "https").then_some("https"));
        // Every browser sends this with each request over HTTP/1.1, and no page can change it (Fetch, forbidden request headers).
        // Proxies take it off or write another.
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

    /// Whether its cookies are for https alone.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The same for its cookies.
    pub fn reach(&self, settings: &Settings) -> Reach {
        Reach { secure: self.is_secure(), under_path: !settings.base().is_empty() }
    }

    /// The address by which it reaches this server, as far as that can be known without `public_url`.
    pub fn origin(&self) -> Option<String> {
        let host = self.host.as_ref()?;
        let scheme = self.scheme.unwrap_or("http");
        // A port that belongs to the other scheme is one within the house.
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
        // The world comes by https, whether the proxy tells so or not.
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
