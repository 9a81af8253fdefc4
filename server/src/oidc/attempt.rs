//! One attempt to sign in, as the browser keeps it meanwhile: sealed, so that it can neither read nor change it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use holdfast_protocol::{SessionId, UserId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use holdfast_core::clock::{self, Millis};

/// What a sealed attempt belongs to.
pub(super) const BELONGS: &[u8] = b"an attempt to sign in";

/// See the module. It has no `Debug`: it holds secrets.
#[derive(Clone, Serialize, Deserialize)]
pub struct Attempt {
    /// Through which provider.
    pub provider: String,
    /// Comes back with the answer: it is to this attempt, and of this browser.
    pub state: String,
    /// Comes back in the ID token: it was made for this attempt.
    pub nonce: String,
    /// Shows the provider that who brings the code is who asked for it (PKCE).
    pub verifier: String,
    /// Where the provider sends the browser.
    pub redirect: String,
    /// The path to go to in the end.
    pub back: String,
    /// The session that the browser had: if it is a guest's, the guest may become the account. Not one that it has later, in
    /// case somebody else's attempt was put into it.
    pub session: Option<SessionId>,
    /// The code of an invitation.
    pub invitation: Option<String>,
    /// The account that shall be signed in to like that from now on, where this is no sign-in.
    #[serde(default)]
    pub joins: Option<UserId>,
    /// Whether the provider is to ask who it is, though it knows.
    pub again: bool,
    /// When it began, ms since 1970.
    pub begun_at: Millis,
}

impl Attempt {
    /// A fresh one.
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
            joins: None,
            again: false,
            begun_at: now,
        }
    }

    /// Whether an answer is to this attempt.
    pub(super) fn is_answered_by(&self, state: &str) -> bool {
        self.state.as_bytes().ct_eq(state.as_bytes()).into()
    }

    /// What the provider is told of the verifier (S256).
    pub(super) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()))
    }
}
