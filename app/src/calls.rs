//! Calls of single pages, over the one that the backend has for all of them.

use holdfast_protocol::{Code, Refusal};
use leptos::task::spawn_local;
use serde::{Serialize, de::DeserializeOwned};

use crate::{services::Verb, ui::Ask, words::NOT_UNDERSTOOD};

/// Asks for something.
pub(crate) fn get<T: DeserializeOwned>(ask: Ask, path: &str, then: impl FnOnce(Result<T, Refusal>) + 'static) {
    let reply = ask.backend().call(Verb::Get, path.to_owned(), None);
    spawn_local(async move { then(reply.await.and_then(|text| read(&text))) });
}

/// Has something done, and reads the answer as text: [`read`] makes more of it.
pub(crate) fn tell(ask: Ask, verb: Verb, path: &str, body: &impl Serialize, then: impl FnOnce(Result<String, Refusal>) + 'static) {
    let reply = ask.backend().call(verb, path.to_owned(), serde_json::to_string(body).ok());
    spawn_local(async move { then(reply.await) });
}

/// What an answer says.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Refusal> {
    serde_json::from_str(text).map_err(|_| Refusal::new(Code::Internal, NOT_UNDERSTOOD))
}
