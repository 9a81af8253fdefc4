//! HTTP calls.

use futures::future::BoxFuture;
use gloo_net::http::{Request, RequestBuilder, Response};
pub(crate) use holdfast_app::services::Verb as Method;
use holdfast_app::services::{Backend, Reply};
use holdfast_client::{Foreign, connection::RequestError};
use holdfast_protocol::{
    ApiError, Reason, TOKEN_HEADER,
    api::{ConversationPage, Model, SearchPage},
};
use send_wrapper::SendWrapper;
use serde::{
    Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use web_sys::{AbortController, AbortSignal, RequestRedirect};

use crate::{address::encode, driver::Driver, files};

/// An HTTP call.
pub(crate) struct Call {
    method: Method,
    url: String,
    token: Option<String>,
    body: Option<String>,
}

impl Call {
    /// Creates a call without a token and without a body.
    pub(crate) fn new(method: Method, url: String) -> Self {
        Self { method, url, token: None, body: None }
    }

    /// Adds a token, if there is one.
    pub(crate) fn token(self, token: Option<String>) -> Self {
        Self { token, ..self }
    }

    /// Adds a body.
    pub(crate) fn json(self, body: &impl Serialize) -> Self {
        Self { body: serde_json::to_string(body).ok(), ..self }
    }

    /// Adds a body that is JSON already.
    pub(crate) fn text(self, body: String) -> Self {
        Self { body: Some(body), ..self }
    }

    /// Sends the request, and parses the reply.
    pub(crate) async fn fetch<T: DeserializeOwned>(self) -> Result<T, RequestError> {
        let text = self.send().await?;
        serde_json::from_str(&text).map_err(|_| match serde_json::from_str::<IgnoredAny>(&text) {
            // The reply may come from another version of the server; a later one may be understood.
            Ok(_) => RequestError::Unreachable,
            Err(_) => RequestError::Foreign(Foreign::Other(200)),
        })
    }

    /// Sends the request, and returns the reply's text. Dropping the future aborts the request.
    pub(crate) async fn send(self) -> Result<String, RequestError> {
        let aborter = Aborter::new();
        let request = match self.method {
            Method::Get => Request::get(&self.url),
            Method::Post => Request::post(&self.url),
            Method::Patch => Request::patch(&self.url),
            Method::Put => Request::put(&self.url),
            Method::Delete => Request::delete(&self.url),
        };
        let request = with_token(request, self.token.as_deref()).abort_signal(aborter.signal());
        let sent = match self.body {
            Some(body) => match request.header("content-type", "application/json").body(body) {
                Ok(request) => request.send().await,
                Err(error) => Err(error),
            },
            None => request.send().await,
        };
        let response = ours(sent).await?;
        response.text().await.map_err(|_| RequestError::Unreachable)
    }
}

/// Aborts a fetch when it is dropped.
pub(crate) struct Aborter(Option<(AbortController, AbortSignal)>);

impl Aborter {
    /// Creates an aborter for one fetch.
    pub(crate) fn new() -> Self {
        Self(AbortController::new().ok().map(|controller| {
            let signal = controller.signal();
            (controller, signal)
        }))
    }

    /// Returns the signal to pass to the fetch.
    pub(crate) fn signal(&self) -> Option<&AbortSignal> {
        self.0.as_ref().map(|(_, signal)| signal)
    }
}

impl Drop for Aborter {
    fn drop(&mut self) {
        if let Some((controller, _)) = &self.0 {
            controller.abort();
        }
    }
}

/// Creates a request with the access token in a header of its own, because a proxy may need `Authorization`. Redirects are not followed:
/// the API has none, and scripts can't read where a sign-in page redirects to.
pub(crate) fn with_token(request: RequestBuilder, token: Option<&str>) -> RequestBuilder {
    let request = request.redirect(RequestRedirect::Manual);
    match token {
        Some(token) => request.header(TOKEN_HEADER, token),
        None => request,
    }
}

/// Returns a successful reply of the server, and everything else as an error. Only this function decides which replies are the server's.
pub(crate) async fn ours(reply: Result<Response, gloo_net::Error>) -> Result<Response, RequestError> {
    let response = reply.map_err(|_| RequestError::Unreachable)?;
    let status = response.status();
    if !(200..300).contains(&status) {
        let retry_after = response.headers().get("retry-after").and_then(|text| text.parse::<u64>().ok());
        let text = response.text().await.unwrap_or_default();
        return Err(match serde_json::from_str::<ApiError>(&text) {
            Ok(mut api_error) => {
                api_error.retry_after_ms = api_error.retry_after_ms.or(retry_after.map(|seconds| seconds * 1000));
                RequestError::Refused { status, api_error }
            }
            Err(_) => RequestError::Foreign(Foreign::of(status)),
        });
    }
    // A file that is downloaded may be of any type, also a web page.
    let headers = response.headers();
    let kind = if headers.has("content-disposition") { None } else { headers.get("content-type") };
    match kind.and_then(|kind| Foreign::of_success(&kind)) {
        Some(foreign) => Err(RequestError::Foreign(foreign)),
        None => Ok(response),
    }
}

/// The API calls of the pages.
pub(crate) struct Http {
    driver: Driver,
}

impl Http {
    /// Creates the calls with the tokens of this driver.
    pub(crate) fn new(driver: Driver) -> Self {
        Self { driver }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/{path}", self.driver.base())
    }

    /// Returns the first page of a list of conversations.
    pub(crate) fn shelf(&self, name: &str) -> Reply<ConversationPage> {
        self.signed(Call::new(Method::Get, self.url(&format!("conversations?shelf={name}"))), json)
    }

    /// Makes a call for a signed-in user.
    fn signed<T: 'static>(&self, call: Call, read: impl FnOnce(&str) -> Option<T> + 'static) -> Reply<T> {
        let driver = self.driver.clone();
        boxed(async move {
            let token = driver.fresh_token().await?;
            let text = call.token(Some(token)).send().await.map_err(sentence)?;
            read(&text).ok_or_else(garbled)
        })
    }
}

