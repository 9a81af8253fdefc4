//! The dialogs, which are made when the page is awake and has loaded what they take.

use leptos::prelude::*;

use super::{
    header::Rename,
    keys::Keys,
    model_select::{MODELS, Models},
    palette::{PALETTE, Palette},
    picker,
    share::Share,
};
use crate::{
    conversation_bundle::{self, BundleState},
    erased::{When, effect, memo},
    state::AppState,
    ui::{AppContext, Choosing, Ui, context, state, ui},
};

/// One that opens by itself. (The others are opened from one of these, or from a conversation.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialog {
    /// What can be done.
    Palette,
    /// Who shall answer.
    Models(Choosing),
    /// What keys do.
    Keys,
}

/// Opens one: at once where it is made, so that whoever types on goes on in it, else as soon as it is.
pub(crate) fn open(dialog: Dialog, state: AppState, ui: Ui, context: AppContext) {
    if ui.has_dialogs.get_untracked() {
        show(dialog, ui, context);
    } else {
        ui.opening.set(Some(dialog));
        state.request_conversation_bundle();
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

/// Where they stand.
#[component]
pub(crate) fn Dialogs() -> impl IntoView {
    let (state, ui, context) = (state(), ui(), context());
    let can_be = memo(move || ui.awake.get() && state.conversation_bundle.get() == BundleState::Here);
    effect(move || {
        if can_be.get() {
            // They are on the page by then.
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
        if state.conversation_bundle.get() == BundleState::Failed && ui.opening.get_untracked().is_some() {
            ui.opening.set(None);
            state.offer(state.strings().common.why_not_loaded, None);
        }
    });
    view! { <When is=move || can_be.get()>{conversation_bundle::dialogs()}</When> }
}

/// All of them. Those of a conversation go with it: one of them leads away.
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
        </When>
    }
}
