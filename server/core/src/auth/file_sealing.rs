//! Encryption of uploaded files, in pieces: AES-256-GCM with a key that HKDF-SHA256 (RFC 5869) derives from the server's secret.
//!
//! A file is encrypted piece by piece, so that any range of it can be read without the rest. The context of a piece (its file and its
//! place there) is authenticated, so a piece that is moved can't be decrypted.

use std::fmt;

use aws_lc_rs::aead::{Aad, NONCE_LEN, Nonce, RandomizedNonceKey};

use super::sealing::{SealError, derived_key};

/// Number of bytes by which an encrypted piece is longer than the piece.
pub const OVERHEAD: usize = NONCE_LEN + 16;

/// Encrypts pieces of files with the current secret, and decrypts those of previous ones too.
pub struct FileSealing {
    current: RandomizedNonceKey,
    before: Vec<RandomizedNonceKey>,
}

impl fmt::Debug for FileSealing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileSealing(…)")
    }
}

impl FileSealing {
    /// Creates it from the current and the previous secrets.
    ///
    /// # Errors
    /// The library failed, which no input causes.
    pub fn new<'a>(secret: &[u8], before: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, SealError> {
        let key = |secret: &[u8]| derived_key(secret, b"uploaded files, 1");
        Ok(Self { current: key(secret)?, before: before.into_iter().map(key).collect::<Result<_, _>>()? })
    }

    /// Encrypts a piece for a context.
    ///
    /// # Errors
    /// The library failed, which no input causes.
    pub fn seal(&self, context: &[u8], piece: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut text = Vec::with_capacity(piece.len() + OVERHEAD);
        text.extend_from_slice(piece);
        let nonce = self.current.seal_in_place_append_tag(Aad::from(context), &mut text)?;
        text.splice(0..0, nonce.as_ref().iter().copied());
        Ok(text)
    }

    /// Decrypts a piece of a context. Returns `None` if it was changed, is cut, belongs elsewhere, or the secret is unknown.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        [&self.current].into_iter().chain(&self.before).find_map(|key| {
            let mut text = text.to_vec();
            let length = key.open_in_place(Nonce::try_assume_unique_for_key(nonce).ok()?, Aad::from(context), &mut text).ok()?.len();
            text.truncate(length);
            Some(text)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ONE: &[u8] = b"kV0yV3X2mF5q8b1dTzR7uPwLxGh4cJnE";
    const TWO: &[u8] = b"pQ8sN1vB6xK3mZ0tW5yR2cH7jL4dF9gA";

    #[test]
    fn a_piece_opens_only_in_its_place_and_under_a_known_secret() {
        let sealing = FileSealing::new(ONE, []).unwrap();
        for piece in [&b""[..], b"%PDF-1.7"] {
            let sealed = sealing.seal(b"file 1, piece 0", piece).unwrap();
            assert_eq!(sealed.len(), piece.len() + OVERHEAD);
            assert_eq!(sealing.open(b"file 1, piece 0", &sealed).unwrap(), piece);
            assert_eq!(sealing.open(b"file 1, piece 1", &sealed), None);
            assert_eq!(FileSealing::new(TWO, []).unwrap().open(b"file 1, piece 0", &sealed), None);
            assert_eq!(FileSealing::new(TWO, [ONE]).unwrap().open(b"file 1, piece 0", &sealed).unwrap(), piece);
            for at in 0..sealed.len() {
                let mut changed = sealed.clone();
                changed[at] ^= 1;
                assert_eq!(sealing.open(b"file 1, piece 0", &changed), None, "byte {at}");
                assert_eq!(sealing.open(b"file 1, piece 0", &sealed[..at]), None, "cut at {at}");
            }
        }
    }
}
