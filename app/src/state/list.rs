//! The list of conversations.

use holdfast_protocol::{
    ConversationId,
    api::{ConversationPage, ConversationSummary},
};
use leptos::prelude::*;

use crate::first_load::sort;

/// A conversation of the list. A change of it updates only its own row.
#[derive(Clone, Debug)]
pub struct Item {
    /// Id of the conversation.
    pub id: ConversationId,
    /// Its entry.
    pub summary: ArcRwSignal<ConversationSummary>,
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Item {
    /// Creates an item.
    pub fn new(summary: ConversationSummary) -> Self {
        Self { id: summary.id, summary: ArcRwSignal::new(summary) }
    }

    /// Updates the entry.
    pub fn set(&self, summary: ConversationSummary) {
        if *self.summary.read_untracked() != summary {
            self.summary.set(summary);
        }
    }

    fn is_pinned(&self) -> bool {
        self.summary.read_untracked().pinned
    }

    fn updated_at(&self) -> u64 {
        self.summary.read_untracked().updated_at
    }
}

/// Returns the list for the newest page, and the pinned conversations, which may be older.
pub(super) fn begin(page: ConversationPage, pinned: Vec<ConversationSummary>) -> Vec<Item> {
    level(&[], page, pinned)
}

/// Replaces the newest page of the list and all pinned conversations, after a gap. Older conversations that were loaded stay, because the
/// page says nothing about them.
pub(super) fn level(items: &[Item], page: ConversationPage, pinned: Vec<ConversationSummary>) -> Vec<Item> {
    let oldest = page.conversations.iter().map(|summary| summary.updated_at).min();
    let is_all = page.next.is_none();
    let fresh = merge(&[], items, pinned);
    let known: Vec<Item> = items.iter().chain(&fresh).cloned().collect();
    let mut fresh = merge(&fresh, &known, page.conversations);
    // An older conversation that is no longer pinned does not stay at its place.
    let stays =
        |item: &&Item| !is_all && !item.is_pinned() && oldest.is_some_and(|oldest| item.updated_at() < oldest) && !fresh.contains(item);
    let older: Vec<Item> = items.iter().filter(stays).cloned().collect();
    fresh.extend(older);
    sorted(fresh)
}

/// Appends an older page.
pub(super) fn append(items: &[Item], page: ConversationPage) -> Vec<Item> {
    sorted(merge(items, items, page.conversations))
}

/// Merges summaries into `base`; items that exist in `known` are reused.
fn merge(base: &[Item], known: &[Item], summaries: Vec<ConversationSummary>) -> Vec<Item> {
    let mut items = base.to_vec();
    for summary in summaries {
        match known.iter().find(|item| item.id == summary.id) {
            Some(item) => {
                item.set(summary);
                if !items.contains(item) {
                    items.push(item.clone());
                }
            }
            None => items.push(Item::new(summary)),
        }
    }
    items
}

/// Adds or updates one conversation.
pub(super) fn put(items: &[Item], summary: ConversationSummary) -> Vec<Item> {
    sorted(merge(items, items, vec![summary]))
}

fn sorted(items: Vec<Item>) -> Vec<Item> {
    sort::by(items, |item| u64::MAX - item.updated_at())
}

/// The group of a conversation, by the day of its last change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Day {
    /// Pinned: above all days.
    Pinned,
    /// Today.
    Today,
    /// Yesterday.
    Yesterday,
    /// In the six days before yesterday.
    Week,
    /// Earlier.
    Older,
}

impl Day {
    /// Returns the group of `time` at `now`, both ms since 1970, `offset` minutes east of Greenwich.
    pub fn of(time: u64, now: u64, offset: i32) -> Self {
        const DAY: i64 = 86_400_000;
        let day = |ms: u64| (i64::try_from(ms).unwrap_or(i64::MAX / 2) + i64::from(offset) * 60_000).div_euclid(DAY);
        match day(now) - day(time) {
            ..=0 => Day::Today,
            1 => Day::Yesterday,
            2..=6 => Day::Week,
            _ => Day::Older,
        }
    }
}

