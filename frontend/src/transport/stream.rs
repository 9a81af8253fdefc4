//! The event stream: a fetch whose body does not end.

use gloo_net::http::Request;
use holdfast_client::connection::{Attempt, RequestError};
use holdfast_protocol::{
    event_stream::{Decoder, Item},
    frame::Open,
};
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::ReadableStreamDefaultReader;

use super::TransportTask;
use crate::{
    address,
    driver::Driver,
    http::{Aborter, ours, with_token},
};

/// Opens the stream.
pub(crate) fn open(driver: Driver, attempt: Attempt, open: Open) -> TransportTask {
    TransportTask::run(None, async move {
        let failure = follow(&driver, attempt, &open).await.err();
        driver.feed(|machine, now| machine.handle_ended(now, attempt, failure));
    })
}

async fn follow(driver: &Driver, attempt: Attempt, open: &Open) -> Result<(), RequestError> {
    let aborter = Aborter::new();
    let url = address::follow(driver.base(), open, "events", None);
    let request = Request::get(&url).header("accept", "text/event-stream").abort_signal(aborter.signal());
    let response = ours(with_token(request, driver.token().as_deref()).send().await).await?;
    driver.feed(|machine, now| machine.handle_opened(now, attempt));
    let body = response.body().ok_or(RequestError::Unreachable)?;
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut decoder = Decoder::default();
    // If it is cut off in the middle, the stream has ended; what arrived before counts.
    while let Some(bytes) = read(&reader).await {
        let items = decoder.push(&bytes);
        if items.is_empty() {
            // A part of a long frame shows that the stream is alive as well.
            driver.feed(|machine, now| machine.handle_alive(now, attempt));
        }
        for item in items {
            match item {
                Item::Data(text) => driver.frame(attempt, &text),
                Item::Alive => driver.feed(|machine, now| machine.handle_alive(now, attempt)),
            }
        }
    }
    Ok(())
}

/// Returns the next bytes, or `None` at the end.
pub(crate) async fn read(reader: &ReadableStreamDefaultReader) -> Option<Vec<u8>> {
    let chunk = JsFuture::from(reader.read()).await.ok()?;
    let value = Reflect::get(&chunk, &JsValue::from_str("value")).ok()?;
    value.dyn_into::<Uint8Array>().ok().map(|bytes| bytes.to_vec())
}
