//! Sharing a conversation by a link.

use holdfast_protocol::transfer::NewShare;
use leptos::{ev::SubmitEvent, prelude::*};
use serde::Deserialize;

use super::{header::conversation, one_link::OneLink};
use crate::{
    Route, Section,
    calls::{read, tell},
    first_load::erased::When,
    services::Verb,
    strings::{Localized, strings},
    ui::{context, state, ui},
};

/// The fields that are needed of a [`holdfast_protocol::transfer::MadeShare`].
#[derive(Deserialize)]
struct Made {
    path: String,
}

/// The dialog: asks how long the link is valid, and shows the link.
#[component]
pub(super) fn Share() -> impl IntoView {
    let (state, context, strings) = (state(), context(), strings());
    let conversation = conversation(state, ui());
    let texts = &strings.share;
    // Choices for the validity of a link, in days.
    let spans = [("1", texts.day), ("7", texts.week), ("30", texts.month), ("365", texts.year)];
    let made = RwSignal::new(None::<String>);
    let error = RwSignal::new(None::<Localized>);
    let days = RwSignal::new("7".to_owned());
    let close = move || context.browser().set_dialog("share", false);
    let make = move |ev: SubmitEvent| {
        ev.prevent_default();
        let Some(id) = conversation.get_untracked() else { return };
        // The link shows the versions that are selected here.
        let message_id = state.open.messages.read_untracked().last().map(|message| message.id);
        let new = NewShare { days: days.read_untracked().parse().unwrap_or(7), message_id };
        tell(context, Verb::Post, &format!("conversations/{id}/shares"), &new, move |reply| {
            match reply.and_then(|text| read::<Made>(&text)) {
                Ok(share) => {
                    error.set(None);
                    made.set(Some(share.path));
                }
                Err(api_error) => error.set(Some(strings.localized(api_error))),
            }
        });
    };
    let forget = move |_| {
        made.set(None);
        error.set(None);
    };
    view! {
        <dialog id="share" aria-labelledby="share-heading" on:close=forget>
            <form on:submit=make>
                <h2 id="share-heading">{texts.heading}</h2>
                <p>{texts.about}</p>
                <When is=move || made.read().is_none()>
                    <label for="share-days">{texts.good_for}</label>
                    <select class="field" id="share-days" on:change=move |ev| days.set(event_target_value(&ev))>
                        {spans.map(|(value, name)| view! { <option value=value selected=value == "7">{name}</option> }).collect_view()}
                    </select>
                </When>
                {move || made.get().map(|path| view! { <OneLink path label=texts.link note=texts.note/> })}
                <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
                <div class="actions">
                    <a class="ghost" href=state.path(Route::Settings(Section::Data))>{texts.links}</a>
                    <button type="button" class="ghost" on:click=move |_| close()>{strings.common.close}</button>
                    <When is=move || made.read().is_none()>
                        <button type="submit" class="primary">{texts.make}</button>
                    </When>
                </div>
            </form>
        </dialog>
    }
    .into_any()
}
