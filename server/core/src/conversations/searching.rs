//! Search, with limits on the number of simultaneous searches and on their time.

use std::time::Duration;

use holdfast_protocol::{ApiError, Reason, UserId, api::SearchPage};

use super::{Chat, Cursor};
use crate::limits::budget::Budget;

/// How long a search waits for its turn.
const WAIT: Duration = Duration::from_secs(3);

/// Advice to clients that did not get a turn: when to try again, ms.
const COME_BACK: u64 = 2_000;

/// The search slots, of which one user may take half, and the time limit of a search.
pub(super) struct Searching {
    places: Budget,
    within: Duration,
}

impl Searching {
    /// Creates so many slots; `within` is the time limit of a search.
    pub(super) fn new(places: u32, within: Duration) -> Self {
        Self { places: Budget::new(places, places / 2), within }
    }
}

impl Chat {
    /// Returns a user's conversations whose titles or texts contain all words, newest first.
    ///
    /// # Errors
    /// Too many searches are running, the search took too long, or the store failed.
    pub async fn search(&self, user: UserId, query: &str, after: Option<Cursor>, limit: u32) -> Result<SearchPage, ApiError> {
        let Searching { places, within } = &self.searching;
        let place = places.take(user, 1, WAIT).await;
        let _place = place.ok_or_else(|| Reason::TooManySearches.error().limited(COME_BACK))?;
        Ok(self.store.search(user, query, after, limit, *within).await?)
    }
}
