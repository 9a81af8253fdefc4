//! Opaque tokens: random texts in session cookies and links. The store keeps only their hashes.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::clock;

/// The token of a cookie or of a link, before it goes out.
pub struct OpaqueToken(String);

impl OpaqueToken {
    /// A fresh one: 256 bits.
    pub fn fresh() -> Self {
        Self(URL_SAFE_NO_PAD.encode(clock::secret_bytes::<32>()))
    }

    /// One for a new session: a part that stays, a dot, and a part that is rotated.
    pub fn for_session() -> Self {
        Self::of_family(&URL_SAFE_NO_PAD.encode(clock::secret_bytes::<16>()))
    }

    /// The one after `old`, of the same family.
    pub fn after(old: &str) -> Self {
        old.split_once('.').map_or_else(Self::for_session, |(family, _)| Self::of_family(family))
    }

    fn of_family(family: &str) -> Self {
        Self(format!("{family}.{}", Self::fresh().0))
    }

    /// What the store keeps of the part that stays.
    pub fn family_hash(&self) -> [u8; 32] {
        hash(self.0.split_once('.').map_or("", |(family, _)| family))
    }

    /// What the store keeps of it. A plain hash does: there is nothing to guess in 256 random bits.
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.0)
    }

    /// The text of it, to be put into a link.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What the store keeps of a cookie that came in.
pub fn hash(value: &str) -> [u8; 32] {
    Sha256::digest(value.as_bytes()).into()
}
