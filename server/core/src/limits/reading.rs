//! The memory for conversations that are being read and sent: for all users together, and for each user.

use std::time::Duration;

use holdfast_protocol::{ApiError, Reason, UserId};

use super::budget::{Budget, Lease};

/// How long to wait for memory.
const WAIT: Duration = Duration::from_secs(5);

/// Advice to clients that got no memory: when to try again, ms.
const COME_BACK: u64 = 3_000;

/// Divisor of the total that one user may take.
const SHARE: u32 = 4;

/// Number of pieces of long conversations that are read at the same time. The store has one more connection, for short reads.
const AT_ONCE: u32 = 3;

/// Number of pieces that are read at the same time for one user.
const OF_ONE: u32 = 2;

/// Maximum size of a path of messages, bytes, with 256 added for each message: more than any model reads, or any page shows.
pub const LONGEST_PATH: usize = 16 * 1024 * 1024;

/// Number of copies of a text in memory while it is read and sent: row, message, JSON, send buffer.
pub const COPIES: usize = 4;

/// Reads up to this size take nothing from the budget, bytes.
pub const LITTLE: usize = 16 * 1024;

/// The budget. Pages, polls, pieces of a `sync` and exports take memory while they are built and sent. They also take turns: at most two
/// pieces of one user are read at a time, so a user who requests much delays only their own requests.
pub struct ReadingBudget {
    memory: Budget,
    turns: Budget,
}

impl ReadingBudget {
    /// Creates a budget of this many MiB.
    pub fn new(mib: u32) -> Self {
        let kib = mib.saturating_mul(1024);
        Self { memory: Budget::new(kib, kib / SHARE), turns: Budget::new(AT_ONCE, OF_ONE) }
    }

    /// Takes this many bytes for a user, but at most the maximum for a user.
    ///
    /// # Errors
    /// There was not enough memory for too long.
    pub async fn take(&self, user: UserId, bytes: usize) -> Result<Lease, ApiError> {
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        let busy = || Reason::TooManyReading.error();
        self.memory.take(user, kib, WAIT).await.ok_or_else(|| busy().retry_after(COME_BACK))
    }

    /// Waits for a user's turn to read a piece; the turn ends when the result is dropped. There is no timeout, because a reply that has
    /// begun must not be cut off.
    pub async fn turn(&self, user: UserId) -> Lease {
        self.turns.wait(user, 1).await
    }
}
