//! Prices, budgets, and what users used.

use holdfast_core::spending::{Month, Reservation, Reserved, Spent, Used};
use holdfast_protocol::{
    ConversationId, MessageId, UserId,
    message::Usage,
    usage::{Budget, Cost, Currency, DefaultBudgets, ModelPrice, ModelUsage, Price, Prices, TokenPrices, UsageSum, UserUsage},
};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{SqliteError, Store, to_i64, to_u64, users};

/// The budget of the user ?1, and what of it is used and reserved in the month ?2, money in the currency ?3. What is reserved for the
/// answer ?4 does not count.
const USED: &str = "
    SELECT iif(budgets.user_id IS NULL, default_budgets.nanos, budgets.nanos) AS most_nanos,
        iif(budgets.user_id IS NULL, default_budgets.tokens, budgets.tokens) AS most_tokens,
        coalesce((SELECT sum(cost) FROM month_usage WHERE user_id = ?1 AND month = ?2 AND currency = ?3), 0)
            + coalesce((SELECT sum(cost) FROM reservations WHERE user_id = ?1 AND month = ?2 AND currency = ?3 AND answer_id IS NOT ?4), 0)
            AS nanos,
        coalesce((SELECT sum(input_tokens + output_tokens) FROM month_usage WHERE user_id = ?1 AND month = ?2), 0)
            + coalesce((SELECT sum(tokens) FROM reservations WHERE user_id = ?1 AND month = ?2 AND answer_id IS NOT ?4), 0) AS tokens
    FROM users
    LEFT JOIN budgets ON budgets.user_id = users.id
    LEFT JOIN default_budgets ON default_budgets.of = iif(users.role = 'guest', 'guest', 'account')
    WHERE users.id = ?1 AND users.removed = 0";

/// Columns of `month_usage` that are summed.
const SUMS: &str =
    "provider, month_usage.model, currency, answers, input_tokens, cached_tokens, output_tokens, reasoning_tokens, cost, estimated";

impl Store {
    /// Returns the prices, by provider, model and time.
    pub async fn prices(&self) -> Result<Prices, SqliteError> {
        let code: Option<String> = sqlx::query_scalar("SELECT code FROM currency").fetch_optional(&self.readers).await?;
        let rows = sqlx::query("SELECT * FROM prices ORDER BY provider, model, since").fetch_all(&self.readers).await?;
        let price = |row: &SqliteRow| {
            let model: String = row.try_get("model")?;
            let tokens = TokenPrices {
                input_nanos: to_u64(row.try_get("input")?),
                cached_input_nanos: row.try_get::<Option<i64>, _>("cached_input")?.map(to_u64),
                output_nanos: to_u64(row.try_get("output")?),
            };
            let since = to_u64(row.try_get("since")?);
            Ok::<_, SqliteError>(Price { provider: row.try_get("provider")?, model: (!model.is_empty()).then_some(model), since, tokens })
        };
        let currency = code.map(|code| currency(&code)).transpose()?.flatten();
        Ok(Prices { currency, prices: rows.iter().map(price).collect::<Result<_, _>>()? })
    }

