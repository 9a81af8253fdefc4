//! Passwords: argon2id with the crate's defaults, which are OWASP's (19 MiB, 2 passes, 1 lane).
//!
//! Source: OWASP Password Storage Cheat Sheet. Hashing takes tens of milliseconds of pure
//! computation, so it never runs on the threads that serve sockets.

use std::{sync::Arc, thread, time::Duration};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::clock;

/// Maximum time to wait for a place. After that, the user is told to try again.
const PATIENCE: Duration = Duration::from_secs(5);

/// Hashes passwords, only a few at the same time. Each needs 19 MiB, so without a limit many attempts could use up the memory.
#[derive(Debug)]
pub struct Passwords {
    places: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self::with_places(2 * thread::available_parallelism().map_or(1, usize::from))
    }
}

impl Passwords {
    fn with_places(places: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places)) }
    }

    /// Returns the hash of a password, as a PHC string.
    ///
    /// # Errors
    /// There was no place in time, or the process is ending.
    pub async fn hash(&self, password: String) -> Result<String, HashError> {
        let place = self.place().await?;
        tokio::task::spawn_blocking(move || {
            let _place = place;
            let salt = clock::secret_bytes::<16>();
            Argon2::default().hash_password_with_salt(password.as_bytes(), &salt).map(|hash| hash.to_string()).map_err(|_| HashError)
        })
        .await
        .map_err(|_| HashError)?
    }

    /// Returns whether a password matches a hash. Without a hash (no such user), it takes as long and returns false.
    ///
    /// # Errors
    /// As [`Passwords::hash`].
    pub async fn fits(&self, password: String, hash: Option<String>) -> Result<bool, HashError> {
        /// The hash of a password that nobody has.
        const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LW5vYm9keQ$3q2+796tvu/erb7v3q2+796tvu/erb7v3q2+796tvu8";
        let place = self.place().await?;
        tokio::task::spawn_blocking(move || {
            let _place = place;
            let known = hash.is_some();
            let text = hash.unwrap_or_else(|| NOBODY.to_owned());
            let parsed = PasswordHash::new(&text).map_err(|_| HashError)?;
            Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && known)
        })
        .await
        .map_err(|_| HashError)?
    }

    /// The permit belongs to the work and not to the request, because the work continues when the client disconnects.
    async fn place(&self) -> Result<OwnedSemaphorePermit, HashError> {
        let place = timeout(PATIENCE, self.places.clone().acquire_owned()).await;
        place.map_err(|_| HashError)?.map_err(|_| HashError)
    }
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
        let passwords = Passwords::default();
        let hashed = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hashed.starts_with("$argon2id$"));
        assert!(passwords.fits("correct horse".into(), Some(hashed.clone())).await.unwrap());
        assert!(!passwords.fits("wrong".into(), Some(hashed)).await.unwrap());
        assert!(!passwords.fits("correct horse".into(), None).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_are_hashed_at_once_than_there_are_places() {
        let passwords = Passwords::with_places(1);
        let taken = passwords.place().await.unwrap();
        let since = tokio::time::Instant::now();
        passwords.hash("correct horse".into()).await.unwrap_err();
        passwords.fits("correct horse".into(), None).await.unwrap_err();
        assert!(since.elapsed() >= 2 * PATIENCE);
        let (hashed, ()) = tokio::join!(passwords.hash("correct horse".into()), async { drop(taken) });
        assert!(hashed.is_ok(), "who waits gets the place");
        assert_eq!(passwords.places.available_permits(), 1, "and gives it back");
    }
}
