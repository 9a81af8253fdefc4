//! The providers through which one signs in to this account: added and taken away.

use holdfast_protocol::people::{Proof, Way, WayThere, Ways};
use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    calls::{read, tell},
    components::{
        field::{Field, Username},
        ways::Again,
    },
    eager::IntoEager,
    services::Verb,
    ui::{ask, live},
};

/// All providers that there are, each with the way to it or from it.
#[component]
pub(crate) fn Joined(
    /// How one signs in.
    ways: RwSignal<Ways>,
) -> impl IntoView {
    let (live, ask) = (live(), ask());
    let all = live.ways.get_value();
    // What the dialog asks about: a provider, and whether one signs in through it.
    let asked = RwSignal::new(None::<(Way, bool)>);
    let error = RwSignal::new(None::<String>);
    let open = move |way: Way, is_in: bool| {
        asked.set(Some((way, is_in)));
        error.set(None);
        request_animation_frame(move || ask.desk().set_dialog("way", true));
    };
    let close = move || {
        ask.desk().set_dialog("way", false);
        asked.set(None);
    };
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        let Some((way, is_in)) = asked.get_untracked() else { return };
        let path = format!("auth/ways/{}{}", way.name, if is_in { "/remove" } else { "" });
        let proof = Proof { password: ask.desk().value("way-password") };
        tell(ask, Verb::Post, &path, &proof, move |reply| match reply {
            Ok(_) if is_in => {
                close();
                ways.update(|ways| ways.through.retain(|it| it.name != way.name));
            }
            Ok(text) => match read::<WayThere>(&text) {
                Ok(there) => ask.desk().leave_for(&there.path),
                Err(refusal) => error.set(Some(refusal.error)),
            },
            Err(refusal) => error.set(Some(refusal.error)),
        });
    };
    let row = move |way: Way| {
        let name = way.name.clone();
        let is_in = Memo::new(move |_| ways.read().through.iter().any(|it| it.name == name));
        let label = way.label.clone();
        let what = move || format!("{} {label}", if is_in.get() { "Disconnect" } else { "Connect" });
        let label = way.label.clone();
        view! {
            <li class="line">
                <span>
                    <b>{label}</b>
                    <span class="t">{move || if is_in.get() { "You sign in through it" } else { "Not connected" }}</span>
                </span>
                <button type="button" class="small" aria-label=what on:click=move |_| open(way.clone(), is_in.get_untracked())>
                    {move || if is_in.get() { "Disconnect" } else { "Connect" }}
                </button>
            </li>
        }
    };
    (!all.is_empty())
        .then(|| {
            view! {
                <h2>"Signing in through others"</h2>
                <ul class="card" aria-label="Ways to sign in">{all.into_iter().map(row).collect_view()}</ul>
                <dialog id="way" aria-labelledby="way-heading">
                    {move || asked.get().map(|(way, is_in)| view! { <Question way is_in ways/> })}
                    <form method="post" on:submit=submit>
                        <Username/>
                        {move || {
                            if asked.read().is_none() {
                                ().eager()
                            } else if ways.read().password {
                                view! { <Field id="way-password" label="Password" kind="password" autocomplete="current-password"/> }.eager()
                            } else {
                                view! { <Again ways=ways.get().through/> }.eager()
                            }
                        }}
                        <p class="error" role="alert">{move || error.get()}</p>
                        <div class="ways">
                            <button type="button" class="ghost" on:click=move |_| close()>"Cancel"</button>
                            <button type="submit" class="go">
                                {move || if asked.read().as_ref().is_some_and(|(_, is_in)| *is_in) { "Disconnect" } else { "Connect" }}
                            </button>
                        </div>
                    </form>
                </dialog>
            }
        })
        .eager()
}

/// What is asked.
#[component]
fn Question(
    /// About which provider.
    way: Way,
    /// Whether one signs in through it.
    is_in: bool,
    /// How one signs in.
    ways: RwSignal<Ways>,
) -> impl IntoView {
    let label = way.label;
    if is_in {
        let rest = if ways.read_untracked().password { "You sign in with your password then." } else { "Another way in must be left." };
        view! {
            <h2 id="way-heading">"Disconnect " {label} "?"</h2>
            <p>{rest}</p>
        }
        .eager()
    } else {
        view! {
            <h2 id="way-heading">"Connect " {label} "?"</h2>
            <p>"It asks you who you are there. From then on, signing in through it leads to this account."</p>
        }
        .eager()
    }
}
