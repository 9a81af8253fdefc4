//! Pages, rendered on the server so that they can be read before any script has run.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Query, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use axum_extra::extract::CookieJar;
use holdfast_app::{AT_FIRST, Assets, CACHED, Page, PageData, Route, WHOLE, as_sent, document};
use holdfast_protocol::{
    ApiError, Code, ConversationId, Reason, UserId,
    api::{Conversation, ConversationPage, Shelf},
    rules::{branches::Node, partial},
};
use leptos::{config::LeptosOptions, nonce::use_nonce, prelude::*};
use leptos_axum::{ResponseOptions, render_app_async_with_context};
use leptos_router::location::RequestUrl;
use serde::Deserialize;
use tokio::runtime::Handle;
use tracing::{error, warn};

use super::{
    client::Client,
    conversations,
    error::{ErrorResponse, no_such_call, wrong_method},
    language::Spoken,
    offline, public_address,
    rendering::{Allowance, busy_page},
    site, streamed,
};
use crate::state::App;
use holdfast_core::accounts::stored::SessionState;
use holdfast_core::auth::session_errors::session_expired;
use holdfast_core::clock::{self, Millis};
use holdfast_core::conversations::OutlinedConversation;
use holdfast_core::{auth::opaque, limits::budget::Lease};
use holdfast_oidc::OidcSettings;

