//! Storage in use, and its quotas.

use serde::{Deserialize, Serialize};

use crate::{ApiError, Reason};

/// Number of bytes in a MiB.
pub const MIB: u64 = 1024 * 1024;

/// The reply to `GET /api/storage`: the user's storage and its quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StorageInfo {
    /// Bytes in use. Removed conversations do not count.
    pub used_bytes: u64,
    /// Number of the user's conversations, messages, read-only links, sessions, keys and files. Each counts as 512 bytes in addition to its
    /// text.
    pub rows: u64,
    /// Maximum number of bytes; absent if there is no quota.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota_bytes: Option<u64>,
}

/// Which quota is exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaOf {
    /// The quota of each guest.
    Guest,
    /// The quota of each account.
    Account,
    /// The quota of the server, which all users share.
    Server,
}

/// A storage quota is exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} of {} MB are used", megabytes(*.used), megabytes(*.quota))]
pub struct QuotaExceeded {
    /// The quota that is exceeded.
    pub of: QuotaOf,
    /// Bytes in use.
    pub used: u64,
    /// The quota, bytes.
    pub quota: u64,
}

impl QuotaExceeded {
    /// Returns the error to send to the client.
    pub fn api_error(self) -> ApiError {
        let reason = match self.of {
            QuotaOf::Guest => Reason::GuestStorageFull,
            QuotaOf::Account => Reason::AccountStorageFull,
            QuotaOf::Server => Reason::ServerStorageFull,
        };
        reason.with("used_mb", megabytes(self.used)).with("quota_mb", megabytes(self.quota))
    }
}

/// Formats a number of bytes in MB (1 048 576 bytes), with one decimal unless it is zero.
pub fn megabytes(bytes: u64) -> String {
    let tenths = (u128::from(bytes) * 10 + u128::from(MIB) / 2) / u128::from(MIB);
    match (tenths / 10, tenths % 10) {
        (whole, 0) => whole.to_string(),
        (whole, tenth) => format!("{whole}.{tenth}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_exceeded_quota_is_told_in_megabytes() {
        for (of, reason) in [
            (QuotaOf::Guest, Reason::GuestStorageFull),
            (QuotaOf::Account, Reason::AccountStorageFull),
            (QuotaOf::Server, Reason::ServerStorageFull),
        ] {
            let api_error = QuotaExceeded { of, used: 52 * MIB + MIB / 2, quota: 50 * MIB }.api_error();
            assert!(api_error.is(reason) && api_error.error.contains("52.5 of 50 MB are used"), "{api_error}");
        }
    }

    #[test]
    fn megabytes_have_one_digit_at_most() {
        let said = [0, 1, 60_000, MIB, 3 * MIB / 2, u64::MAX].map(megabytes);
        assert_eq!(said, ["0", "0", "0.1", "1", "1.5", "17592186044416"]);
    }
}
