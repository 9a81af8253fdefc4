//! The user of the page. Stored data is accessible only to the user it belongs to.

use holdfast_protocol::{ApiError, UserId};
use leptos::prelude::ReadUntracked as _;

use super::{Driver, now};
use crate::{browser, page_cache, storage};

impl Driver {
    /// Keeps only the stored data of this user, or of nobody if `user` is `None`. Unsent messages of others are dropped; if nobody is
    /// signed in, they wait in memory for their author.
    pub(super) fn keep_only(&self, user: Option<UserId>) {
        let unsent = storage::take_from_others(user);
        if user.is_none() {
            self.0.unsent.borrow_mut().extend(unsent);
        }
        storage::set_somebody(user);
        page_cache::keep_only(user);
    }

    /// Handles that the session ended without the user's wish. Hides the user's data; unsent messages wait in memory.
    pub(super) fn show_end(&self, api_error: ApiError) {
        browser::flush_drafts();
        let user = self.0.user.get();
        if user.is_none() {
            self.0.ended.replace(Some(api_error));
            return self.show_face();
        }
        // Messages that could not be stored are only in the machine.
        let entries = self.0.machine.borrow().outbox().entries().to_vec();
        let mut unsent = storage::take(user);
        for entry in entries {
            let key = storage::outbox_key(user, entry.chat.message_id);
            if !unsent.iter().any(|(kept, _)| *kept == key)
                && let Some(text) = storage::entry_text(now(), &entry)
            {
                unsent.push((key, text));
            }
        }
        self.clear();
        self.0.unsent.replace(unsent);
        storage::forget_somebody(user);
        page_cache::keep_only(None);
        self.0.ended.replace(Some(api_error));
        self.show_face();
    }

    /// Restores unsent messages of a user who has signed in again.
    pub(super) fn come_back(&self, user: UserId) {
        let is_new = self.0.user.replace(Some(user)) != Some(user);
        storage::adopt_drafts(user);
        storage::put_back(self.0.unsent.take(), user);
        if !is_new {
            return;
        }
        page_cache::keep_only(Some(user));
        let (entries, again) = (storage::entries(Some(user)), storage::regenerations(user));
        let mut kept = self.0.kept.borrow_mut();
        for (key, entry) in &entries {
            if !kept.iter().any(|(id, _)| *id == entry.chat.message_id) {
                kept.push((entry.chat.message_id, key.clone()));
            }
        }
        drop(kept);
        self.feed(|machine, now| {
            machine.restore(now, entries.into_iter().map(|(_, entry)| entry));
            again.into_iter().for_each(|again| machine.regenerate(now, again));
        });
    }

    /// Forgets the user, and what they wrote.
    pub(super) fn forget(&self) {
        self.drop_user_data();
        storage::take(None);
        page_cache::keep_only(None);
        self.show_face();
    }

    /// Leaves the page, because another user is signed in in this browser and nothing on the page is theirs.
    pub(crate) fn leave(&self) {
        self.drop_user_data();
        if let Some(window) = web_sys::window() {
            _ = window.location().reload();
        }
    }

    /// Drops the user's data. Data that other users have stored since stays.
    fn drop_user_data(&self) {
        browser::flush_drafts();
        let user = self.0.user.get();
        self.clear();
        self.0.unsent.take();
        storage::take(user);
        storage::forget_somebody(user);
    }

    /// Leaves the page if it comes back from the back/forward cache and its user is not signed in any more.
    pub(crate) fn leave_if_gone(&self) {
        let here = self.0.state.session.user.read_untracked().as_ref().map(|user| user.id.to_string());
        if here.is_some() && here != storage::somebody() {
            self.leave();
        }
    }

    /// Removes all user data from the page.
    fn clear(&self) {
        self.0.user.set(None);
        self.0.ended.take();
        self.0.leveled.set(true); // the next user has another list
        self.feed(|machine, now| machine.sign_out(now));
        self.0.kept.take();
        self.0.grown.take();
        self.0.state.clear();
    }
}
