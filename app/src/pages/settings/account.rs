//! Who one is, and how the page looks.

mod details;
mod farewell;
mod joined;
mod second_step;
mod sessions;
mod storage;

use holdfast_protocol::{Code, Refusal, api::Rank, people::Ways};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    Place,
    calls::get,
    once::{effect, memo},
    services::Theme,
    ui::{ask, live, ui},
    words::{Language, rest, words},
};

/// The account.
#[component]
pub(super) fn Account() -> impl IntoView {
    let (live, ui, ask) = (live(), ui(), ask());
    let (words, rest) = (words(), &rest().account);
    let sign_out = move |_| {
        let reply = ask.backend().logout();
        spawn_local(async move {
            match reply.await {
                Ok(()) => {
                    ask.commands().signed_out();
                    ui.go(Place::SignIn);
                }
                Err(refusal) => live.refused(refusal),
            }
        });
    };
    // How its owner signs in; with a password, as long as nothing else is heard.
    let ways = RwSignal::new(Ways { password: true, through: Vec::new(), second_factor: false });
    effect(move || {
        if live.user.read().as_ref().is_some_and(|user| user.role != Rank::Guest) {
            get(ask, "auth/ways", move |reply| {
                if let Ok(found) = reply {
                    ways.set(found);
                }
            });
        }
    });
    // Who was turned back by a provider reads why, once.
    let problem = live.problem.get_untracked().map(|problem| words.told(Refusal::new(Code::AuthRequired, problem)));
    on_cleanup(move || _ = live.problem.try_set(None));
    // Another name is no other page: what is filled in and said on it stays.
    let role = memo(move || live.user.read().as_ref().map(|user| user.role));
    let name = move || live.user.read().as_ref().map(|user| user.username.clone());
    view! {
        <h1>{words.places.account}</h1>
        {problem.map(|problem| view! { <p class="error" role="alert">{problem.view()}</p> })}
        {move || {
            match role.get() {
                None => {
                    view! {
                        <p class="lead">{rest.nobody}</p>
                        <p class="ways start">
                            <a class="go" href=live.path(Place::SignIn)>{words.common.sign_in}</a>
                            {live.may_sign_up().then(|| view! { <a class="ghost" href=live.path(Place::SignUp)>{words.places.sign_up}</a> })}
                        </p>
                    }
                        .into_any()
                }
                Some(Rank::Guest) => {
                    view! {
                        <p class="lead">{rest.guest}</p>
                        <p class="ways start">
                            {live.may_sign_up().then(|| view! { <a class="go" href=live.path(Place::SignUp)>{words.places.sign_up}</a> })}
                            <button type="button" class="ghost" on:click=sign_out>{rest.leave}</button>
                        </p>
                        <storage::Storage/>
                        <farewell::Farewell guest=true ways/>
                    }
                        .into_any()
                }
                Some(rank) => {
                    let role = if rank == Rank::Admin { rest.as_admin } else { rest.as_member };
                    view! {
                        <p class="lead">{rest.signed_in_as} <b>{name}</b>{role}</p>
                        <p class="ways start">
                            <button type="button" class="ghost framed" on:click=sign_out>{rest.sign_out}</button>
                        </p>
                        <details::Details ways/>
                        <second_step::SecondStep ways/>
                        <joined::Joined ways/>
                        <sessions::Sessions/>
                        <storage::Storage/>
                        <farewell::Farewell guest=false ways/>
                    }
                        .into_any()
                }
            }
        }}
        <Appearance/>
        <Sending/>
        <Languages/>
    }
    .into_any()
}

/// Light or dark.
#[component]
fn Appearance() -> impl IntoView {
    let (ui, ask, words, rest) = (ui(), ask(), words(), &rest().account);
    view! {
        <fieldset class="choices">
            <legend>{rest.appearance}</legend>
            {Theme::ALL
                .map(|each| {
                    view! {
                        <label>
                            <input
                                class="choice"
                                type="radio"
                                name="theme"
                                value=each.as_str()
                                prop:checked=move || ui.theme.get() == each
                                on:change=move |_| ui.set_theme(each, ask)
                            />
                            <span>{words.theme(each)}</span>
                        </label>
                    }
                })
                .collect_view()}
        </fieldset>
    }
    .into_any()
}

/// What sends: Enter, or Ctrl with it.
#[component]
fn Sending() -> impl IntoView {
    let (ui, ask, words, rest) = (ui(), ask(), words(), &rest().account);
    view! {
        <fieldset class="choices">
            <legend>{rest.writing}</legend>
            {[(false, words.composer.enter_sends), (true, words.composer.ctrl_enter_sends)]
                .map(|(ctrl, name)| {
                    view! {
                        <label>
                            <input
                                class="choice"
                                type="radio"
                                name="sending"
                                prop:checked=move || ui.ctrl_sends.get() == ctrl
                                on:change=move |_| ui.set_ctrl_sends(ctrl, ask)
                            />
                            <span>{name}</span>
                        </label>
                    }
                })
                .collect_view()}
            <p class="meta">
                {move || if ui.ctrl_sends.get() { rest.enter_breaks } else { rest.shift_enter_breaks }}
            </p>
        </fieldset>
    }
    .into_any()
}

/// In which language the page speaks. Another one is another page: it is loaded anew.
#[component]
fn Languages() -> impl IntoView {
    let (live, ask, words) = (live(), ask(), words());
    let chosen = live.chosen_language;
    let choice = move |language: Option<Language>| {
        view! {
            <label>
                <input
                    class="choice"
                    type="radio"
                    name="language"
                    value=language.map(Language::tag)
                    prop:checked=chosen == language
                    on:change=move |_| ask.desk().set_language(language)
                />
                <span lang=language.map(Language::tag)>{language.map_or(words.palette.system, Language::name)}</span>
            </label>
        }
        .into_any()
    };
    let all = std::iter::once(None).chain(Language::ALL.iter().copied().map(Some));
    view! {
        <fieldset class="choices">
            <legend>{rest().account.language}</legend>
            {all.map(choice).collect::<Vec<_>>()}
        </fieldset>
    }
    .into_any()
}
