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
    live::Live,
    once::{When, effect, memo},
    talk::{self, Talk},
    ui::{Ask, Choosing, Ui, ask, live, ui},
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
pub(crate) fn open(dialog: Dialog, live: Live, ui: Ui, ask: Ask) {
    if ui.has_dialogs.get_untracked() {
        show(dialog, ui, ask);
    } else {
        ui.opening.set(Some(dialog));
        live.ask_for_talk();
    }
}

fn show(dialog: Dialog, ui: Ui, ask: Ask) {
    match dialog {
        Dialog::Palette => {
            ui.palette.set(true);
            picker::open(PALETTE, ask);
            picker::focus(PALETTE, ask);
        }
        Dialog::Models(choosing) => {
            ui.choosing.set(Some(choosing));
            picker::open(MODELS, ask);
        }
        Dialog::Keys => ask.desk().set_dialog("keys", true),
    }
}

/// Where they stand.
#[component]
pub(crate) fn Dialogs() -> impl IntoView {
    let (live, ui, ask) = (live(), ui(), ask());
    let can_be = memo(move || ui.awake.get() && live.talk.get() == Talk::Here);
    effect(move || {
        if can_be.get() {
            // They are on the page by then.
            request_animation_frame(move || {
                ui.has_dialogs.set(true);
                if let Some(dialog) = ui.opening.get_untracked() {
                    ui.opening.set(None);
                    show(dialog, ui, ask);
                }
            });
        }
    });
    effect(move || {
        if live.talk.get() == Talk::Failed && ui.opening.get_untracked().is_some() {
            ui.opening.set(None);
            live.offer(live.words().common.why_not_loaded, None);
        }
    });
    view! { <When is=move || can_be.get()>{talk::dialogs()}</When> }
}

/// All of them. Those of a conversation go with it: one of them leads away.
#[component]
pub(crate) fn All() -> impl IntoView {
    let ui = ui();
    view! {
        <Palette/>
        <Keys/>
        <When is=move || ui.place.get().is_chat()>
            <Models/>
            <Rename/>
            <Share/>
        </When>
    }
}
