//! Sign-in through other providers. The links leave the page.

use leptos::prelude::*;

use crate::{
    Route,
    strings::lazy,
    ui::{state, ui},
};

/// A button for each provider.
#[component]
pub(crate) fn SignInButtons(
    /// Code of an invitation; empty if there is none or it is not known yet.
    invitation: RwSignal<String>,
    /// Whether the page may have an invitation code. The buttons then wait until the page is hydrated, because the links would lose the
    /// code before.
    waits: bool,
) -> impl IntoView {
    let (state, ui) = (state(), ui());
    let sign_in_methods = state.site.sign_in_methods.get_value();
    let strings = &lazy().common;
    // Codes consist of these characters only. For any other text the server reports the error.
    let is_code = |code: &str| !code.is_empty() && code.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'));
    let query = move || invitation.with(|code| if is_code(code) { format!("?invitation={code}") } else { String::new() });
    (!sign_in_methods.is_empty())
        .then(|| {
            view! {
                <div class="methods">
                    {sign_in_methods
                        .into_iter()
                        .map(|method| {
                            let path = format!("{}/auth/oidc/{}", state.base(), method.name);
                            let href = move || (!waits || ui.hydrated.get()).then(|| format!("{path}{}", query()));
                            view! { <a class="ghost framed" rel="external" href=href>{strings.sign_in_with} {method.label}</a> }
                        })
                        .collect_view()}
                </div>
            }
        })
        .into_any()
}

/// Buttons to sign in again, for an account without a password.
#[component]
pub(crate) fn SignInAgain(
    /// Providers that the account is linked to.
    sign_in_methods: Vec<holdfast_protocol::people::SignInMethod>,
) -> impl IntoView {
    let state = state();
    let strings = &lazy().common;
    let back = Route::Settings(crate::Section::Account).path("");
    view! {
        <p class="meta">{strings.show_who}</p>
        <p class="actions start">
            {sign_in_methods
                .into_iter()
                .map(|method| {
                    let href = format!("{}/auth/oidc/{}?again=1&back={back}", state.base(), method.name);
                    view! { <a class="ghost framed" rel="external" href=href>{strings.sign_in_again_with} {method.label}</a> }
                })
                .collect_view()}
        </p>
    }
    .into_any()
}
