//! Users and invitations, for administrators.

mod invitations;
mod sessions;
mod users;

use leptos::prelude::*;

use crate::strings::strings;

/// The section.
#[component]
pub(super) fn People() -> impl IntoView {
    view! {
        <h1>{strings().places.people}</h1>
        <users::Users/>
        <invitations::Invitations/>
    }
    .into_any()
}