/// Returns the list in groups, pinned conversations first.
pub fn by_day(items: &[Item], now: u64, offset: i32) -> Vec<(Day, Vec<Item>)> {
    let mut groups: Vec<(Day, Vec<Item>)> = Vec::new();
    let (pinned, others): (Vec<&Item>, Vec<&Item>) = items.iter().partition(|item| item.is_pinned());
    for item in pinned.into_iter().chain(others) {
        let day = if item.is_pinned() { Day::Pinned } else { Day::of(item.updated_at(), now, offset) };
        match groups.iter_mut().find(|(group, _)| *group == day) {
            Some((_, items)) => items.push(item.clone()),
            None => groups.push((day, vec![item.clone()])),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn summary(n: u128, updated_at: u64) -> ConversationSummary {
        ConversationSummary {
            id: ConversationId(Uuid::from_u128(n)),
            title: format!("{n}"),
            created_at: 0,
            updated_at,
            answering: false,
            pinned: false,
            archived: false,
            provider: None,
            model: None,
            project_id: None,
        }
    }

    fn ids(items: &[Item]) -> Vec<u128> {
        items.iter().map(|item| item.id.0.as_u128()).collect()
    }

    fn page(summaries: Vec<ConversationSummary>, more: bool) -> ConversationPage {
        ConversationPage { conversations: summaries, next: more.then(|| "more".into()) }
    }

    #[test]
    fn after_a_gap_what_is_gone_is_gone_and_older_pages_stay() {
        let items = append(&[], page((1..=6).map(|n| summary(n, n as u64 * 10)).collect(), false));
        assert_eq!(ids(&items), [6, 5, 4, 3, 2, 1]);
        // 5 was deleted, 3 was changed, 7 is new; the page reaches down to 4.
        let fresh = page(vec![summary(3, 90), summary(7, 80), summary(6, 60), summary(4, 40)], true);
        let level = level(&items, fresh, vec![]);
        assert_eq!(ids(&level), [3, 7, 6, 4, 2, 1]);
        assert_eq!(level[0].summary.read_untracked().updated_at, 90);
    }

    #[test]
    fn a_page_that_is_all_there_is_leaves_nothing_else() {
        let items = append(&[], page(vec![summary(1, 10), summary(2, 20)], false));
        assert_eq!(ids(&level(&items, page(vec![summary(2, 20)], false), vec![])), [2]);
        assert!(level(&items, page(vec![], false), vec![]).is_empty());
    }

    #[test]
    fn the_pinned_are_a_group_of_their_own_on_top_and_come_whatever_their_age() {
        let pinned = |n, updated_at| ConversationSummary { pinned: true, ..summary(n, updated_at) };
        let items = begin(page(vec![summary(3, 30), pinned(2, 20)], true), vec![pinned(2, 20), pinned(1, 1)]);
        assert_eq!(ids(&items), [3, 2, 1]);
        let groups = by_day(&items, 40, 0);
        let shown: Vec<_> = groups.iter().map(|(day, items)| (*day, ids(items))).collect();
        assert_eq!(shown, [(Day::Pinned, vec![2, 1]), (Day::Today, vec![3])]);
        // 1 was unpinned in another window, so it belongs to an older page again.
        assert_eq!(ids(&level(&items, page(vec![summary(3, 30), pinned(2, 20)], true), vec![pinned(2, 20)])), [3, 2]);
    }

    #[test]
    fn days_are_those_of_the_reader() {
        const HOUR: u64 = 3_600_000;
        let now = 20 * 24 * HOUR + HOUR; // 01:00 in Greenwich
        assert_eq!(Day::of(now - 2 * HOUR, now, 0), Day::Yesterday);
        assert_eq!(Day::of(now - 2 * HOUR, now, 120), Day::Today);
        assert_eq!(Day::of(now, now, -120), Day::Today);
        assert_eq!(Day::of(now + 5 * HOUR, now, 0), Day::Today, "a clock that is behind");
        assert_eq!(Day::of(now - 4 * 24 * HOUR, now, 0), Day::Week);
        assert_eq!(Day::of(now - 7 * 24 * HOUR, now, 0), Day::Older);
    }
}
