//! What can be done with a conversation, from wherever it is asked for.

use holdfast_protocol::{
    ConversationId, Refusal,
    api::{ConversationPatch, ConversationSummary},
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    Place,
    calls::{read, tell},
    live::{Live, Undo},
    services::Verb,
    ui::{Ask, Ui, ask, live, ui},
};

/// Copied freely, as closures like it.
#[derive(Clone, Copy)]
pub(crate) struct Acts {
    live: Live,
    ui: Ui,
    ask: Ask,
}

/// To be called where there is a page.
pub(crate) fn acts() -> Acts {
    Acts { live: live(), ui: ui(), ask: ask() }
}

impl Acts {
    /// Gives it another title.
    pub(crate) fn rename(self, id: ConversationId, title: String) {
        self.change(id, ConversationPatch { title: Some(title), ..Default::default() }, || {});
    }

    /// Puts it on top of the list, or takes it from there.
    pub(crate) fn pin(self, id: ConversationId, pinned: bool) {
        self.change(id, ConversationPatch { pinned: Some(pinned), ..Default::default() }, || {});
    }

    /// Takes it out of the list, or brings it back.
    pub(crate) fn archive(self, id: ConversationId, archived: bool) {
        let title = self.title(id);
        self.change(id, ConversationPatch { archived: Some(archived), ..Default::default() }, move || {
            let done = &self.live.words().done;
            let told = if archived { done.archived } else { done.brought_back };
            self.live.offer(told(&title), Some(Undo::Archive(id, !archived)));
        });
    }

    /// Deletes it, and offers to bring it back.
    pub(crate) fn delete(self, id: ConversationId) {
        let title = self.title(id);
        tell(self.ask, Verb::Delete, &format!("conversations/{id}"), &(), move |reply| match reply {
            Ok(_) => {
                if self.ui.place.get_untracked() == Place::Conversation(id) {
                    self.ui.become_(Place::New);
                }
                self.live.remove(id);
                self.live.offer((self.live.words().done.deleted)(&title), Some(Undo::Restore(id)));
            }
            Err(refusal) => self.refused(refusal),
        });
    }

    /// Has the browser keep it as a file, `md` or `json`.
    pub(crate) fn export(self, id: ConversationId, format: &'static str) {
        let reply = self.ask.backend().save(&format!("conversations/{id}/export?format={format}"));
        spawn_local(async move {
            if let Err(refusal) = reply.await {
                self.refused(refusal);
            }
        });
    }

    /// Undoes what the toast tells of.
    pub(crate) fn undo(self) {
        let Some(undo) = self.live.toast.get_untracked().and_then(|toast| toast.undo) else { return };
        self.live.toast.set(None);
        match undo {
            Undo::Archive(id, archived) => {
                self.change(id, ConversationPatch { archived: Some(archived), ..Default::default() }, || {});
            }
            Undo::Restore(id) => tell(self.ask, Verb::Post, &format!("conversations/{id}/restore"), &(), move |reply| {
                match reply.and_then(|text| read::<ConversationSummary>(&text)) {
                    Ok(summary) => {
                        self.live.put(summary);
                        self.ui.go(Place::Conversation(id));
                    }
                    Err(refusal) => self.refused(refusal),
                }
            }),
        }
    }

    fn change(self, id: ConversationId, patch: ConversationPatch, then: impl FnOnce() + 'static) {
        tell(self.ask, Verb::Patch, &format!("conversations/{id}"), &patch, move |reply| {
            match reply.and_then(|text| read::<ConversationSummary>(&text)) {
                Ok(summary) => {
                    self.live.put(summary);
                    then();
                }
                Err(refusal) => self.refused(refusal),
            }
        });
    }

    fn refused(self, refusal: Refusal) {
        self.live.offer(self.live.words().told(refusal), None);
    }

    fn title(self, id: ConversationId) -> String {
        let archived = || {
            let page = self.live.archived.read_untracked();
            page.as_ref()?.conversations.iter().find(|it| it.id == id).map(|it| it.title.clone())
        };
        let done = &self.live.words().done;
        untrack(|| self.live.title(id)).or_else(archived).map_or_else(|| done.untitled.to_owned(), |title| (done.titled)(&title))
    }
}
