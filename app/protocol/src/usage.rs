//! Prices of models, what answers cost, what users have used, and their budgets.
//!
//! Amounts of money are whole billionths of the currency's unit, so that sums are exact: 2.50 USD are 2 500 000 000.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    api::Role,
    id::{MessageId, UserId},
    message::Usage,
};

/// Billionths in a unit of a currency.
pub const NANOS: u64 = 1_000_000_000;
/// Largest price of a million tokens, and largest budget, billionths: about nine million units. JavaScript reads it exactly.
pub const MOST_NANOS: u64 = 9_000_000_000_000_000;
/// Largest budget in tokens a month.
pub const MOST_TOKENS: u64 = 1_000_000_000_000;
/// Maximum number of prices.
pub const MOST_PRICES: usize = 2_000;

/// A currency, as three capital letters (ISO 4217).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Returns the currency with this code, or `None` if it is not three capital letters.
    pub fn parse(code: &str) -> Option<Self> {
        let letters: [u8; 3] = code.as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Self(letters))
    }

    /// Returns its code.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let code = String::deserialize(reader)?;
        Self::parse(&code).ok_or_else(|| D::Error::custom("a currency is three capital letters, such as USD"))
    }
}

/// An amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cost {
    /// The amount, billionths of the currency's unit.
    pub nanos: u64,
    /// Its currency.
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[A-Z]{3}$"))]
    pub currency: Currency,
}

/// Prices of a million tokens of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenPrices {
    /// Price of a million tokens that the model reads, billionths.
    #[cfg_attr(feature = "openapi", schema(maximum = 9_000_000_000_000_000_u64))]
    pub input_nanos: u64,
    /// Price of a million tokens that the provider had stored from an earlier request, billionths; absent if they cost what others do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 9_000_000_000_000_000_u64))]
    pub cached_input_nanos: Option<u64>,
    /// Price of a million tokens that the model writes, billionths.
    #[cfg_attr(feature = "openapi", schema(maximum = 9_000_000_000_000_000_u64))]
    pub output_nanos: u64,
}

/// The price of a model that a user may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelPrice {
    /// Its currency.
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[A-Z]{3}$"))]
    pub currency: Currency,
    /// The prices of tokens.
    pub tokens: TokenPrices,
}

/// A price that holds from a time on, until a later price of the same model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Price {
    /// Name of the provider, 1–200 characters.
    #[cfg_attr(feature = "openapi", schema(pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]{1,200}$"))]
    pub provider: String,
    /// Name of the model, at most 200 characters; absent or empty for all models of the provider that have no price of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]{0,200}$"))]
    pub model: Option<String>,
    /// When it begins to hold, ms since 1970; 0 if it always held.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(maximum = 9_000_000_000_000_000_u64))]
    pub since: u64,
    /// The prices of tokens.
    pub tokens: TokenPrices,
}

/// All prices of the server: the reply to `GET` and the body of `PUT /api/admin/prices`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Prices {
    /// The currency of all prices and budgets; absent if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, pattern = "^[A-Z]{3}$"))]
    pub currency: Option<Currency>,
    /// The prices, by provider, model and time; at most 2 000.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 2_000))]
    pub prices: Vec<Price>,
}

impl Prices {
    /// Returns the price of a model at a time, or `None` if it has none.
    pub fn at(&self, provider: &str, model: &str, now: u64) -> Option<ModelPrice> {
        let currency = self.currency?;
        let holds =
            |price: &&Price, named: Option<&str>| price.provider == provider && price.model.as_deref() == named && price.since <= now;
        let newest = |named| self.prices.iter().filter(|price| holds(price, named)).max_by_key(|price| price.since);
        newest(Some(model)).or_else(|| newest(None)).map(|price| ModelPrice { currency, tokens: price.tokens })
    }
}

