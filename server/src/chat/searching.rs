//! Searching, with so many searches at once and so long for each.

use std::time::Duration;

use holdfast_protocol::{ApiError, UserId, api::SearchPage};

use super::{Chat, refused};
use crate::{
    limits::budget::Budget,
    store::{Cursor, searches_at_once},
};

/// A search waits at most so long for its turn.
const WAIT: Duration = Duration::from_secs(3);

/// When whoever did not get their turn is to come back, ms.
const COME_BACK: u64 = 2_000;

/// Places to search, of which one user takes half, and the time that a search may take.
pub(super) struct Searching {
    places: Budget,
    within: Duration,
}

impl Searching {
    /// With `within` for each search.
    pub(super) fn new(within: Duration) -> Self {
        let places = searches_at_once();
        Self { places: Budget::new(places, places / 2), within }
    }
}

impl Chat {
    /// A user's conversations in whose titles or texts all words are, newest first.
    ///
    /// # Errors
    /// Too many searches are running, it took too long, or the store failed.
    pub async fn search(&self, user: UserId, query: &str, after: Option<Cursor>, limit: u32) -> Result<SearchPage, ApiError> {
        let Searching { places, within } = &self.searching;
        let place = places.take(user, 1, WAIT).await;
        let _place = place.ok_or_else(|| ApiError::limited("Too many searches are running just now", COME_BACK))?;
        self.store.search(user, query, after, limit, *within).await.map_err(refused)
    }
}
