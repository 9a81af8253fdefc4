//! Prices, budgets, and what users used.

use async_trait::async_trait;
use holdfast_protocol::{
    ConversationId, MessageId, UserId,
    message::Usage,
    usage::{Budget, Currency, DefaultBudgets, ModelUsage, Prices, UserUsage},
};

use super::StoreError;
use crate::spending::{Month, Reservation, Reserved, Used};

/// Prices of models, budgets of users, and what each user used in each month. What an answer used is recorded by
/// [`Answers::save_answers`](super::Answers::save_answers) together with its end, which also takes its reservation back.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Returns the prices, by provider, model and time.
    async fn prices(&self) -> Result<Prices, StoreError>;

    /// Replaces the prices and the currency.
    async fn set_prices(&self, prices: &Prices) -> Result<(), StoreError>;

    /// Returns the budgets of users who have none of their own.
    async fn default_budgets(&self) -> Result<DefaultBudgets, StoreError>;

    /// Sets the budgets of users who have none of their own.
    async fn set_default_budgets(&self, budgets: &DefaultBudgets) -> Result<(), StoreError>;

    /// Sets the budget of a user; `None` for the default. Returns false if there is no such user.
    async fn set_budget(&self, user: UserId, budget: Option<Budget>) -> Result<bool, StoreError>;

    /// Returns the budget of a user, and what of it is used and reserved in a month. Money in other currencies does not count. Returns
    /// `None` if there is no such user.
    async fn budget_used(&self, user: UserId, month: Month, currency: Option<Currency>) -> Result<Option<Used>, StoreError>;

    /// Reserves tokens for an answer, in place of what was reserved for it before: as many as fit into the budget of its user together
    /// with everything that is used and reserved. `currency` is that of budgets. If nothing more fits, what was reserved before stays.
    async fn reserve(&self, wanted: &Reservation, currency: Option<Currency>) -> Result<Reserved, StoreError>;

    /// Returns what a user used in a month, by model.
    async fn month_usage(&self, user: UserId, month: Month) -> Result<Vec<ModelUsage>, StoreError>;

    /// Returns the users who used a model in a month or have a budget of their own, by name; at most `most`. Their totals are not set.
    async fn users_usage(&self, month: Month, most: u32) -> Result<Vec<UserUsage>, StoreError>;

    /// Returns the tokens and the cost of each answer in a conversation, without those of which nothing is known. Returns `None` if the
    /// user has no such conversation.
    async fn conversation_usage(&self, user: UserId, id: ConversationId) -> Result<Option<Vec<(MessageId, Usage)>>, StoreError>;
}
