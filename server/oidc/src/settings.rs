//! What is configured of each provider.

use std::net::IpAddr;

use holdfast_core::Secret;
use holdfast_protocol::people::SignInMethod;
use reqwest::Url;

/// A provider for sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcSettings {
    /// Name of the provider in paths.
    pub name: String,
    /// Label of its button.
    pub label: String,
    /// Its issuer URL, exactly as the provider reports it.
    pub issuer: String,
    /// Client id of this server at the provider.
    pub client_id: String,
    /// Client secret; `None` for public clients.
    pub client_secret: Option<Secret>,
    /// Requested scopes, separated by spaces.
    pub scopes: String,
    /// Claim that makes users administrators; `None` if the provider does not decide this.
    pub admin: Option<AdminClaim>,
}

impl OidcSettings {
    /// Returns the provider as the pages show it.
    pub fn sign_in_method(&self) -> SignInMethod {
        SignInMethod { name: self.name.clone(), label: self.label.clone() }
    }
}

/// A claim that makes users administrators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminClaim {
    /// Name of the claim; dots lead into nested claims.
    pub claim: String,
    /// Value that must be equal to the claim, or contained in its list.
    pub value: String,
}

/// Returns whether data sent there can't be read or changed on the way: HTTPS, or this machine.
pub fn is_safe_address(url: &Url) -> bool {
    let is_here = |host: &str| {
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    };
    match url.scheme() {
        "https" => url.host_str().is_some(),
        "http" => url.host_str().is_some_and(is_here),
        _ => false,
    }
}
