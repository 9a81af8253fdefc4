use async_trait::async_trait;
use holdfast_core::{
    ports::{Ledger, StoreError},
    spending::{Month, Reservation, Reserved, Used},
};
use holdfast_protocol::{
    ConversationId, MessageId, UserId,
    message::Usage,
    usage::{Budget, Currency, DefaultBudgets, ModelUsage, Prices, UserUsage},
};

use crate::Store;

#[async_trait]
impl Ledger for Store {
    async fn prices(&self) -> Result<Prices, StoreError> {
        Ok(Self::prices(self).await?)
    }

    async fn set_prices(&self, prices: &Prices) -> Result<(), StoreError> {
        Ok(Self::set_prices(self, prices).await?)
    }

    async fn default_budgets(&self) -> Result<DefaultBudgets, StoreError> {
        Ok(Self::default_budgets(self).await?)
    }

    async fn set_default_budgets(&self, budgets: &DefaultBudgets) -> Result<(), StoreError> {
        Ok(Self::set_default_budgets(self, budgets).await?)
    }

    async fn set_budget(&self, user: UserId, budget: Option<Budget>) -> Result<bool, StoreError> {
        Ok(Self::set_budget(self, user, budget).await?)
    }

    async fn budget_used(&self, user: UserId, month: Month, currency: Option<Currency>) -> Result<Option<Used>, StoreError> {
        Ok(Self::budget_used(self, user, month, currency).await?)
    }

    async fn reserve(&self, wanted: &Reservation, currency: Option<Currency>) -> Result<Reserved, StoreError> {
        Ok(Self::reserve(self, wanted, currency).await?)
    }

    async fn month_usage(&self, user: UserId, month: Month) -> Result<Vec<ModelUsage>, StoreError> {
        Ok(Self::month_usage(self, user, month).await?)
    }

    async fn users_usage(&self, month: Month, most: u32) -> Result<Vec<UserUsage>, StoreError> {
        Ok(Self::users_usage(self, month, most).await?)
    }

    async fn conversation_usage(&self, user: UserId, id: ConversationId) -> Result<Option<Vec<(MessageId, Usage)>>, StoreError> {
        Ok(Self::conversation_usage(self, user, id).await?)
    }
}
