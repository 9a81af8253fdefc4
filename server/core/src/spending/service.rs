//! Prices and budgets in force, and the calls about what was used.

use std::sync::{Arc, PoisonError, RwLock};

use holdfast_protocol::{
    ApiError, ConversationId, Reason, UserId,
    usage::{
        Budget, BudgetUse, ConversationUsage, DefaultBudgets, MOST_NANOS, MOST_PRICES, MOST_TOKENS, ModelPrice, ModelUsage, MonthUsage,
        Prices, UsageSum, UsersUsage,
    },
};

use super::{Month, Reservation, Reserved, Used, csv};
use crate::{
    clock::Millis,
    ports::{Repositories, StoreError},
};

/// Maximum number of users in the administrators' table.
const MOST_USERS: u32 = 10_000;
/// Maximum length of the name of a provider or model, characters.
const LONGEST_NAME: usize = 200;

/// Prices, budgets, and what users used.
pub struct Spending {
    ledger: Arc<dyn Repositories>,
    /// The stored prices. They are looked up for each answer.
    prices: RwLock<Arc<Prices>>,
    /// Serializes changes, so that the last one that was stored is in force.
    changing: tokio::sync::Mutex<()>,
}

impl Spending {
    /// Loads the prices.
    ///
    /// # Errors
    /// The store failed.
    pub async fn begin(ledger: Arc<dyn Repositories>) -> Result<Self, StoreError> {
        let prices = RwLock::new(Arc::new(ledger.prices().await?));
        Ok(Self { ledger, prices, changing: tokio::sync::Mutex::default() })
    }

