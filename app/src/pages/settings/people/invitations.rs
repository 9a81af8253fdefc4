//! Invitations to make an account.

use holdfast_protocol::{
    InvitationId,
    people::{Invitation, MadeInvitation, NewInvitation, SignUps},
};
use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    calls::{get, read, tell},
    components::{field::Field, one_link::OneLink},
    once::{Each, effect},
    services::Verb,
    ui::{ask, count, live},
};

const DAY: u64 = 24 * 3_600_000;

/// Makes them, lists them, withdraws them.
#[component]
pub(crate) fn Invitations() -> impl IntoView {
    let (live, ask) = (live(), ask());
    let list = RwSignal::new(Vec::<Invitation>::new());
    let made = RwSignal::new(None::<String>);
    let load = move || {
        get(ask, "admin/invitations", move |reply| match reply {
            Ok(found) => list.set(found),
            Err(refusal) => live.notify(refusal.error),
        });
    };
    effect(load);
    let error = RwSignal::new(None::<String>);
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
            Err(refusal) => error.set(Some(refusal.error)),
        });
    };
    let withdraw = move |id: InvitationId| {
        tell(ask, Verb::Delete, &format!("admin/invitations/{id}"), &(), move |reply| {
            if let Err(refusal) = reply {
                live.notify(refusal.error);
            }
            made.set(None);
            load();
        });
    };
    let how = match live.signup {
        SignUps::Open => "Everyone may make an account here; an invitation is only the shorter way.",
        SignUps::Invitation => "Who has an invitation may make an account.",
        SignUps::Closed => {
            "This server takes no new accounts. Set HOLDFAST_SIGNUP=invitation, and start it again, for invitations to count."
        }
    };
    view! {
        <h2>"Invitations"</h2>
        <p class="lead">{how}</p>
        <form class="form" method="post" on:submit=make>
            <Field id="invite-note" label="For whom" maxlength="100"/>
            <Field id="invite-uses" label="For how many accounts" kind="number" value="1"/>
            <Field id="invite-days" label="Good for how many days" kind="number" value="7"/>
            <p class="error" role="alert">{move || error.get()}</p>
            <button type="submit" class="go" disabled=live.signup == SignUps::Closed>"Make an invitation"</button>
        </form>
        {move || made.get().map(|path| view! { <OneLink path label="The invitation"/> })}
        <ul class="card" aria-label="Invitations">
            <Each each=move || list.get() key=|it| (it.id, it.used) let:it>
                <li class="line">
                    <span>
                        <b>{if it.note.is_empty() { "An invitation".to_owned() } else { it.note.clone() }}</b>
                        <span class="t">
                            {format!("used {} of {}", it.used, it.uses)} " · "
                            {move || {
                                let days = it.expires_at.saturating_sub(live.clock.get().now).div_ceil(DAY);
                                format!("{} left", count(usize::try_from(days).unwrap_or(0), "day", "days"))
                            }}
                        </span>
                    </span>
                    <button type="button" class="small" aria-label=format!("Withdraw {}", it.note) on:click=move |_| withdraw(it.id)>"Withdraw"</button>
                </li>
            </Each>
        </ul>
    }
    .into_any()
}
