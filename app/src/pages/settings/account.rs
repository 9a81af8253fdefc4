//! Who one is, and how the page looks.

mod details;
mod farewell;
mod sessions;

use holdfast_protocol::{api::Rank, people::Ways};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    Place,
    calls::get,
    once::{effect, memo},
    services::Theme,
    ui::{ask, live, ui},
};

/// The account.
#[component]
pub(super) fn Account() -> impl IntoView {
    let (live, ui, ask) = (live(), ui(), ask());
    let sign_out = move |_| {
        let reply = ask.backend().logout();
        spawn_local(async move {
            match reply.await {
                Ok(()) => {
                    ask.commands().signed_out();
                    ui.go(Place::SignIn);
                }
                Err(refusal) => live.notify(refusal.error),
            }
        });
    };
    // How its owner signs in; with a password, as long as nothing else is heard.
    let ways = RwSignal::new(Ways { password: true, through: Vec::new() });
    effect(move || {
        if live.user.read().as_ref().is_some_and(|user| user.role != Rank::Guest) {
            get(ask, "auth/ways", move |reply| {
                if let Ok(found) = reply {
                    ways.set(found);
                }
            });
        }
    });
    // Another name is no other page: what is filled in and said on it stays.
    let role = memo(move || live.user.read().as_ref().map(|user| user.role));
    let name = move || live.user.read().as_ref().map(|user| user.username.clone());
    view! {
        <h1>"Account"</h1>
        {move || {
            match role.get() {
                None => {
                    view! {
                        <p class="lead">"You are not signed in. Your first message begins a guest's account in this browser."</p>
                        <p class="ways start">
                            <a class="go" href=live.path(Place::SignIn)>"Sign in"</a>
                            {live.may_sign_up().then(|| view! { <a class="ghost" href=live.path(Place::SignUp)>"Create an account"</a> })}
                        </p>
                    }
                        .into_any()
                }
                Some(Rank::Guest) => {
                    view! {
                        <p class="lead">
                            "You are here as a guest. Your conversations belong to this browser: sign out, or clear its cookies, and they are out of reach. With an account they stay yours."
                        </p>
                        <p class="ways start">
                            {live.may_sign_up().then(|| view! { <a class="go" href=live.path(Place::SignUp)>"Create an account"</a> })}
                            <button type="button" class="ghost" on:click=sign_out>"Leave"</button>
                        </p>
                        <farewell::Farewell guest=true ways/>
                    }
                        .into_any()
                }
                Some(rank) => {
                    let role = if rank == Rank::Admin { ", who runs this server." } else { "." };
                    view! {
                        <p class="lead">"Signed in as " <b>{name}</b>{role}</p>
                        <p class="ways start">
                            <button type="button" class="ghost framed" on:click=sign_out>"Sign out"</button>
                        </p>
                        <details::Details ways/>
                        <sessions::Sessions/>
                        <farewell::Farewell guest=false ways/>
                    }
                        .into_any()
                }
            }
        }}
        <Appearance/>
        <Sending/>
    }
    .into_any()
}

/// Light or dark.
#[component]
fn Appearance() -> impl IntoView {
    let (ui, ask) = (ui(), ask());
    view! {
        <fieldset class="choices">
            <legend>"Appearance"</legend>
            {Theme::ALL
                .map(|each| {
                    view! {
                        <label>
                            <input
                                type="radio"
                                name="theme"
                                value=each.as_str()
                                prop:checked=move || ui.theme.get() == each
                                on:change=move |_| ui.set_theme(each, ask)
                            />
                            <span>{each.name()}</span>
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
    let (ui, ask) = (ui(), ask());
    view! {
        <fieldset class="choices">
            <legend>"Writing"</legend>
            {[(false, "Enter sends"), (true, "Ctrl Enter sends")]
                .map(|(ctrl, name)| {
                    view! {
                        <label>
                            <input
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
                {move || if ui.ctrl_sends.get() { "Enter breaks the line. On a Mac, ⌘ does what Ctrl does." } else { "Shift Enter breaks the line." }}
            </p>
        </fieldset>
    }
    .into_any()
}
