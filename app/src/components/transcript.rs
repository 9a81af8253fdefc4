//! The conversation itself.

use holdfast_protocol::MessageId;
use leptos::{ev::MouseEvent, prelude::*};

use super::{answer::TurnView, mark::Mark, outgoing::OutgoingView, quote::Quote};
use crate::{
    Place, Section,
    live::{groups, of_group},
    once::{Each, When, effect, memo},
    place::{WHOLE, message_anchor},
    talk::{self, Talk},
    ui::{ask, live, ui},
};

/// Everything between header and composer.
#[component]
pub(crate) fn Transcript() -> impl IntoView {
    let (live, ui, ask) = (live(), ui(), ask());
    let words = &live.words().transcript;
    let here = memo(move || ui.place.get().conversation());
    let is_missing = memo(move || here.get().is_some() && live.missing.get() == here.get());
    let has_outgoing = memo(move || live.outgoing.read().iter().any(|it| it.conversation == here.get()));
    let is_new = memo(move || here.get().is_none() && !has_outgoing.get());
    // What shows messages did not come, and there are some.
    let is_unshown = memo(move || live.waits.get() && live.talk.get() == Talk::Failed);
    let is_loading =
        memo(move || here.get().is_some() && !is_missing.get() && !live.arrived.get() && !has_outgoing.get() && !is_unshown.get());
    effect(move || {
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
    effect(move || {
        if live.near_top.get() && live.earlier.get_untracked() > 0 {
            ask.commands().show_earlier();
        }
    });
    // What can't come now may have been read in another window, or before a reload.
    let is_stuck = memo(move || here.get().is_some() && !live.arrived.get() && live.face.read().is_torn());
    effect(move || {
        if is_stuck.get() {
            ask.desk().open_kept(live.path(ui.place.get_untracked()));
        }
    });
    let groups = {
        let groups = memo(move || groups(&live.on_page()));
        move || groups.get().collect()
    };
    let outgoing = move || {
        let here = here.get();
        live.outgoing.read().iter().filter(|it| it.conversation == here).cloned().collect::<Vec<_>>()
    };
    view! {
        <section class="log" id="log" aria-label=words.label tabindex="0" class:empty=move || is_new.get() || is_missing.get()>
            <div class="col" id="log-content">
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
                        {talk::group(group)}
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

/// Messages that stand together, [`FEW`](crate::live::FEW) of them. Those that come before others are a group of their own: put before
/// them in one list, they would have Leptos take all that follow off the page and put them there again, and a long conversation
/// stumble.
#[component]
pub(crate) fn Group(
    /// Which, counted from the conversation's beginning.
    group: usize,
) -> impl IntoView {
    let live = live();
    let here = move || live.turns.read()[of_group(&live.on_page(), group)].to_vec();
    view! {
        <div class="rows">
            <Each each=here key=|turn| turn.id let:turn>
                <TurnView turn/>
            </Each>
        </div>
    }
    .into_any()
}

/// The way to the messages that are not on the page yet. Near it they come by themselves.
#[component]
fn Earlier() -> impl IntoView {
    let (live, ask) = (live(), ask());
    let words = move || (live.words().transcript.earlier)(live.earlier.get());
    let bring = move |ev: MouseEvent| {
        ev.prevent_default();
        ask.commands().show_earlier();
    };
    view! {
        <When is=move || live.earlier.get() != 0>
            <p class="earlier">
                <a href=format!("?{WHOLE}") rel="external" on:click=bring>{words}</a>
            </p>
        </When>
    }
    .into_any()
}

/// Nothing said yet.
#[component]
fn Welcome() -> impl IntoView {
    let (live, ui) = (live(), ui());
    let words = &live.words().transcript;
    let only_builtin = memo(move || live.models.read().iter().all(|model| model.provider == "builtin"));
    view! {
        <div class="welcome">
            <Mark large=true/>
            <h2>{words.welcome}</h2>
            <p>{words.about}</p>
            <ul class="tries">
                {words
                    .tries
                    .map(|text| {
                        view! {
                            <li>
                                <button type="button" on:click=move |_| ui.insert.set(Some(text.to_owned()))>{text}</button>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
            <When is=move || only_builtin.get()>
                <p class="aside">
                    {words.only_builtin}
                    <a href=live.path(Place::Settings(Section::Models))>{words.connect}</a>
                </p>
            </When>
        </div>
    }
    .into_any()
}

/// A conversation that is not there.
#[component]
fn Missing() -> impl IntoView {
    let live = live();
    let words = live.words();
    let nobody = memo(move || live.user.read().is_none());
    view! {
        <div class="welcome">
            <h2>{words.transcript.missing}</h2>
            <p>{words.transcript.why_missing}</p>
            <p class="ways">
                <a class="go" href=live.path(Place::New)>{words.common.new_conversation}</a>
                <When is=move || nobody.get()>
                    <a class="ghost" href=live.path(Place::SignIn)>{words.common.sign_in}</a>
                </When>
            </p>
        </div>
    }
    .into_any()
}

/// Messages that can't be shown, for what shows them did not come.
#[component]
fn Unshown() -> impl IntoView {
    let live = live();
    let words = &live.words().common;
    view! {
        <div class="welcome">
            <h2>{words.not_loaded}</h2>
            <p role="alert">{words.why_not_loaded}</p>
            <p class="ways">
                <button type="button" class="go" on:click=move |_| live.ask_for_talk()>{words.try_again}</button>
                <a class="ghost" href="" rel="external">{words.load_anew}</a>
            </p>
        </div>
    }
    .into_any()
}

/// A conversation that is on its way. Seen only where that takes a while.
#[component]
fn Loading() -> impl IntoView {
    let live = live();
    let words = &live.words().transcript;
    let torn = memo(move || live.face.read().is_torn());
    view! {
        <div class="loading">
            <p class="hidden">{words.loading}</p>
            <div class="bone short"></div>
            <div class="bone"></div>
            <div class="bone"></div>
            <div class="bone half"></div>
            <When is=move || torn.get()>
                <p class="aside">{words.not_read}</p>
            </When>
        </div>
    }
    .into_any()
}
