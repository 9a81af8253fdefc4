//! Why a database did not do what was asked, and what the client is told.

use std::error::Error;

use holdfast_protocol::{ApiError, Reason, storage::QuotaExceeded};
use tracing::{error, warn};

use crate::disk;

/// Why a database did not do what was asked. The boxed cause is for the log.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full.
    #[error("{0}")]
    Full(Box<dyn Error + Send + Sync>),
    /// A call waited for its turn for as long as it may.
    #[error("{0}")]
    Busy(Box<dyn Error + Send + Sync>),
    /// A read took longer than it may, and was interrupted.
    #[error("the read took too long and was interrupted")]
    TooLong,
    /// What is stored is not what this server wrote.
    #[error("the store holds something unexpected: {0}")]
    Corrupt(String),
    /// A user, or the server, would store more than allowed.
    #[error("{0}")]
    OverQuota(QuotaExceeded),
    /// Anything else: the database is locked, damaged, or out of reach.
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
