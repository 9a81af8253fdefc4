//! Who is here: for those who run the server.

mod invitations;
mod sessions;
mod users;

use leptos::prelude::*;

use crate::strings::strings;

/// Users and invitations.
#[component]
pub(super) fn People() -> impl IntoView {
    view! {
        <h1>{strings().places.people}</h1>
        <users::Users/>
        <invitations::Invitations/>
    }
    .into_any()
}
