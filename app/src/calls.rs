//! API calls of the pages, over the one type-erased call that the browser offers.

use holdfast_protocol::{ApiError, Reason};
use leptos::task::spawn_local;
use serde::{Serialize, de::DeserializeOwned};

use crate::{services::Verb, ui::AppContext};

/// Sends a `GET` request, and passes the parsed reply to `then`.
pub(crate) fn get<T: DeserializeOwned>(context: AppContext, path: &str, then: impl FnOnce(Result<T, ApiError>) + 'static) {
    let reply = context.backend().call(Verb::Get, path.to_owned(), None);
    spawn_local(async move { then(reply.await.and_then(|text| read(&text))) });
}

/// Sends a request that changes something, and passes the reply to `then` as text; [`read`] parses it.
pub(crate) fn tell(
    context: AppContext,
    verb: Verb,
    path: &str,
    body: &impl Serialize,
    then: impl FnOnce(Result<String, ApiError>) + 'static,
) {
    let reply = context.backend().call(verb, path.to_owned(), serde_json::to_string(body).ok());
    spawn_local(async move { then(reply.await) });
}

/// Parses a reply.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, ApiError> {
    serde_json::from_str(text).map_err(|_| Reason::ReplyNotUnderstood.error())
}
