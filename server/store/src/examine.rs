//! Examines a store without opening it for use.

use std::path::Path;

use sqlx::sqlite::SqlitePoolOptions;

use holdfast_core::access::StoredProvider;

use super::{SqliteError, Store, last_step, options, providers::stored_providers, to_u64};
use holdfast_core::clock::Millis;

/// The result of an examination.
#[derive(Clone, Debug)]
pub struct Examined {
    /// The version of its schema.
    pub step: i64,
    /// The latest schema version that this program knows.
    pub known: i64,
    /// When a server last ran on it, ms since 1970; `None` if that is not known.
    pub seen_at: Option<Millis>,
    /// The providers that administrators added.
    pub providers: Vec<StoredProvider>,
}

impl Store {
    /// Examines the store in `path`, and changes nothing. Returns `None` if there is none or the file is empty.
    ///
    /// # Errors
    /// It can't be read: it is not a store, it is damaged, or it belongs to another user.
    pub async fn examine(path: &Path) -> Result<Option<Examined>, SqliteError> {
        if !std::fs::metadata(path).is_ok_and(|data| data.len() > 0) {
            return Ok(None);
        }
        let look = options(path).read_only(true).create_if_missing(false);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(look).await?;
        let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'").fetch_one(&pool).await?;
        let mut found = None;
        if tables > 0 {
            let step: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&pool).await?;
            // An older schema does not have this table.
            let seen_at: Option<i64> = sqlx::query_scalar("SELECT seen_at FROM clock").fetch_optional(&pool).await.unwrap_or_default();
            let providers = stored_providers(&pool).await.unwrap_or_default();
            found = step.map(|step| Examined { step, known: last_step(), seen_at: seen_at.map(to_u64), providers });
        }
        pool.close().await;
        Ok(found)
    }
}