impl ModelPrice {
    /// Returns what these tokens cost, rounded up to a billionth.
    pub fn of(&self, usage: &Usage) -> Cost {
        let cached = u128::from(usage.cached_tokens.unwrap_or(0).min(usage.input_tokens));
        let input = u128::from(usage.input_tokens) - cached;
        let prices = &self.tokens;
        let sum = input * u128::from(prices.input_nanos)
            + cached * u128::from(prices.cached_input_nanos.unwrap_or(prices.input_nanos))
            + u128::from(usage.output_tokens) * u128::from(prices.output_nanos);
        Cost { nanos: u64::try_from(sum.div_ceil(1_000_000)).unwrap_or(u64::MAX), currency: self.currency }
    }
}

/// How much a user may use in a month. If both are set, both hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Budget {
    /// Money, billionths of the unit of the server's currency; absent if it is not limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 9_000_000_000_000_000_u64))]
    pub nanos: Option<u64>,
    /// Tokens that models read and write; absent if they are not limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 1_000_000_000_000_u64))]
    pub tokens: Option<u64>,
}

impl Budget {
    /// Returns whether it limits nothing.
    pub fn is_unlimited(&self) -> bool {
        *self == Self::default()
    }
}

/// The budgets of users who have none of their own: the reply to `GET` and the body of `PUT /api/admin/budgets`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DefaultBudgets {
    /// Of each guest.
    #[serde(default)]
    pub guest: Budget,
    /// Of each account.
    #[serde(default)]
    pub account: Budget,
}

/// Sums over answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsageSum {
    /// Number of answers. An answer that was continued counts once for each request.
    pub answers: u64,
    /// Tokens that models read.
    pub input_tokens: u64,
    /// Those of them that a provider had stored from an earlier request.
    pub cached_tokens: u64,
    /// Tokens that models wrote.
    pub output_tokens: u64,
    /// Those of them that are reasoning.
    pub reasoning_tokens: u64,
    /// The cost, one amount for each currency; empty if no model has a price.
    pub costs: Vec<Cost>,
    /// Number of answers whose tokens are estimated, because the provider did not count them.
    pub estimated: u64,
}

impl UsageSum {
    /// Adds other sums.
    pub fn add(&mut self, other: &Self) {
        self.answers = self.answers.saturating_add(other.answers);
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.cached_tokens = self.cached_tokens.saturating_add(other.cached_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.reasoning_tokens = self.reasoning_tokens.saturating_add(other.reasoning_tokens);
        self.estimated = self.estimated.saturating_add(other.estimated);
        for cost in &other.costs {
            self.add_cost(*cost);
        }
    }

    /// Adds the tokens and the cost of an answer.
    pub fn add_answer(&mut self, usage: &Usage) {
        self.add(&Self {
            answers: 1,
            input_tokens: usage.input_tokens.into(),
            cached_tokens: usage.cached_tokens.unwrap_or(0).into(),
            output_tokens: usage.output_tokens.into(),
            reasoning_tokens: usage.reasoning_tokens.unwrap_or(0).into(),
            costs: usage.cost.into_iter().collect(),
            estimated: usage.estimated.into(),
        });
    }

    fn add_cost(&mut self, cost: Cost) {
        match self.costs.iter_mut().find(|known| known.currency == cost.currency) {
            Some(known) => known.nanos = known.nanos.saturating_add(cost.nanos),
            None => self.costs.push(cost),
        }
    }
}

/// What was used of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelUsage {
    /// Name of the provider.
    pub provider: String,
    /// Name of the model.
    pub model: String,
    /// The sums over its answers.
    pub sum: UsageSum,
}

/// How much of a budget is used in the current month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BudgetUse {
    /// The budget.
    pub budget: Budget,
    /// The currency of its money; absent if the server has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, pattern = "^[A-Z]{3}$"))]
    pub currency: Option<Currency>,
    /// Money used, billionths, with what is reserved for running answers.
    pub used_nanos: u64,
    /// Tokens used, with those reserved for running answers.
    pub used_tokens: u64,
    /// How much of it is used, percent: of money or tokens, whichever is more. Never 100 before all of it is used.
    pub percent: u32,
    /// When the next month begins, ms since 1970.
    pub resets_at: u64,
}

