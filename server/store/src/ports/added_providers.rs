use async_trait::async_trait;
use holdfast_core::{
    access::{StoredKey, StoredProvider, StoredVisibility},
    clock::Millis,
    ports::{AddedProviders, StoreError},
};
use holdfast_protocol::{UserId, api::Role, providers::Visibility};
use uuid::Uuid;

use crate::Store;

#[async_trait]
impl AddedProviders for Store {
    async fn providers(&self) -> Result<Vec<StoredProvider>, StoreError> {
        Ok(Self::providers(self).await?)
    }

    async fn add_provider(&self, new: &StoredProvider, now: Millis) -> Result<bool, StoreError> {
        Ok(Self::add_provider(self, new, now).await?)
    }

    async fn change_provider(&self, now: &StoredProvider) -> Result<bool, StoreError> {
        Ok(Self::change_provider(self, now).await?)
    }

    async fn remove_provider(&self, name: &str) -> Result<bool, StoreError> {
        Ok(Self::remove_provider(self, name).await?)
    }

    async fn visibilities(&self) -> Result<Vec<StoredVisibility>, StoreError> {
        Ok(Self::visibilities(self).await?)
    }

    async fn offer(&self, provider: &str, model: &str, visibility: Option<Visibility>) -> Result<(), StoreError> {
        Ok(Self::offer(self, provider, model, visibility).await?)
    }

    async fn own_keys(&self, user: Option<UserId>) -> Result<Vec<StoredKey>, StoreError> {
        Ok(Self::own_keys(self, user).await?)
    }

    async fn role_and_keys(&self, user: UserId) -> Result<Option<(Role, Vec<StoredKey>)>, StoreError> {
        Ok(Self::role_and_keys(self, user).await?)
    }

    async fn store_own_key(&self, user: UserId, provider: Uuid, key: &[u8], origin: Option<&str>, now: Millis) -> Result<(), StoreError> {
        Ok(Self::store_own_key(self, user, provider, key, origin, now).await?)
    }

    async fn confirm_own_key(&self, user: UserId, provider: Uuid, origin: &str) -> Result<bool, StoreError> {
        Ok(Self::confirm_own_key(self, user, provider, origin).await?)
    }

    async fn delete_own_key(&self, user: UserId, provider: Uuid) -> Result<(), StoreError> {
        Ok(Self::delete_own_key(self, user, provider).await?)
    }
}
