//! Pages that the browser keeps for when there is no network. Its worker puts them there (the server's
//! `http/offline/worker.js`), and shows them. They are named by whose they are.

use futures::future::join_all;
use holdfast_protocol::UserId;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Cache, CacheStorage, ServiceWorkerContainer, Window};

/// What the worker calls them, before whose they are.
const PAGES: &str = "holdfast.pages.";
/// What the worker calls whose pages those are that nobody is signed in to.
const NOBODY: &str = "nobody";

fn window() -> Option<Window> {
    web_sys::window()
}

/// Where a browser keeps such things; none on a page that did not come by a safe way.
fn caches() -> Option<CacheStorage> {
    js_sys::Reflect::get(&window()?.into(), &"caches".into()).ok()?.dyn_into().ok()
}

/// Where the worker is found; none on a page that did not come by a safe way.
fn workers() -> Option<ServiceWorkerContainer> {
    js_sys::Reflect::get(&window()?.navigator().into(), &"serviceWorker".into()).ok()?.dyn_into().ok()
}

/// Names of what is kept of pages, whoever's it is.
async fn names(caches: &CacheStorage) -> Vec<String> {
    let all = JsFuture::from(caches.keys()).await.ok().and_then(|all| all.dyn_into::<Array>().ok()).unwrap_or_default();
    all.iter().filter_map(|name| name.as_string()).filter(|name| name.starts_with(PAGES)).collect()
}

/// Forgets all pages but this user's, or those that nobody is signed in to. What the worker asked for before is not kept any more.
pub(crate) fn keep_only(user: Option<UserId>) {
    let whose = user.map_or_else(|| NOBODY.to_owned(), |user| user.to_string());
    if let Some(worker) = workers().and_then(|workers| workers.controller()) {
        _ = worker.post_message(&JsValue::from_str(&whose));
    }
    leptos::task::spawn_local(async move {
        let Some(caches) = caches() else { return };
        let all = names(&caches).await;
        let others = all.iter().filter(|name| name.strip_prefix(PAGES) != Some(&whose));
        join_all(others.map(|name| JsFuture::from(caches.delete(name)))).await;
    });
}

/// Forgets one: what it showed is gone.
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

/// Goes to what was kept of a page, where something was.
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
