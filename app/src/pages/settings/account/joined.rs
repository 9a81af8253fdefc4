//! The providers through which one signs in to this account: added and taken away.

use holdfast_protocol::people::{Proof, Way, WayThere, Ways};
use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    calls::{read, tell},
    components::{
        field::{Field, Username},
        ways::Again,
    },
    once::{When, memo},
    services::Verb,
    ui::{ask, live},
    words::{Told, rest, words},
};

/// All providers that there are, each with the way to it or from it.
#[component]
pub(crate) fn Joined(
    /// How one signs in.
    ways: RwSignal<Ways>,
) -> impl IntoView {
    let (live, ask) = (live(), ask());
    let (words, step, rest) = (words(), &rest().second_step, &rest().joined);
    let all = live.ways.get_value();
    // What the dialog asks about: a provider, and whether one signs in through it.
    let asked = RwSignal::new(None::<(Way, bool)>);
    let error = RwSignal::new(None::<Told>);
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
        let code = Some(ask.desk().value("way-code")).filter(|code| !code.is_empty());
        let proof = Proof { password: ask.desk().value("way-password"), code };
        tell(ask, Verb::Post, &path, &proof, move |reply| match reply {
            Ok(_) if is_in => {
                close();
                ways.update(|ways| ways.through.retain(|it| it.name != way.name));
            }
            Ok(text) => match read::<WayThere>(&text) {
                Ok(there) => ask.desk().leave_for(&there.path),
                Err(refusal) => error.set(Some(words.told(refusal))),
            },
            Err(refusal) => error.set(Some(words.told(refusal))),
        });
    };
    let row = move |way: Way| {
        let name = way.name.clone();
        let is_in = memo(move || ways.read().through.iter().any(|it| it.name == name));
        let label = way.label.clone();
        let what = move || if is_in.get() { (rest.part_named)(&label) } else { (rest.join_named)(&label) };
        let label = way.label.clone();
        view! {
            <li class="line">
                <span>
                    <b>{label}</b>
                    <span class="t">{move || if is_in.get() { rest.joined } else { rest.apart }}</span>
                </span>
                <button type="button" class="small" aria-label=what on:click=move |_| open(way.clone(), is_in.get_untracked())>
                    {move || if is_in.get() { rest.part } else { rest.join }}
                </button>
            </li>
        }
    };
    (!all.is_empty())
        .then(|| {
            view! {
                <h2>{rest.heading}</h2>
                <ul class="card" aria-label=rest.label>{all.into_iter().map(row).collect_view()}</ul>
                <dialog id="way" aria-labelledby="way-heading">
                    {move || asked.get().map(|(way, is_in)| view! { <Question way is_in ways/> })}
                    <form method="post" on:submit=submit>
                        <Username/>
                        {move || {
                            if asked.read().is_none() {
                                ().into_any()
                            } else if ways.read().password {
                                view! { <Field id="way-password" label=rest.password kind="password" autocomplete="current-password"/> }.into_any()
                            } else {
                                view! { <Again ways=ways.get().through/> }.into_any()
                            }
                        }}
                        <When is=move || ways.read().second_factor && asked.read().as_ref().is_some_and(|(_, is_in)| !is_in)>
                            <Field id="way-code" label=step.code_or_kept autocomplete="one-time-code" maxlength="32"/>
                        </When>
                        <p class="error" role="alert">{move || error.get().map(Told::view)}</p>
                        <div class="ways">
                            <button type="button" class="ghost" on:click=move |_| close()>{words.common.cancel}</button>
                            <button type="submit" class="go">
                                {move || if asked.read().as_ref().is_some_and(|(_, is_in)| *is_in) { rest.part } else { rest.join }}
                            </button>
                        </div>
                    </form>
                </dialog>
            }
        })
        .into_any()
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
    let rest = &rest().joined;
    if is_in {
        let about = if ways.read_untracked().password { rest.about_part } else { rest.needs_other };
        view! {
            <h2 id="way-heading">{(rest.part_question)(&way.label)}</h2>
            <p>{about}</p>
        }
        .into_any()
    } else {
        view! {
            <h2 id="way-heading">{(rest.join_question)(&way.label)}</h2>
            <p>{rest.about_join}</p>
        }
        .into_any()
    }
}
