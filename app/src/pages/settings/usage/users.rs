//! The administrators' table of what all users used.

use holdfast_protocol::{ApiError, usage::UsersUsage};
use leptos::{prelude::*, task::spawn_local};

use super::{Row, UsageTable, with_month};
use crate::{
    calls::get,
    components::coming::{Coming, Fetch, failed},
    first_load::erased::effect,
    strings::{Localized, lazy, strings},
    ui::{context, state},
};

/// The table, and the button that saves it as CSV.
#[component]
pub(super) fn Users(
    /// The month that is asked for; the current one if it is empty.
    month: RwSignal<String>,
) -> impl IntoView {
    let (context, state, strings, texts) = (context(), state(), strings(), &lazy().usage);
    let fetch = RwSignal::new(Fetch::default());
    let usage = RwSignal::new(None::<UsersUsage>);
    let (busy, error) = (RwSignal::new(false), RwSignal::new(None::<Localized>));
    let load = move || {
        let asked = month.get_untracked();
        get(context, &with_month("admin/usage", &asked), move |reply: Result<UsersUsage, ApiError>| match reply {
            Ok(found) if month.try_get_untracked().as_ref() == Some(&asked) => {
                usage.try_set(Some(found));
                fetch.try_set(Fetch::Here);
            }
            Ok(_) => {}
            Err(api_error) => failed(fetch, state, api_error),
        });
    };
    effect(move || {
        month.track();
        load();
    });
    let save = move |_| {
        busy.set(true);
        let reply = context.backend().save(&with_month("admin/usage/csv", &month.get_untracked()));
        spawn_local(async move {
            error.try_set(reply.await.err().map(|api_error| strings.localized(api_error)));
            busy.try_set(false);
        });
    };
    view! {
        <h2>{texts.all_heading}</h2>
        <Coming fetch again=load/>
        {move || {
            usage
                .get()
                .map(|usage| {
                    let of_user = |user: &holdfast_protocol::usage::UserUsage| {
                        let name = user.username.clone();
                        user.models.iter().map(move |model| Row { user: Some(name.clone()), model: model.clone() }).collect::<Vec<_>>()
                    };
                    let rows = usage.users.iter().flat_map(of_user).collect();
                    view! { <UsageTable label=texts.all_heading rows total=usage.total/> }.into_any()
                })
        }}
        <p class="actions start">
            <button type="button" class="ghost framed" disabled=move || busy.get() on:click=save>{texts.save_csv}</button>
        </p>
        <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
    }
    .into_any()
}
