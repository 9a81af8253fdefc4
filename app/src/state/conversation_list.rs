//! The conversations: the list, the search in it, and those that are not in it.

use holdfast_protocol::{
    ConversationId,
    api::{ConversationPage, ConversationSummary, SearchPage},
};
use leptos::prelude::*;

use super::list::{self, Item};
use crate::{first_load::sort, page_data::PageData};

/// The conversations.
#[derive(Clone, Copy, Debug)]
pub struct ConversationList {
    /// The conversations of the list, newest first.
    pub items: RwSignal<Vec<Item>>,
    /// Cursor of the list's next page; `None` at its end.
    pub more: RwSignal<Option<String>>,
    /// The search query.
    pub query: RwSignal<String>,
    /// The search results; `None` while there is no query.
    pub found: RwSignal<Option<SearchPage>>,
    /// The archived conversations, once they were requested.
    pub archived: RwSignal<Option<ConversationPage>>,
    /// The open conversation if it is not in the list, for example because it is older.
    unlisted: RwSignal<Option<Item>>,
}

impl ConversationList {
    pub(super) fn new(page_data: &PageData) -> Self {
        let found = page_data.found.as_ref();
        Self {
            items: RwSignal::new(list::begin(page_data.conversations.clone(), page_data.pinned.clone())),
            more: RwSignal::new(page_data.conversations.next.clone()),
            query: RwSignal::new(found.map(|(query, _)| query.clone()).unwrap_or_default()),
            found: RwSignal::new(found.map(|(_, page)| page.clone())),
            archived: RwSignal::new(page_data.archived.clone()),
            unlisted: RwSignal::new(page_data.conversation.as_ref().map(|it| Item::new(it.summary.clone()))),
        }
    }

    /// Replaces the list with its first page, fetched after a gap, and all pinned conversations, which may be older.
    pub fn level(&self, page: ConversationPage, pinned: Vec<ConversationSummary>) {
        let had_more = self.items.read_untracked().len() > page.conversations.len() && self.more.get_untracked().is_some();
        if !had_more {
            self.more.set(page.next.clone());
        }
        let items = list::level(&self.items.read_untracked(), page, pinned);
        self.items.set(items);
    }

    /// Appends an older page of the list.
    pub fn append(&self, page: ConversationPage) {
        self.more.set(page.next.clone());
        let items = list::append(&self.items.read_untracked(), page);
        self.items.set(items);
    }

    /// Adds or updates a conversation. `is_open` says whether it is the open one, which is known even if the list does not have it.
    pub(super) fn put(&self, summary: ConversationSummary, is_open: bool) {
        let id = summary.id;
        match self.unlisted.get_untracked().filter(|unlisted| unlisted.id == id) {
            Some(unlisted) => unlisted.set(summary.clone()),
            None if summary.archived && is_open => self.unlisted.set(Some(Item::new(summary.clone()))),
            None => {}
        }
        if let Some(page) = &mut *self.archived.write() {
            page.conversations.retain(|other| other.id != id);
            if summary.archived {
                page.conversations.push(summary.clone());
                page.conversations = sort::by(std::mem::take(&mut page.conversations), |other| u64::MAX - other.updated_at);
            }
        }
        if summary.archived {
            self.items.update(|items| items.retain(|item| item.id != id));
            return;
        }
        let items = list::put(&self.items.read_untracked(), summary);
        self.items.set(items);
    }

    /// Adds or updates the open conversation, which is not in the list.
    pub fn put_unlisted(&self, summary: ConversationSummary) {
        self.unlisted.set(Some(Item::new(summary)));
    }

    /// Removes a conversation.
    pub(super) fn remove(&self, id: ConversationId) {
        if let Some(page) = &mut *self.archived.write() {
            page.conversations.retain(|other| other.id != id);
        }
        self.items.update(|items| items.retain(|item| item.id != id));
        if self.unlisted.get_untracked().is_some_and(|unlisted| unlisted.id == id) {
            self.unlisted.set(None);
        }
    }

    /// Returns the entry of a conversation.
    pub fn item(&self, id: ConversationId) -> Option<Item> {
        let listed = self.items.read().iter().find(|item| item.id == id).cloned();
        listed.or_else(|| self.unlisted.get().filter(|item| item.id == id))
    }

    /// Forgets the user's conversations.
    pub(super) fn clear(&self) {
        self.items.set(Vec::new());
        self.more.set(None);
        self.query.set(String::new());
        self.found.set(None);
        self.archived.set(None);
        self.unlisted.set(None);
    }
}
