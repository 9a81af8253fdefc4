//! Signing in, and making an account.

use holdfast_protocol::{
    Code, Refusal,
    api::{Credentials, Grant, Rank},
    people::{Claim, InvitationCheck, InvitationCode, InvitationState, NewPassword, SignUp, SignUps},
};
use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
use leptos_router::hooks::use_location;

use crate::{
    Place,
    calls::read,
    components::{field::Field, mark::Brand, ways::WaysIn},
    once::{When, effect, memo},
    ui::{ask, live, ui},
    words::{Told, rest, words},
};

/// What one comes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// An account that is there.
    In,
    /// A new account.
    Up,
    /// A new account, by an invitation in the address.
    Join,
    /// To run the server, by a link that it printed.
    Claim,
    /// A new password, by a link from who runs the server.
    Password,
}

/// Name and password.
#[component]
pub(crate) fn Sign(
    /// What for.
    how: How,
) -> impl IntoView {
    let (live, ui, ask) = (live(), ui(), ask());
    let (words, rest) = (words(), &rest().sign);
    let location = use_location();
    // Who was turned back by a provider reads why, once.
    let problem = live.problem.get_untracked().filter(|_| how == How::In);
    let error = RwSignal::new(problem.map(|problem| words.told(Refusal::new(Code::AuthRequired, problem))));
    on_cleanup(move || _ = live.problem.try_set(None));
    let busy = RwSignal::new(false);
    // Whether the account has turned out to have a second step.
    let asks_code = RwSignal::new(false);
    let is_guest = memo(move || live.user.read().as_ref().is_some_and(|user| user.role == Rank::Guest));
    // Who has an account already is raised as they are.
    let is_raised = memo(move || how == How::Claim && live.user.read().is_some() && !is_guest.get());
    let makes = matches!(how, How::Up | How::Join | How::Claim);
    let closed = match how {
        How::Up => live.signup != SignUps::Open,
        How::Join => live.signup == SignUps::Closed,
        How::In | How::Claim | How::Password => false,
    };

    // What stands behind `#`; links of an earlier version had the code of an invitation in the query.
    let secret = move || {
        let code = location.query.with_untracked(|query| query.get("code")).filter(|_| how == How::Join);
        code.unwrap_or_else(|| location.hash.get_untracked().trim_start_matches('#').to_owned())
    };
    // Nobody shall choose a name and a password in vain. Where it can't be known now, signing up tells.
    let why_not = RwSignal::new(None::<&'static str>);
    // What stands behind `#` the server never saw: it is on the page once that is awake.
    let code = RwSignal::new(String::new());
    if how == How::Join && !closed {
        effect(move || {
            code.set(secret());
            let reply = ask.backend().enter("invitation", serde_json::to_string(&InvitationCode { code: secret() }).unwrap_or_default());
            spawn_local(async move {
                match reply.await.and_then(|text| read::<InvitationCheck>(&text)) {
                    Ok(check) => {
                        _ = why_not.try_set(match check.state {
                            InvitationState::Good => None,
                            InvitationState::UsedUp => Some(rest.used_up),
                            InvitationState::Expired => Some(rest.expired),
                            InvitationState::Unknown => Some(rest.no_invitation),
                        })
                    }
                    Err(refusal) if refusal.code == Code::RateLimited => _ = error.try_set(Some(words.told(refusal))),
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
        let desk = ask.desk();
        let (username, password) = (desk.value("username").trim().to_owned(), desk.value("password"));
        let code = asks_code.get_untracked().then(|| desk.value("code"));
        let wants_name = how != How::Password;
        if !is_raised.get_untracked() && (password.is_empty() || (wants_name && username.is_empty())) {
            error.set(Some(if wants_name { rest.needs_both } else { rest.needs_password }.into()));
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
        let reply = ask.backend().enter(path, body.unwrap_or_default());
        spawn_local(async move {
            let reply = reply.await;
            busy.set(false);
            match reply.and_then(|text| read::<Grant>(&text)) {
                Ok(grant) => {
                    ask.commands().signed_in(grant);
                    // A link that was used is nothing to come back to.
                    if matches!(how, How::In | How::Up) { ui.go(Place::New) } else { ui.become_(Place::New) }
                }
                Err(refusal) => match asks_code.try_get_untracked() {
                    // The page is another one by now.
                    None => {}
                    Some(false) if refusal.code == Code::SecondFactorRequired => {
                        asks_code.set(true);
                        request_animation_frame(move || ask.desk().focus("code"));
                    }
                    Some(asked) => {
                        error.set(Some(words.told(refusal)));
                        ask.desk().focus(if asked { "code" } else { "password" });
                    }
                },
            }
        });
    };

    let heading = words.place(ui.place.get_untracked()).unwrap_or(words.common.sign_in);
    let autocomplete = if how == How::In { "current-password" } else { "new-password" };
    let why_closed = if live.signup == SignUps::Invitation { rest.by_invitation } else { rest.closed };
    view! {
        <main class="alone" id="main" tabindex="-1">
            <div class="login">
                <Brand/>
                <h1>{heading}</h1>
                <When is=move || how == How::Claim>
                    <p>{rest.about_claim}</p>
                </When>
                <When is=move || makes && is_guest.get()>
                    <p class="meta">{rest.stays_yours}</p>
                </When>
                <When
                    is=move || !closed && why_not.read().is_none()
                    fallback=move || view! { <p role="alert">{why_not.get().unwrap_or(why_closed)}</p> }
                >
                    // Not by GET, should the button ever work without the program: a password is no part of an address.
                    <form method="post" on:submit=submit>
                        <When is=move || how != How::Password && !is_raised.get()>
                            <label for="username">{rest.username}</label>
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
                            <label for="password">{rest.password}</label>
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
                                <p class="meta" id="password-rule">{rest.rule}</p>
                            </When>
                        </When>
                        <When is=move || asks_code.get()>
                            <Field id="code" label=rest.code autocomplete="one-time-code" maxlength="32" describedby="sign-error code-rule"/>
                            <p class="meta" id="code-rule">{rest.code_rule}</p>
                        </When>
                        <p class="error" id="sign-error" role="alert">{move || error.get().map(Told::view)}</p>
                        <button type="submit" class="go wide" disabled=move || !ui.awake.get() || busy.get()>
                            {move || if busy.get() { rest.moment } else { heading }}
                        </button>
                    </form>
                    {matches!(how, How::In | How::Up | How::Join)
                        .then(|| view! { <WaysIn invitation=code waits=how == How::Join/> })}
                </When>
                <p class="ways">
                    {if how != How::In {
                        view! {
                            <span>
                                {rest.have_account} <a href=live.path(Place::SignIn)>{words.common.sign_in}</a>
                            </span>
                        }
                            .into_any()
                    } else if live.may_sign_up() {
                        view! {
                            <span>
                                {rest.new_here} <a href=live.path(Place::SignUp)>{words.places.sign_up}</a>
                            </span>
                        }
                            .into_any()
                    } else {
                        ().into_any()
                    }}
                    {live
                        .guests
                        .then(|| {
                            view! { <a href=live.path(Place::New)>{rest.as_guest}</a> }
                        })}
                </p>
                <noscript inner_html=format!("<p class=\"meta\">{}</p>", rest.needs_script)></noscript>
            </div>
        </main>
    }
    .into_any()
}
