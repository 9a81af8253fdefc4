//! Signing in through OpenID Connect providers, with the authorization code flow and PKCE.
//!
//! Sources: OpenID Connect Core 1.0 and Discovery 1.0; RFC 7636 (PKCE), RFC 9207 (the issuer in the response), RFC 9700 (best current
//! practice). It uses jsonwebtoken and reqwest, which the server needs anyway, and no library for OpenID Connect.

mod attempt;
mod claims;
mod id_token;
mod problem;
mod provider;
mod settings;
mod trouble;

use holdfast_protocol::ApiError;
use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use holdfast_core::Secret;
use reqwest::redirect;
use serde::{Deserialize, Serialize};

pub use attempt::Attempt;
pub use problem::Problem;
pub use settings::{AdminClaim, OidcSettings, is_safe_address};
pub use trouble::Trouble;

use self::provider::Provider;
use holdfast_core::accounts::{ExternalIdentity, LinkRequest};
use holdfast_core::auth::sealing::Sealing;
use holdfast_core::clock::{self, Millis};
use holdfast_outbound::{OutboundError, OutboundSettings};

/// Time that a user may take at the provider.
pub const PATIENCE: Millis = 10 * 60_000;

/// What a sealed error belongs to.
const ERROR: &[u8] = b"why a sign-in failed";

/// Context of sealed link requests.
const LINK_REQUEST: &[u8] = b"link request";

/// The OpenID Connect providers of this server.
pub struct Oidc {
    providers: Vec<Provider>,
    sealing: Sealing,
    /// The attempts that were used, with the time when they began, so that none is used twice.
    used: Mutex<HashMap<String, Millis>>,
}

impl fmt::Debug for Oidc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Oidc").field("providers", &self.providers).finish_non_exhaustive()
    }
}

impl Oidc {
    /// Creates the providers. `sealing` encrypts what browsers hold during an attempt.
    ///
    /// # Errors
    /// The HTTP client can't be created.
    pub fn new(settings: &[OidcSettings], outbound: &OutboundSettings, sealing: Sealing) -> Result<Self, OutboundError> {
        let client = client(outbound)?;
        let providers = settings.iter().map(|settings| Provider::new(settings.clone(), client.clone())).collect();
        Ok(Self { providers, sealing, used: Mutex::default() })
    }

    /// Tests each provider once, so that the log shows problems at the start and not only when a user signs in.
    pub async fn look(&self) {
        for provider in &self.providers {
            if provider.known(clock::now()).await.is_ok() {
                tracing::info!(provider = provider.settings.name, issuer = provider.settings.issuer, "sign-in provider configured");
            }
        }
    }

    fn provider(&self, name: &str) -> Result<&Provider, Problem> {
        self.providers.iter().find(|provider| provider.settings.name == name).ok_or(Problem::Unknown)
    }

    /// Starts an attempt. Returns the address to which the browser goes, and the value of its cookie.
    ///
    /// # Errors
    /// The provider can't be used.
    pub async fn begin(&self, attempt: &Attempt) -> Result<(String, String), Problem> {
        let provider = self.provider(&attempt.provider)?;
        let known = provider.known(clock::now().saturating_sub(provider::FRESH)).await?;
        Ok((provider.way_there(&known, attempt), self.seal(attempt::BELONGS, attempt)?))
    }

    /// Returns the attempt in a browser's cookie, if the response belongs to it.
    ///
    /// # Errors
    /// The response belongs to another attempt, is too late, or was used before.
    pub fn attempt(&self, provider: &str, kept: Option<&str>, state: &str, now: Millis) -> Result<Attempt, Problem> {
        self.provider(provider)?;
        let attempt: Attempt = kept.and_then(|kept| self.open(attempt::BELONGS, kept)).ok_or(Problem::Lost)?;
        if attempt.provider != provider || !attempt.is_answered_by(state) {
            return Err(Problem::Lost);
        }
        if now.saturating_sub(attempt.begun_at) > PATIENCE {
            return Err(Problem::Late);
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, at| now.saturating_sub(*at) <= PATIENCE);
        if used.insert(attempt.state.clone(), attempt.begun_at).is_some() {
            return Err(Problem::Late);
        }
        Ok(attempt)
    }