/// Handles any path that is nothing else.
pub(super) async fn page(
    State(app): State<Arc<App>>,
    client: Client,
    spoken: Spoken,
    jar: CookieJar,
    request: Request,
) -> Result<Response, ErrorResponse> {
    let uri = request.uri();
    // HTTP also allows `*`, and a host with a port, and clients send these where they mean nothing.
    let Some(asked) = uri.path_and_query().map(|path| path.as_str()).filter(|path| path.starts_with('/')) else {
        return Err(Reason::PathMissing.into());
    };
    if uri.path() == "/api" || uri.path().starts_with("/api/") {
        return Err(no_such_call());
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let refused = wrong_method(request.method().clone()).await;
        return Ok(([(header::ALLOW, "GET,HEAD")], refused).into_response());
    }
    if let Some(redirect) = public_address::redirect(&app, &client, request.headers(), &jar, asked) {
        return Ok(redirect);
    }
    let base = app.settings.base();
    let url = format!("{base}{asked}");
    let route = Route::parse(base, &format!("{base}{}", uri.path()));
    let mut page_data = match page_data(&app, &client, &jar, spoken, &route, uri).await {
        Err(busy) if route == Route::Search && busy.is_temporary() => return Ok(not_now(busy, &app, spoken)),
        page_data => page_data?,
    };
    let turn = match (page_data.user.as_ref().map(|user| user.id), route) {
        // Before anything is read, so that at most as many conversations are in memory as there are rendering slots.
        (Some(user), Route::Conversation(id)) => match app.rendering.lease(user).await {
            Ok(turn) => match open(&app, user, id, uri, &mut page_data).await {
                Ok(lease) => lease.map(|lease| (turn, lease)),
                Err(busy) if busy.code == Code::Busy => return Ok(not_now(busy, &app, spoken)),
                Err(api_error) => return Err(api_error.into()),
            },
            Err(busy) => return Ok(not_now(busy, &app, spoken)),
        },
        _ => None,
    };
    let is_there = page_data.has(&route);
    public_address::note_path(&app, &client, request.headers(), asked, is_there);
    let status = if is_there { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let file = |path: &str| format!("{base}/{}", app.site.href(path));
    let assets = Assets {
        css: file("pkg/holdfast.css"),
        js: file("pkg/holdfast.js"),
        wasm: file("pkg/holdfast.wasm"),
        parts: app.site.parts(!route.is_chat(), page_data.needs_conversation_bundle()).map(file).collect(),
        favicon: file("favicon.svg"),
        touch_icon: file("icons/touch-180.png"),
        manifest: format!("{base}/manifest.webmanifest"),
        worker: offline::worker_path(&app),
        enhance: file("lib/enhance.js"),
        rescue: file("lib/rescue.js"),
    };
    let watching = std::env::var_os("LEPTOS_WATCH").is_some();
    let options = watching.then(|| LeptosOptions::builder().output_name("holdfast").build());
    let mut part = match (page_data.left_out, page_data.before) {
        (true, _) => Some(WITHOUT_MESSAGES),
        (false, 0) => None,
        (false, _) => Some(END_ONLY),
    };
    let asked_path = uri.path().to_owned();
    let whose = page_data.user.as_ref().map_or_else(|| NOBODY.to_owned(), |user| user.id.to_string());
    let page = Arc::new(Page { page_data, assets, url, options });
    let context = {
        let page = page.clone();
        move || {
            // Leptos receives the path without the base. The origin is needed because a path that starts with two slashes would otherwise
            // be read as a host.
            provide_context(RequestUrl::new(&format!("{ORIGIN}{}", page.url)));
            let nonce = use_nonce().unwrap_or_default();
            if let Ok(policy) = HeaderValue::from_str(&policy(&nonce, watching)) {
                expect_context::<ResponseOptions>().insert_header(header::CONTENT_SECURITY_POLICY, policy);
            }
        }
    };
    let mut response = match turn {
        Some((turn, lease)) => {
            let runtime = Handle::current();
            let render = move |allowance: Allowance| {
                let late = Arc::new(AtomicBool::new(false));
                let document = {
                    let late = late.clone();
                    let is_late = move || {
                        let is_over = allowance.is_over();
                        late.fetch_or(is_over, Relaxed);
                        is_over
                    };
                    move || document(&page, &is_late)
                };
                // Rendering waits for nothing, so it is finished here.
                let response = runtime.block_on(render_app_async_with_context(context, document)(request));
                let (parts, body) = response.into_parts();
                let html = runtime.block_on(to_bytes(body, usize::MAX))?;
                Ok((Response::from_parts(parts, sent(&html)), late.load(Relaxed)))
            };
            let (mut response, is_late) = app.rendering.run(turn, render).await.map_err(unrendered)?;
            if is_late {
                warn!(path = asked_path, "page rendered without its messages because formatting took too long");
                part = Some(WITHOUT_MESSAGES);
            }
            streamed::hold(&mut response, lease);
            response
        }
        None => {
            let (parts, body) = render_app_async_with_context(context, move || document(&page, &|| false))(request).await.into_parts();
            let html = to_bytes(body, usize::MAX).await.map_err(unrendered)?;
            Response::from_parts(parts, sent(&html))
        }
    };
    *response.status_mut() = status;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(whose) = HeaderValue::try_from(whose) {
        response.headers_mut().insert(USER, whose);
    }
    spoken.mark(response.headers_mut());
    if let Some(part) = part {
        response.headers_mut().insert(PART, part);
    }
    Ok(response)
}

/// Returns a rendered page in the form in which it is sent.
fn sent(html: &Bytes) -> Body {
    Body::from(as_sent(&String::from_utf8_lossy(html)))
}

/// Adds the conversation in the address to the page, if it belongs to this user.
async fn open(app: &App, user: UserId, id: ConversationId, uri: &Uri, page_data: &mut PageData) -> Result<Option<Lease>, ApiError> {
    let OutlinedConversation { summary, cursor, mut outline, lease } = match app.chat.outline(user, id).await {
        Ok(outlined) => outlined,
        Err(api_error) if api_error.code == Code::ConversationNotFound => return Ok(None),
        Err(api_error) => return Err(api_error),
    };
    page_data.whole = uri.query() == Some(WHOLE);
    // A page that is stored for offline use contains as much as possible; other clients can request the rest.
    let is_wanted_whole = page_data.whole || uri.query() == Some(CACHED);
    let (most, bytes) = if is_wanted_whole { (usize::MAX, MOST) } else { (AT_FIRST, AT_FIRST_BYTES) };
    page_data.before = partial::keep_end(&mut outline, most, bytes);
    let mut messages = Vec::new();
    let bytes = outline.iter().map(Node::bytes).sum::<usize>();
    let fits = bytes <= 2 * MOST;
    // Returns the memory of the outline. The slot limits how many pages are in this state.
    drop(lease);
    let lease = app.chat.reading().take(user, if fits { RENDERED * bytes } else { 0 }).await?;
    if fits {
        messages = app.chat.outlined(user, &outline).await?;
    }
    page_data.conversation = Some(Conversation { summary, cursor, messages });
    if !fits {
        page_data.leave_out();
    }
    Ok(Some(lease))
}

/// Returns the page for a request that could not be rendered in time.
fn not_now(busy: impl Into<ErrorResponse>, app: &App, spoken: Spoken) -> Response {
    let mut response = busy_page(busy, &app.site.plain(app.settings.base(), spoken.language));
    spoken.mark(response.headers_mut());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, site::PLAIN_POLICY);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn unrendered(cause: axum::Error) -> ErrorResponse {
    error!(%cause, "page not rendered");
    Reason::ServerError.into()
}

/// The origin that Leptos assumes for every page on the server. The browser uses its own.
const ORIGIN: &str = "https://leptos.dev";

/// Header of a page that does not contain the whole conversation (see `browser/worker/worker.js`).
const PART: HeaderName = HeaderName::from_static("holdfast-part");
/// The page contains only the end: a client that stores pages should request the whole.
const END_ONLY: HeaderValue = HeaderValue::from_static("end");
/// The page contains no messages, so it should not be stored.
const WITHOUT_MESSAGES: HeaderValue = HeaderValue::from_static("none");

/// Approximate size of the text on a page at first, bytes. Earlier messages are loaded on demand.
const AT_FIRST_BYTES: usize = 1024 * 1024;
/// Approximate maximum size of the page with a whole conversation, bytes. If versions that belong together have more than twice as much,
/// the page comes without messages.
const MOST: usize = 4 * 1024 * 1024;

/// Number of copies of a text in memory while a page is rendered: messages, rendered text, JSON, and the document.
const RENDERED: usize = 8;

/// Header with the user of a page: an id, or [`NOBODY`]. A client that stores pages stores those of one user, and deletes them when
/// another's page arrives.
const USER: HeaderName = HeaderName::from_static("holdfast-user");
/// Used instead of a user's id if nobody is signed in.
const NOBODY: &str = "nobody";

/// The query string of a search page.
#[derive(Deserialize)]
struct Looked {
    #[serde(default)]
    q: String,
}

/// Returns why a sign-in through another provider failed: an error that this server encrypted into the address.
fn problem(app: &App, route: &Route, uri: &Uri, now: Millis) -> Option<ApiError> {
    #[derive(Deserialize)]
    struct SignInProblem {
        problem: String,
    }
    let found = Query::<SignInProblem>::try_from_uri(uri)
        .ok()
        .filter(|_| matches!(route, Route::SignIn | Route::Settings(holdfast_app::Section::Account)))?;
    app.oidc.open_error(&found.problem, now)
}

/// Returns all data of the first rendering, except for the conversation.
async fn page_data(
    app: &App,
    client: &Client,
    jar: &CookieJar,
    spoken: Spoken,
    route: &Route,
    uri: &Uri,
) -> Result<PageData, ErrorResponse> {
    let now = clock::now();
    let seen = match client.reach(&app.settings).read(jar) {
        Some(cookie) => app.store.session_by_cookie(&opaque::hash(cookie), now).await?,
        None => None,
    };
    let over = matches!(seen, Some(SessionState::Expired)).then(session_expired);
    let user = seen.and_then(SessionState::open).filter(|session| session.suspended.is_none()).map(|session| session.user);
    let mut models = app.model_access.models(user.as_ref()).await?;
    // The page does not show it, and every page contains the list.
    models.iter_mut().for_each(|model| (model.context_tokens, model.accepts) = (None, None));
    let mut page_data = PageData {
        base: app.settings.base().to_owned(),
        language: spoken.language,
        chosen_language: spoken.chosen,
        guests: app.settings.guests,
        signup: app.settings.signup,
        message_bytes: app.settings.sizes.message,
        sign_in_methods: app.settings.oidc.iter().map(OidcSettings::sign_in_method).collect(),
        problem: problem(app, route, uri, now),
        over,
        conversations: ConversationPage { conversations: Vec::new(), next: None },
        pinned: Vec::new(),
        archived: None,
        conversation: None,
        left_out: false,
        before: 0,
        whole: false,
        found: None,
        suggestions: PageData::suggested(spoken.language),
        models,
        now,
        user: None,
    };
    if let Some(user) = user {
        let shelf = |shelf| app.store.conversations(user.id, shelf, None, None, app.settings.sizes.page);
        page_data.conversations = shelf(Shelf::List).await?;
        page_data.pinned = shelf(Shelf::Pinned).await?.conversations;
        if *route == Route::Archived {
            page_data.archived = Some(shelf(Shelf::Archived).await?);
        }
        if *route == Route::Search {
            let query = Query::<Looked>::try_from_uri(uri).map(|Query(looked)| looked.q).unwrap_or_default();
            let found = app.chat.search(user.id, &query, None, conversations::FOUND).await?;
            page_data.found = Some((query.chars().take(200).collect::<String>(), found)).filter(|(query, _)| !query.is_empty());
        }
        page_data.user = Some(user);
    }
    Ok(page_data)
}

/// Returns the policy of a page. Images of answers may be anywhere: each is loaded when the user clicks it. The nonce for styles is for
/// previews (see `browser/modules/preview.js`), which obey this policy too.
fn policy(nonce: &str, watching: bool) -> String {
    let reload = if watching { " ws://127.0.0.1:3001 ws://localhost:3001" } else { "" };
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; connect-src 'self'{reload}; \
         img-src 'self' data: https: http:; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
    )
}
