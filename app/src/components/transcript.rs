//! The messages of a conversation.

use holdfast_protocol::MessageId;
use leptos::{ev::MouseEvent, prelude::*};

use super::{answer::MessageItem, mark::Mark, outgoing::OutgoingView, quote::Quote};
use crate::{
    Route, Section,
    first_load::{
        conversation_bundle::{self, BundleState},
        erased::{Each, When, effect, memo},
    },
    route::{WHOLE, message_anchor},
    state::{groups, of_group},
    ui::{context, state, ui},
};

/// Everything between the header and the composer.
#[component]
pub(crate) fn Transcript() -> impl IntoView {
    let (state, ui, context) = (state(), ui(), context());
    let strings = &state.strings().transcript;
    let current = memo(move || ui.route.get().conversation());
    let is_missing = memo(move || current.get().is_some() && state.open.missing.get() == current.get());
    let has_outgoing = memo(move || state.sending.outgoing.read().iter().any(|it| it.conversation == current.get()));
    let is_new = memo(move || current.get().is_none() && !has_outgoing.get());
    // There are messages, but the code that shows them could not be loaded.
    let is_unshown = memo(move || state.open.waits.get() && state.open.bundle.get() == BundleState::Failed);
    let is_loading =
        memo(move || current.get().is_some() && !is_missing.get() && !state.open.arrived.get() && !has_outgoing.get() && !is_unshown.get());
    effect(move || {
        current.track();
        context.browser().watch_transcript();
    });
    // Scrolls to the message in the address once it is on the page, in whichever branch it is.
    Effect::new(move |asked: Option<Option<MessageId>>| {
        let id = ui.sought.get().filter(|_| state.open.arrived.get() && state.open.shown.get() == current.get())?;
        if state.open.messages.read().iter().any(|message| message.id == id) {
            request_animation_frame(move || {
                context.browser().show_message(&message_anchor(id));
                ui.sought.set(None);
            });
        } else if asked.flatten() != Some(id) {
            state.open.begin_with(id);
            context.commands().show_branch(id);
        }
        Some(id)
    });
    effect(move || {
        if state.open.near_top.get() && state.open.earlier.get_untracked() > 0 {
            context.commands().show_earlier();
        }
    });
    // The conversation can't be loaded now, but the browser may have a copy from another window or from before a reload.
    let is_stuck = memo(move || current.get().is_some() && !state.open.arrived.get() && state.connection.status.read().is_torn());
    effect(move || {
        if is_stuck.get() {
            context.browser().open_cached(state.path(ui.route.get_untracked()));
        }
    });
    let groups = {
        let groups = memo(move || groups(&state.open.on_page()));
        move || groups.get().collect()
    };
    let outgoing = move || {
        let current = current.get();
        state.sending.outgoing.read().iter().filter(|it| it.conversation == current).cloned().collect::<Vec<_>>()
    };
    view! {
        <section class="log" id="log" aria-label=strings.label tabindex="0" class:empty=move || is_new.get() || is_missing.get()>
            <div class="column" id="log-content">
                <When is=move || is_missing.get()>
                    <Missing/>
                </When>
                <When is=move || is_new.get()>
                    <Welcome/>
                </When>
                <When is=move || is_loading.get()>
                    <Loading/>
                </When>
                <When is=move || !is_missing.get()>
                    <Earlier/>
                    <Each each=groups key=|group| *group let:group>
                        {conversation_bundle::group(group)}
                    </Each>
                </When>
                <Each each=outgoing key=|it| it.id let:it>
                    <OutgoingView it/>
                </Each>
                <When is=move || is_unshown.get()>
                    <Unshown/>
                </When>
            </div>
            <Quote/>
        </section>
    }
    .into_any()
}

