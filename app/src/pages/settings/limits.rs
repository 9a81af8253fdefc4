//! Limits, for administrators.

use std::collections::BTreeMap;

use holdfast_protocol::limits::{Limit, LimitNumbers, LimitsInfo, LimitsPatch};
use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    calls::{get, read, tell},
    components::field::Field,
    first_load::erased::effect,
    services::Verb,
    strings::{Localized, lazy, strings},
    ui::context,
};

/// The section.
#[component]
pub(super) fn Limits() -> impl IntoView {
    let (context, strings, all, lazy) = (context(), strings(), lazy(), &lazy().limits);
    let lead = RwSignal::new(all.common.looking);
    let texts = RwSignal::new("");
    let error = RwSignal::new(None::<Localized>);
    let fixed = RwSignal::new(BTreeMap::<Limit, String>::new());
    // The fields are read-only until they have loaded, so that nothing that is typed is overwritten.
    let loading = RwSignal::new(true);
    let show = move |info: LimitsInfo| {
        for (limit, id) in FIELDS {
            context.browser().set_value(id, &info.numbers.get(limit).to_string());
        }
        fixed.try_set(info.fixed);
        loading.try_set(false);
        lead.try_set(if info.on { lazy.on } else { lazy.off });
    };
    effect(move || {
        get(context, "admin/limits", move |reply| match reply {
            Ok(info) => show(info),
            Err(api_error) => {
                lead.try_set(all.common.unknown);
                error.try_set(Some(strings.localized(api_error)));
            }
        });
    });
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        // Text that is not a number is sent as an invalid number; the server's error names the valid range.
        let number = |limit: Limit| {
            let id = FIELDS.iter().find(|(field, _)| *field == limit)?.1;
            Some(context.browser().value(id).trim().parse().unwrap_or(u32::MAX))
        };
        texts.set("");
        error.set(None);
        let patch = LimitsPatch {
            sockets: number(Limit::Sockets),
            messages: number(Limit::Messages),
            answers: number(Limit::Answers),
            sign_in: number(Limit::SignIn),
            unauthenticated: number(Limit::Unauthenticated),
            conversations: number(Limit::Conversations),
            shares: number(Limit::Shares),
            changes: number(Limit::Changes),
            files: number(Limit::Files),
            file_mib: number(Limit::FileSize),
            guest_storage_mib: number(Limit::GuestStorage),
            user_storage_mib: number(Limit::UserStorage),
            server_storage_mib: number(Limit::ServerStorage),
        };
        tell(context, Verb::Patch, "admin/limits", &patch, move |reply| match reply.and_then(|text| read::<LimitsInfo>(&text)) {
            Ok(info) => {
                show(info);
                texts.try_set(all.common.changed);
            }
            Err(api_error) => {
                error.try_set(Some(strings.localized(api_error)));
            }
        });
    };
    view! {
        <h1>{strings.places.limits}</h1>
        <p class="lead">{move || lead.get()}</p>
        <form class="form" method="post" on:submit=submit>
            {FIELDS
                .map(|(limit, id)| {
                    let what = match limit {
                        Limit::Messages => lazy.messages,
                        Limit::Answers => lazy.answers,
                        Limit::Sockets => lazy.sockets,
                        Limit::SignIn => lazy.sign_in,
                        Limit::Unauthenticated => lazy.unauthenticated,
                        Limit::Conversations => lazy.conversations,
                        Limit::Shares => lazy.shares,
                        Limit::Changes => lazy.changes,
                        Limit::Files => lazy.files,
                        Limit::FileSize => lazy.file_size,
                        Limit::GuestStorage => lazy.guest_storage,
                        Limit::UserStorage => lazy.user_storage,
                        Limit::ServerStorage => lazy.server_storage,
                    };
                    let label = (lazy.usually)(what, LimitNumbers::USUAL.get(limit));
                    let origin = move || fixed.read().get(&limit).map(|origin| (lazy.set_by)(origin));
                    view! {
                        <Field id label kind="number" readonly=Signal::derive(move || loading.get() || fixed.read().contains_key(&limit))/>
                        <p class="meta">{origin}</p>
                    }
                        .into_any()
                })
                .into_iter()
                .collect::<Vec<_>>()}
            <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
            <p class="meta" role="status">{move || texts.get()}</p>
            <button type="submit" class="primary">{all.common.change}</button>
        </form>
        <h2>{lazy.fixed}</h2>
        <p class="lead">{lazy.about_fixed}</p>
    }
    .into_any()
}

/// The limits, each with the id of its field.
const FIELDS: [(Limit, &str); 13] = [
    (Limit::Messages, "limit-messages"),
    (Limit::Answers, "limit-answers"),
    (Limit::Sockets, "limit-sockets"),
    (Limit::Conversations, "limit-conversations"),
    (Limit::Shares, "limit-shares"),
    (Limit::Changes, "limit-changes"),
    (Limit::SignIn, "limit-sign-in"),
    (Limit::Unauthenticated, "limit-unauthenticated"),
    (Limit::Files, "limit-files"),
    (Limit::FileSize, "limit-file-size"),
    (Limit::GuestStorage, "limit-guest-storage"),
    (Limit::UserStorage, "limit-user-storage"),
    (Limit::ServerStorage, "limit-server-storage"),
];