    /// Exchanges the code for tokens, and returns the user's identity.
    ///
    /// # Errors
    /// The provider refuses the code, or its tokens are not valid.
    pub async fn finish(&self, attempt: &Attempt, answer: &Answer) -> Result<ExternalIdentity, Problem> {
        let provider = self.provider(&attempt.provider)?;
        let code = provider.code(answer)?;
        let tokens = provider.exchange(code, attempt).await?;
        let mut claims = provider.verify(&tokens.id_token, attempt).await?;
        let settings = &provider.settings;
        let subject = claims.subject().ok_or_else(|| Problem::Unverified(settings.label.clone()))?;
        // An existing account keeps its name and role when it is linked.
        if attempt.link_to.is_none() && claims.lack(settings) {
            provider.complete(&mut claims, &subject, tokens.access_token.as_ref()).await;
        }
        let role = settings.admin.as_ref().and_then(|admin| {
            let role = claims.role(admin);
            if role.is_none() && attempt.link_to.is_none() {
                tracing::warn!(
                    provider = settings.name,
                    subject,
                    claim = admin.claim,
                    came = claims.names(),
                    "the claim that makes administrators did not come, so the role stays as it is; have the provider put it into the ID token or userinfo, or ask for the scope that brings it (oidc_scopes)"
                );
            }
            role
        });
        Ok(ExternalIdentity { issuer: settings.issuer.clone(), subject, name: claims.name(), role })
    }

    /// Returns an error for the address of the page that shows it. Sealed, so that no address that somebody else made has this server say
    /// what they like.
    pub fn seal_error(&self, api_error: ApiError, now: Millis) -> Option<String> {
        self.seal(ERROR, &SealedError { api_error, at: now }).ok()
    }

    /// Returns the error in an address, if it is one of ours and not old.
    pub fn open_error(&self, sealed: &str, now: Millis) -> Option<ApiError> {
        let sealed: SealedError = self.open(ERROR, sealed)?;
        (now.saturating_sub(sealed.at) <= PATIENCE).then_some(sealed.api_error)
    }

    /// Encrypts a link request for the address at which the attempt starts.
    ///
    /// # Errors
    /// Encryption failed, which no input causes.
    pub fn seal_link_request(&self, request: &LinkRequest) -> Result<String, Problem> {
        self.seal(LINK_REQUEST, request)
    }

    /// Returns the link request in an address, if this server encrypted it recently for this provider.
    pub fn open_link_request(&self, sealed: &str, provider: &str, now: Millis) -> Option<LinkRequest> {
        let request: LinkRequest = self.open(LINK_REQUEST, sealed)?;
        (request.provider == provider && now.saturating_sub(request.at) <= PATIENCE).then_some(request)
    }

    fn seal(&self, what: &[u8], value: &impl Serialize) -> Result<String, Problem> {
        let text = serde_json::to_string(value).ok().and_then(|text| Secret::new(&text)).ok_or(Problem::IdTokenError)?;
        let sealed = self.sealing.seal(what, &text).map_err(|_| Problem::IdTokenError)?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    fn open<T: for<'de> Deserialize<'de>>(&self, what: &[u8], sealed: &str) -> Option<T> {
        let text = self.sealing.open(what, &URL_SAFE_NO_PAD.decode(sealed).ok()?).secret()?;
        serde_json::from_str(text.reveal()).ok()
    }
}

#[derive(Serialize, Deserialize)]
struct SealedError {
    api_error: ApiError,
    at: Millis,
}

/// Tests each provider once: whether it can be reached, and publishes what is needed.
///
/// # Errors
/// The HTTP client can't be created.
pub async fn check<'a>(
    settings: &'a [OidcSettings],
    outbound: &OutboundSettings,
) -> Result<Vec<(&'a OidcSettings, Result<(), Trouble>)>, OutboundError> {
    let client = client(outbound)?;
    let mut found = Vec::new();
    for one in settings {
        found.push((one, Provider::new(one.clone(), client.clone()).check().await));
    }
    Ok(found)
}

/// The parameters of a provider's response.
#[derive(Debug, Default, Deserialize)]
pub struct Answer {
    /// The state that the browser was sent with.
    #[serde(default)]
    pub state: String,
    /// The authorization code.
    #[serde(default)]
    pub code: Option<String>,
    /// The error, if there is no code.
    #[serde(default)]
    pub error: Option<String>,
    /// The issuer (RFC 9207).
    #[serde(default)]
    pub iss: Option<String>,
}

fn client(outbound: &OutboundSettings) -> Result<reqwest::Client, OutboundError> {
    holdfast_outbound::client(outbound, |builder| {
        builder
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(10))
            // Redirects are not followed, because they could send code and secret elsewhere.
            .redirect(redirect::Policy::none())
    })
}
