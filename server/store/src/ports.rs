//! SQLite as the database of the rules: each port hands over to the method of the same name, and its errors lose what is SQLite's.

mod accounts;
mod added_providers;
mod answer_settings;
mod conversations;
mod files;
mod ledger;
mod projects;
mod settings;
mod shares;

use holdfast_core::ports::StoreError;

impl From<super::SqliteError> for StoreError {
    fn from(error: super::SqliteError) -> Self {
        match error {
            super::SqliteError::TooLong => Self::TooLong,
            super::SqliteError::Corrupt(what) => Self::Corrupt(what),
            super::SqliteError::OverQuota(full) => Self::OverQuota(full),
            error if error.is_full() => Self::Full(error.into()),
            error if error.is_busy() => Self::Busy(error.into()),
            error => Self::Failed(error.into()),
        }
    }
}
