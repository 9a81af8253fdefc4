//! Rendered pages of read-only links, so that a link that many people open is rendered once.
//!
//! The cache does not know whether a link is still valid; the store is asked at each visit.

use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use hashlink::LruCache;
use holdfast_app::Language;
use holdfast_protocol::ShareId;

use holdfast_core::clock::Millis;
use holdfast_core::conversations::Shared;

/// Maximum size of all pages, bytes. The least recently used ones are dropped.
const MOST: usize = 32 * 1024 * 1024;

/// How long a page that took too long is reused before it is rendered again, ms.
const LATE_FOR: Millis = 60_000;

/// The cache.
#[derive(Default)]
pub struct ShareCache(Mutex<Pages>);

struct Pages {
    pages: LruCache<(ShareId, Language), Page>,
    bytes: usize,
}

impl Default for Pages {
    fn default() -> Self {
        Self { pages: LruCache::new_unbounded(), bytes: 0 }
    }
}

struct Page {
    /// Title and revision of the conversation from which the page was rendered.
    of: (String, u64),
    html: Bytes,
    until: Option<Millis>,
}

impl ShareCache {
    /// Returns the page of a valid link if it is still current.
    pub(super) fn get(&self, shared: &Shared, language: Language, now: Millis) -> Option<Bytes> {
        let mut pages = self.pages();
        let page = pages.pages.get(&(shared.share.id, language))?;
        let is_current = page.of.0 == shared.share.title && page.of.1 == shared.rev && page.until.is_none_or(|until| now < until);
        is_current.then(|| page.html.clone())
    }

    /// Stores a page. `is_late` tells that it took too long, so that some text is not rendered.
    pub(super) fn put(&self, shared: &Shared, language: Language, html: Bytes, is_late: bool, now: Millis) {
        let mut pages = self.pages();
        pages.remove((shared.share.id, language));
        if html.len() > MOST {
            return;
        }
        pages.bytes += html.len();
        let page = Page { of: (shared.share.title.clone(), shared.rev), html, until: is_late.then(|| now + LATE_FOR) };
        pages.pages.insert((shared.share.id, language), page);
        while pages.bytes > MOST {
            let Some((_, oldest)) = pages.pages.remove_lru() else { break };
            pages.bytes -= oldest.html.len();
        }
    }

    /// Removes the pages of a link.
    pub(super) fn forget(&self, id: ShareId) {
        let mut pages = self.pages();
        for language in Language::ALL {
            pages.remove((id, *language));
        }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    fn remove(&mut self, key: (ShareId, Language)) {
        if let Some(page) = self.pages.remove(&key) {
            self.bytes -= page.html.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use holdfast_protocol::{ConversationId, MessageId, UserId, transfer::Share};
    use uuid::Uuid;

    use super::*;

    fn shared(n: u128, title: &str, rev: u64) -> Shared {
        let conversation_id = ConversationId(Uuid::from_u128(n));
        let share = Share { id: ShareId(Uuid::from_u128(n)), conversation_id, title: title.into(), created_at: 1, expires_at: 2 };
        Shared { share, owner: UserId(Uuid::from_u128(n)), message: MessageId(Uuid::from_u128(n)), rev }
    }

    #[test]
    fn a_page_counts_for_what_it_was_rendered_from() {
        let cache = ShareCache::default();
        cache.put(&shared(1, "Tides", 5), Language::En, "page".into(), false, 1);
        assert_eq!(cache.get(&shared(1, "Tides", 5), Language::En, 1).as_deref(), Some(&b"page"[..]));
        assert_eq!(cache.get(&shared(1, "Tides", 5), Language::De, 1), None);
        assert_eq!(cache.get(&shared(1, "Floods", 5), Language::En, 1), None);
        assert_eq!(cache.get(&shared(1, "Tides", 6), Language::En, 1), None);
        assert_eq!(cache.get(&shared(2, "Tides", 5), Language::En, 1), None);
        cache.forget(ShareId(Uuid::from_u128(1)));
        assert_eq!(cache.get(&shared(1, "Tides", 5), Language::En, 1), None);
    }

    #[test]
    fn a_late_page_is_tried_again() {
        let cache = ShareCache::default();
        cache.put(&shared(1, "Tides", 5), Language::En, "page".into(), true, 1);
        assert!(cache.get(&shared(1, "Tides", 5), Language::En, LATE_FOR).is_some());
        assert!(cache.get(&shared(1, "Tides", 5), Language::En, LATE_FOR + 1).is_none());
    }

    #[test]
    fn the_bytes_are_bounded_and_those_asked_for_longest_ago_go() {
        let cache = ShareCache::default();
        let page = || Bytes::from(vec![0; MOST / 4]);
        for n in 0..4 {
            cache.put(&shared(n, "", 1), Language::En, page(), false, 1);
        }
        cache.put(&shared(3, "", 2), Language::En, page(), false, 1);
        assert!(cache.get(&shared(0, "", 1), Language::En, 1).is_some());
        cache.put(&shared(4, "", 1), Language::En, page(), false, 1);
        assert!(cache.get(&shared(1, "", 1), Language::En, 1).is_none());
        for n in [0, 2, 4] {
            assert!(cache.get(&shared(n, "", 1), Language::En, 1).is_some(), "{n}");
        }
        cache.put(&shared(5, "", 1), Language::En, Bytes::from(vec![0; MOST + 1]), false, 1);
        assert!(cache.get(&shared(5, "", 1), Language::En, 1).is_none());
        assert_eq!(cache.pages().bytes, MOST);
    }
}
