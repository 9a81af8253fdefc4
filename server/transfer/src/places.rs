//! Limits how many files are imported at the same time, and how much memory that takes.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use holdfast_protocol::{ApiError, Reason, UserId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Maximum number of files of all users on the server. Each takes disk space, most of the time while it is being uploaded.
const FILES: usize = 16;
/// Maximum number of files that are read at the same time; others wait for their turn.
const READ: usize = 2;

/// The imports of one server. Each user can have one at a time.
#[derive(Debug)]
pub struct Imports {
    files: Arc<Semaphore>,
    read: Arc<Semaphore>,
    /// Allows one large conversation in memory, because reading one takes several times its size.
    large: Arc<Semaphore>,
    users: Mutex<HashSet<UserId>>,
}

impl Default for Imports {
    fn default() -> Self {
        let places = |n| Arc::new(Semaphore::new(n));
        Self { files: places(FILES), read: places(READ), large: places(1), users: Mutex::default() }
    }
}

impl Imports {
    /// Starts an import for `user`.
    ///
    /// # Errors
    /// The user already has an import, or there are too many imports of other users.
    pub fn begin(self: &Arc<Self>, user: UserId) -> Result<Place, ApiError> {
        if !self.users().insert(user) {
            return Err(Reason::ImportRunning.error().retry_after(5_000));
        }
        match self.files.clone().try_acquire_owned() {
            Ok(file) => Ok(Place { imports: self.clone(), user, _file: file }),
            Err(_) => {
                self.users().remove(&user);
                Err(Reason::ImportsBusy.error().retry_after(5_000))
            }
        }
    }

    // A poisoned lock is not possible, because nothing panics while holding it.
    fn users(&self) -> std::sync::MutexGuard<'_, HashSet<UserId>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The slot of one import. Dropping it frees the slot.
#[derive(Debug)]
pub struct Place {
    imports: Arc<Imports>,
    user: UserId,
    _file: OwnedSemaphorePermit,
}

impl Place {
    /// Waits for the turn to read. Returns `None` if there will be none.
    pub async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        self.imports.read.clone().acquire_owned().await.ok()
    }

    /// Waits until no other large conversation is in memory. Returns `None` if that will never be the case.
    pub(super) async fn large(&self) -> Option<OwnedSemaphorePermit> {
        self.imports.large.clone().acquire_owned().await.ok()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.imports.users().remove(&self.user);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use uuid::Uuid;

    use super::*;

    #[test]
    fn each_user_has_one_at_a_time_and_all_together_so_many() {
        let imports = Arc::new(Imports::default());
        let user = |n: u128| UserId(Uuid::from_u128(n));
        let first = imports.begin(user(0)).unwrap();
        assert!(imports.begin(user(0)).unwrap_err().is(Reason::ImportRunning));
        let others: Vec<Place> = (1..FILES as u128).map(|n| imports.begin(user(n)).unwrap()).collect();
        assert!(imports.begin(user(99)).unwrap_err().is(Reason::ImportsBusy));
        drop(first);
        let again = imports.begin(user(99)).unwrap();
        drop((again, others));
        imports.begin(user(0)).unwrap();
    }
}
