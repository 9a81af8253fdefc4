//! Calls of single pages, over the one that the backend has for all of them.

use holdfast_protocol::{ApiError, Code};
use leptos::task::spawn_local;
use serde::{Serialize, de::DeserializeOwned};

use crate::{services::Verb, strings::NOT_UNDERSTOOD, ui::AppContext};

/// Asks for something.
pub(crate) fn get<T: DeserializeOwned>(context: AppContext, path: &str, then: impl FnOnce(Result<T, ApiError>) + 'static) {
    let reply = context.backend().call(Verb::Get, path.to_owned(), None);
    spawn_local(async move { then(reply.await.and_then(|text| read(&text))) });
}

/// Has something done, and reads the answer as text: [`read`] makes more of it.
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

/// What an answer says.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, ApiError> {
    serde_json::from_str(text).map_err(|_| ApiError::new(Code::Internal, NOT_UNDERSTOOD))
}