    /// Replaces the prices and the currency.
    pub async fn set_prices(&self, prices: &Prices) -> Result<(), SqliteError> {
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM prices").execute(&mut *tx).await?;
        sqlx::query("DELETE FROM currency").execute(&mut *tx).await?;
        if let Some(currency) = prices.currency {
            sqlx::query("INSERT INTO currency (id, code) VALUES (1, ?)").bind(currency.as_str()).execute(&mut *tx).await?;
        }
        for Price { provider, model, since, tokens } in &prices.prices {
            sqlx::query("INSERT INTO prices (provider, model, since, input, cached_input, output) VALUES (?, ?, ?, ?, ?, ?)")
                .bind(provider)
                .bind(model.as_deref().unwrap_or_default())
                .bind(to_i64(*since))
                .bind(to_i64(tokens.input_nanos))
                .bind(tokens.cached_input_nanos.map(to_i64))
                .bind(to_i64(tokens.output_nanos))
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await
    }

    /// Returns the budgets of users who have none of their own.
    pub async fn default_budgets(&self) -> Result<DefaultBudgets, SqliteError> {
        let mut budgets = DefaultBudgets::default();
        for row in sqlx::query("SELECT of, nanos, tokens FROM default_budgets").fetch_all(&self.readers).await? {
            let budget = budget(&row, "nanos", "tokens")?;
            match row.try_get("of")? {
                "guest" => budgets.guest = budget,
                _ => budgets.account = budget,
            }
        }
        Ok(budgets)
    }

    /// Sets the budgets of users who have none of their own.
    pub async fn set_default_budgets(&self, budgets: &DefaultBudgets) -> Result<(), SqliteError> {
        let mut tx = self.write().await?;
        for (of, budget) in [("guest", budgets.guest), ("account", budgets.account)] {
            sqlx::query("INSERT OR REPLACE INTO default_budgets (of, nanos, tokens) VALUES (?, ?, ?)")
                .bind(of)
                .bind(budget.nanos.map(to_i64))
                .bind(budget.tokens.map(to_i64))
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await
    }

    /// Sets the budget of a user; `None` for the default. Returns false if there is no such user.
    pub async fn set_budget(&self, user: UserId, budget: Option<Budget>) -> Result<bool, SqliteError> {
        let mut tx = self.write().await?;
        let exists: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM users WHERE id = ? AND removed = 0)").bind(user.0).fetch_one(&mut *tx).await?;
        match budget.filter(|_| exists) {
            Some(budget) => {
                sqlx::query("INSERT OR REPLACE INTO budgets (user_id, nanos, tokens) VALUES (?, ?, ?)")
                    .bind(user.0)
                    .bind(budget.nanos.map(to_i64))
                    .bind(budget.tokens.map(to_i64))
                    .execute(&mut *tx)
                    .await?
            }
            None => sqlx::query("DELETE FROM budgets WHERE user_id = ?").bind(user.0).execute(&mut *tx).await?,
        };
        tx.commit().await?;
        Ok(exists)
    }

    /// Returns the budget of a user, and what of it is used and reserved in a month. Returns `None` if there is no such user.
    pub async fn budget_used(&self, user: UserId, month: Month, currency: Option<Currency>) -> Result<Option<Used>, SqliteError> {
        let row = sqlx::query(USED)
            .bind(user.0)
            .bind(month.number())
            .bind(code(currency.as_ref()))
            .bind(None::<uuid::Uuid>)
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(used).transpose()
    }

    /// Reserves tokens for an answer, in place of what was reserved for it before: as many as fit into the budget of its user together with
    /// everything that is used and reserved. If nothing more fits, what was reserved before stays.
    pub async fn reserve(&self, wanted: &Reservation, currency: Option<Currency>) -> Result<Reserved, SqliteError> {
        let mut tx = self.write().await?;
        let row = sqlx::query(USED)
            .bind(wanted.user.0)
            .bind(wanted.month.number())
            .bind(code(currency.as_ref()))
            .bind(wanted.answer.0)
            .fetch_optional(&mut *tx)
            .await?;
        let used = row.as_ref().map(used).transpose()?.unwrap_or_default();
        let Some(granted) = wanted.clone().within(used.room()) else {
            tx.rollback().await?;
            return Ok(Reserved::Refused(used));
        };
        let price = granted.price.map(|price| price.tokens);
        sqlx::query(
            "INSERT OR REPLACE INTO reservations (user_id, answer_id, month, provider, model, currency, input_price, cached_price,
                 output_price, input_tokens, output_tokens, begun_with, cost, tokens)
             SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14 FROM users WHERE id = ?1",
        )
        .bind(granted.user.0)
        .bind(granted.answer.0)
        .bind(granted.month.number())
        .bind(&granted.provider)
        .bind(&granted.model)
        .bind(code(granted.price.as_ref().map(|price| &price.currency)))
        .bind(to_i64(price.map_or(0, |price| price.input_nanos)))
        .bind(price.and_then(|price| price.cached_input_nanos).map(to_i64))
        .bind(to_i64(price.map_or(0, |price| price.output_nanos)))
        .bind(granted.input_tokens)
        .bind(granted.output_tokens)
        .bind(to_i64(granted.begun_with))
        .bind(to_i64(granted.nanos()))
        .bind(to_i64(granted.tokens()))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(if used.budget.is_unlimited() { Reserved::Unlimited } else { Reserved::Granted(granted) })
    }

