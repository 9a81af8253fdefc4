use async_trait::async_trait;
use holdfast_core::{
    clock::Millis,
    conversations::{NewShare, Shared},
    ports::{Shares, StoreError},
};
use holdfast_protocol::{ShareId, UserId, transfer::Share};

use crate::Store;

#[async_trait]
impl Shares for Store {
    async fn add_share(&self, new: &NewShare, now: Millis) -> Result<(), StoreError> {
        Ok(Self::add_share(self, new, now).await?)
    }

    async fn shared(&self, hash: &[u8; 32], now: Millis) -> Result<Option<Shared>, StoreError> {
        Ok(Self::shared(self, hash, now).await?)
    }

    async fn shares_of(&self, user: UserId, now: Millis) -> Result<Vec<Share>, StoreError> {
        Ok(Self::shares_of(self, user, now).await?)
    }

    async fn withdraw_share(&self, user: UserId, id: ShareId) -> Result<bool, StoreError> {
        Ok(Self::withdraw_share(self, user, id).await?)
    }
}
