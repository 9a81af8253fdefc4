//! Pages that the browser stores for times without a network. The service worker (`browser/worker/worker.js`) stores and shows
//! them. The name of a cache contains the user.

use futures::future::join_all;
use holdfast_protocol::UserId;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Cache, CacheStorage, ServiceWorkerContainer, Window};

/// Prefix of cache names, before the user's id.
const PAGES: &str = "holdfast.pages.";
/// Used in cache names instead of a user's id if nobody is signed in.
const NOBODY: &str = "nobody";

fn window() -> Option<Window> {
    web_sys::window()
}

/// Returns the browser's cache storage; `None` on pages without HTTPS.
fn caches() -> Option<CacheStorage> {
    js_sys::Reflect::get(&window()?.into(), &"caches".into()).ok()?.dyn_into().ok()
}

/// Returns the browser's service workers; `None` on pages without HTTPS.
fn workers() -> Option<ServiceWorkerContainer> {
    js_sys::Reflect::get(&window()?.navigator().into(), &"serviceWorker".into()).ok()?.dyn_into().ok()
}

/// Returns the names of all page caches.
async fn names(caches: &CacheStorage) -> Vec<String> {
    let all = JsFuture::from(caches.keys()).await.ok().and_then(|all| all.dyn_into::<Array>().ok()).unwrap_or_default();
    all.iter().filter_map(|name| name.as_string()).filter(|name| name.starts_with(PAGES)).collect()
}

/// Deletes all page caches except this user's, or except the one for visitors. The worker does not store replies to earlier requests any
/// more.
pub(crate) fn keep_only(user: Option<UserId>) {
    let whose = user.map_or_else(|| NOBODY.to_owned(), |user| user.to_string());
    if let Some(worker) = workers().and_then(|workers| workers.controller()) {
        _ = worker.post_message(&JsValue::from_str(&whose));
    }
    leptos::task::spawn_local(async move {
        let Some(caches) = caches() else { return };
        let all = names(&caches).await;
        // The user's files that are being uploaded are in a cache whose name begins alike.
        let others = all.iter().filter(|name| !name[PAGES.len()..].starts_with(&whose));
        join_all(others.map(|name| JsFuture::from(caches.delete(name)))).await;
    });
}

/// Deletes the stored copy of a page, because its content was removed.
pub(crate) fn forget(path: String) {
    leptos::task::spawn_local(async move {
        let Some(caches) = caches() else { return };
        for name in names(&caches).await {
            if let Ok(pages) = JsFuture::from(caches.open(&name)).await
                && let Ok(pages) = pages.dyn_into::<Cache>()
            {
                _ = JsFuture::from(pages.delete_with_str(&path)).await;
            }
        }
    });
}

/// Opens the stored copy of a page if there is one.
pub(crate) fn open(path: String) {
    leptos::task::spawn_local(async move {
        let Some(caches) = caches() else { return };
        let found = JsFuture::from(caches.match_with_str(&path)).await;
        if found.is_ok_and(|found| !found.is_undefined())
            && let Some(window) = window()
        {
            _ = window.location().assign(&path);
        }
    });
}
