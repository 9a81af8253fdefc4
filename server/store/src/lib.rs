//! The store: SQLite. All SQL of the server is here.
//!
//! One connection writes, a few read. SQLite takes one writer at a time anyway; with one
//! connection for it, writers queue here, in order, instead of failing there as "locked".

mod bounded;
mod branches;
mod clock;
mod conversations;
mod erase;
mod examine;
mod files;
mod identities;
mod import;
mod indexing;
mod invitations;
mod journal;
mod ledger;
mod limits;
mod links;
mod messages;
mod optimize;
mod parts;
mod passages;
mod people;
mod ports;
mod projects;
mod providers;
mod reading;
mod reserve;
mod revocations;
mod schema;
mod search;
mod second_factors;
mod sessions;
mod settings;
mod shares;
mod storage;
#[cfg(test)]
mod tests;
mod transaction;
mod users;
mod walking;

use std::{
    io::ErrorKind,
    path::Path,
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use holdfast_core::limits::Quotas;
use holdfast_protocol::storage::QuotaExceeded;
use sqlx::{
    SqliteConnection, SqlitePool,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::Semaphore;

pub use examine::Examined;

use self::reserve::Reserve;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The store of one server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
    /// For reading sessions, which must not wait for other reads.
    session_readers: SqlitePool,
    /// For searches: see [`bounded`].
    searchers: SqlitePool,
    /// Time before now that does not count as age, ms.
    uncounted: Arc<AtomicU64>,
    /// Held for one piece of an import or erasure. Among the writers, all of these together count as one.
    bulk: Arc<Semaphore>,
    /// Held by one of those who add data, so that saving running answers waits for at most one of them.
    adding: Arc<Semaphore>,
    /// The storage quotas.
    quotas: Arc<RwLock<Quotas>>,
}

/// Why SQLite did not do what was asked. Callers of the ports get a [`StoreError`](holdfast_core::ports::StoreError).
#[derive(Debug, thiserror::Error)]
pub enum SqliteError {
    /// SQLite reported an error: locked, full, read-only, damaged.
    #[error("the store failed: {0}")]
    Sqlite(#[from] sqlx::Error),
    /// The disk is so full that the store can't be opened.
    #[error("the disk with the data folder is full. Free some space on it, and start again. Nothing was changed")]
    Full,
    /// A read exceeded its time limit and was interrupted.
    #[error("the read took too long and was interrupted")]
    TooLong,
    /// The file was created by a later version.
    #[error(
        "the data in {path} was made by a newer Holdfast (its schema version is {step}, this one knows {known}). Use that version, or another data folder. Nothing was changed."
    )]
    Newer {
        /// The database file.
        path: String,
        /// The version of its schema.
        step: i64,
        /// The latest schema version that this program knows.
        known: i64,
    },
    /// The running server that uses the file has another version.
    #[error(
        "the server that runs on {path} has another version (its schema version is {step}, this one knows {known}). Use the program that runs there, or restart the server with this one first. Nothing was changed."
    )]
    Older {
        /// The database file.
        path: String,
        /// The version of its schema.
        step: i64,
        /// The latest schema version that this program knows.
        known: i64,
    },
    /// A migration failed.
    #[error("the store could not be migrated: {0}")]
    Migrate(MigrateError),
    /// The data is not what this server writes.
    #[error("the store holds something unexpected: {0}")]
    Corrupt(String),
    /// A quota of the user or the server would be exceeded.
    #[error("{0}")]
    OverQuota(QuotaExceeded),
}

impl SqliteError {
    /// Returns whether a call waited for its turn until the timeout.
    fn is_busy(&self) -> bool {
        matches!(self, Self::Sqlite(sqlx::Error::PoolTimedOut))
    }

    /// Returns whether the disk is full.
    fn is_full(&self) -> bool {
        let error = match self {
            Self::Full => return true,
            Self::Sqlite(error) | Self::Migrate(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => error,
            _ => return false,
        };
        match error {
            sqlx::Error::Io(error) => matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded),
            // SQLITE_FULL, and SQLITE_IOERR_SHMSIZE, which means the same for the index of the journal.
            error => matches!(code(error), Some(13 | 4874)),
        }
    }
}

impl Store {
    /// Opens or creates the store in `path`, and updates its schema.
    ///
    /// # Errors
    /// [`SqliteError::Newer`] if a later version created it; otherwise an error of SQLite.
    pub async fn open(path: &Path) -> Result<Self, SqliteError> {
        let (reserve, options) = (Reserve::begin(path)?, options(path));
        let step = Self::step(path, &options).await?;
        if let Some((step, known)) = step.filter(|(step, known)| step > known) {
            return Err(SqliteError::Newer { path: path.display().to_string(), step, known });
        }
        let store = Self::connect(options, reserve).await?;
        let mut connection = store.writer.acquire().await?;
        schema::create(&mut connection, &MIGRATIONS).await.map_err(SqliteError::Migrate)?;
        MIGRATIONS.run(&mut *connection).await.map_err(SqliteError::Migrate)?;
        drop(connection);
        Ok(store)
    }

