//! The ways in that lead through others, by links: each leaves the page.

use leptos::prelude::*;

use crate::{
    Place,
    ui::{live, ui},
    words::rest,
};

/// One button a provider.
#[component]
pub(crate) fn WaysIn(
    /// The code of an invitation; empty where none came with it, or none is known yet.
    invitation: RwSignal<String>,
    /// Whether one may come with it: only a page that is awake knows, and until then each way would lead past it.
    waits: bool,
) -> impl IntoView {
    let (live, ui) = (live(), ui());
    let ways = live.ways.get_value();
    let words = &rest().common;
    // A code is made of nothing else; what is none is told by whoever is asked.
    let is_code = |code: &str| !code.is_empty() && code.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'));
    let query = move || invitation.with(|code| if is_code(code) { format!("?invitation={code}") } else { String::new() });
    (!ways.is_empty())
        .then(|| {
            view! {
                <div class="through">
                    {ways
                        .into_iter()
                        .map(|way| {
                            let path = format!("{}/auth/oidc/{}", live.base(), way.name);
                            let href = move || (!waits || ui.awake.get()).then(|| format!("{path}{}", query()));
                            view! { <a class="ghost framed" rel="external" href=href>{words.sign_in_with} {way.label}</a> }
                        })
                        .collect_view()}
                </div>
            }
        })
        .into_any()
}

/// The way to show again who one is, for an account without a password.
#[component]
pub(crate) fn Again(
    /// Through whom its owner comes.
    ways: Vec<holdfast_protocol::people::Way>,
) -> impl IntoView {
    let live = live();
    let words = &rest().common;
    let back = Place::Settings(crate::Section::Account).path("");
    view! {
        <p class="meta">{words.show_who}</p>
        <p class="ways start">
            {ways
                .into_iter()
                .map(|way| {
                    let href = format!("{}/auth/oidc/{}?again=1&back={back}", live.base(), way.name);
                    view! { <a class="ghost framed" rel="external" href=href>{words.sign_in_again_with} {way.label}</a> }
                })
                .collect_view()}
        </p>
    }
    .into_any()
}
