//! Signing in through others: two addresses that a browser is led through. Neither is a call: what goes wrong is told on
//! the sign-in page.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, Uri, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use holdfast_app::{Route, Section};
use holdfast_core::{address::Listen, clock};
use holdfast_protocol::ApiError;
use serde::Deserialize;

use super::{
    auth::browser,
    client::Client,
    error::ErrorCode,
    extract::{Device, Name},
    public_address,
};
use crate::state::App;
use holdfast_core::accounts::{Accounts, ExternalSignIn, IdentityError};
use holdfast_oidc::{Answer, Attempt, PATIENCE, Problem};

/// Holds the attempt meanwhile. Where the page comes by https nobody can put one of that name there by http; the prefix
/// that keeps other hosts out too would want it to be sent to every address.
fn cookie_name(client: &Client) -> &'static str {
    if client.is_secure() { "__Secure-holdfast_oidc" } else { "holdfast_oidc" }
}

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/auth/oidc/{provider}", get(begin)).route("/auth/oidc/{provider}/callback", get(finish))
}

/// The page on which a user links sign-in methods.
const ACCOUNT: Route = Route::Settings(Section::Account);

/// The query of a request that starts a sign-in.
#[derive(Default, Deserialize)]
struct StartQuery {
    /// The path of the page to open after signing in.
    #[serde(default)]
    back: Option<String>,
    /// The code of an invitation.
    #[serde(default)]
    invitation: Option<String>,
    /// Whether the provider must ask the user to sign in again, even if it knows the browser.
    #[serde(default)]
    again: Option<String>,
    /// The encrypted request to link an account; `None` if this is a sign-in.
    #[serde(default)]
    link: Option<String>,
}

/// Sends the browser to the provider.
async fn begin(
    State(app): State<Arc<App>>,
    client: Client,
    Name(provider): Name,
    query: Result<Query<StartQuery>, QueryRejection>,
    headers: HeaderMap,
    uri: Uri,
    jar: CookieJar,
) -> Response {
    // The cookie must be set for the host to which the provider redirects.
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    if let Some(redirect) = public_address::redirect(&app, &client, &headers, &jar, path) {
        return redirect;
    }
    // Another site can open the sign-in page, but not start a sign-in.
    if headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        return Redirect::to(&Route::SignIn.path(app.settings.base())).into_response();
    }
    let Query(query) = query.unwrap_or_default();
    let turned = if query.link.is_some() { ACCOUNT } else { Route::SignIn };
    let begun = async {
        app.limits.sign_in(client.address)?;
        let session = app.accounts.current(client.reach(&app.settings).read(&jar), clock::now()).await.map_err(ApiError::from)?;
        let link_to = match &query.link {
            Some(sealed) => {
                let request = app.oidc.open_link_request(sealed, &provider, clock::now()).ok_or(Problem::Late)?;
                Some(Accounts::linkable(session.as_ref(), &request).ok_or(Problem::Lost)?)
            }
            None => None,
        };
        let attempt = Attempt {
            session: session.map(|session| session.id),
            link_to,
            invitation: query.invitation.filter(|code| code.len() <= 256),
            again: query.again.is_some(),
            ..Attempt::begin(&provider, callback(&app, &client, &provider), page_of(&app, query.back.as_deref()), clock::now())
        };
        app.oidc.begin(&attempt).await
    };
    match begun.await {
        Ok((there, kept)) => no_store((jar.add(kept_cookie(&app, &client, kept, PATIENCE)), Redirect::to(&there)).into_response()),
        Err(problem) => turned_back(&app, &client, jar, turned, &problem),
    }
}

