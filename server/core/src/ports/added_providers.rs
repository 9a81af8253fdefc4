//! Providers that administrators added, and keys.

use async_trait::async_trait;
use holdfast_protocol::{UserId, api::Role, providers::Visibility};
use uuid::Uuid;

use super::StoreError;
use crate::{
    access::{StoredKey, StoredProvider, StoredVisibility},
    clock::Millis,
};

/// Providers that administrators added, who sees them, and keys. Keys are encrypted.
#[async_trait]
pub trait AddedProviders: Send + Sync {
    /// Returns the added providers, in the order in which they were added.
    async fn providers(&self) -> Result<Vec<StoredProvider>, StoreError>;

    /// Adds a provider. Returns false if the name is taken.
    async fn add_provider(&self, new: &StoredProvider, now: Millis) -> Result<bool, StoreError>;

    /// Changes a provider's address, key and settings. Returns false if it does not exist.
    async fn change_provider(&self, now: &StoredProvider) -> Result<bool, StoreError>;

    /// Removes a provider with all keys for it. Returns false if there is none with this name.
    async fn remove_provider(&self, name: &str) -> Result<bool, StoreError>;

    /// Returns all visibilities.
    async fn visibilities(&self) -> Result<Vec<StoredVisibility>, StoreError>;

    /// Sets the visibility of a provider (`model` is empty) or of a model. `None` removes it: a model then has that of its provider, and a
    /// provider is visible to everyone.
    async fn offer(&self, provider: &str, model: &str, visibility: Option<Visibility>) -> Result<(), StoreError>;

    /// Returns the own keys of a user, or of all users if `user` is `None`.
    async fn own_keys(&self, user: Option<UserId>) -> Result<Vec<StoredKey>, StoreError>;

    /// Returns the role of a user, and the user's own keys. Returns `None` if there is no such user.
    async fn role_and_keys(&self, user: UserId) -> Result<Option<(Role, Vec<StoredKey>)>, StoreError>;

    /// Stores a user's own key for an origin, and replaces an earlier one.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if the user's quota would be exceeded.
    async fn store_own_key(&self, user: UserId, provider: Uuid, key: &[u8], origin: Option<&str>, now: Millis) -> Result<(), StoreError>;

    /// Changes the origin of a user's own key. Returns false if the user has no key for this provider.
    async fn confirm_own_key(&self, user: UserId, provider: Uuid, origin: &str) -> Result<bool, StoreError>;

    /// Removes a user's own key.
    async fn delete_own_key(&self, user: UserId, provider: Uuid) -> Result<(), StoreError>;
}
