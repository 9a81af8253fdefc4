//! Showing a conversation to others, by a link.

use holdfast_protocol::{
    ConversationId,
    exchange::{MadeShare, NewShare},
};
use leptos::{ev::SubmitEvent, prelude::*};

use super::one_link::OneLink;
use crate::{
    Place, Section,
    calls::{read, tell},
    once::When,
    services::Verb,
    ui::{ask, live},
};

/// For how long a link can be good, days.
const DAYS: [(&str, &str); 4] = [("1", "A day"), ("7", "A week"), ("30", "A month"), ("365", "A year")];

/// Asks for how long, and tells the link.
#[component]
pub(crate) fn Share(
    /// What is shown.
    conversation: Memo<Option<ConversationId>>,
) -> impl IntoView {
    let (live, ask) = (live(), ask());
    let made = RwSignal::new(None::<String>);
    let error = RwSignal::new(None::<String>);
    let days = RwSignal::new("7".to_owned());
    let close = move || ask.desk().set_dialog("share", false);
    let make = move |ev: SubmitEvent| {
        ev.prevent_default();
        let Some(id) = conversation.get_untracked() else { return };
        // What is read here is what is shown there, whichever versions were chosen.
        let message_id = live.turns.read_untracked().last().map(|turn| turn.id);
        let new = NewShare { days: days.read_untracked().parse().unwrap_or(7), message_id };
        tell(ask, Verb::Post, &format!("conversations/{id}/shares"), &new, move |reply| {
            match reply.and_then(|text| read::<MadeShare>(&text)) {
                Ok(share) => {
                    error.set(None);
                    made.set(Some(share.path));
                }
                Err(refusal) => error.set(Some(refusal.error)),
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
                <h2 id="share-heading">"Share this conversation"</h2>
                <p>"Whoever has the link can read the conversation as it is now, without an account. What is written later is not shown."</p>
                <When is=move || made.read().is_none()>
                    <label for="share-days">"The link is good for"</label>
                    <select class="field" id="share-days" on:change=move |ev| days.set(event_target_value(&ev))>
                        {DAYS.map(|(value, name)| view! { <option value=value selected=value == "7">{name}</option> }).collect_view()}
                    </select>
                </When>
                {move || made.get().map(|path| view! { <OneLink path label="The link" note="It is shown this once. You can withdraw it in the settings, under “Your data”."/> })}
                <p class="error" role="alert">{move || error.get()}</p>
                <div class="ways">
                    <a class="ghost" href=live.path(Place::Settings(Section::Data))>"Your links"</a>
                    <button type="button" class="ghost" on:click=move |_| close()>"Close"</button>
                    <When is=move || made.read().is_none()>
                        <button type="submit" class="go">"Make a link"</button>
                    </When>
                </div>
            </form>
        </dialog>
    }
    .into_any()
}
