//! How much memory conversations may take that are being read and sent: for all users together, and for one.

use std::time::Duration;

use holdfast_protocol::{ApiError, Code, UserId};

use super::budget::{Budget, Lease};

/// Whoever finds no memory left waits at most so long.
const WAIT: Duration = Duration::from_secs(5);

/// When whoever got none is to come back, ms.
const COME_BACK: u64 = 3_000;

/// One user may take this part of it.
const SHARE: u32 = 4;

/// Pieces of long conversations are read at once. The store has one connection more to read with, for what is short.
const AT_ONCE: u32 = 3;

/// Of one user so many.
const OF_ONE: u32 = 2;

/// See the module. Pages, polls, pieces of a `sync` and exports take of it what they need while they are made and sent. And they take
/// turns: of one user two pieces are read at a time, so whoever asks for many waits for themselves and not others for them.
pub struct ReadingBudget {
    memory: Budget,
    turns: Budget,
}

impl ReadingBudget {
    /// With so many MiB in all.
    pub fn new(mib: u32) -> Self {
        let kib = mib.saturating_mul(1024);
        Self { memory: Budget::new(kib, kib / SHARE), turns: Budget::new(AT_ONCE, OF_ONE) }
    }

    /// Takes so many bytes for a user, of more than may be all that may be.
    ///
    /// # Errors
    /// There were none left for too long.
    pub(crate) async fn take(&self, user: UserId, bytes: usize) -> Result<Lease, ApiError> {
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        let busy = || ApiError::new(Code::Busy, "Too much of long conversations is being read just now. Try again in a moment.");
        self.memory.take(user, kib, WAIT).await.ok_or_else(|| busy().retry_after(COME_BACK))
    }

    /// A user's turn to read a piece, until it is dropped. However long it takes: a reply that has begun is not to be cut for it.
    pub(crate) async fn turn(&self, user: UserId) -> Lease {
        self.turns.wait(user, 1).await
    }
}
