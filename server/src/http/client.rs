//! Who is at the other end, and as what they know this server. A proxy's word counts if it is trusted.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, Uri, header::HOST, request::Parts},
};
use ipnet::IpNet;

use crate::{auth::cookie::Reach, config::Settings, state::App};

/// The other end of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its address.
    pub address: IpAddr,
    /// Scheme by which it came, where that is known for sure.
    pub scheme: Option<&'static str>,
    /// Host and port that it asked for.
    pub host: Option<String>,
}

impl Client {
    /// From a request's parts.
    pub fn read(peer: IpAddr, headers: &HeaderMap, uri: &Uri, trusted: &[IpNet], own_scheme: &'static str) -> Self {
        let peer = peer.to_canonical();
        let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address.to_canonical()));
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).or_else(|| uri.authority().map(|host| host.as_str()));
        if !is_trusted(peer) {
            // Nothing between.
            return Self { address: peer, scheme: Some(own_scheme), host: host.map(str::to_owned) };
        }
        let first = |name: &str| headers.get(name)?.to_str().ok()?.split(',').next().map(str::trim).filter(|text| !text.is_empty());
        let chain = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        let mut chain: Vec<Option<IpAddr>> = chain.map(|text| text.trim().parse().ok()).collect();
        // From the nearest backwards: the first that is no proxy of ours is the client. What lies
        // before it, anybody can have written.
        let mut address = peer;
        while let Some(Some(next)) = chain.pop() {
            address = next.to_canonical();
            if !is_trusted(address) {
                break;
            }
        }
        let scheme = match first("x-forwarded-proto") {
            Some("https" | "wss") => Some("https"),
            Some("http" | "ws") => Some("http"),
            // A proxy that says nothing may have been asked by either; but not where it had to ask by https itself.
            _ => (own_scheme == "https").then_some("https"),
        };
        Self { address, scheme, host: first("x-forwarded-host").or(host).map(str::to_owned) }
    }

    /// Whether it came by https.
    pub fn is_secure(&self) -> bool {
        self.scheme == Some("https")
    }

    /// The same for its cookies.
    pub fn reach(&self, settings: &Settings) -> Reach {
        Reach { secure: self.is_secure(), under_path: !settings.base().is_empty() }
    }
}

impl FromRequestParts<Arc<App>> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
        Ok(Self::read(peer, &parts.headers, &parts.uri, &app.settings.trusted_proxies, app.settings.own_scheme()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn client(peer: &str, headers: &[(&'static str, &str)]) -> Client {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        Client::read(peer.parse().unwrap(), &headers, &Uri::from_static("/"), &["10.0.0.0/8".parse().unwrap()], "http")
    }

    #[test]
    fn a_stranger_s_forwarded_headers_count_for_nothing() {
        let client = client(
            "192.0.2.1",
            &[("host", "a:3000"), ("x-forwarded-for", "1.1.1.1"), ("x-forwarded-host", "evil"), ("x-forwarded-proto", "https")],
        );
        assert_eq!(
            (client.address.to_string().as_str(), client.scheme, client.host.as_deref()),
            ("192.0.2.1", Some("http"), Some("a:3000"))
        );
    }

    #[test]
    fn of_a_chain_the_last_stranger_is_the_client() {
        let client =
            client("10.0.0.1", &[("host", "inner"), ("x-forwarded-for", "6.6.6.6, 192.0.2.7, 10.0.0.9"), ("x-forwarded-proto", "https")]);
        assert_eq!((client.address.to_string().as_str(), client.scheme), ("192.0.2.7", Some("https")));
        assert_eq!(client.host.as_deref(), Some("inner"));
    }
}
