//! One attempt to sign in. The browser holds it in an encrypted cookie, which it can neither read nor change.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use holdfast_protocol::{SessionId, UserId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use holdfast_core::clock::{self, Millis};

/// Context of encrypted attempts.
pub(super) const BELONGS: &[u8] = b"an attempt to sign in";

/// An attempt to sign in. It has no `Debug`, because it holds secrets.
#[derive(Clone, Serialize, Deserialize)]
pub struct Attempt {
    /// The name of the provider.
    pub provider: String,
    /// Returned in the response, which shows that it belongs to this attempt and this browser.
    pub state: String,
    /// Returned in the ID token, which shows that the token was made for this attempt.
    pub nonce: String,
    /// Proves to the provider that the code is used by the server that requested it (PKCE).
    pub verifier: String,
    /// The address to which the provider sends the browser.
    pub redirect: String,
    /// The path of the page to open after signing in.
    pub back: String,
    /// The session that the browser had at the start. If it is a guest's, the guest becomes the account. A later session does not count,
    /// because an attacker could have placed their own attempt in the browser.
    pub session: Option<SessionId>,
    /// The code of an invitation, for a new account.
    pub invitation: Option<String>,
    /// The request to link an account; `None` if this is a sign-in.
    #[serde(default)]
    pub link_to: Option<UserId>,
    /// Whether the provider must ask the user to sign in again, even if it knows the browser.
    pub again: bool,
    /// Start of the attempt, ms since 1970.
    pub begun_at: Millis,
}

impl Attempt {
    /// Creates an attempt with new random values.
    pub fn begin(provider: &str, redirect: String, back: String, now: Millis) -> Self {
        let secret = || URL_SAFE_NO_PAD.encode(clock::secret_bytes::<32>());
        Self {
            provider: provider.to_owned(),
            state: secret(),
            nonce: secret(),
            verifier: secret(),
            redirect,
            back,
            session: None,
            invitation: None,
            link_to: None,
            again: false,
            begun_at: now,
        }
    }

    /// Returns whether a response belongs to this attempt.
    pub(super) fn is_answered_by(&self, state: &str) -> bool {
        self.state.as_bytes().ct_eq(state.as_bytes()).into()
    }

    /// Returns the code challenge: the hash of the verifier (S256).
    pub(super) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()))
    }
}