impl Backend for Http {
    fn conversations(&self, cursor: Option<String>) -> Reply<ConversationPage> {
        let query = cursor.map(|cursor| format!("?cursor={}", encode(&cursor))).unwrap_or_default();
        self.signed(Call::new(Method::Get, self.url(&format!("conversations{query}"))), json)
    }

    fn search(&self, query: String, cursor: Option<String>) -> Reply<SearchPage> {
        let cursor = cursor.map(|cursor| format!("&cursor={}", encode(&cursor))).unwrap_or_default();
        self.signed(Call::new(Method::Get, self.url(&format!("search?q={}{cursor}", encode(&query)))), json)
    }

    fn models(&self) -> Reply<Vec<Model>> {
        self.signed(Call::new(Method::Get, self.url("models")), json)
    }

    fn enter(&self, how: &str, body: String) -> Reply<String> {
        let call = Call::new(Method::Post, self.url(&format!("auth/{how}"))).token(self.driver.token()).text(body);
        boxed(async move { call.send().await.map_err(sentence) })
    }

    fn call(&self, verb: Method, path: String, body: Option<String>) -> Reply<String> {
        let call = Call::new(verb, self.url(&path));
        let call = match body {
            Some(body) => call.text(body),
            None => call,
        };
        self.signed(call, |text| Some(text.to_owned()))
    }

    fn token(&self) -> Reply<String> {
        let driver = self.driver.clone();
        boxed(async move { driver.fresh_token().await })
    }

    fn save(&self, path: &str) -> Reply<()> {
        let (driver, url) = (self.driver.clone(), self.url(path));
        boxed(async move {
            let token = driver.fresh_token().await?;
            let saved = files::save(&url, &token).await;
            driver.unless_cut(saved).await.map_err(sentence)
        })
    }

    fn give_file(&self, field: &str, at: usize, path: &str, line: Box<dyn Fn(&str)>) -> Reply<()> {
        let (driver, url, field) = (self.driver.clone(), self.url(path), field.to_owned());
        boxed(async move {
            let token = driver.fresh_token().await?;
            let given = files::give(&url, &token, &field, at, &*line).await;
            driver.unless_cut(given).await.map_err(sentence)
        })
    }

    fn logout(&self) -> Reply<()> {
        self.signed(Call::new(Method::Post, self.url("auth/logout")), |_| Some(()))
    }
}

fn json<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}

fn boxed<T: 'static>(call: impl Future<Output = Result<T, ApiError>> + 'static) -> BoxFuture<'static, Result<T, ApiError>> {
    Box::pin(SendWrapper::new(call))
}

/// Returns an error with a sentence for the user.
pub(crate) fn sentence(failure: RequestError) -> ApiError {
    match failure {
        RequestError::Refused { api_error, .. } => api_error,
        RequestError::Foreign(foreign) => foreign.api_error(),
        RequestError::Unreachable => Reason::ServerUnreachable.into(),
    }
}

fn garbled() -> ApiError {
    Reason::ReplyNotUnderstood.into()
}
