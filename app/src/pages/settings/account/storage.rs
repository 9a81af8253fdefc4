//! The user's storage.

use holdfast_protocol::storage::{StorageInfo, megabytes};
use leptos::prelude::*;

use crate::{
    calls::get,
    first_load::erased::effect,
    strings::lazy,
    ui::{context, state},
};

/// The storage in use, and the quota.
#[component]
pub(crate) fn Storage() -> impl IntoView {
    let (state, context, lazy) = (state(), context(), &lazy().storage);
    let found = RwSignal::new(None::<StorageInfo>);
    effect(move || {
        get(context, "storage", move |reply| match reply {
            Ok(info) => _ = found.try_set(Some(info)),
            Err(api_error) => state.refused(api_error),
        });
    });
    let shown = move || {
        found.get().map(|StorageInfo { used_bytes: used, quota_bytes, .. }| match quota_bytes {
            None => view! { <p>{(lazy.used)(&megabytes(used))}</p> }.into_any(),
            Some(quota) => view! {
                <p>
                    {(lazy.used_of)(&megabytes(used), &megabytes(quota))} " "
                    <meter min="0" max=quota.to_string() high=(quota / 10 * 9).to_string() value=used.to_string() aria-label=lazy.heading></meter>
                </p>
            }
            .into_any(),
        })
    };
    view! {
        <h2>{lazy.heading}</h2>
        {shown}
        <p class="meta">{lazy.about}</p>
    }
    .into_any()
}
