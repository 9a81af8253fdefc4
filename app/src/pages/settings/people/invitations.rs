//! Invitations to make an account.

use holdfast_protocol::{
    InvitationId,
    people::{Invitation, MadeInvitation, NewInvitation, SignUps},
};
use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    calls::{get, read, tell},
    components::{
        coming::{Coming, Fetch, failed},
        field::Field,
        one_link::OneLink,
    },
    once::{Each, effect},
    services::Verb,
    ui::{ask, live},
    words::{Told, rest, words},
};

const DAY: u64 = 24 * 3_600_000;

/// Makes them, lists them, withdraws them.
#[component]
pub(crate) fn Invitations() -> impl IntoView {
    let (live, ask, words) = (live(), ask(), words());
    let (common, rest) = (&rest().common, &rest().invitations);
    let list = RwSignal::new(Vec::<Invitation>::new());
    let made = RwSignal::new(None::<String>);
    let fetch = RwSignal::new(Fetch::default());
    let load = move || {
        get(ask, "admin/invitations", move |reply| match reply {
            Ok(found) => {
                list.set(found);
                fetch.set(Fetch::Here);
            }
            Err(refusal) => failed(fetch, live, refusal),
        });
    };
    effect(load);
    let error = RwSignal::new(None::<Told>);
    let make = move |ev: SubmitEvent| {
        ev.prevent_default();
        let desk = ask.desk();
        let number = |id: &str| desk.value(id).trim().parse().unwrap_or(0);
        let new = NewInvitation { note: desk.value("invite-note"), uses: number("invite-uses"), days: number("invite-days") };
        tell(ask, Verb::Post, "admin/invitations", &new, move |reply| match reply.and_then(|text| read::<MadeInvitation>(&text)) {
            Ok(invitation) => {
                error.set(None);
                made.set(Some(invitation.path));
                load();
            }
            Err(refusal) => error.set(Some(words.told(refusal))),
        });
    };
    let withdraw = move |id: InvitationId| {
        tell(ask, Verb::Delete, &format!("admin/invitations/{id}"), &(), move |reply| {
            if let Err(refusal) = reply {
                live.refused(refusal);
            }
            made.set(None);
            load();
        });
    };
    let how = match live.signup {
        SignUps::Open => rest.open,
        SignUps::Invitation => rest.invited,
        SignUps::Closed => rest.closed,
    };
    view! {
        <h2>{rest.heading}</h2>
        <p class="lead">{how}</p>
        <form class="form" method="post" on:submit=make>
            <Field id="invite-note" label=rest.for_whom maxlength="100"/>
            <Field id="invite-uses" label=rest.for_how_many kind="number" value="1"/>
            <Field id="invite-days" label=rest.for_days kind="number" value="7"/>
            <p class="error" role="alert">{move || error.get().map(Told::view)}</p>
            <button type="submit" class="go" disabled=live.signup == SignUps::Closed>{rest.make}</button>
        </form>
        {move || made.get().map(|path| view! { <OneLink path label=rest.made/> })}
        <Coming fetch again=load/>
        <ul class="card" aria-label=rest.heading>
            <Each each=move || list.get() key=|it| (it.id, it.used) let:it>
                <li class="line">
                    <span>
                        <b>{if it.note.is_empty() { rest.unnamed.to_owned() } else { it.note.clone() }}</b>
                        <span class="t">
                            {(rest.used)(it.used, it.uses)} " · "
                            {move || {
                                (rest.left)(it.expires_at.saturating_sub(live.clock.get().now).div_ceil(DAY))
                            }}
                        </span>
                    </span>
                    <button type="button" class="small" aria-label=(rest.withdraw)(&it.note) on:click=move |_| withdraw(it.id)>{common.withdraw}</button>
                </li>
            </Each>
        </ul>
    }
    .into_any()
}
