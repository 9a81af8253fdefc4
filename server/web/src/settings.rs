//! What the web server needs to know of the configuration.

use std::path::PathBuf;

use holdfast_core::{
    address::{Listen, TrustedProxy},
    limits::Sizes,
    web_address::{HostName, PublicUrl, WebOrigin},
};
use holdfast_oidc::OidcSettings;
use holdfast_protocol::people::SignUps;

use crate::realtime::socket_protocol::Terms;

/// The settings of the web server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address that it listens on.
    pub listen: Listen,
    /// Whether it serves HTTPS itself.
    pub tls: bool,
    /// Whether `/metrics` is served with everything else.
    pub serves_metrics: bool,
    /// The public address; `None` if it is not known.
    pub public_url: Option<PublicUrl>,
    /// Origins that may connect, in addition to the server's own.
    pub allowed_origins: Vec<WebOrigin>,
    /// Additional host names of this server.
    pub hosts: Vec<HostName>,
    /// Names of the machine, as its network may know it.
    pub machine: Vec<HostName>,
    /// Proxies whose `X-Forwarded-…` headers are trusted.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// Whether guests are allowed.
    pub guests: bool,
    /// Who may create an account.
    pub signup: SignUps,
    /// Providers for sign-in (OpenID Connect).
    pub oidc: Vec<OidcSettings>,
    /// Whether an access token in the query (`?token=`) is accepted.
    pub token_in_query: bool,
    /// Timeout for the head of a request, and for each pause in its body, ms.
    pub read_within: u64,
    /// Timeout for the whole body of a call, ms. Import files have a timeout of their own.
    pub body_within: u64,
    /// Write timeout, ms: a client that reads nothing for this long is disconnected.
    pub stalled: u64,
    /// Size limits.
    pub sizes: Sizes,
    /// Rules of a socket.
    pub terms: Terms,
    /// The data folder, where files are stored while they are imported.
    pub data: PathBuf,
}

impl Settings {
    /// Returns the scheme of requests that reach the server directly.
    pub fn own_scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }

    /// Returns the base path; empty at the root.
    pub fn base(&self) -> &str {
        self.public_url.as_ref().map_or("", |url| &url.base)
    }
}

#[cfg(test)]
impl Settings {
    /// Settings of a server on port 3000 of this machine.
    pub(crate) fn for_tests() -> Self {
        Self {
            listen: Listen::Tcp(([127, 0, 0, 1], 3000).into()),
            tls: false,
            serves_metrics: true,
            public_url: None,
            allowed_origins: Vec::new(),
            hosts: Vec::new(),
            machine: Vec::new(),
            trusted_proxies: Vec::new(),
            guests: true,
            signup: SignUps::Open,
            oidc: Vec::new(),
            token_in_query: false,
            read_within: 15_000,
            body_within: 60_000,
            stalled: 30_000,
            sizes: Sizes { message: 64 * 1024, frame: 256 * 1024, body: 256 * 1024, page: 50 },
            terms: Terms::default(),
            data: PathBuf::new(),
        }
    }
}
