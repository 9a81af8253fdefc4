use holdfast_protocol::{
    UserId,
    api::Role,
    providers::{Kind, Visibility},
};
use sqlx::{Row as _, SqlitePool, sqlite::SqliteRow};
use uuid::Uuid;

use super::{SqliteError, Store, to_i64, users};
use holdfast_core::{
    access::{StoredKey, StoredProvider, StoredVisibility},
    clock::Millis,
};

impl Store {
    /// Returns the providers that were added, in order.
    pub async fn providers(&self) -> Result<Vec<StoredProvider>, SqliteError> {
        stored_providers(&self.readers).await
    }

    /// Adds a provider. Returns false if the name is taken.
    pub async fn add_provider(&self, new: &StoredProvider, now: Millis) -> Result<bool, SqliteError> {
        let done = sqlx::query("INSERT INTO providers (id, name, kind, url, key, own_keys, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)")
            .bind(new.id)
            .bind(&new.name)
            .bind(new.kind.as_str())
            .bind(&new.url)
            .bind(&new.key)
            .bind(new.own_keys)
            .bind(to_i64(now))
            .execute(&self.writer)
            .await;
        users::if_free(done)
    }

    /// Changes a provider's address, key and settings. Returns false if it does not exist.
    pub async fn change_provider(&self, now: &StoredProvider) -> Result<bool, SqliteError> {
        let done = sqlx::query("UPDATE providers SET url = ?, key = ?, own_keys = ? WHERE id = ?")
            .bind(&now.url)
            .bind(&now.key)
            .bind(now.own_keys)
            .bind(now.id)
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Removes a provider with all keys for it. Returns false if there is none with this name.
    pub async fn remove_provider(&self, name: &str) -> Result<bool, SqliteError> {
        let mut tx = self.write().await?;
        let done = sqlx::query("DELETE FROM providers WHERE name = ?").bind(name).execute(&mut *tx).await?;
        sqlx::query("DELETE FROM visibilities WHERE provider = ?").bind(name).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Returns all visibilities.
    pub async fn visibilities(&self) -> Result<Vec<StoredVisibility>, SqliteError> {
        let rows = sqlx::query("SELECT provider, model, visible_to FROM visibilities").fetch_all(&self.readers).await?;
        let read = |row: &SqliteRow| {
            let text: &str = row.try_get("visible_to")?;
            let visibility = Visibility::parse(text).ok_or_else(|| SqliteError::Corrupt(format!("the visible_to {text:?}")))?;
            Ok(StoredVisibility { provider: row.try_get("provider")?, model: row.try_get("model")?, visibility })
        };
        rows.iter().map(read).collect()
    }

    /// Sets the visibility of a provider or model. `None` removes it: a model then has that of its provider, and a provider is visible to
    /// everyone.
    pub async fn offer(&self, provider: &str, model: &str, visibility: Option<Visibility>) -> Result<(), SqliteError> {
        let query = match visibility {
            Some(visibility) => sqlx::query(
                "INSERT INTO visibilities (provider, model, visible_to) VALUES (?, ?, ?)
                 ON CONFLICT (provider, model) DO UPDATE SET visible_to = excluded.visible_to",
            )
            .bind(provider)
            .bind(model)
            .bind(visibility.as_str()),
            None => sqlx::query("DELETE FROM visibilities WHERE provider = ? AND model = ?").bind(provider).bind(model),
        };
        query.execute(&self.writer).await?;
        Ok(())
    }

    /// Returns the own keys of a user, or of all users.
    pub async fn own_keys(&self, user: Option<UserId>) -> Result<Vec<StoredKey>, SqliteError> {
        let rows = sqlx::query(
            "SELECT own_keys.user_id, own_keys.provider_id, own_keys.key, own_keys.origin, providers.name FROM own_keys
             JOIN providers ON providers.id = own_keys.provider_id WHERE ?1 IS NULL OR own_keys.user_id = ?1",
        )
        .bind(user.map(|user| user.0))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(key).collect()
    }

    /// Returns the role of a user, and the user's own keys. Returns `None` if there is no such user.
    pub async fn role_and_keys(&self, user: UserId) -> Result<Option<(Role, Vec<StoredKey>)>, SqliteError> {
        let rows = sqlx::query(
            "SELECT users.role, own_keys.user_id, own_keys.provider_id, own_keys.key, own_keys.origin, providers.name FROM users
             LEFT JOIN (own_keys JOIN providers ON providers.id = own_keys.provider_id) ON own_keys.user_id = users.id
             WHERE users.id = ? AND users.removed = 0",
        )
        .bind(user.0)
        .fetch_all(&self.readers)
        .await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let has_none = first.try_get::<Option<Uuid>, _>("user_id")?.is_none();
        let keys = if has_none { Vec::new() } else { rows.iter().map(key).collect::<Result<_, _>>()? };
        Ok(Some((users::role(first)?, keys)))
    }

    /// Stores a user's own key for an origin, and replaces an earlier one.
    ///
    /// # Errors
    /// [`SqliteError::OverQuota`] if the user's quota would be exceeded; otherwise an error of SQLite.
    pub async fn store_own_key(
        &self,
        user: UserId,
        provider: Uuid,
        key: &[u8],
        origin: Option<&str>,
        now: Millis,
    ) -> Result<(), SqliteError> {
        let mut tx = self.write_more(user).await?;
        sqlx::query(
            "INSERT INTO own_keys (user_id, provider_id, key, origin, created_at) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (user_id, provider_id) DO UPDATE SET key = excluded.key, origin = excluded.origin, created_at = excluded.created_at",
        )
        .bind(user.0)
        .bind(provider)
        .bind(key)
        .bind(origin)
        .bind(to_i64(now))
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Changes the origin of a user's own key. Returns false if the user has no key for this provider.
    pub async fn confirm_own_key(&self, user: UserId, provider: Uuid, origin: &str) -> Result<bool, SqliteError> {
        let done = sqlx::query("UPDATE own_keys SET origin = ? WHERE user_id = ? AND provider_id = ?")
            .bind(origin)
            .bind(user.0)
            .bind(provider)
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Removes a user's own key.
    pub async fn delete_own_key(&self, user: UserId, provider: Uuid) -> Result<(), SqliteError> {
        sqlx::query("DELETE FROM own_keys WHERE user_id = ? AND provider_id = ?").bind(user.0).bind(provider).execute(&self.writer).await?;
        Ok(())
    }
}

/// Returns the providers that were added, in order.
pub(super) async fn stored_providers(pool: &SqlitePool) -> Result<Vec<StoredProvider>, SqliteError> {
    let rows = sqlx::query("SELECT id, name, kind, url, key, own_keys FROM providers ORDER BY id").fetch_all(pool).await?;
    rows.iter().map(provider).collect()
}

fn provider(row: &SqliteRow) -> Result<StoredProvider, SqliteError> {
    let kind: &str = row.try_get("kind")?;
    Ok(StoredProvider {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        kind: Kind::parse(kind).ok_or_else(|| SqliteError::Corrupt(format!("the kind of provider {kind:?}")))?,
        url: row.try_get("url")?,
        key: row.try_get("key")?,
        own_keys: row.try_get("own_keys")?,
    })
}

fn key(row: &SqliteRow) -> Result<StoredKey, SqliteError> {
    Ok(StoredKey {
        user: UserId(row.try_get("user_id")?),
        provider: row.try_get("provider_id")?,
        name: row.try_get("name")?,
        key: row.try_get("key")?,
        origin: row.try_get("origin")?,
    })
}
