//! Passwords: argon2id with the crate's defaults, which are OWASP's (19 MiB, 2 passes, 1 lane).
//!
//! Source: OWASP Password Storage Cheat Sheet. Hashing takes tens of milliseconds of pure
//! computation, so it never runs on the threads that serve sockets.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};

use crate::clock;

/// The hash of a password, as a PHC string.
///
/// # Errors
/// The work was cut short by the end of the process.
pub async fn hash(password: String) -> Result<String, HashError> {
    tokio::task::spawn_blocking(move || {
        let salt = clock::secret_bytes::<16>();
        Argon2::default().hash_password_with_salt(password.as_bytes(), &salt).map(|hash| hash.to_string()).map_err(|_| HashError)
    })
    .await
    .map_err(|_| HashError)?
}

/// Whether a password fits. Without a hash (no such user) it takes as long and says no.
///
/// # Errors
/// As [`hash`].
pub async fn fits(password: String, hash: Option<String>) -> Result<bool, HashError> {
    /// Of a password that nobody has.
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LW5vYm9keQ$3q2+796tvu/erb7v3q2+796tvu/erb7v3q2+796tvu8";
    tokio::task::spawn_blocking(move || {
        let known = hash.is_some();
        let text = hash.unwrap_or_else(|| NOBODY.to_owned());
        let parsed = PasswordHash::new(&text).map_err(|_| HashError)?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && known)
    })
    .await
    .map_err(|_| HashError)?
}

/// A password could not be hashed.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a password could not be hashed")]
pub struct HashError;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_fits() {
        let hashed = hash("correct horse".into()).await.unwrap();
        assert!(hashed.starts_with("$argon2id$"));
        assert!(fits("correct horse".into(), Some(hashed.clone())).await.unwrap());
        assert!(!fits("wrong".into(), Some(hashed)).await.unwrap());
        assert!(!fits("correct horse".into(), None).await.unwrap());
    }
}