    /// Returns what a user used in a month, by model.
    pub async fn month_usage(&self, user: UserId, month: Month) -> Result<Vec<ModelUsage>, SqliteError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {SUMS} FROM month_usage WHERE user_id = ? AND month = ?"));
        let rows = sqlx::query(sql).bind(user.0).bind(month.number()).fetch_all(&self.readers).await?;
        rows.iter().map(model_usage).collect()
    }

    /// Returns the users who used a model in a month or have a budget of their own, by name; at most `most`. Their totals are not set.
    pub async fn users_usage(&self, month: Month, most: u32) -> Result<Vec<UserUsage>, SqliteError> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT users.id, username, role, budgets.user_id IS NOT NULL AS own, nanos, tokens, {SUMS}
             FROM (SELECT * FROM users WHERE removed = 0 AND (id IN (SELECT user_id FROM budgets) OR id IN (SELECT user_id FROM month_usage WHERE month = ?1))
                   ORDER BY username, id LIMIT ?2) AS users
             LEFT JOIN budgets ON budgets.user_id = users.id
             LEFT JOIN month_usage ON month_usage.user_id = users.id AND month = ?1
             ORDER BY username, users.id"
        ));
        let mut found: Vec<UserUsage> = Vec::new();
        for row in sqlx::query(sql).bind(month.number()).bind(most).fetch_all(&self.readers).await? {
            let id = UserId(row.try_get("id")?);
            if found.last().is_none_or(|last| last.user_id != id) {
                let has_own: bool = row.try_get("own")?;
                let own_budget = if has_own { Some(budget(&row, "nanos", "tokens")?) } else { None };
                let (username, role) = (row.try_get("username")?, users::role(&row)?);
                found.push(UserUsage { user_id: id, username, role, models: Vec::new(), total: UsageSum::default(), own_budget });
            }
            if row.try_get::<Option<&str>, _>("provider")?.is_some()
                && let Some(last) = found.last_mut()
            {
                last.models.push(model_usage(&row)?);
            }
        }
        Ok(found)
    }

    /// Returns the tokens and the cost of each answer in a conversation, without those of which nothing is known. Returns `None` if the
    /// user has no such conversation.
    pub async fn conversation_usage(&self, user: UserId, id: ConversationId) -> Result<Option<Vec<(MessageId, Usage)>>, SqliteError> {
        let exists: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM conversations WHERE id = ? AND user_id = ? AND removed_at IS NULL)")
                .bind(id.0)
                .bind(user.0)
                .fetch_one(&self.readers)
                .await?;
        if !exists {
            return Ok(None);
        }
        let rows = sqlx::query(
            "SELECT id, json_extract(details, '$.usage') AS usage FROM messages
             WHERE conversation_id = ? AND role = 'assistant' AND json_extract(details, '$.usage') IS NOT NULL",
        )
        .bind(id.0)
        .fetch_all(&self.readers)
        .await?;
        let one = |row: &SqliteRow| {
            let usage: Option<Usage> = serde_json::from_str(row.try_get("usage")?).ok();
            Ok::<_, SqliteError>(usage.map(|usage| (MessageId(row.get("id")), usage)))
        };
        Ok(Some(rows.iter().filter_map(|row| one(row).transpose()).collect::<Result<_, _>>()?))
    }
}

