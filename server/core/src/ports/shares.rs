//! Read-only links.

use async_trait::async_trait;
use holdfast_protocol::{ShareId, UserId, transfer::Share};

use super::StoreError;
use crate::{
    clock::Millis,
    conversations::{NewShare, Shared},
};

/// Read-only links to conversations.
#[async_trait]
pub trait Shares: Send + Sync {
    /// Stores a link.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if the user's quota would be exceeded.
    async fn add_share(&self, new: &NewShare, now: Millis) -> Result<(), StoreError>;

    /// Returns what a valid link shows. Links of suspended users show nothing.
    async fn shared(&self, hash: &[u8; 32], now: Millis) -> Result<Option<Shared>, StoreError>;

    /// Returns a user's valid links, newest first.
    async fn shares_of(&self, user: UserId, now: Millis) -> Result<Vec<Share>, StoreError>;

    /// Withdraws a user's link. Returns false if the user has none with this id.
    async fn withdraw_share(&self, user: UserId, id: ShareId) -> Result<bool, StoreError>;
}
