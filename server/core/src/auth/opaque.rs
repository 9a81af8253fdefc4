//! Opaque tokens: random texts in session cookies and links. The store keeps only their hashes.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::clock;

/// A new token for a cookie or a link, before it is sent.
pub struct OpaqueToken(String);

impl OpaqueToken {
    /// Creates a token of 256 random bits.
    pub fn fresh() -> Self {
        Self(URL_SAFE_NO_PAD.encode(clock::secret_bytes::<32>()))
    }

    /// Creates a token for a new session: a part that stays the same, a dot, and a part that is rotated.
    pub fn for_session() -> Self {
        Self::of_family(&URL_SAFE_NO_PAD.encode(clock::secret_bytes::<16>()))
    }

    /// Creates the successor of `old`, with the same first part.
    pub fn after(old: &str) -> Self {
        old.split_once('.').map_or_else(Self::for_session, |(family, _)| Self::of_family(family))
    }

    fn of_family(family: &str) -> Self {
        Self(format!("{family}.{}", Self::fresh().0))
    }

    /// Returns the hash of the part that stays the same, as it is stored.
    pub fn family_hash(&self) -> [u8; 32] {
        hash(self.0.split_once('.').map_or("", |(family, _)| family))
    }

    /// Returns the hash of the token, as it is stored. A fast hash is enough, because 256 random bits can't be guessed.
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.0)
    }

    /// Returns the token as text, for a link.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Returns the hash of a received cookie, as it is stored.
pub fn hash(value: &str) -> [u8; 32] {
    Sha256::digest(value.as_bytes()).into()
}
