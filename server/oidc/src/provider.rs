//! One provider: its published document and keys, and the two requests of a sign-in.

use std::{fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use holdfast_core::Secret;
use jsonwebtoken::jwk::Jwk;
use reqwest::{RequestBuilder, StatusCode, Url, header};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tracing::{debug, warn};

use super::{
    Answer, Attempt, Problem, Trouble,
    claims::Claims,
    id_token::{self, Expected, IdTokenError},
};
use crate::settings::{OidcSettings, is_safe_address};
use holdfast_core::clock::{self, Millis};

/// Time for which the document and keys are cached. If no key fits, they are loaded again at once.
pub(super) const FRESH: Millis = 10 * 60_000;

/// Time after a failure during which the provider is not asked again, and requests get the same error.
const RETRY_AFTER: Millis = 3_000;

/// Maximum size of a document, bytes.
const MOST: usize = 512 * 1024;

pub(super) struct Provider {
    pub(super) settings: OidcSettings,
    client: reqwest::Client,
    /// The last result. The lock makes others wait while one request is in progress.
    loaded: Mutex<Option<Loaded>>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}

/// The result of the last request, with its time.
type Loaded = (Millis, Result<Arc<Published>, Problem>);

/// What a provider publishes about itself.
pub(super) struct Published {
    authorization: Url,
    token: Url,
    /// The address of userinfo; `None` if it has none.
    userinfo: Option<Url>,
    /// Whether it accepts the secret only in the body, not in the header as the standard requires.
    secret_in_body: bool,
    keys: Vec<Jwk>,
}

/// The provider's document (Discovery §3).
#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

impl Provider {
    pub(super) fn new(settings: OidcSettings, client: reqwest::Client) -> Self {
        Self { settings, client, loaded: Mutex::new(None) }
    }

    fn label(&self) -> String {
        self.settings.label.clone()
    }

    /// Returns what the provider publishes, loaded at `since` or later.
    pub(super) async fn known(&self, since: Millis) -> Result<Arc<Published>, Problem> {
        let mut loaded = self.loaded.lock().await;
        match &*loaded {
            Some((at, Ok(known))) if *at >= since => return Ok(known.clone()),
            Some((at, Err(problem))) if at + RETRY_AFTER > clock::now() => return Err(problem.clone()),
            _ => {}
        }
        let begun = clock::now();
        let fresh = self.load().await.map(Arc::new).map_err(|trouble| self.logged(&trouble));
        *loaded = Some((if fresh.is_ok() { begun } else { clock::now() }, fresh.clone()));
        fresh
    }

    /// Tests whether the provider can be used.
    pub(super) async fn check(&self) -> Result<(), Trouble> {
        if self.load().await?.keys.is_empty() {
            return Err(Trouble::NoKeys);
        }
        Ok(())
    }

    /// Logs what is wrong with the provider, and returns the error for the user.
    fn logged(&self, trouble: &Trouble) -> Problem {
        warn!(provider = self.settings.name, %trouble, "provider can't be used for sign-in");
        if trouble.may_pass() { Problem::Down(self.label()) } else { Problem::Misunderstood(self.label()) }
    }

    async fn load(&self) -> Result<Published, Trouble> {
        let issuer = &self.settings.issuer;
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let document: Document = self.read(self.client.get(&address), &address).await?;
        if document.issuer != *issuer {
            return Err(Trouble::Issuer { says: document.issuer, given: issuer.clone() });
        }
        let safe = |address: &str| Url::parse(address).ok().filter(is_safe_address).ok_or_else(|| Trouble::Unsafe(address.to_owned()));
        let (authorization, token) = (safe(&document.authorization_endpoint)?, safe(&document.token_endpoint)?);
        let jwks_uri = safe(&document.jwks_uri)?;
        // Userinfo is only requested if a claim is missing, so an unusable address does not prevent signing in.
        let userinfo = document.userinfo_endpoint.as_deref().and_then(|address| safe(address).ok());
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = self.read(self.client.get(jwks_uri.clone()), jwks_uri.as_str()).await?;
        // Keys of unknown kinds are skipped.
        let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect();
        let methods = document.token_endpoint_auth_methods_supported;
        let takes = |method: &str| methods.as_ref().is_some_and(|methods| methods.iter().any(|it| it == method));
        let secret_in_body = takes("client_secret_post") && !takes("client_secret_basic");
        Ok(Published { authorization, token, userinfo, secret_in_body, keys })
    }

    async fn read<T: for<'de> Deserialize<'de>>(&self, request: RequestBuilder, address: &str) -> Result<T, Trouble> {
        let (status, body) = self.send(request, address).await?;
        if !status.is_success() {
            return Err(Trouble::Status { address: address.to_owned(), status: status.as_u16() });
        }
        serde_json::from_slice(&body).map_err(|error| Trouble::Unreadable { address: address.to_owned(), cause: error.to_string() })
    }

    async fn send(&self, request: RequestBuilder, address: &str) -> Result<(StatusCode, Vec<u8>), Trouble> {
        let down = |error: reqwest::Error| Trouble::connecting(address, &error);
        let mut response = request.header(header::ACCEPT, "application/json").send().await.map_err(down)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(down)? {
            if body.len() + piece.len() > MOST {
                return Err(Trouble::TooMuch(address.to_owned()));
            }
            body.extend_from_slice(&piece);
        }
        Ok((status, body))
    }

    /// Returns the address to which the browser goes.
    pub(super) fn way_there(&self, known: &Published, attempt: &Attempt) -> String {
        let mut url = known.authorization.clone();
        let OidcSettings { client_id, scopes, .. } = &self.settings;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", &attempt.redirect)
            .append_pair("scope", scopes)
            .append_pair("state", &attempt.state)
            .append_pair("nonce", &attempt.nonce)
            .append_pair("code_challenge", &attempt.challenge())
            .append_pair("code_challenge_method", "S256");
        if attempt.again {
            // `prompt=login` would mean the same, but Google does not accept it.
            url.query_pairs_mut().append_pair("max_age", "0");
        }
        url.into()
    }

    /// Returns the code in the provider's response.
    pub(super) fn code<'a>(&self, answer: &'a Answer) -> Result<&'a str, Problem> {
        let name = &self.settings.name;
        if answer.iss.as_ref().is_some_and(|iss| *iss != self.settings.issuer) {
            warn!(provider = name, "provider sent an answer that names another issuer");
            return Err(Problem::Unverified(self.label()));
        }
        match (answer.error.as_deref(), answer.code.as_deref()) {
            (None, Some(code)) => Ok(code),
            (Some("access_denied" | "login_required" | "interaction_required" | "consent_required"), _) => {
                Err(Problem::Denied(self.label()))
            }
            (Some("temporarily_unavailable" | "server_error"), _) => Err(Problem::Down(self.label())),
            (error, _) => {
                warn!(provider = name, error = plain(error.unwrap_or("no code")), "provider refused the sign-in");
                Err(Problem::Misunderstood(self.label()))
            }
        }
    }

    /// Exchanges a code for tokens.
    pub(super) async fn exchange(&self, code: &str, attempt: &Attempt) -> Result<Tokens, Problem> {
        let known = self.known(clock::now().saturating_sub(FRESH)).await?;
        let OidcSettings { name, client_id, client_secret, .. } = &self.settings;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &attempt.redirect),
            ("code_verifier", &attempt.verifier),
        ];
        let mut request = self.client.post(known.token.clone()).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        match client_secret.as_ref().map(|secret| secret.reveal()) {
            Some(secret) if !known.secret_in_body => {
                // RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
                let pair = STANDARD.encode(format!("{}:{}", encoded(client_id), encoded(secret)));
                request = request.header(header::AUTHORIZATION, format!("Basic {pair}"));
            }
            secret => {
                form.push(("client_id", client_id));
                form.extend(secret.map(|secret| ("client_secret", secret)));
            }
        }
        let address = known.token.as_str();
        let (status, body) = self.send(request.body(form_body(&form)), address).await.map_err(|trouble| self.logged(&trouble))?;
        #[derive(Default, Deserialize)]
        struct Reply {
            #[serde(default)]
            id_token: Option<String>,
            #[serde(default)]
            access_token: Option<String>,
            #[serde(default)]
            error: Option<String>,
        }
        let reply: Reply = serde_json::from_slice(&body).unwrap_or_default();
        if let (true, Some(id_token)) = (status.is_success(), reply.id_token) {
            return Ok(Tokens { id_token, access_token: reply.access_token.as_deref().and_then(Secret::new) });
        }
        let error = reply.error.as_deref().unwrap_or("no id_token");
        warn!(provider = name, status = status.as_u16(), error = plain(error), "provider returned no ID token");
        Err(match error {
            "invalid_grant" => Problem::Stale(self.label()),
            _ if status.is_server_error() => Problem::Down(self.label()),
            _ => Problem::Misunderstood(self.label()),
        })
    }

    /// Adds the claims of userinfo (Core §5.3) to those of the ID token. If userinfo can't be loaded, the user is signed in without it.
    pub(super) async fn complete(&self, claims: &mut Claims, subject: &str, access_token: Option<&Secret>) {
        let name = &self.settings.name;
        let known = self.known(clock::now().saturating_sub(FRESH)).await.ok();
        let (Some(userinfo), Some(token)) = (known.and_then(|known| known.userinfo.clone()), access_token) else {
            debug!(provider = name, "the provider has no userinfo to ask for claims that the ID token lacks");
            return;
        };
        let request = self.client.get(userinfo.clone()).bearer_auth(token.reveal());
        match self.read::<Map<String, Value>>(request, userinfo.as_str()).await {
            // Core §5.3.2: userinfo of another subject must not be used.
            Ok(more) if more.get("sub").and_then(Value::as_str) != Some(subject) => {
                warn!(provider = name, "userinfo belongs to another subject than the ID token and was not used");
            }
            Ok(more) => claims.add(more),
            Err(trouble) => warn!(provider = name, %trouble, "userinfo could not be read, so claims may be missing"),
        }
    }

    /// Validates an ID token and returns its claims. If none of the cached keys signed it, the keys are loaded again, because a provider
    /// may change them at any time.
    pub(super) async fn verify(&self, token: &str, attempt: &Attempt) -> Result<Claims, Problem> {
        let now = clock::now();
        let expected = Expected {
            issuer: &self.settings.issuer,
            client_id: &self.settings.client_id,
            nonce: &attempt.nonce,
            asked_anew: attempt.again.then_some(attempt.begun_at / 1000),
            now: now / 1000,
        };
        let known = self.known(now.saturating_sub(FRESH)).await?;
        let mut verified = id_token::verify(token, &known.keys, &expected);
        if matches!(verified, Err(IdTokenError::Key)) {
            verified = id_token::verify(token, &self.known(now).await?.keys, &expected);
        }
        verified.map_err(|fault| {
            match fault {
                IdTokenError::NoAuthTime => warn!(
                    provider = self.settings.name,
                    "provider was asked with max_age=0 but sent no auth_time, so a fresh sign-in can't be proven; configure it to put auth_time into the ID token"
                ),
                IdTokenError::OldSignIn => warn!(
                    provider = self.settings.name,
                    "provider ignored max_age=0 and did not ask for a new sign-in; configure it to respect max_age"
                ),
                IdTokenError::Clock | IdTokenError::Key | IdTokenError::Wrong(_) => {
                    warn!(provider = self.settings.name, ?fault, "ID token rejected");
                }
            }
            match fault {
                IdTokenError::NoAuthTime | IdTokenError::OldSignIn => Problem::NotAskedAgain(self.label()),
                IdTokenError::Clock => Problem::Clock(self.label()),
                IdTokenError::Key | IdTokenError::Wrong(_) => Problem::Unverified(self.label()),
            }
        })
    }
}

/// The tokens that a code was exchanged for.
pub(super) struct Tokens {
    pub(super) id_token: String,
    /// The token for requesting userinfo.
    pub(super) access_token: Option<Secret>,
}

/// Reduces a text from outside to a few plain characters, for the log.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || "_- ".contains(*c)).take(60).collect()
}

fn form_body(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}

/// Percent-encodes a text for a form.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
