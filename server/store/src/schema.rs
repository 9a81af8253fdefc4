//! The schema of a new store: what all migrations make of an empty file, in one script. It takes a seventh of their time.

use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, SqliteConnection,
    migrate::{Migrate as _, MigrateError, Migrator},
};

/// The script. A test compares it with the migrations, and rewrites it after one was added.
const SCRIPT: &str = include_str!("../schema.sql");

/// Makes the tables of a new store, and records all migrations as applied. Does nothing if the file has tables.
///
/// # Errors
/// SQLite failed. Then the file is empty as before.
pub(crate) async fn create(connection: &mut SqliteConnection, migrations: &Migrator) -> Result<(), MigrateError> {
    let entries: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(&mut *connection).await?;
    if entries > 0 {
        return Ok(());
    }
    let mut tx = connection.begin().await?;
    tx.execute(SCRIPT).await?;
    let table = &migrations.table_name;
    tx.ensure_migrations_table(table).await?;
    let insert = format!("INSERT INTO {table} (version, description, success, checksum, execution_time) VALUES (?, ?, TRUE, ?, 0)");
    for migration in migrations.iter() {
        sqlx::query(AssertSqlSafe(insert.as_str()))
            .bind(migration.version)
            .bind(&*migration.description)
            .bind(&*migration.checksum)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::{fmt::Write as _, path::Path};

    use sqlx::{Row as _, sqlite::SqlitePoolOptions};

    use super::*;
    use crate::{MIGRATIONS, options};

    /// What SQLite and sqlx keep for themselves.
    fn is_kept_by_others(table: &str) -> bool {
        table.starts_with("sqlite_") || table == MIGRATIONS.table_name
    }

    /// Returns the statements that make the schema, and the rows of the tables, in an order that does not depend on how they were made.
    async fn content(connection: &mut SqliteConnection) -> (String, Vec<(String, Vec<String>)>) {
        let all = sqlx::query(
            "SELECT name, sql, sql LIKE 'CREATE VIRTUAL TABLE%' AS is_virtual FROM sqlite_schema WHERE sql IS NOT NULL \
             ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, is_virtual, name",
        )
        .fetch_all(&mut *connection)
        .await
        .unwrap();
        let virtuals: Vec<String> = all.iter().filter(|row| row.get("is_virtual")).map(|row| row.get("name")).collect();
        // A virtual table makes further tables itself.
        let is_made_by_another =
            |name: &str| virtuals.iter().any(|it| name.strip_prefix(it.as_str()).is_some_and(|rest| rest.starts_with('_')));
        let (mut script, mut rows) = (String::new(), Vec::new());
        for entry in &all {
            let (name, sql): (String, String) = (entry.get("name"), entry.get("sql"));
            if is_kept_by_others(&name) {
                continue;
            }
            if !is_made_by_another(&name) {
                // Comments about a step of the way stay in the migrations.
                let lines = sql.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>();
                writeln!(script, "{};", lines.join("\n").trim_end()).unwrap();
            }
            if sql.starts_with("CREATE TABLE") && !name.ends_with("_data") {
                rows.push((name.clone(), table(connection, &name).await));
            }
        }
        (script, rows)
    }

    /// Returns the rows of a table as SQL literals.
    async fn table(connection: &mut SqliteConnection, name: &str) -> Vec<String> {
        let columns: Vec<String> =
            sqlx::query_scalar("SELECT name FROM pragma_table_info(?)").bind(name).fetch_all(&mut *connection).await.unwrap();
        let all = columns.iter().map(|column| format!("quote(\"{column}\")")).collect::<Vec<_>>().join(" || ', ' || ");
        sqlx::query_scalar(AssertSqlSafe(format!("SELECT {all} FROM \"{name}\""))).fetch_all(connection).await.unwrap()
    }

    async fn made(path: &Path, is_migrated: bool) -> (String, Vec<(String, Vec<String>)>) {
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options(path)).await.unwrap();
        if is_migrated {
            MIGRATIONS.run(&pool).await.unwrap();
        } else {
            create(&mut pool.acquire().await.unwrap(), &MIGRATIONS).await.unwrap();
            MIGRATIONS.run(&pool).await.unwrap();
        }
        content(&mut pool.acquire().await.unwrap()).await
    }

    #[tokio::test]
    async fn a_new_store_is_what_the_migrations_make() {
        let folder = tempfile::tempdir().unwrap();
        let (statements, rows) = made(&folder.path().join("migrated.db"), true).await;
        let filled = rows.iter().filter(|(name, rows)| !rows.is_empty() && !name.ends_with("_config"));
        let inserts: String =
            filled.flat_map(|(name, rows)| rows.iter().map(move |row| format!("INSERT INTO {name} VALUES ({row});\n"))).collect();
        let script = format!(
            "-- The schema of a new store. Made from the migrations: `cargo test -p holdfast-store a_new_store` rewrites it.\n{statements}{inserts}"
        );
        if script != SCRIPT {
            std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.sql"), &script).unwrap();
            panic!("a migration was added: schema.sql is rewritten, run the test again");
        }
        assert_eq!(made(&folder.path().join("new.db"), false).await, (statements, rows));
    }
}