/// Takes the browser back from the provider.
async fn finish(
    State(app): State<Arc<App>>,
    client: Client,
    device: Device,
    Name(provider): Name,
    answer: Result<Query<Answer>, QueryRejection>,
    jar: CookieJar,
) -> Response {
    let Query(answer) = answer.unwrap_or_default();
    let kept = jar.get(cookie_name(&client)).map(Cookie::value);
    let attempt = match app.oidc.attempt(&provider, kept, &answer.state, clock::now()) {
        Ok(attempt) => attempt,
        Err(problem) => return turned_back(&app, &client, jar, Route::SignIn, &problem),
    };
    let turned = if attempt.link_to.is_some() { ACCOUNT } else { Route::SignIn };
    let arriving = async {
        let identity = app.oidc.finish(&attempt, &answer).await?;
        let reach = client.reach(&app.settings);
        let began = ExternalSignIn {
            provider: &attempt.provider,
            session: attempt.session,
            invitation: attempt.invitation.as_deref(),
            asked_again: attempt.again,
        };
        let problem = |error| problem(&app, &attempt.provider, error);
        let jar = match attempt.link_to {
            Some(user) => {
                app.accounts.link(reach.read(&jar), &began, user, &identity, clock::now()).await.map_err(problem)?;
                jar.clone()
            }
            None => {
                let browser = browser(&app, &client, device, &jar);
                let cookie = app.accounts.sign_in_externally(browser, &began, &identity, clock::now()).await.map_err(problem)?;
                reach.keep(jar.clone(), cookie)
            }
        };
        Ok((jar, attempt.back.clone()))
    };
    match arriving.await {
        Ok((jar, back)) => no_store((jar.add(kept_cookie(&app, &client, String::new(), 0)), Redirect::to(&back)).into_response()),
        Err(problem) => turned_back(&app, &client, jar, turned, &problem),
    }
}

/// What the page says if nobody was signed in, or nothing linked.
fn problem(app: &App, provider: &str, error: IdentityError) -> Problem {
    let label = || app.settings.oidc.iter().find(|it| it.name == provider).map(|it| it.label.clone()).unwrap_or_default();
    match error {
        IdentityError::Account(error) => Problem::Refused(error.into()),
        IdentityError::SessionChanged => Problem::Lost,
        IdentityError::SignUpClosed => Problem::Closed,
        IdentityError::InvitationNeeded => Problem::Uninvited,
        IdentityError::BadInvitation => Problem::BadInvitation,
        IdentityError::IdentityTaken => Problem::Taken(label()),
        IdentityError::OtherIdentity => Problem::Joined(label()),
    }
}

/// The address that the provider sends the browser to: the public one, or the requested one.
fn callback(app: &App, client: &Client, provider: &str) -> String {
    let origin = match (&app.settings.public_url, client.origin()) {
        (Some(public), _) => public.origin.to_string(),
        (None, Some(origin)) => origin,
        (None, None) => match app.settings.listen {
            Listen::Tcp(address) => format!("{}://{address}", app.settings.own_scheme()),
            Listen::Unix(_) => format!("{}://localhost", app.settings.own_scheme()),
        },
    };
    format!("{origin}{}/auth/oidc/{provider}/callback", app.settings.base())
}

/// The page that a path names. A path of another server gives the start page, so that no link leads there.
fn page_of(app: &App, path: Option<&str>) -> String {
    let place = path.map_or(Route::Unknown, |path| Route::parse("", path));
    place.path(app.settings.base())
}

fn kept_cookie(app: &App, client: &Client, kept: String, life: u64) -> Cookie<'static> {
    let seconds = i64::try_from(life / 1000).unwrap_or(0);
    Cookie::build((cookie_name(client), kept))
        .http_only(true)
        // The provider leads the browser here: a link from another site, with which a stricter cookie would not come.
        .same_site(SameSite::Lax)
        .secure(client.is_secure())
        .path(format!("{}/auth/oidc", app.settings.base()))
        .max_age(time::Duration::seconds(seconds))
        .build()
}

/// Back to the page that it began on, which says why.
fn turned_back(app: &App, client: &Client, jar: CookieJar, page: Route, problem: &Problem) -> Response {
    let api_error = ApiError::from(problem);
    let error_code = ErrorCode(api_error.code);
    let sealed = app.oidc.seal_error(api_error, clock::now());
    let page = page.path(app.settings.base());
    let to = sealed.map_or_else(|| page.clone(), |sealed| format!("{page}?problem={sealed}"));
    let mut response = (jar.add(kept_cookie(app, client, String::new(), 0)), Redirect::to(&to)).into_response();
    response.extensions_mut().insert(error_code);
    no_store(response)
}

fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
