//! Errors of a database, and what clients are told about them.

use std::error::Error;

use holdfast_protocol::{ApiError, Reason, storage::QuotaExceeded};
use tracing::{error, warn};

use crate::disk;

/// An error of a database. The boxed cause is for the log.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full.
    #[error("{0}")]
    Full(Box<dyn Error + Send + Sync>),
    /// The database is overloaded: a call waited too long for its turn.
    #[error("{0}")]
    Busy(Box<dyn Error + Send + Sync>),
    /// A read exceeded its time limit, and was interrupted.
    #[error("the read took too long and was interrupted")]
    TooLong,
    /// The stored data is not what this server writes.
    #[error("the store holds something unexpected: {0}")]
    Corrupt(String),
    /// The quota of a user or of the server would be exceeded.
    #[error("{0}")]
    OverQuota(QuotaExceeded),
    /// Any other error: for example, the database is locked, damaged, or can't be reached.
    #[error("{0}")]
    Failed(Box<dyn Error + Send + Sync>),
}

impl From<StoreError> for ApiError {
    /// Logs the error, and returns what the client is told.
    fn from(cause: StoreError) -> Self {
        match &cause {
            StoreError::TooLong => {
                warn!("search took too long and was ended");
                return Reason::SearchTooLong.error().retry_after(2_000);
            }
            StoreError::Busy(_) => {
                warn!("store overloaded: a call waited 30 s for its turn and was refused");
                return Reason::StoreBusy.error().retry_after(5_000);
            }
            StoreError::Full(cause) => {
                warn!(%cause, "could not write to the store: the disk is full");
                return disk::full();
            }
            StoreError::OverQuota(full) => return full.api_error(),
            StoreError::Corrupt(_) | StoreError::Failed(_) => {}
        }
        error!(%cause, "the store failed");
        Reason::StoreFailed.error().retry_after(1_000)
    }
}
