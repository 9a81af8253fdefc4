//! What is done now and then while the server runs.

use std::{sync::Arc, time::Duration};

use tracing::{info, warn};

use crate::{
    clock::{self, Millis},
    state::{App, removed},
    store::{StoreError, StoredUser},
};

const DAY: Millis = 24 * 3_600_000;
/// Guests that nobody used for so long are removed.
const GUESTS_KEPT: Millis = 30 * DAY;
/// Sessions that ended are kept for so long: an old cookie that comes back is known for what it is.
const SESSIONS_KEPT: Millis = 30 * DAY;
/// Removed conversations can be brought back for so long.
const REMOVED_KEPT: Millis = DAY;
/// Guests or conversations removed in one step, so that nobody waits long for the store.
const AT_ONCE: u32 = 50;

const LIMITS_EVERY: Duration = Duration::from_secs(300);
const SWEEP_EVERY: u32 = 12;
/// How soon the server notices what `holdfast user …` did.
const ORDERS_EVERY: Duration = Duration::from_millis(250);

/// Forgets what nobody needs, at the start and then every hour.
pub(super) async fn sweep_now_and_then(app: Arc<App>) {
    for round in 0_u32.. {
        if round % SWEEP_EVERY == 0
            && let Err(cause) = sweep(&app, clock::now()).await
        {
            warn!(%cause, "old guests and sessions could not be removed; it is tried again in an hour");
        }
        tokio::time::sleep(LIMITS_EVERY).await;
        app.limits.tidy(clock::now());
    }
}

/// Removes guests and sessions that are too old at `now`.
async fn sweep(app: &App, now: Millis) -> Result<(), StoreError> {
    let mut guests = 0;
    loop {
        let gone = app.store.remove_idle_guests(now.saturating_sub(GUESTS_KEPT), AT_ONCE).await?;
        guests += gone.len();
        for user in &gone {
            app.end_user(*user, &removed());
        }
        if gone.len() < AT_ONCE as usize {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut conversations = 0;
    loop {
        let gone = app.store.forget_conversations(now.saturating_sub(REMOVED_KEPT), AT_ONCE).await?;
        conversations += gone;
        if gone < u64::from(AT_ONCE) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    app.store.forget_shares(now).await?;
    let sessions = app.store.forget_sessions(now.saturating_sub(SESSIONS_KEPT)).await?;
    if guests > 0 || sessions > 0 || conversations > 0 {
        info!(
            guests,
            sessions, conversations, "removed guests that nobody used for 30 days, and sessions and conversations that ended long ago"
        );
    }
    Ok(())
}

/// Ends what a user has open where another process has barred or removed them, or given them another password. Then alone
/// goes on what is being written for them: it is theirs, and only they stop it.
pub(super) async fn watch_orders(app: Arc<App>) {
    loop {
        tokio::time::sleep(ORDERS_EVERY).await;
        let done = async {
            let orders = app.store.ordered_endings().await?;
            for order in &orders {
                let why = crate::state::ended(&order.why);
                match app.store.user(order.user).await? {
                    Some(StoredUser { barred: None, .. }) => app.chat.hub().end_user(order.user, None, &why),
                    _ => app.end_user(order.user, &why),
                }
            }
            match orders.last() {
                Some(last) => app.store.endings_done(last.seq).await,
                None => Ok(()),
            }
        };
        if let Err(cause) = done.await {
            warn!(%cause, "what was done on the command line could not be read");
        }
    }
}
