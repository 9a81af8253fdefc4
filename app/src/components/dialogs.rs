//! Dialogs. They are created once the page is hydrated and their code is loaded.

use leptos::prelude::*;

use super::{
    header::Rename,
    keys::Keys,
    model_select::{MODELS, Models},
    move_dialog::Move,
    palette::{PALETTE, Palette},
    picker,
    share::Share,
};
use crate::{
    first_load::{
        conversation_bundle::{self, BundleState},
        erased::{When, effect, memo},
    },
    state::AppState,
    ui::{AppContext, Choosing, Ui, context, state, ui},
};

/// A dialog that opens on its own. The others are opened from one of these, or from a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialog {
    /// The command palette.
    Palette,
    /// The choice of a model.
    Models(Choosing),
    /// The keyboard shortcuts.
    Keys,
}

/// Opens a dialog: immediately if it exists, so that the user can type on, otherwise once it exists.
pub(crate) fn open(dialog: Dialog, state: AppState, ui: Ui, context: AppContext) {
    if ui.has_dialogs.get_untracked() {
        show(dialog, ui, context);
    } else {
        ui.opening.set(Some(dialog));
        state.open.request_conversation_bundle();
    }
}

fn show(dialog: Dialog, ui: Ui, context: AppContext) {
    match dialog {
        Dialog::Palette => {
            ui.palette.set(true);
            picker::open(PALETTE, context);
            picker::focus(PALETTE, context);
        }
        Dialog::Models(choosing) => {
            ui.choosing.set(Some(choosing));
            picker::open(MODELS, context);
        }
        Dialog::Keys => context.browser().set_dialog("keys", true),
    }
}

/// The place of the dialogs in the page.
#[component]
pub(crate) fn Dialogs() -> impl IntoView {
    let (state, ui, context) = (state(), ui(), context());
    let can_be = memo(move || ui.hydrated.get() && state.open.bundle.get() == BundleState::Here);
    effect(move || {
        if can_be.get() {
            // The dialogs are in the page by then.
            request_animation_frame(move || {
                ui.has_dialogs.set(true);
                if let Some(dialog) = ui.opening.get_untracked() {
                    ui.opening.set(None);
                    show(dialog, ui, context);
                }
            });
        }
    });
    effect(move || {
        if state.open.bundle.get() == BundleState::Failed && ui.opening.get_untracked().is_some() {
            ui.opening.set(None);
            state.notices.offer(state.strings().common.why_not_loaded, None);
        }
    });
    view! { <When is=move || can_be.get()>{conversation_bundle::dialogs()}</When> }
}

/// All dialogs. Those of a conversation disappear with it, because one of them leads to another page.
#[component]
pub(crate) fn All() -> impl IntoView {
    let ui = ui();
    view! {
        <Palette/>
        <Keys/>
        <When is=move || ui.route.get().is_chat()>
            <Models/>
            <Rename/>
            <Share/>
            <Move/>
        </When>
    }
}
