//! The conversation itself.

use holdfast_protocol::MessageId;
use leptos::{ev::MouseEvent, prelude::*};

use super::{answer::TurnView, mark::Mark, outgoing::OutgoingView, quote::Quote};
use crate::{
    Place, Section,
    eager::IntoEager,
    place::{WHOLE, message_anchor},
    ui::{ask, live, ui},
};

/// Everything between header and composer.
#[component]
pub(crate) fn Transcript() -> impl IntoView {
    let (live, ui, ask) = (live(), ui(), ask());
    let here = Memo::new(move |_| ui.place.get().conversation());
    let is_missing = Memo::new(move |_| here.get().is_some() && live.missing.get() == here.get());
    let has_outgoing = Memo::new(move |_| live.outgoing.read().iter().any(|it| it.conversation == here.get()));
    let is_new = Memo::new(move |_| here.get().is_none() && !has_outgoing.get());
    let is_loading = Memo::new(move |_| here.get().is_some() && !live.arrived.get() && !has_outgoing.get());
    Effect::new(move |_| {
        here.track();
        ask.desk().watch_transcript();
    });
    // What the address leads to is brought into view once it is there, in whichever branch it is.
    Effect::new(move |asked: Option<Option<MessageId>>| {
        let id = ui.sought.get().filter(|_| live.arrived.get() && live.shown.get() == here.get())?;
        if live.turns.read().iter().any(|turn| turn.id == id) {
            request_animation_frame(move || {
                ask.desk().show_message(&message_anchor(id));
                ui.sought.set(None);
            });
        } else if asked.flatten() != Some(id) {
            live.begin_with(id);
            ask.commands().show_branch(id);
        }
        Some(id)
    });
    Effect::new(move |_| {
        if live.near_top.get() && live.earlier.get_untracked() > 0 {
            ask.commands().show_earlier();
        }
    });
    // What can't come now may have been read in another window, or before a reload.
    let is_stuck = Memo::new(move |_| here.get().is_some() && !live.arrived.get() && live.face.read().is_torn());
    Effect::new(move |_| {
        if is_stuck.get() {
            ask.desk().open_kept(live.path(ui.place.get_untracked()));
        }
    });
    let outgoing = move || {
        let here = here.get();
        live.outgoing.read().iter().filter(|it| it.conversation == here).cloned().collect::<Vec<_>>()
    };
    view! {
        <section class="log" id="log" aria-label="Conversation" tabindex="0" class:empty=move || is_new.get() || is_missing.get()>
            <div class="col" id="log-content">
                <Show when=move || is_missing.get()>
                    <Missing/>
                </Show>
                <Show when=move || is_new.get()>
                    <Welcome/>
                </Show>
                <Show when=move || is_loading.get()>
                    <Loading/>
                </Show>
                <Show when=move || !is_missing.get()>
                    <Earlier/>
                    <For each=move || live.turns.get() key=|turn| turn.id let:turn>
                        <TurnView turn/>
                    </For>
                </Show>
                <For each=outgoing key=|it| it.id let:it>
                    <OutgoingView it/>
                </For>
            </div>
            <Quote/>
        </section>
    }
    .eager()
}

/// The way to the messages that are not on the page yet. Near it they come by themselves.
#[component]
fn Earlier() -> impl IntoView {
    let (live, ask) = (live(), ask());
    let words = move || match live.earlier.get() {
        1 => "1 earlier message".to_owned(),
        count => format!("{count} earlier messages"),
    };
    let bring = move |ev: MouseEvent| {
        ev.prevent_default();
        ask.commands().show_earlier();
    };
    view! {
        <Show when=move || live.earlier.get() != 0>
            <p class="earlier">
                <a href=format!("?{WHOLE}") rel="external" on:click=bring>{words}</a>
            </p>
        </Show>
    }
    .eager()
}

/// Three things to try.
const TRY: [&str; 3] = ["How do I connect Ollama?", "How can I use my OpenAI key?", "What happens when my connection drops?"];

/// Nothing said yet.
#[component]
fn Welcome() -> impl IntoView {
    let (live, ui) = (live(), ui());
    let only_builtin = Memo::new(move |_| live.models.read().iter().all(|model| model.provider == "builtin"));
    view! {
        <div class="welcome">
            <Mark large=true/>
            <h2>"What are you working on?"</h2>
            <p>"Ask anything. Answers are kept, and go on when you leave."</p>
            <ul class="tries">
                {TRY
                    .map(|text| {
                        view! {
                            <li>
                                <button type="button" on:click=move |_| ui.insert.set(Some(text.to_owned()))>{text}</button>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
            <Show when=move || only_builtin.get()>
                <p class="aside">
                    "No model is connected yet. The built-in one only quotes Holdfast's own manual. "
                    <a href=live.path(Place::Settings(Section::Models))>"Connect a model"</a>
                </p>
            </Show>
        </div>
    }
    .eager()
}

/// A conversation that is not there.
#[component]
fn Missing() -> impl IntoView {
    let live = live();
    let nobody = Memo::new(move |_| live.user.read().is_none());
    view! {
        <div class="welcome">
            <h2>"This conversation is not here"</h2>
            <p>"It may have been deleted, or it belongs to another account."</p>
            <p class="ways">
                <a class="go" href=live.path(Place::New)>"New conversation"</a>
                <Show when=move || nobody.get()>
                    <a class="ghost" href=live.path(Place::SignIn)>"Sign in"</a>
                </Show>
            </p>
        </div>
    }
    .eager()
}

/// A conversation that is on its way. Seen only where that takes a while.
#[component]
fn Loading() -> impl IntoView {
    let live = live();
    let torn = Memo::new(move |_| live.face.read().is_torn());
    view! {
        <div class="loading">
            <p class="hidden">"Loading the conversation"</p>
            <div class="bone short"></div>
            <div class="bone"></div>
            <div class="bone"></div>
            <div class="bone half"></div>
            <Show when=move || torn.get()>
                <p class="aside">"This conversation has not been read on this device yet. It comes when you are back."</p>
            </Show>
        </div>
    }
    .eager()
}