/// A group of [`FEW`](crate::state::FEW) messages. Earlier messages are added as groups of their own. If they were inserted before others
/// in one list, Leptos would remove all that follow from the page and insert them again, which makes a long conversation stutter.
#[component]
pub(crate) fn Group(
    /// Index of the group, counted from the beginning of the conversation.
    group: usize,
) -> impl IntoView {
    let open = state().open;
    let current = move || open.messages.read()[of_group(&open.on_page(), group)].to_vec();
    view! {
        <div class="rows">
            <Each each=current key=|message| message.id let:message>
                <MessageItem message/>
            </Each>
        </div>
    }
    .into_any()
}

/// A button that loads earlier messages. They load automatically when the user scrolls near it.
#[component]
fn Earlier() -> impl IntoView {
    let (state, context) = (state(), context());
    let strings = move || (state.strings().transcript.earlier)(state.open.earlier.get());
    let bring = move |ev: MouseEvent| {
        ev.prevent_default();
        context.commands().show_earlier();
    };
    view! {
        <When is=move || state.open.earlier.get() != 0>
            <p class="earlier">
                <a href=format!("?{WHOLE}") rel="external" on:click=bring>{strings}</a>
            </p>
        </When>
    }
    .into_any()
}

/// The start page, shown before the first message.
#[component]
fn Welcome() -> impl IntoView {
    let (state, ui) = (state(), ui());
    let strings = &state.strings().transcript;
    let only_builtin = memo(move || state.session.models.read().iter().all(|model| model.provider == "builtin"));
    let suggestions = move || {
        let [about_holdfast, general] = state.site.suggestions.get_value();
        let shown = if only_builtin.get() { about_holdfast } else { general };
        let button = |text: String| {
            let shown = text.clone();
            view! {
                <li>
                    <button type="button" on:click=move |_| ui.insert.set(Some(text.clone()))>{shown}</button>
                </li>
            }
            .into_any()
        };
        shown.into_iter().map(button).collect::<Vec<_>>()
    };
    view! {
        <div class="welcome">
            <Mark large=true/>
            <h2>{strings.welcome}</h2>
            <p>{strings.about}</p>
            <ul class="suggestions">{suggestions}</ul>
            <When is=move || only_builtin.get()>
                <p class="fine-print">
                    {strings.only_builtin}
                    <a href=state.path(Route::Settings(Section::Models))>{strings.connect}</a>
                </p>
            </When>
        </div>
    }
    .into_any()
}

/// The page for a conversation that does not exist.
#[component]
fn Missing() -> impl IntoView {
    let state = state();
    let strings = state.strings();
    let nobody = memo(move || state.session.user.read().is_none());
    view! {
        <div class="welcome">
            <h2>{strings.transcript.missing}</h2>
            <p>{strings.transcript.why_missing}</p>
            <p class="actions">
                <a class="primary" href=state.path(Route::New)>{strings.common.new_conversation}</a>
                <When is=move || nobody.get()>
                    <a class="ghost" href=state.path(Route::SignIn)>{strings.common.sign_in}</a>
                </When>
            </p>
        </div>
    }
    .into_any()
}

/// The page for messages that can't be shown because their code could not be loaded.
#[component]
fn Unshown() -> impl IntoView {
    let state = state();
    let strings = &state.strings().common;
    view! {
        <div class="welcome">
            <h2>{strings.not_loaded}</h2>
            <p role="alert">{strings.why_not_loaded}</p>
            <p class="actions">
                <button type="button" class="primary" on:click=move |_| state.open.request_conversation_bundle()>{strings.try_again}</button>
                <a class="ghost" href="" rel="external">{strings.load_anew}</a>
            </p>
        </div>
    }
    .into_any()
}

/// The placeholder of a conversation that is being loaded. It becomes visible only after a while.
#[component]
fn Loading() -> impl IntoView {
    let state = state();
    let strings = &state.strings().transcript;
    let torn = memo(move || state.connection.status.read().is_torn());
    view! {
        <div class="loading">
            <p class="sr-only">{strings.loading}</p>
            <div class="skeleton short"></div>
            <div class="skeleton"></div>
            <div class="skeleton"></div>
            <div class="skeleton half"></div>
            <When is=move || torn.get()>
                <p class="fine-print">{strings.not_read}</p>
            </When>
        </div>
    }
    .into_any()
}
