//! The user's account, and the appearance of the page.

mod details;
mod linked;
mod removal;
mod sessions;
mod storage;
mod two_factor;

use holdfast_protocol::{api::Role, people::SignInMethods};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    Route,
    calls::get,
    first_load::erased::{effect, memo},
    services::Theme,
    strings::{Language, lazy, strings},
    ui::{context, state, ui},
};

/// The section.
#[component]
pub(super) fn Account() -> impl IntoView {
    let (state, ui, context) = (state(), ui(), context());
    let (strings, lazy) = (strings(), &lazy().account);
    let sign_out = move |_| {
        let reply = context.backend().logout();
        spawn_local(async move {
            match reply.await {
                Ok(()) => {
                    context.commands().signed_out();
                    ui.go(Route::SignIn);
                }
                Err(api_error) => state.refused(api_error),
            }
        });
    };
    // How the user signs in. Until the reply arrives, a password is assumed.
    let sign_in_methods = RwSignal::new(SignInMethods { password: true, through: Vec::new(), second_factor: false });
    effect(move || {
        if state.session.user.read().as_ref().is_some_and(|user| user.role != Role::Guest) {
            get(context, "auth/methods", move |reply| {
                if let Ok(found) = reply {
                    sign_in_methods.set(found);
                }
            });
        }
    });
    // The reason why a provider refused the sign-in is shown once.
    let problem = state.session.problem.get_untracked().map(|problem| strings.localized(problem));
    on_cleanup(move || _ = state.session.problem.try_set(None));
    // Renaming the user does not rebuild the page, so that form fields and messages stay.
    let role = memo(move || state.session.user.read().as_ref().map(|user| user.role));
    let name = move || state.session.user.read().as_ref().map(|user| user.username.clone());
    view! {
        <h1>{strings.places.account}</h1>
        {problem.map(|problem| view! { <p class="error" role="alert">{problem.view()}</p> })}
        {move || {
            match role.get() {
                None => {
                    view! {
                        <p class="lead">{lazy.nobody}</p>
                        <p class="actions start">
                            <a class="primary" href=state.path(Route::SignIn)>{strings.common.sign_in}</a>
                            {state.site.may_sign_up().then(|| view! { <a class="ghost" href=state.path(Route::SignUp)>{strings.places.sign_up}</a> })}
                        </p>
                    }
                        .into_any()
                }
                Some(Role::Guest) => {
                    view! {
                        <p class="lead">{lazy.guest}</p>
                        <p class="actions start">
                            {state.site.may_sign_up().then(|| view! { <a class="primary" href=state.path(Route::SignUp)>{strings.places.sign_up}</a> })}
                            <button type="button" class="ghost" on:click=sign_out>{lazy.leave}</button>
                        </p>
                        <storage::Storage/>
                        <removal::AccountRemoval guest=true sign_in_methods/>
                    }
                        .into_any()
                }
                Some(role) => {
                    let role = if role == Role::Admin { lazy.as_admin } else { lazy.as_member };
                    view! {
                        <p class="lead">{lazy.signed_in_as} <b>{name}</b>{role}</p>
                        <p class="actions start">
                            <button type="button" class="ghost framed" on:click=sign_out>{lazy.sign_out}</button>
                        </p>
                        <details::Details sign_in_methods/>
                        <two_factor::TwoFactor sign_in_methods/>
                        <linked::Linked sign_in_methods/>
                        <sessions::Sessions/>
                        <storage::Storage/>
                        <removal::AccountRemoval guest=false sign_in_methods/>
                    }
                        .into_any()
                }
            }
        }}
        <Appearance/>
        <Sending/>
        <Languages/>
    }
    .into_any()
}

/// The choice between light and dark.
#[component]
fn Appearance() -> impl IntoView {
    let (ui, context, strings, lazy) = (ui(), context(), strings(), &lazy().account);
    view! {
        <fieldset class="choices">
            <legend>{lazy.appearance}</legend>
            {Theme::ALL
                .map(|each| {
                    view! {
                        <label>
                            <input
                                class="choice"
                                type="radio"
                                name="theme"
                                value=each.as_str()
                                prop:checked=move || ui.theme.get() == each
                                on:change=move |_| ui.set_theme(each, context)
                            />
                            <span>{strings.theme(each)}</span>
                        </label>
                    }
                })
                .collect_view()}
        </fieldset>
    }
    .into_any()
}

/// The choice of the key that sends: Enter or Ctrl+Enter.
#[component]
fn Sending() -> impl IntoView {
    let (ui, context, strings, lazy) = (ui(), context(), strings(), &lazy().account);
    view! {
        <fieldset class="choices">
            <legend>{lazy.writing}</legend>
            {[(false, strings.composer.enter_sends), (true, strings.composer.ctrl_enter_sends)]
                .map(|(ctrl, name)| {
                    view! {
                        <label>
                            <input
                                class="choice"
                                type="radio"
                                name="sending"
                                prop:checked=move || ui.ctrl_sends.get() == ctrl
                                on:change=move |_| ui.set_ctrl_sends(ctrl, context)
                            />
                            <span>{name}</span>
                        </label>
                    }
                })
                .collect_view()}
            <p class="meta">
                {move || if ui.ctrl_sends.get() { lazy.enter_breaks } else { lazy.shift_enter_breaks }}
            </p>
        </fieldset>
    }
    .into_any()
}

/// The choice of the language. Changing it loads the page again.
#[component]
fn Languages() -> impl IntoView {
    let (site, context, strings) = (state().site, context(), strings());
    let chosen = site.chosen_language;
    let choice = move |language: Option<Language>| {
        view! {
            <label>
                <input
                    class="choice"
                    type="radio"
                    name="language"
                    value=language.map(Language::tag)
                    prop:checked=chosen == language
                    on:change=move |_| context.browser().set_language(language)
                />
                <span lang=language.map(Language::tag)>{language.map_or(strings.palette.system, Language::name)}</span>
            </label>
        }
        .into_any()
    };
    let all = std::iter::once(None).chain(Language::ALL.iter().copied().map(Some));
    view! {
        <fieldset class="choices">
            <legend>{lazy().account.language}</legend>
            {all.map(choice).collect::<Vec<_>>()}
        </fieldset>
    }
    .into_any()
}
