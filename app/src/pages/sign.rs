//! Signing in, and creating an account.

use holdfast_protocol::{
    Code,
    api::{Credentials, Grant, Role},
    people::{Claim, InvitationCheck, InvitationCode, InvitationState, NewPassword, SignUp, SignUps},
};
use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
use leptos_router::hooks::use_location;

use crate::{
    Route,
    calls::read,
    components::{field::Field, mark::Brand, sign_in_methods::SignInButtons},
    first_load::erased::{When, effect, memo},
    strings::{Localized, lazy, strings},
    ui::{context, state, ui},
};

/// The purpose of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// Sign in to an existing account.
    In,
    /// Create an account.
    Up,
    /// Create an account with the invitation in the address.
    Join,
    /// Become the first administrator, with the link that the server printed.
    Claim,
    /// Set a new password, with a link from an administrator.
    Password,
}

/// The form for name and password.
#[component]
pub(crate) fn Sign(
    /// The purpose.
    how: How,
) -> impl IntoView {
    let (state, ui, context) = (state(), ui(), context());
    let (strings, lazy) = (strings(), &lazy().sign);
    let location = use_location();
    // The reason why a provider refused the sign-in is shown once.
    let problem = state.session.problem.get_untracked().filter(|_| how == How::In);
    let error = RwSignal::new(problem.map(|problem| strings.localized(problem)));
    on_cleanup(move || _ = state.session.problem.try_set(None));
    let busy = RwSignal::new(false);
    // Whether the account turned out to use two-factor authentication.
    let asks_code = RwSignal::new(false);
    let is_guest = memo(move || state.session.user.read().as_ref().is_some_and(|user| user.role == Role::Guest));
    // A user who already has an account becomes an administrator with it.
    let is_raised = memo(move || how == How::Claim && state.session.user.read().is_some() && !is_guest.get());
    let makes = matches!(how, How::Up | How::Join | How::Claim);
    let closed = match how {
        How::Up => state.site.signup != SignUps::Open,
        How::Join => state.site.signup == SignUps::Closed,
        How::In | How::Claim | How::Password => false,
    };

    // The token after `#`. Links of an earlier version had the invitation's code in the query.
    let secret = move || {
        let code = location.query.with_untracked(|query| query.get("code")).filter(|_| how == How::Join);
        code.unwrap_or_else(|| location.hash.get_untracked().trim_start_matches('#').to_owned())
    };
    // Check the invitation first, so that nobody fills in the form in vain. If the check fails, signing up reports the error.
    let why_not = RwSignal::new(None::<&'static str>);
    // Browsers do not send what follows `#` to the server, so it is known only after hydration.
    let code = RwSignal::new(String::new());
    if how == How::Join && !closed {
        effect(move || {
            code.set(secret());
            let reply =
                context.backend().enter("invitation", serde_json::to_string(&InvitationCode { code: secret() }).unwrap_or_default());
            spawn_local(async move {
                match reply.await.and_then(|text| read::<InvitationCheck>(&text)) {
                    Ok(check) => {
                        _ = why_not.try_set(match check.state {
                            InvitationState::Good => None,
                            InvitationState::UsedUp => Some(lazy.used_up),
                            InvitationState::Expired => Some(lazy.expired),
                            InvitationState::Unknown => Some(lazy.no_invitation),
                        })
                    }
                    Err(api_error) if api_error.code == Code::RateLimited => _ = error.try_set(Some(strings.localized(api_error))),
                    Err(_) => {}
                }
            });
        });
    }

    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let browser = context.browser();
        let (username, password) = (browser.value("username").trim().to_owned(), browser.value("password"));
        let code = asks_code.get_untracked().then(|| browser.value("code"));
        let wants_name = how != How::Password;
        if !is_raised.get_untracked() && (password.is_empty() || (wants_name && username.is_empty())) {
            error.set(Some(if wants_name { lazy.needs_both } else { lazy.needs_password }.into()));
            return;
        }
        let (path, body) = match how {
            How::In => ("login", serde_json::to_string(&Credentials { username, password, code })),
            How::Up => ("signup", serde_json::to_string(&SignUp { username, password, invitation: None })),
            How::Join => ("signup", serde_json::to_string(&SignUp { username, password, invitation: Some(secret()) })),
            How::Claim => ("claim", serde_json::to_string(&Claim { token: secret(), username: Some(username), password: Some(password) })),
            How::Password => ("password", serde_json::to_string(&NewPassword { token: secret(), password, code })),
        };
        busy.set(true);
        error.set(None);
        let reply = context.backend().enter(path, body.unwrap_or_default());
        spawn_local(async move {
            let reply = reply.await;
            busy.set(false);
            match reply.and_then(|text| read::<Grant>(&text)) {
                Ok(grant) => {
                    context.commands().signed_in(grant);
                    // A used link does not stay in the history.
                    if matches!(how, How::In | How::Up) { ui.go(Route::New) } else { ui.become_(Route::New) }
                }
                Err(api_error) => match asks_code.try_get_untracked() {
                    // The user has left the page.
                    None => {}
                    Some(false) if api_error.code == Code::SecondFactorRequired => {
                        asks_code.set(true);
                        request_animation_frame(move || context.browser().focus("code"));
                    }
                    Some(asked) => {
                        error.set(Some(strings.localized(api_error)));
                        context.browser().focus(if asked { "code" } else { "password" });
                    }
                },
            }
        });
    };

    let heading = strings.route(ui.route.get_untracked()).unwrap_or(strings.common.sign_in);
    let autocomplete = if how == How::In { "current-password" } else { "new-password" };
    let why_closed = if state.site.signup == SignUps::Invitation { lazy.by_invitation } else { lazy.closed };
    view! {
        <main class="centered" id="main" tabindex="-1">
            <div class="sign-in">
                <Brand/>
                <h1>{heading}</h1>
                <When is=move || how == How::Claim>
                    <p>{lazy.about_claim}</p>
                </When>
                <When is=move || makes && is_guest.get()>
                    <p class="meta">{lazy.stays_yours}</p>
                </When>
                <When
                    is=move || !closed && why_not.read().is_none()
                    fallback=move || view! { <p role="alert">{why_not.get().unwrap_or(why_closed)}</p> }
                >
                    // `POST`, in case the form is sent without scripts: a password must not become part of an address.
                    <form method="post" on:submit=submit>
                        <When is=move || how != How::Password && !is_raised.get()>
                            <label for="username">{lazy.username}</label>
                            <input
                                class="field"
                                id="username"
                                name="username"
                                autocomplete="username"
                                autocapitalize="none"
                                spellcheck="false"
                                maxlength="64"
                                required
                                aria-describedby="sign-error"
                            />
                        </When>
                        <When is=move || !is_raised.get()>
                            <label for="password">{lazy.password}</label>
                            <input
                                class="field"
                                id="password"
                                name="password"
                                type="password"
                                autocomplete=autocomplete
                                minlength=(how != How::In).then_some("8")
                                maxlength="1024"
                                required
                                aria-describedby="sign-error password-rule"
                            />
                            <When is=move || how != How::In>
                                <p class="meta" id="password-rule">{lazy.rule}</p>
                            </When>
                        </When>
                        <When is=move || asks_code.get()>
                            <Field id="code" label=lazy.code autocomplete="one-time-code" maxlength="32" describedby="sign-error code-rule"/>
                            <p class="meta" id="code-rule">{lazy.code_rule}</p>
                        </When>
                        <p class="error" id="sign-error" role="alert">{move || error.get().map(Localized::view)}</p>
                        <button type="submit" class="primary wide" disabled=move || !ui.hydrated.get() || busy.get()>
                            {move || if busy.get() { lazy.moment } else { heading }}
                        </button>
                    </form>
                    {matches!(how, How::In | How::Up | How::Join)
                        .then(|| view! { <SignInButtons invitation=code waits=how == How::Join/> })}
                </When>
                <p class="actions">
                    {if how != How::In {
                        view! {
                            <span>
                                {lazy.have_account} <a href=state.path(Route::SignIn)>{strings.common.sign_in}</a>
                            </span>
                        }
                            .into_any()
                    } else if state.site.may_sign_up() {
                        view! {
                            <span>
                                {lazy.new_here} <a href=state.path(Route::SignUp)>{strings.places.sign_up}</a>
                            </span>
                        }
                            .into_any()
                    } else {
                        ().into_any()
                    }}
                    {state.site.guests
                        .then(|| {
                            view! { <a href=state.path(Route::New)>{lazy.as_guest}</a> }
                        })}
                </p>
                <noscript inner_html=format!("<p class=\"meta\">{}</p>", lazy.needs_script)></noscript>
            </div>
        </main>
    }
    .into_any()
}
