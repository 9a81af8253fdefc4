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
use holdfast_protocol::{
    UserId,
    api::{Role, User},
    people::SignUps,
};
use serde::Deserialize;

use super::{
    auth::{end_guest_session, here, open_session},
    client::Client,
    error::ErrorCode,
    extract::{Device, Name},
    public_address,
};
use crate::{
    auth::cookie,
    chat::refused,
    oidc::{Answer, Attempt, ExternalIdentity, PATIENCE, Problem},
    state::{App, suspended},
};
use holdfast_core::{address::Listen, clock};
use holdfast_store::{Admission, Identity, LinkRequest, NewAccount, SignInOutcome, StoredSession, StoredUser};

/// Holds the attempt meanwhile. Where the page comes by https nobody can put one of that name there by http; the prefix
/// that keeps other hosts out too would want it to be sent to every address.
fn cookie_name(client: &Client) -> &'static str {
    if client.is_secure() { "__Secure-holdfast_oidc" } else { "holdfast_oidc" }
}

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/auth/oidc/{provider}", get(begin)).route("/auth/oidc/{provider}/callback", get(finish))
}

/// Where ways in are added.
const ACCOUNT: Route = Route::Settings(Section::Account);

/// What a page says along.
#[derive(Default, Deserialize)]
struct Asked {
    /// Where to go in the end: the path of a page of this server.
    #[serde(default)]
    back: Option<String>,
    /// The code of an invitation.
    #[serde(default)]
    invitation: Option<String>,
    /// Whether the provider is to ask who it is, though it knows.
    #[serde(default)]
    again: Option<String>,
    /// The permission to add this way to an account.
    #[serde(default)]
    joining: Option<String>,
}

/// Sends the browser to the provider.
async fn begin(
    State(app): State<Arc<App>>,
    client: Client,
    Name(provider): Name,
    asked: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
    uri: Uri,
    jar: CookieJar,
) -> Response {
    // The cookie must be where the answer comes to.
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    if let Some(redirect) = public_address::redirect(&app, &client, &headers, &jar, path) {
        return redirect;
    }
    // Another site can lead a person to the button, not past it.
    if headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        return Redirect::to(&Route::SignIn.path(app.settings.base())).into_response();
    }
    let Query(asked) = asked.unwrap_or_default();
    let turned = if asked.joining.is_some() { ACCOUNT } else { Route::SignIn };
    let begun = async {
        app.limits.sign_in(client.address)?;
        let session = here(&app, &client, &jar).await?;
        let joins = match &asked.joining {
            Some(sealed) => Some(joins(&app, session.as_ref(), sealed, &provider)?),
            None => None,
        };
        let attempt = Attempt {
            session: session.map(|session| session.id),
            joins,
            invitation: asked.invitation.filter(|code| code.len() <= 256),
            again: asked.again.is_some(),
            ..Attempt::begin(&provider, callback(&app, &client, &provider), page_of(&app, asked.back.as_deref()), clock::now())
        };
        app.oidc.begin(&attempt).await
    };
    match begun.await {
        Ok((there, kept)) => no_store((jar.add(kept_cookie(&app, &client, kept, PATIENCE)), Redirect::to(&there)).into_response()),
        Err(problem) => turned_back(&app, &client, jar, turned, &problem),
    }
}

/// The account that a permission lets this way be added to: that of the session it was given in, which is this browser's.
fn joins(app: &App, session: Option<&StoredSession>, sealed: &str, provider: &str) -> Result<UserId, Problem> {
    let joining = app.oidc.open_joining(sealed, provider, clock::now()).ok_or(Problem::Late)?;
    let session = session.filter(|session| session.suspended.is_none() && session.user.role != Role::Guest);
    session.filter(|session| session.id == joining.session && session.user.id == joining.user).map(|it| it.user.id).ok_or(Problem::Lost)
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
    let turned = if attempt.joins.is_some() { ACCOUNT } else { Route::SignIn };
    let arriving = async {
        let visitor = app.oidc.finish(&attempt, &answer).await?;
        let jar = match attempt.joins {
            Some(user) => join(&app, &client, jar.clone(), &attempt, user, &visitor).await?,
            None => arrive(&app, &client, device, jar.clone(), &attempt, &visitor).await?,
        };
        Ok((jar, attempt.back.clone()))
    };
    match arriving.await {
        Ok((jar, back)) => no_store((jar.add(kept_cookie(&app, &client, String::new(), 0)), Redirect::to(&back)).into_response()),
        Err(problem) => turned_back(&app, &client, jar, turned, &problem),
    }
}