    /// Returns the prices.
    pub fn prices(&self) -> Arc<Prices> {
        self.prices.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the price of a model at a time, or `None` if it has none.
    pub fn price(&self, provider: &str, model: &str, now: Millis) -> Option<ModelPrice> {
        self.prices().at(provider, model, now)
    }

    /// Replaces the prices. Answers that are written keep their cost.
    ///
    /// # Errors
    /// They have no currency, a name is empty or too long, an amount is too large, or there are two different prices of a model for the same time.
    pub async fn set_prices(&self, mut prices: Prices) -> Result<Arc<Prices>, ApiError> {
        for price in &mut prices.prices {
            price.provider = price.provider.trim().to_owned();
            price.model = price.model.take().map(|model| model.trim().to_owned()).filter(|model| !model.is_empty());
        }
        prices.prices.sort_by(|a, b| (&a.provider, &a.model, a.since).cmp(&(&b.provider, &b.model, b.since)));
        prices.prices.dedup();
        check(&prices)?;
        let _one = self.changing.lock().await;
        self.ledger.set_prices(&prices).await?;
        let prices = Arc::new(prices);
        *self.prices.write().unwrap_or_else(PoisonError::into_inner) = prices.clone();
        Ok(prices)
    }

    /// Returns the budgets of users who have none of their own.
    ///
    /// # Errors
    /// The store failed.
    pub async fn default_budgets(&self) -> Result<DefaultBudgets, ApiError> {
        Ok(self.ledger.default_budgets().await?)
    }

    /// Sets the budgets of users who have none of their own.
    ///
    /// # Errors
    /// A budget is too large.
    pub async fn set_default_budgets(&self, budgets: DefaultBudgets) -> Result<DefaultBudgets, ApiError> {
        good_budget(&budgets.guest)?;
        good_budget(&budgets.account)?;
        self.ledger.set_default_budgets(&budgets).await?;
        Ok(budgets)
    }

    /// Sets the budget of a user; `None` for the default.
    ///
    /// # Errors
    /// The budget is too large, or there is no such user.
    pub async fn set_budget(&self, user: UserId, budget: Option<Budget>) -> Result<(), ApiError> {
        if let Some(budget) = &budget {
            good_budget(budget)?;
        }
        if self.ledger.set_budget(user, budget).await? { Ok(()) } else { Err(Reason::NotFound.into()) }
    }

    /// Returns how much of a user's budget is used in the current month, or `None` if there is no budget.
    ///
    /// # Errors
    /// The store failed.
    pub async fn budget(&self, user: UserId, now: Millis) -> Result<Option<BudgetUse>, ApiError> {
        let (month, currency) = (Month::of(now), self.prices().currency);
        Ok(self.ledger.budget_used(user, month, currency).await?.and_then(|used| used.told(currency, month)))
    }

    /// Refuses another answer if a user's budget is used up.
    ///
    /// # Errors
    /// It is; the error says when it starts again.
    pub async fn refuse_if_used_up(&self, user: UserId, now: Millis) -> Result<(), ApiError> {
        let month = Month::of(now);
        match self.ledger.budget_used(user, month, self.prices().currency).await? {
            Some(used) if used.is_used_up() => Err(used_up(month)),
            _ => Ok(()),
        }
    }

    /// Reserves tokens for an answer, as many as fit into its user's budget. Returns `None` if the user has no budget.
    ///
    /// # Errors
    /// Nothing fits; the error says when the budget starts again.
    pub(super) async fn reserve(&self, wanted: &Reservation) -> Result<Option<Reservation>, ApiError> {
        match self.ledger.reserve(wanted, self.prices().currency).await? {
            Reserved::Unlimited => Ok(None),
            Reserved::Granted(granted) => Ok(Some(granted)),
            Reserved::Refused(used) => Err(refused(&used, wanted.month)),
        }
    }

    /// Returns what a user used in a month; `None` for the current one.
    ///
    /// # Errors
    /// The month is invalid.
    pub async fn month(&self, user: UserId, month: Option<&str>, now: Millis) -> Result<MonthUsage, ApiError> {
        let month = good_month(month, now)?;
        let mut models = self.ledger.month_usage(user, month).await?;
        let total = sorted(&mut models);
        Ok(MonthUsage { month: month.to_string(), models, total, budget: self.budget(user, now).await? })
    }

    /// Returns what all users used in a month; `None` for the current one.
    ///
    /// # Errors
    /// The month is invalid.
    pub async fn users(&self, month: Option<&str>, now: Millis) -> Result<UsersUsage, ApiError> {
        let month = good_month(month, now)?;
        let mut users = self.ledger.users_usage(month, MOST_USERS).await?;
        let mut total = UsageSum::default();
        for user in &mut users {
            user.total = sorted(&mut user.models);
            total.add(&user.total);
        }
        Ok(UsersUsage { month: month.to_string(), users, total })
    }

    /// Returns the administrators' table of a month as CSV (RFC 4180).
    ///
    /// # Errors
    /// The month is invalid.
    pub async fn users_csv(&self, month: Option<&str>, now: Millis) -> Result<(String, String), ApiError> {
        let users = self.users(month, now).await?;
        Ok((format!("usage-{}.csv", users.month), csv::table(&users)))
    }

    /// Returns what the answers of a conversation used.
    ///
    /// # Errors
    /// The user has no such conversation.
    pub async fn conversation(&self, user: UserId, id: ConversationId) -> Result<ConversationUsage, ApiError> {
        let answers = self.ledger.conversation_usage(user, id).await?.ok_or(Reason::ConversationNotFound)?;
        let mut total = UsageSum::default();
        answers.iter().for_each(|(_, usage)| total.add_answer(usage));
        Ok(ConversationUsage { total, answers: answers.into_iter().collect() })
    }
}

fn refused(used: &Used, month: Month) -> ApiError {
    let too_small = || Reason::BudgetTooSmall.with("date", starts_again(month));
    if used.is_used_up() { used_up(month) } else { too_small() }
}

/// Returns the error of a user whose budget for a month is used up.
pub(super) fn used_up(month: Month) -> ApiError {
    Reason::BudgetUsedUp.with("date", starts_again(month))
}

fn starts_again(month: Month) -> String {
    format!("{}-01", month.next())
}

fn good_month(month: Option<&str>, now: Millis) -> Result<Month, ApiError> {
    month.map_or(Ok(Month::of(now)), |text| Month::parse(text).ok_or_else(|| Reason::MonthInvalid.into()))
}

fn good_budget(budget: &Budget) -> Result<(), ApiError> {
    let fits = budget.nanos.is_none_or(|nanos| nanos <= MOST_NANOS) && budget.tokens.is_none_or(|tokens| tokens <= MOST_TOKENS);
    if fits { Ok(()) } else { Err(Reason::BudgetTooLarge.with("money", MOST_NANOS / 1_000_000_000).with("tokens", MOST_TOKENS)) }
}

fn check(prices: &Prices) -> Result<(), ApiError> {
    let invalid = |detail: &str| Err(Reason::PricesInvalid.with("detail", detail));
    if prices.prices.len() > MOST_PRICES {
        return invalid("there are more than 2000");
    }
    if prices.currency.is_none() && !prices.prices.is_empty() {
        return invalid("the currency is missing, such as USD");
    }
    let is_name = |name: &str| !name.is_empty() && name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    for price in &prices.prices {
        if !is_name(&price.provider) || price.model.as_deref().is_some_and(|model| !is_name(model)) {
            return invalid("the name of a provider or model is empty or longer than 200 characters");
        }
        let amounts = [price.tokens.input_nanos, price.tokens.output_nanos, price.tokens.cached_input_nanos.unwrap_or(0), price.since];
        if amounts.iter().any(|amount| *amount > MOST_NANOS) {
            return invalid("an amount or a date is too large");
        }
    }
    let is_same = |pair: &[holdfast_protocol::usage::Price]| {
        pair[0].provider == pair[1].provider && pair[0].model == pair[1].model && pair[0].since == pair[1].since
    };
    if prices.prices.windows(2).any(is_same) {
        return invalid("a model has two different prices for the same date");
    }
    Ok(())
}

/// Sorts models by their cost and tokens, and returns their sum.
fn sorted(models: &mut [ModelUsage]) -> UsageSum {
    let mut total = UsageSum::default();
    models.iter().for_each(|model| total.add(&model.sum));
    let size = |model: &ModelUsage| {
        let cost = model.sum.costs.iter().map(|cost| u128::from(cost.nanos)).sum::<u128>();
        (cost, model.sum.input_tokens.saturating_add(model.sum.output_tokens))
    };
    models.sort_by(|a, b| size(b).cmp(&size(a)).then_with(|| (&a.provider, &a.model).cmp(&(&b.provider, &b.model))));
    total
}