/// Records what an answer used. A user who is removed meanwhile uses nothing.
pub(super) async fn record(connection: &mut SqliteConnection, user: UserId, spent: &Spent) -> Result<(), SqliteError> {
    let usage = &spent.usage;
    sqlx::query(
        "INSERT INTO month_usage (user_id, month, provider, model, currency, answers, input_tokens, cached_tokens, output_tokens,
             reasoning_tokens, cost, estimated)
         SELECT id, ?2, ?3, ?4, ?5, 1, ?6, ?7, ?8, ?9, ?10, ?11 FROM users WHERE id = ?1
         ON CONFLICT DO UPDATE SET answers = answers + 1, input_tokens = input_tokens + excluded.input_tokens,
             cached_tokens = cached_tokens + excluded.cached_tokens, output_tokens = output_tokens + excluded.output_tokens,
             reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens, cost = cost + excluded.cost,
             estimated = estimated + excluded.estimated",
    )
    .bind(user.0)
    .bind(spent.month.number())
    .bind(&spent.provider)
    .bind(&spent.model)
    .bind(code(usage.cost.as_ref().map(|cost| &cost.currency)))
    .bind(usage.input_tokens)
    .bind(usage.cached_tokens.unwrap_or(0))
    .bind(usage.output_tokens)
    .bind(usage.reasoning_tokens.unwrap_or(0))
    .bind(to_i64(usage.cost.map_or(0, |cost| cost.nanos)))
    .bind(usage.estimated)
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes all reservations out of the store.
pub(super) async fn take_reservations(connection: &mut SqliteConnection) -> Result<Vec<Reservation>, SqliteError> {
    let rows = sqlx::query("DELETE FROM reservations RETURNING *").fetch_all(connection).await?;
    rows.iter().map(reservation).collect()
}

fn reservation(row: &SqliteRow) -> Result<Reservation, SqliteError> {
    let tokens = TokenPrices {
        input_nanos: to_u64(row.try_get("input_price")?),
        cached_input_nanos: row.try_get::<Option<i64>, _>("cached_price")?.map(to_u64),
        output_nanos: to_u64(row.try_get("output_price")?),
    };
    Ok(Reservation {
        user: UserId(row.try_get("user_id")?),
        answer: MessageId(row.try_get("answer_id")?),
        month: Month::from_number(row.try_get("month")?),
        provider: row.try_get("provider")?,
        model: row.try_get("model")?,
        price: currency(row.try_get("currency")?)?.map(|currency| ModelPrice { currency, tokens }),
        input_tokens: row.try_get("input_tokens")?,
        output_tokens: row.try_get("output_tokens")?,
        begun_with: to_u64(row.try_get("begun_with")?),
    })
}

fn model_usage(row: &SqliteRow) -> Result<ModelUsage, SqliteError> {
    let number = |column: &str| Ok::<_, SqliteError>(to_u64(row.try_get(column)?));
    let nanos = number("cost")?;
    let sum = UsageSum {
        answers: number("answers")?,
        input_tokens: number("input_tokens")?,
        cached_tokens: number("cached_tokens")?,
        output_tokens: number("output_tokens")?,
        reasoning_tokens: number("reasoning_tokens")?,
        costs: currency(row.try_get("currency")?)?.map(|currency| Cost { nanos, currency }).into_iter().collect(),
        estimated: number("estimated")?,
    };
    Ok(ModelUsage { provider: row.try_get("provider")?, model: row.try_get("model")?, sum })
}

fn used(row: &SqliteRow) -> Result<Used, SqliteError> {
    let budget = budget(row, "most_nanos", "most_tokens")?;
    Ok(Used { budget, nanos: to_u64(row.try_get("nanos")?), tokens: to_u64(row.try_get("tokens")?) })
}

fn budget(row: &SqliteRow, nanos: &str, tokens: &str) -> Result<Budget, SqliteError> {
    let number = |column: &str| Ok::<_, SqliteError>(row.try_get::<Option<i64>, _>(column)?.map(to_u64));
    Ok(Budget { nanos: number(nanos)?, tokens: number(tokens)? })
}

/// Returns the stored code of a currency; '' if there is none.
fn code(currency: Option<&Currency>) -> &str {
    currency.map_or("", Currency::as_str)
}

/// Reads the stored code of a currency.
fn currency(code: &str) -> Result<Option<Currency>, SqliteError> {
    if code.is_empty() {
        return Ok(None);
    }
    Currency::parse(code).map(Some).ok_or_else(|| SqliteError::Corrupt(format!("the currency {code:?}")))
}
