//! Showing a conversation to others, by a link.

use holdfast_protocol::exchange::NewShare;
use leptos::{ev::SubmitEvent, prelude::*};
use serde::Deserialize;

use super::{header::conversation, one_link::OneLink};
use crate::{
    Place, Section,
    calls::{read, tell},
    once::When,
    services::Verb,
    ui::{ask, live, ui},
    words::{Told, words},
};

/// What is looked at of a link that was made ([`holdfast_protocol::exchange::MadeShare`]).
#[derive(Deserialize)]
struct Made {
    path: String,
}

/// Asks for how long, and tells the link.
#[component]
pub(super) fn Share() -> impl IntoView {
    let (live, ask, words) = (live(), ask(), words());
    let conversation = conversation(live, ui());
    let said = &words.share;
    // For how long a link can be good, days.
    let spans = [("1", said.day), ("7", said.week), ("30", said.month), ("365", said.year)];
    let made = RwSignal::new(None::<String>);
    let error = RwSignal::new(None::<Told>);
    let days = RwSignal::new("7".to_owned());
    let close = move || ask.desk().set_dialog("share", false);
    let make = move |ev: SubmitEvent| {
        ev.prevent_default();
        let Some(id) = conversation.get_untracked() else { return };
        // What is read here is what is shown there, whichever versions were chosen.
        let message_id = live.turns.read_untracked().last().map(|turn| turn.id);
        let new = NewShare { days: days.read_untracked().parse().unwrap_or(7), message_id };
        tell(ask, Verb::Post, &format!("conversations/{id}/shares"), &new, move |reply| match reply.and_then(|text| read::<Made>(&text)) {
            Ok(share) => {
                error.set(None);
                made.set(Some(share.path));
            }
            Err(refusal) => error.set(Some(words.told(refusal))),
        });
    };
    let forget = move |_| {
        made.set(None);
        error.set(None);
    };
    view! {
        <dialog id="share" aria-labelledby="share-heading" on:close=forget>
            <form on:submit=make>
                <h2 id="share-heading">{said.heading}</h2>
                <p>{said.about}</p>
                <When is=move || made.read().is_none()>
                    <label for="share-days">{said.good_for}</label>
                    <select class="field" id="share-days" on:change=move |ev| days.set(event_target_value(&ev))>
                        {spans.map(|(value, name)| view! { <option value=value selected=value == "7">{name}</option> }).collect_view()}
                    </select>
                </When>
                {move || made.get().map(|path| view! { <OneLink path label=said.link note=said.note/> })}
                <p class="error" role="alert">{move || error.get().map(Told::view)}</p>
                <div class="ways">
                    <a class="ghost" href=live.path(Place::Settings(Section::Data))>{said.links}</a>
                    <button type="button" class="ghost" on:click=move |_| close()>{words.common.close}</button>
                    <When is=move || made.read().is_none()>
                        <button type="submit" class="go">{said.make}</button>
                    </When>
                </div>
            </form>
        </dialog>
    }
    .into_any()
}