    /// Opens the store of a running server, without changing its schema.
    ///
    /// # Errors
    /// The server has another version; otherwise an error of SQLite.
    pub async fn open_beside(path: &Path) -> Result<Self, SqliteError> {
        let (reserve, options) = (Reserve::begin(path)?, options(path));
        let shown = || path.display().to_string();
        match Self::step(path, &options).await? {
            Some((step, known)) if step > known => Err(SqliteError::Newer { path: shown(), step, known }),
            Some((step, known)) if step < known => Err(SqliteError::Older { path: shown(), step, known }),
            _ => Self::connect(options.create_if_missing(false), reserve).await,
        }
    }

    async fn connect(options: SqliteConnectOptions, reserve: Reserve) -> Result<Self, SqliteError> {
        // SQLite opens a file without write permission read-only, without an error. Such a connection would stay read-only even if the
        // permission changes, so it is closed.
        let is_stuck = Arc::new(AtomicBool::new(false));
        let (look, reserve) = (is_stuck.clone(), Arc::new(reserve));
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .after_connect(move |connection, _| {
                let (look, reserve) = (look.clone(), reserve.clone());
                Box::pin(async move {
                    look.store(refuses_to_write(connection).await?, Ordering::Release);
                    reserve.take();
                    Ok(())
                })
            })
            .before_acquire(move |_, _| {
                let is_stuck = is_stuck.load(Ordering::Acquire);
                Box::pin(async move { Ok(!is_stuck) })
            })
            .acquire_timeout(Duration::from_secs(30))
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
            .await?;
        let reading = options.read_only(true);
        let readers = |connections: u32| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(Duration::from_secs(30))
                // There is no network peer that could be gone, and a test costs as much as a small read.
                .test_before_acquire(false)
                .max_lifetime(None)
        };
        Ok(Self {
            writer,
            readers: readers(4).connect_lazy_with(reading.clone()),
            // One of these always stays open: when its last connection is closed, SQLite removes the files beside the store, and can't
            // create them again on a full disk.
            session_readers: readers(2).idle_timeout(None).connect_lazy_with(reading.clone()),
            // A search reads more than fits into SQLite's default cache of 2 MB.
            searchers: readers(searches_at_once()).connect_lazy_with(reading.pragma("cache_size", "-8192")),
            uncounted: Arc::default(),
            bulk: Arc::new(Semaphore::new(1)),
            adding: Arc::new(Semaphore::new(1)),
            quotas: Arc::default(),
        })
    }

    /// Returns an existing file's schema version and the latest known one, before anything is written to it. Returns `None` if it is new,
    /// or damaged in a way that opening it reports better.
    async fn step(path: &Path, options: &SqliteConnectOptions) -> Result<Option<(i64, i64)>, SqliteError> {
        if !path.exists() {
            return Ok(None);
        }
        let look = options.clone().read_only(true).create_if_missing(false).journal_mode(SqliteJournalMode::Wal);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_lazy_with(look);
        let step: Result<Option<i64>, _> = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&pool).await;
        pool.close().await;
        Ok(step.ok().flatten().map(|step| (step, last_step())))
    }

    /// Reads, and writes without changing anything.
    ///
    /// # Errors
    /// One of them failed.
    pub async fn probe(&self) -> Result<(), SqliteError> {
        sqlx::query("SELECT 1").execute(&self.readers).await?;
        let mut tx = self.write().await?;
        // This number is not used. Setting it writes a page even if it stays the same.
        sqlx::query("PRAGMA user_version = 0").execute(&mut *tx).await?;
        tx.commit().await
    }

    /// Closes the store after running operations.
    pub async fn close(&self) {
        self.searchers.close().await;
        self.session_readers.close().await;
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Returns the latest schema version that this program knows.
fn last_step() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Returns whether a connection is read-only. Only a write shows that, and it is rolled back; starting a transaction is not enough.
async fn refuses_to_write(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    sqlx::query("BEGIN").execute(&mut *connection).await?;
    let done = sqlx::query("PRAGMA user_version = 0").execute(&mut *connection).await;
    sqlx::query("ROLLBACK").execute(&mut *connection).await?;
    // SQLITE_READONLY; the higher bits contain details.
    Ok(done.err().and_then(|error| code(&error)).is_some_and(|code| code & 0xff == 8))
}

/// Returns SQLite's extended error code.
fn code(error: &sqlx::Error) -> Option<u32> {
    error.as_database_error()?.code()?.parse().ok()
}

/// Returns the number of simultaneous searches: the number of cores, and at least two.
fn searches_at_once() -> u32 {
    std::thread::available_parallelism().map_or(2, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX)).clamp(2, 16)
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // Written data survives a crash of the process; a power failure may lose the last moment.
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .statement_cache_capacity(200)
}

/// Times and revisions stay below 2⁶³ for the next 292 million years.
fn to_i64(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn to_u64(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}