/// What a user used in a month: the reply to `GET /api/usage`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MonthUsage {
    /// The month in UTC, as `2026-12`.
    pub month: String,
    /// By model, the most expensive first.
    pub models: Vec<ModelUsage>,
    /// All together.
    pub total: UsageSum,
    /// The user's budget in the current month; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetUse>,
}

/// A user in the administrators' table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserUsage {
    /// Id of the user.
    pub user_id: UserId,
    /// Name of the user.
    pub username: String,
    /// Role of the user.
    pub role: Role,
    /// By model, the most expensive first; empty if the user used none in this month.
    pub models: Vec<ModelUsage>,
    /// All together.
    pub total: UsageSum,
    /// The user's own budget; absent if the default applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_budget: Option<Budget>,
}

/// What all users used in a month: the reply to `GET /api/admin/usage`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsersUsage {
    /// The month in UTC, as `2026-12`.
    pub month: String,
    /// Users who used a model or have their own budget, by name; at most 10 000.
    pub users: Vec<UserUsage>,
    /// All together.
    pub total: UsageSum,
}

/// What a conversation used: the reply to `GET /api/conversations/{id}/usage`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationUsage {
    /// All answers of all branches together.
    pub total: UsageSum,
    /// Each answer with known tokens, by its id.
    pub answers: BTreeMap<MessageId, Usage>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn price(model: Option<&str>, since: u64, input: u64) -> Price {
        let tokens = TokenPrices { input_nanos: input, cached_input_nanos: None, output_nanos: 0 };
        Price { provider: "p".into(), model: model.map(str::to_owned), since, tokens }
    }

    #[test]
    fn a_price_holds_from_its_date_until_the_next() {
        let prices =
            Prices { currency: Currency::parse("EUR"), prices: vec![price(None, 0, 1), price(Some("m"), 50, 2), price(Some("m"), 70, 3)] };
        let at = |model: &str, now| prices.at("p", model, now).map(|price| price.tokens.input_nanos);
        assert_eq!([10, 50, 69, 70].map(|now| at("m", now)), [Some(1), Some(2), Some(2), Some(3)]);
        assert_eq!(at("other", 99), Some(1));
        assert_eq!(prices.at("q", "m", 99), None);
        assert_eq!(Prices { currency: None, ..prices }.at("p", "m", 99), None);
    }

    #[test]
    fn a_cost_is_exact_and_rounded_up() {
        let tokens = TokenPrices { input_nanos: 2_500_000_000, cached_input_nanos: Some(1_250_000_000), output_nanos: 10_000_000_000 };
        let price = ModelPrice { currency: Currency::parse("USD").unwrap(), tokens };
        let usage = |input_tokens, cached, output_tokens| Usage { input_tokens, output_tokens, cached_tokens: cached, ..Usage::default() };
        assert_eq!(price.of(&usage(1_000_000, None, 0)).nanos, 2_500_000_000);
        assert_eq!(price.of(&usage(1_000, Some(400), 10)).nanos, 600 * 2_500 + 400 * 1_250 + 10 * 10_000);
        assert_eq!(price.of(&usage(1, Some(9), 0)).nanos, 1_250, "no more is stored than was read");
        let least = ModelPrice { tokens: TokenPrices { input_nanos: 1, cached_input_nanos: None, output_nanos: 0 }, ..price };
        assert_eq!(least.of(&usage(1, None, 0)).nanos, 1);
        assert_eq!(price.of(&usage(u32::MAX, None, u32::MAX)).nanos, 53_687_091_187_500);
    }

    #[test]
    fn currencies_have_three_capital_letters() {
        assert_eq!(serde_json::to_string(&Currency::parse("CHF").unwrap()).unwrap(), r#""CHF""#);
        for bad in ["", "usd", "USDX", "€"] {
            assert!(serde_json::from_value::<Currency>(bad.into()).is_err(), "{bad}");
        }
    }
}
