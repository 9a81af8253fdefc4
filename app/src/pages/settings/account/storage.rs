//! How much one stores, and may.

use holdfast_protocol::storage::{StorageInfo, megabytes};
use leptos::prelude::*;

use crate::{
    calls::get,
    once::effect,
    ui::{ask, live},
    words::rest,
};

/// What is used, of how much.
#[component]
pub(crate) fn Storage() -> impl IntoView {
    let (live, ask, rest) = (live(), ask(), &rest().storage);
    let found = RwSignal::new(None::<StorageInfo>);
    effect(move || {
        get(ask, "storage", move |reply| match reply {
            Ok(info) => _ = found.try_set(Some(info)),
            Err(refusal) => live.refused(refusal),
        });
    });
    let shown = move || {
        found.get().map(|StorageInfo { used_bytes: used, quota_bytes, .. }| match quota_bytes {
            None => view! { <p>{(rest.used)(&megabytes(used))}</p> }.into_any(),
            Some(quota) => view! {
                <p>
                    {(rest.used_of)(&megabytes(used), &megabytes(quota))} " "
                    <meter min="0" max=quota.to_string() high=(quota / 10 * 9).to_string() value=used.to_string() aria-label=rest.heading></meter>
                </p>
            }
            .into_any(),
        })
    };
    view! {
        <h2>{rest.heading}</h2>
        {shown}
        <p class="meta">{rest.about}</p>
    }
    .into_any()
}
