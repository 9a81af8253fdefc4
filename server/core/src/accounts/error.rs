use holdfast_protocol::{ApiError, Reason};

use crate::{auth::password::HashError, ports::StoreError};

/// Why something was not done to an account.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// A rule refuses it.
    #[error("{}", .0.error)]
    Refused(#[from] ApiError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A password could not be hashed in time.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// A token, a code or a seal could not be computed, which no input causes.
    #[error("a value could not be computed")]
    Computation,
}

impl From<Reason> for AccountError {
    fn from(reason: Reason) -> Self {
        Self::Refused(reason.into())
    }
}

impl AccountError {
    /// Returns whether a rule refuses it for this reason.
    pub fn is(&self, reason: Reason) -> bool {
        matches!(self, Self::Refused(api_error) if api_error.is(reason))
    }
}

impl From<AccountError> for ApiError {
    /// Returns the error for the client. A failure of the store is logged here.
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Refused(api_error) => api_error,
            AccountError::Store(cause) => cause.into(),
            AccountError::Hash(_) | AccountError::Computation => Reason::TryAgain.error().retry_after(1_000),
        }
    }
}
