//! Downloads and uploads.

use gloo_net::http::Request;
use holdfast_client::connection::RequestError;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, HtmlAnchorElement, HtmlInputElement, ReadableStreamDefaultReader, Response, Url};

use crate::{
    http::{ours, with_token},
    transport::stream,
};

/// Downloads a file, and saves it under the name that the server gives.
pub(crate) async fn save(url: &str, token: &str) -> Result<(), RequestError> {
    let response = ours(with_token(Request::get(url), Some(token)).send().await).await?;
    let name = response.headers().get("content-disposition").and_then(|value| name(&value)).unwrap_or_else(|| "holdfast".to_owned());
    let response: Response = response.into();
    let blob = match response.blob() {
        Ok(blob) => JsFuture::from(blob).await.map_err(|_| RequestError::Unreachable)?,
        Err(_) => return Err(RequestError::Unreachable),
    };
    keep(&name, blob.unchecked_ref());
    Ok(())
}

/// Returns the file name in a `Content-Disposition` header (RFC 6266).
fn name(value: &str) -> Option<String> {
    let encoded = value.split_once("filename*=UTF-8''")?.1;
    js_sys::decode_uri_component(encoded).ok().map(String::from)
}

fn keep(name: &str, blob: &Blob) -> Option<()> {
    let url = Url::create_object_url_with_blob(blob).ok()?;
    let link: HtmlAnchorElement = web_sys::window()?.document()?.create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(&url);
    link.set_download(name);
    link.click();
    Url::revoke_object_url(&url).ok()
}

/// Returns the names and sizes (bytes) of the files chosen in a field.
pub(crate) fn chosen(field: &str) -> Vec<(String, u64)> {
    let files = input(field).and_then(|input| input.files());
    let files = files.iter().flat_map(|files| (0..files.length()).filter_map(|at| files.get(at)));
    files.map(|file| (file.name(), file.size() as u64)).collect()
}

fn input(field: &str) -> Option<HtmlInputElement> {
    web_sys::window()?.document()?.get_element_by_id(field)?.dyn_into().ok()
}

/// Uploads one of the chosen files, and passes each line of the reply to `line`.
pub(crate) async fn give(url: &str, token: &str, field: &str, at: usize, line: &dyn Fn(&str)) -> Result<(), RequestError> {
    let file = input(field).and_then(|input| input.files()).and_then(|files| files.get(u32::try_from(at).ok()?));
    let file = file.ok_or(RequestError::Unreachable)?;
    let request = with_token(Request::post(url), Some(token)).header("content-type", "application/octet-stream");
    let request = request.body(file).map_err(|_| RequestError::Unreachable)?;
    let response = ours(request.send().await).await?;
    let body = response.body().ok_or(RequestError::Unreachable)?;
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut kept = Vec::new();
    while let Some(bytes) = stream::read(&reader).await {
        kept.extend_from_slice(&bytes);
        while let Some(end) = kept.iter().position(|byte| *byte == b'\n') {
            let whole: Vec<u8> = kept.drain(..=end).collect();
            line(&String::from_utf8_lossy(&whole));
        }
    }
    Ok(())
}
