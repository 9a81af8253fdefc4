//! Settings and storage.

use async_trait::async_trait;
use holdfast_protocol::{UserId, limits::LimitNumbers, storage::StorageInfo};

use super::StoreError;
use crate::limits::Quotas;

/// Limits that administrators set, users' storage, and a check of the database.
#[async_trait]
pub trait Settings: Send + Sync {
    /// Returns the stored limits, with default values for all others.
    async fn limits(&self) -> Result<LimitNumbers, StoreError>;

    /// Stores limits. Default values are not stored, so that they follow later changes of the defaults.
    async fn set_limits(&self, numbers: &LimitNumbers) -> Result<(), StoreError>;

    /// Sets the quotas. Existing data is kept.
    fn set_quotas(&self, quotas: Quotas);

    /// Returns a user's storage and quota, or `None` if there is no such user.
    async fn storage(&self, user: UserId) -> Result<Option<StorageInfo>, StoreError>;

    /// Checks the database with a read, and with a write that changes nothing.
    ///
    /// # Errors
    /// The read or the write failed.
    async fn probe(&self) -> Result<(), StoreError>;
}
