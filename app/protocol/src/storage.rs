//! Storage in use, and its quotas.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ApiError, Code};

/// Number of bytes in a MiB.
pub const MIB: u64 = 1024 * 1024;

/// The reply to `GET /api/storage`: the user's storage and its quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StorageInfo {
    /// Bytes in use. Removed conversations do not count.
    pub used_bytes: u64,
    /// Number of the user's conversations, messages, read-only links, sessions and keys. Each counts as 512 bytes in addition to its
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

/// The error that a storage quota is exceeded. Its `Display` is the sentence for the user; [`QuotaExceeded::parse`] reads it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaExceeded {
    /// The quota that is exceeded.
    pub of: QuotaOf,
    /// Bytes in use.
    pub used: u64,
    /// The quota, bytes.
    pub quota: u64,
}

/// The sentences: the text before the figures, and the text after them.
const SENTENCES: [(QuotaOf, &str, &str); 3] = [
    (
        QuotaOf::Guest,
        "Your storage is full: ",
        " are used. Delete conversations that you no longer need, or sign up: an account may store more.",
    ),
    (
        QuotaOf::Account,
        "Your account's storage is full: ",
        " are used. Delete conversations that you no longer need, or ask an administrator for more.",
    ),
    (
        QuotaOf::Server,
        "The server's storage is full: ",
        " are used. Delete conversations that you no longer need, and tell an administrator.",
    ),
];

impl fmt::Display for QuotaExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (of, before, after) in SENTENCES {
            if of == self.of {
                write!(f, "{before}{} of {} MB{after}", megabytes(self.used), megabytes(self.quota))?;
            }
        }
        Ok(())
    }
}

impl QuotaExceeded {
    /// Returns the error to send to the client.
    pub fn api_error(self) -> ApiError {
        ApiError::new(Code::QuotaExceeded, self.to_string())
    }

    /// Reads a sentence back. Returns the quota that is exceeded, and the figures as they are written in the sentence: used, and the
    /// quota.
    pub fn parse(sentence: &str) -> Option<(QuotaOf, &str, &str)> {
        SENTENCES.iter().find_map(|(of, before, after)| {
            let (used, quota) = sentence.strip_prefix(before)?.strip_suffix(after)?.strip_suffix(" MB")?.split_once(" of ")?;
            Some((*of, used, quota))
        })
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
    fn a_sentence_can_be_read_back() {
        for of in [QuotaOf::Guest, QuotaOf::Account, QuotaOf::Server] {
            let said = QuotaExceeded { of, used: 52 * MIB + MIB / 2, quota: 50 * MIB }.to_string();
            assert!(said.contains("52.5 of 50 MB are used"), "{said}");
            assert_eq!(QuotaExceeded::parse(&said), Some((of, "52.5", "50")));
        }
        assert_eq!(QuotaExceeded::parse("The message is empty."), None);
    }

    #[test]
    fn megabytes_have_one_digit_at_most() {
        let said = [0, 1, 60_000, MIB, 3 * MIB / 2, u64::MAX].map(megabytes);
        assert_eq!(said, ["0", "0", "0.1", "1", "1.5", "17592186044416"]);
    }
}
