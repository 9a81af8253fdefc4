use async_trait::async_trait;
use holdfast_core::{
    limits::Quotas,
    ports::{Settings, StoreError},
};
use holdfast_protocol::{UserId, limits::LimitNumbers, storage::StorageInfo};

use crate::Store;

#[async_trait]
impl Settings for Store {
    async fn limits(&self) -> Result<LimitNumbers, StoreError> {
        Ok(Self::limits(self).await?)
    }

    async fn set_limits(&self, numbers: &LimitNumbers) -> Result<(), StoreError> {
        Ok(Self::set_limits(self, numbers).await?)
    }

    fn set_quotas(&self, quotas: Quotas) {
        Self::set_quotas(self, quotas)
    }

    async fn storage(&self, user: UserId) -> Result<Option<StorageInfo>, StoreError> {
        Ok(Self::storage(self, user).await?)
    }

    async fn probe(&self) -> Result<(), StoreError> {
        Ok(Self::probe(self).await?)
    }
}
