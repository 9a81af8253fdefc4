//! What is reported to the user: notices and the result of the last action.

use holdfast_protocol::{ConversationId, ProjectId};
use leptos::prelude::*;

use crate::strings::Localized;

/// A message to the user that is not part of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Identifies the notice.
    pub key: u64,
    /// Its text.
    pub text: Localized,
}

/// A report of an action, shown for some seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// Identifies the report.
    pub key: u64,
    /// The sentence about the action, such as that a conversation was deleted.
    pub text: Localized,
    /// How to undo it; `None` if that is not possible.
    pub undo: Option<Undo>,
}

/// How to undo an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// Restores a removed conversation.
    Restore(ConversationId),
    /// Sets whether a conversation is archived.
    Archive(ConversationId, bool),
    /// Restores a removed project.
    RestoreProject(ProjectId),
}

/// What is reported to the user.
#[derive(Clone, Copy, Debug)]
pub struct Notices {
    /// The report of the last action.
    pub toast: RwSignal<Option<Toast>>,
    /// Notices, oldest first.
    pub all: RwSignal<Vec<Notice>>,
    keys: StoredValue<u64>,
}

impl Notices {
    /// Creates the notices of a page, with one to begin with.
    pub(super) fn new(first: Option<Localized>) -> Self {
        Self {
            toast: RwSignal::new(None),
            all: RwSignal::new(first.map(|text| Notice { key: 0, text }).into_iter().collect()),
            keys: StoredValue::new(0),
        }
    }

    /// Reports an action, and offers to undo it.
    pub fn offer(&self, text: impl Into<Localized>, undo: Option<Undo>) {
        let key = self.fresh_key();
        self.toast.set(Some(Toast { key, text: text.into(), undo }));
    }

    fn fresh_key(&self) -> u64 {
        let key = self.keys.with_value(|key| key + 1);
        self.keys.set_value(key);
        key
    }

    /// Shows a notice.
    pub fn notify(&self, text: impl Into<Localized>) {
        let text = text.into();
        if self.all.read_untracked().iter().any(|notice| notice.text == text) {
            return;
        }
        let key = self.fresh_key();
        self.all.update(|notices| {
            // One countdown is enough; the newest is right.
            notices.retain(|notice| !(text.counts() && notice.text.counts()));
            notices.push(Notice { key, text });
        });
    }

    /// Removes a notice.
    pub fn dismiss(&self, key: u64) {
        self.all.update(|notices| notices.retain(|notice| notice.key != key));
    }
}