/// Adds a way in to the account of who went there. The session stays as it is.
async fn join(
    app: &App,
    client: &Client,
    jar: CookieJar,
    attempt: &Attempt,
    user: UserId,
    visitor: &ExternalIdentity,
) -> Result<CookieJar, Problem> {
    let session = here(app, client, &jar).await?;
    let is_same = |session: &StoredSession| session.user.id == user && Some(session.id) == attempt.session && session.suspended.is_none();
    if !session.as_ref().is_some_and(is_same) {
        return Err(Problem::Lost);
    }
    let label = || app.settings.oidc.iter().find(|it| it.name == attempt.provider).map(|it| it.label.clone()).unwrap_or_default();
    let who = Identity { issuer: &visitor.issuer, subject: &visitor.subject, role: None };
    match app.store.join_identity(user, &who, clock::now()).await.map_err(refused)? {
        LinkRequest::Done => {
            tracing::info!(%user, provider = attempt.provider, "sign-in method linked");
            Ok(jar)
        }
        LinkRequest::Taken => Err(Problem::Taken(label())),
        LinkRequest::Other => Err(Problem::Joined(label())),
    }
}

/// Finds or makes the account of who came, and begins a session. A guest who has none yet becomes it, with everything.
async fn arrive(
    app: &App,
    client: &Client,
    device: Device,
    jar: CookieJar,
    attempt: &Attempt,
    visitor: &ExternalIdentity,
) -> Result<CookieJar, Problem> {
    let now = clock::now();
    let is_guest = |session: &StoredSession| session.user.role == Role::Guest && session.suspended.is_none();
    let guest = here(app, client, &jar).await?.filter(|session| is_guest(session) && attempt.session == Some(session.id));
    let admission = match (app.settings.signup, &attempt.invitation) {
        (SignUps::Open, _) => Admission::Open,
        (SignUps::Invitation, Some(code)) => Admission::Invitation(cookie::hash(code.trim())),
        (SignUps::Invitation, None) | (SignUps::Closed, _) => Admission::Closed,
    };
    let who = Identity { issuer: &visitor.issuer, subject: &visitor.subject, role: visitor.role };
    let new = NewAccount { guest: guest.as_ref().map(|session| session.user.id), id: UserId(clock::id()), name: &visitor.name, admission };
    let user = match app.store.arrive(&who, &new, now).await.map_err(refused)? {
        SignInOutcome::Known { stored: StoredUser { suspended: Some(reason), .. }, .. } => return Err(suspended(&reason).into()),
        SignInOutcome::Known { stored: StoredUser { user, .. }, role_before } => {
            tell_role(&attempt.provider, &user, role_before, visitor.role);
            user
        }
        SignInOutcome::New { user, was_guest } => {
            tracing::info!(user = %user.id, provider = attempt.provider, "account created through a provider");
            if let Some(session) = guest.filter(|_| was_guest) {
                end_guest_session(app, session.user.id, session.id).await?;
            }
            user
        }
        SignInOutcome::NotAdmitted if app.settings.signup == SignUps::Invitation => return Err(Problem::Uninvited),
        SignInOutcome::NotAdmitted => return Err(Problem::Closed),
        SignInOutcome::BadInvitation => return Err(Problem::BadInvitation),
    };
    // A provider that knows the browser may have asked nobody anything, unless it was told to.
    let (_, jar) = open_session(app, client, device, jar, &user, attempt.again).await?;
    Ok(jar)
}

/// Logs what a provider's claim has changed of somebody's role, or would have.
fn tell_role(provider: &str, user: &User, before: Role, wanted: Option<Role>) {
    match (before, wanted) {
        (Role::Admin, Some(Role::Member)) if user.role == Role::Admin => tracing::warn!(
            user = %user.id, provider,
            "provider's claim no longer makes this account an administrator; it stays one because it is the last"
        ),
        (Role::Admin, Some(Role::Member)) => {
            tracing::warn!(user = %user.id, provider, "administrator became a member: the provider's claim lacks the value");
        }
        (Role::Member, Some(Role::Admin)) => {
            tracing::info!(user = %user.id, provider, "member became an administrator by the provider's claim")
        }
        _ => {}
    }
}

/// The address that the provider sends the browser to: the public one, or the one that was asked.
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

/// The page that a path names, if it names one of this server: nothing that is asked for leads anywhere else.
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
    let sealed = app.oidc.seal_sentence(&problem.to_string(), clock::now());
    let page = page.path(app.settings.base());
    let to = sealed.map_or_else(|| page.clone(), |sealed| format!("{page}?problem={sealed}"));
    let mut response = (jar.add(kept_cookie(app, client, String::new(), 0)), Redirect::to(&to)).into_response();
    response.extensions_mut().insert(ErrorCode(problem.code()));
    no_store(response)
}

fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
