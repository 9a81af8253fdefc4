//! The ways in that lead through others, by links: each leaves the page.

use leptos::prelude::*;

use crate::{Place, eager::IntoEager, ui::live};

/// One button a provider.
#[component]
pub(crate) fn WaysIn(
    /// The code of an invitation, where one came with it.
    invitation: Option<String>,
) -> impl IntoView {
    let live = live();
    let ways = live.ways.get_value();
    // A code is made of nothing else; what is none is told by whoever is asked.
    let is_plain = |code: &String| code.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'));
    let query = invitation.filter(is_plain).map(|code| format!("?invitation={code}")).unwrap_or_default();
    (!ways.is_empty())
        .then(|| {
            view! {
                <div class="through">
                    {ways
                        .into_iter()
                        .map(|way| {
                            let href = format!("{}/auth/oidc/{}{query}", live.base(), way.name);
                            view! { <a class="ghost framed" rel="external" href=href>"Sign in with "{way.label}</a> }
                        })
                        .collect_view()}
                </div>
            }
        })
        .eager()
}

/// The way to show again who one is, for an account without a password.
#[component]
pub(crate) fn Again(
    /// Through whom its owner comes.
    ways: Vec<holdfast_protocol::people::Way>,
) -> impl IntoView {
    let live = live();
    let back = Place::Settings(crate::Section::Account).path("");
    view! {
        <p class="meta">"To show that it is you, sign in again if you did so more than ten minutes ago."</p>
        <p class="ways start">
            {ways
                .into_iter()
                .map(|way| {
                    let href = format!("{}/auth/oidc/{}?again=1&back={back}", live.base(), way.name);
                    view! { <a class="ghost framed" rel="external" href=href>"Sign in again with "{way.label}</a> }
                })
                .collect_view()}
        </p>
    }
    .eager()
}
