//! Invitations to create an account.

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
    first_load::erased::{Each, effect},
    services::Verb,
    strings::{Localized, lazy, strings},
    ui::{context, state},
};

const DAY: u64 = 24 * 3_600_000;

/// The form that creates invitations, and their list.
#[component]
pub(crate) fn Invitations() -> impl IntoView {
    let (state, context, strings) = (state(), context(), strings());
    let (common, lazy) = (&lazy().common, &lazy().invitations);
    let list = RwSignal::new(Vec::<Invitation>::new());
    let made = RwSignal::new(None::<String>);
    let fetch = RwSignal::new(Fetch::default());
    let load = move || {
        get(context, "admin/invitations", move |reply| match reply {
            Ok(found) => {
                list.set(found);
                fetch.set(Fetch::Here);
            }
            Err(api_error) => failed(fetch, state, api_error),
        });
    };
    effect(load);
    let error = RwSignal::new(None::<Localized>);
    let make = move |ev: SubmitEvent| {
        ev.prevent_default();
        let browser = context.browser();
        let number = |id: &str| browser.value(id).trim().parse().unwrap_or(0);
        let new = NewInvitation { note: browser.value("invite-note"), uses: number("invite-uses"), days: number("invite-days") };
        tell(context, Verb::Post, "admin/invitations", &new, move |reply| match reply.and_then(|text| read::<MadeInvitation>(&text)) {
            Ok(invitation) => {
                error.set(None);
                made.set(Some(invitation.path));
                load();
            }
            Err(api_error) => error.set(Some(strings.localized(api_error))),
        });
    };
    let withdraw = move |id: InvitationId| {
        tell(context, Verb::Delete, &format!("admin/invitations/{id}"), &(), move |reply| {
            if let Err(api_error) = reply {
                state.refused(api_error);
            }
            made.set(None);
            load();
        });
    };
    let how = match state.site.signup {
        SignUps::Open => lazy.open,
        SignUps::Invitation => lazy.invited,
        SignUps::Closed => lazy.closed,
    };
    view! {
        <h2>{lazy.heading}</h2>
        <p class="lead">{how}</p>
        <form class="form" method="post" on:submit=make>
            <Field id="invite-note" label=lazy.for_whom maxlength="100"/>
            <Field id="invite-uses" label=lazy.for_how_many kind="number" value="1"/>
            <Field id="invite-days" label=lazy.for_days kind="number" value="7"/>
            <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
            <button type="submit" class="primary" disabled=state.site.signup == SignUps::Closed>{lazy.make}</button>
        </form>
        {move || made.get().map(|path| view! { <OneLink path label=lazy.made/> })}
        <Coming fetch again=load/>
        <ul class="card" aria-label=lazy.heading>
            <Each each=move || list.get() key=|it| (it.id, it.used) let:it>
                <li class="line">
                    <span>
                        <b>{if it.note.is_empty() { lazy.unnamed.to_owned() } else { it.note.clone() }}</b>
                        <span class="detail">
                            {(lazy.used)(it.used, it.uses)} " · "
                            {move || {
                                (lazy.left)(it.expires_at.saturating_sub(state.clock.get().now).div_ceil(DAY))
                            }}
                        </span>
                    </span>
                    <button type="button" class="small" aria-label=(lazy.withdraw)(&it.note) on:click=move |_| withdraw(it.id)>{common.withdraw}</button>
                </li>
            </Each>
        </ul>
    }
    .into_any()
}
