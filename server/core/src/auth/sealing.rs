//! Encryption of stored secrets: AES-256-GCM with a key that HKDF-SHA256 (RFC 5869) derives from the server's secret.
//!
//! The context of a text is authenticated too, so a text that is moved to another row can't be decrypted there.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    error::Unspecified,
    hkdf::{HKDF_SHA256, Salt},
};

use crate::Secret;

/// Version at the start of encrypted texts, in case the format changes.
const VERSION: u8 = 1;

/// Encryption failed, which no input causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key could not be encrypted")]
pub struct SealError;

impl From<Unspecified> for SealError {
    fn from(_: Unspecified) -> Self {
        Self
    }
}

/// The result of decryption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It was encrypted with the current secret.
    Good(Secret),
    /// It was encrypted with a previous secret. Encrypt it again.
    Old(Secret),
    /// It was encrypted with an unknown secret, or for another context.
    Unreadable,
}

impl Opened {
    /// Returns the decrypted text; `None` if it could not be decrypted.
    pub fn secret(self) -> Option<Secret> {
        match self {
            Opened::Good(secret) | Opened::Old(secret) => Some(secret),
            Opened::Unreadable => None,
        }
    }
}

/// Encrypts with the current secret, and decrypts with previous ones too.
pub struct Sealing {
    current: RandomizedNonceKey,
    before: Vec<RandomizedNonceKey>,
}

impl fmt::Debug for Sealing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealing(…)")
    }
}

impl Sealing {
    /// Creates it from the current and the previous secrets.
    ///
    /// # Errors
    /// The library failed, which no input causes.
    pub fn new<'a>(secret: &[u8], before: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, SealError> {
        let key = |secret: &[u8]| derived_key(secret, b"keys of providers, 1");
        Ok(Self { current: key(secret)?, before: before.into_iter().map(key).collect::<Result<_, _>>()? })
    }

    /// Encrypts `secret` for the context `what`.
    ///
    /// # Errors
    /// The library failed, which no input causes.
    pub fn seal(&self, what: &[u8], secret: &Secret) -> Result<Vec<u8>, SealError> {
        let mut text = secret.reveal().as_bytes().to_vec();
        let nonce = self.current.seal_in_place_append_tag(Aad::from(what), &mut text)?;
        let mut sealed = vec![VERSION];
        sealed.extend_from_slice(nonce.as_ref());
        sealed.append(&mut text);
        Ok(sealed)
    }

    /// Decrypts a text of the context `what`.
    pub fn open(&self, what: &[u8], sealed: &[u8]) -> Opened {
        let open = |key| open(key, what, sealed);
        match open(&self.current) {
            Some(secret) => Opened::Good(secret),
            None => self.before.iter().find_map(open).map_or(Opened::Unreadable, Opened::Old),
        }
    }
}

/// Derives the key for a purpose from the server's secret.
pub(super) fn derived_key(secret: &[u8], purpose: &[u8]) -> Result<RandomizedNonceKey, SealError> {
    let mut key = [0; 32];
    Salt::new(HKDF_SHA256, b"holdfast").extract(secret).expand(&[purpose], HKDF_SHA256)?.fill(&mut key)?;
    Ok(RandomizedNonceKey::new(&AES_256_GCM, &key)?)
}

fn open(key: &RandomizedNonceKey, what: &[u8], sealed: &[u8]) -> Option<Secret> {
    let (&VERSION, rest) = sealed.split_first()? else { return None };
    let (nonce, text) = rest.split_at_checked(NONCE_LEN)?;
    let mut text = text.to_vec();
    let opened = key.open_in_place(Nonce::try_assume_unique_for_key(nonce).ok()?, Aad::from(what), &mut text).ok()?;
    Secret::new(std::str::from_utf8(opened).ok()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ONE: &[u8] = b"kV0yV3X2mF5q8b1dTzR7uPwLxGh4cJnE";
    const TWO: &[u8] = b"pQ8sN1vB6xK3mZ0tW5yR2cH7jL4dF9gA";

    #[test]
    fn it_opens_where_it_belongs_and_under_its_secret_alone() {
        let key = Secret::new("sk-a-real-key").unwrap();
        let one = Sealing::new(ONE, []).unwrap();
        let sealed = one.seal(b"row 1", &key).unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains("sk-a"));
        assert_ne!(sealed, one.seal(b"row 1", &key).unwrap(), "the same twice does not look the same");
        assert_eq!(one.open(b"row 1", &sealed), Opened::Good(key.clone()));
        assert_eq!(one.open(b"row 2", &sealed), Opened::Unreadable);
        assert_eq!(Sealing::new(TWO, []).unwrap().open(b"row 1", &sealed), Opened::Unreadable);
        assert_eq!(Sealing::new(TWO, [ONE]).unwrap().open(b"row 1", &sealed), Opened::Old(key));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(one.open(b"row 1", &changed), Opened::Unreadable, "byte {at}");
            assert_eq!(one.open(b"row 1", &sealed[..at]), Opened::Unreadable, "cut at {at}");
        }
    }
}
