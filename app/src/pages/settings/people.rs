//! Who is here: for those who run the server.

mod invitations;
mod users;

use leptos::prelude::*;

use crate::{eager::IntoEager, ui::live};

/// Users and invitations.
#[component]
pub(super) fn People() -> impl IntoView {
    let live = live();
    let is_admin = Memo::new(move |_| live.is_admin());
    view! {
        <h1>"People"</h1>
        {move || {
            if is_admin.get() {
                view! {
                    <users::Users/>
                    <invitations::Invitations/>
                }
                    .eager()
            } else {
                view! { <p class="lead">"This page is for those who run the server."</p> }.eager()
            }
        }}
    }
    .eager()
}
