//! HTTP clients for other servers: providers of models, and of OpenID Connect.
//!
//! All clients are created here, so that they trust the same certificates, use the same proxy, and report failed connections in the same
//! way.

mod certificate;
mod failure;

use std::sync::Arc;

use holdfast_core::Secret;
use reqwest::{ClientBuilder, NoProxy, Proxy, Url};
use rustls::{ClientConfig, crypto::aws_lc_rs};

use certificate::SystemCertificates;
pub use certificate::{CertificateFlaw, day};
pub use failure::{ConnectionFailure, is_out_of_files};

/// Hosts that are never reached through a proxy: this machine.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// Settings for connections to other servers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutboundSettings {
    /// The HTTP proxy, whose URL may contain a password; `None` for direct connections.
    pub proxy: Option<Secret>,
    /// Hosts, domains, addresses and networks that are reached directly, in addition to this machine.
    pub direct: Vec<String>,
}

impl OutboundSettings {
    /// Returns the proxy's address without its password.
    pub fn shown_proxy(&self) -> Option<String> {
        let mut url = Url::parse(self.proxy.as_ref()?.reveal()).ok()?;
        url.set_username("").and_then(|()| url.set_password(None)).ok()?;
        Some(url.as_str().trim_end_matches('/').to_owned())
    }
}

/// The HTTP client could not be created.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "the HTTP client for other servers can't be set up. Check outbound_proxy (--outbound-proxy): an address such as http://proxy:3128."
)]
pub struct OutboundError;

/// Creates a client that uses only the configured proxy, and explains certificate errors. Variables such as `HTTPS_PROXY` are ignored,
/// because they would send keys through a proxy that happens to be set in a shell or image.
pub fn client(settings: &OutboundSettings, more: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Result<reqwest::Client, OutboundError> {
    let mut builder =
        reqwest::Client::builder().user_agent(concat!("holdfast/", env!("CARGO_PKG_VERSION"))).tls_backend_preconfigured(tls()?).no_proxy();
    if let Some(proxy) = &settings.proxy {
        let direct = settings.direct.iter().map(String::as_str).chain([LOOPBACK]).collect::<Vec<_>>().join(",");
        let proxy = Proxy::all(proxy.reveal()).map_err(|_| OutboundError)?;
        builder = builder.proxy(proxy.no_proxy(NoProxy::from_string(&direct)));
    }
    more(builder).build().map_err(|_| OutboundError)
}

fn tls() -> Result<ClientConfig, OutboundError> {
    let crypto = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(crypto.clone()).with_safe_default_protocol_versions().map_err(|_| OutboundError)?;
    let verifier = Arc::new(SystemCertificates::new(crypto));
    let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
