//! How much memory conversations may take that are being read and sent: for all users together, and for one.

use std::time::Duration;

use holdfast_protocol::{Code, Refusal, UserId};

use super::budget::{Budget, Lease};

/// Whoever finds no memory left waits at most so long.
const WAIT: Duration = Duration::from_secs(5);

/// When whoever got none is to come back, ms.
const COME_BACK: u64 = 3_000;

/// One user may take this part of it.
const SHARE: u32 = 4;

/// See the module. Pages, polls, pieces of a `sync` and exports take of it what they need while they are made and sent.
pub struct ReadingBudget(Budget);

impl ReadingBudget {
    /// With so many MiB in all.
    pub fn new(mib: u32) -> Self {
        let kib = mib.saturating_mul(1024);
        Self(Budget::new(kib, kib / SHARE))
    }

    /// Takes so many bytes for a user, of more than may be all that may be.
    ///
    /// # Errors
    /// There were none left for too long.
    pub(crate) async fn take(&self, user: UserId, bytes: usize) -> Result<Lease, Refusal> {
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        let busy = || Refusal::new(Code::Busy, "Too much of long conversations is being read just now. Try again in a moment.");
        self.0.take(user, kib, WAIT).await.ok_or_else(|| busy().retry_after(COME_BACK))
    }
}
