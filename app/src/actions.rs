//! Actions on a conversation, for every place in the page that offers them.

use holdfast_protocol::{
    ApiError, ConversationId,
    api::{ConversationPatch, ConversationSummary},
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    Route,
    calls::{read, tell},
    services::Verb,
    state::{AppState, Undo},
    ui::{AppContext, Ui, context, state, ui},
};

/// The actions. `Copy`, because closures capture it.
#[derive(Clone, Copy)]
pub(crate) struct ConversationActions {
    state: AppState,
    ui: Ui,
    context: AppContext,
}

/// Returns the actions; must be called while a page is rendered.
pub(crate) fn actions() -> ConversationActions {
    ConversationActions { state: state(), ui: ui(), context: context() }
}

impl ConversationActions {
    /// Renames a conversation.
    pub(crate) fn rename(self, id: ConversationId, title: String) {
        self.change(id, ConversationPatch { title: Some(title), ..Default::default() }, || {});
    }

    /// Pins a conversation to the top of the list, or unpins it.
    pub(crate) fn pin(self, id: ConversationId, pinned: bool) {
        self.change(id, ConversationPatch { pinned: Some(pinned), ..Default::default() }, || {});
    }

    /// Archives a conversation, or returns it to the list.
    pub(crate) fn archive(self, id: ConversationId, archived: bool) {
        let title = self.title(id);
        self.change(id, ConversationPatch { archived: Some(archived), ..Default::default() }, move || {
            let done = &self.state.strings().done;
            let localized = if archived { done.archived } else { done.brought_back };
            self.state.notices.offer(localized(&title), Some(Undo::Archive(id, !archived)));
        });
    }

    /// Deletes a conversation, and offers to undo that.
    pub(crate) fn delete(self, id: ConversationId) {
        let title = self.title(id);
        tell(self.context, Verb::Delete, &format!("conversations/{id}"), &(), move |reply| match reply {
            Ok(_) => {
                if self.ui.route.get_untracked() == Route::Conversation(id) {
                    self.ui.become_(Route::New);
                }
                self.state.remove(id);
                self.state.notices.offer((self.state.strings().done.deleted)(&title), Some(Undo::Restore(id)));
            }
            Err(api_error) => self.refused(api_error),
        });
    }

    /// Downloads a conversation as a file, `md` or `json`.
    pub(crate) fn export(self, id: ConversationId, format: &'static str) {
        let reply = self.context.backend().save(&format!("conversations/{id}/export?format={format}"));
        spawn_local(async move {
            if let Err(api_error) = reply.await {
                self.refused(api_error);
            }
        });
    }

    /// Undoes the action that the toast reports.
    pub(crate) fn undo(self) {
        let Some(undo) = self.state.notices.toast.get_untracked().and_then(|toast| toast.undo) else { return };
        self.state.notices.toast.set(None);
        match undo {
            Undo::Archive(id, archived) => {
                self.change(id, ConversationPatch { archived: Some(archived), ..Default::default() }, || {});
            }
            Undo::RestoreProject(id) => tell(self.context, Verb::Post, &format!("projects/{id}/restore"), &(), move |reply| match reply {
                Ok(_) => self.ui.go(Route::Project(id)),
                Err(api_error) => self.refused(api_error),
            }),
            Undo::Restore(id) => tell(self.context, Verb::Post, &format!("conversations/{id}/restore"), &(), move |reply| {
                match reply.and_then(|text| read::<ConversationSummary>(&text)) {
                    Ok(summary) => {
                        self.state.put(summary);
                        self.ui.go(Route::Conversation(id));
                    }
                    Err(api_error) => self.refused(api_error),
                }
            }),
        }
    }

    fn change(self, id: ConversationId, patch: ConversationPatch, then: impl FnOnce() + 'static) {
        tell(self.context, Verb::Patch, &format!("conversations/{id}"), &patch, move |reply| {
            match reply.and_then(|text| read::<ConversationSummary>(&text)) {
                Ok(summary) => {
                    self.state.put(summary);
                    then();
                }
                Err(api_error) => self.refused(api_error),
            }
        });
    }

    fn refused(self, api_error: ApiError) {
        self.state.notices.offer(self.state.strings().localized(api_error), None);
    }

    fn title(self, id: ConversationId) -> String {
        let archived = || {
            let page = self.state.list.archived.read_untracked();
            page.as_ref()?.conversations.iter().find(|it| it.id == id).map(|it| it.title.clone())
        };
        let done = &self.state.strings().done;
        untrack(|| self.state.title(id)).or_else(archived).map_or_else(|| done.untitled.to_owned(), |title| (done.titled)(&title))
    }
}
