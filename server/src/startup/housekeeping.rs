//! Periodic tasks of the server.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use tracing::{info, warn};

use super::timekeeping::Timekeeper;
use holdfast_core::accounts;
use holdfast_core::auth::session_errors::removed;
use holdfast_core::{
    age::KEPT,
    clock::{self, Millis},
};
use holdfast_store::{SqliteError, Store};
use holdfast_web::App;

/// Time for which removed conversations can be restored.
const REMOVED_KEPT: Millis = 24 * 3_600_000;
/// Number of guests or conversations removed in one step, so that nobody waits long for the store.
const AT_ONCE: u32 = 50;

const LIMITS_EVERY: Duration = Duration::from_secs(300);
/// Interval at which the system clock is compared with a monotonic clock.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);
/// Interval at which the users' storage is counted again.
const COUNT_EVERY: Duration = Duration::from_secs(24 * 3_600);
const SWEEP_AGAIN: Duration = Duration::from_secs(300);
const ERASE_EVERY: Duration = Duration::from_secs(1);
/// Interval at which the search index is updated. Searches do not wait for it.
const INDEX_EVERY: Duration = Duration::from_secs(1);
/// Duration from which on an update of the index is logged.
const INDEX_TOLD: Duration = Duration::from_secs(10);
const INDEX_AGAIN: Duration = Duration::from_secs(60);
/// Interval at which bytes of files that nothing refers to are removed.
const FILES_EVERY: Duration = Duration::from_secs(60);
const ERASE_AGAIN: Duration = Duration::from_secs(60);
/// How soon the server notices what `holdfast user …` did.
const REVOCATIONS_EVERY: Duration = Duration::from_millis(250);

/// Watches the clock, and removes old data every hour. Nothing is removed in the first hour, so that an administrator has time to notice
/// a wrong clock. Each sweep follows a check of the clock, so no jump can come between them.
pub(super) async fn watch_clock_and_sweep(app: Arc<App>, store: Store, mut timekeeper: Timekeeper, started: Instant) {
    let (mut due, mut count_due) = (started + SWEEP_EVERY, started + SWEEP_EVERY);
    optimize(&store).await;
    while app.closing.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
        let (now, instant) = (clock::now(), Instant::now());
        app.disk.look();
        timekeeper.look(&store, now, instant).await;
        if instant < due {
            continue;
        }
        due = instant + SWEEP_EVERY;
        optimize(&store).await;
        if let Err(cause) = sweep(&app, &store, store.age_now(now)).await {
            warn!(%cause, "could not remove old guests and sessions; next attempt in five minutes");
            due = instant + SWEEP_AGAIN;
        }
        if instant >= count_due {
            count_due = instant + COUNT_EVERY;
            match store.repair_storage().await {
                Ok(0) => {}
                Ok(wrong) => warn!(wrong, "storage counts were wrong and are corrected; another program has changed the store"),
                Err(cause) => warn!(%cause, "could not recount the storage of users; next attempt in a day"),
            }
        }
    }
}

async fn optimize(store: &Store) {
    if let Err(cause) = store.optimize().await {
        warn!(%cause, "could not update SQLite's statistics; next attempt in an hour");
    }
}

/// Periodically forgets users and addresses that were not active for long.
pub(super) async fn tidy_limits(app: Arc<App>) {
    loop {
        tokio::time::sleep(LIMITS_EVERY).await;
        app.limits.tidy(clock::now());
    }
}

/// Erases removed data, also from before a start; an interrupted erasure continues.
pub(super) async fn erase_removed(app: Arc<App>, store: Store) {
    while app.closing.run_until_cancelled(tokio::time::sleep(ERASE_EVERY)).await.is_some() {
        if let Some(Err(cause)) = app.closing.run_until_cancelled(store.erase_all()).await {
            warn!(%cause, "could not erase removed data; it stays hidden, next attempt in a minute");
            app.closing.run_until_cancelled(tokio::time::sleep(ERASE_AGAIN)).await;
        }
    }
}

/// Removes expired uploads, and the files of removed users.
pub(super) async fn sweep_files(app: Arc<App>) {
    while app.closing.run_until_cancelled(tokio::time::sleep(FILES_EVERY)).await.is_some() {
        app.materials.sweep(clock::now()).await;
    }
}

/// Updates the search index in pieces, so that other writes are possible in between.
pub(super) async fn index_texts(app: Arc<App>, store: Store) {
    let mut is_building = false;
    while app.closing.run_until_cancelled(tokio::time::sleep(INDEX_EVERY)).await.is_some() {
        let since = Instant::now();
        let done = app.closing.run_until_cancelled(async {
            loop {
                let begun = Instant::now();
                if !store.index_piece().await? {
                    return Ok::<_, SqliteError>(());
                }
                if !is_building && since.elapsed() > INDEX_TOLD {
                    is_building = true;
                    info!("building the search index; searches find only what is in it so far");
                }
                tokio::time::sleep(begun.elapsed()).await;
            }
        });
        match done.await {
            Some(Ok(())) if is_building => {
                is_building = false;
                info!(seconds = since.elapsed().as_secs(), "search index built");
            }
            Some(Err(cause)) => {
                warn!(%cause, "could not update the search index; next attempt in a minute");
                app.closing.run_until_cancelled(tokio::time::sleep(INDEX_AGAIN)).await;
            }
            _ => {}
        }
    }
}

/// Removes what is too old at `now`, without the time that does not count as age (see [`holdfast_core::age`]).
async fn sweep(app: &App, store: &Store, now: Millis) -> Result<(), SqliteError> {
    let mut guests = 0;
    loop {
        let gone = store.remove_idle_guests(now.saturating_sub(KEPT), AT_ONCE).await?;
        guests += gone.len();
        for user in &gone {
            app.chat.hub().end_user_and_answers(*user, &removed());
        }
        if gone.len() < AT_ONCE as usize {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut conversations = 0;
    loop {
        let gone = store.forget_conversations(now.saturating_sub(REMOVED_KEPT), AT_ONCE).await?;
        conversations += gone;
        if gone < u64::from(AT_ONCE) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    store.forget_projects(now.saturating_sub(REMOVED_KEPT)).await?;
    store.forget_shares(now.saturating_sub(KEPT)).await?;
    let sessions = store.forget_sessions(now.saturating_sub(KEPT)).await?;
    if guests > 0 || sessions > 0 || conversations > 0 {
        info!(guests, sessions, conversations, "removed guests unused for 30 days, expired sessions and old removed conversations");
    }
    Ok(())
}

/// Ends the connections of users whom another process has suspended, removed, or given a new password. The running answers of suspended
/// and removed users are stopped.
pub(super) async fn watch_revocations(app: Arc<App>) {
    loop {
        tokio::time::sleep(REVOCATIONS_EVERY).await;
        if let Err(cause) = accounts::carry_out_revocations(&*app.store, app.chat.hub()).await {
            // The store is closed while this waits.
            if app.closing.is_cancelled() {
                return;
            }
            warn!(%cause, "could not read revocations requested on the command line");
        }
    }
}
