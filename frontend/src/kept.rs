//! Pages that the browser keeps for when there is no network. Its worker puts them there (the server's
//! `http/offline/worker.js`), and shows them.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Cache, CacheStorage, Window};

/// What the worker calls them.
const PAGES: &str = "holdfast.pages";

fn window() -> Option<Window> {
    web_sys::window()
}

/// Where a browser keeps such things; none on a page that did not come by a safe way.
fn caches() -> Option<CacheStorage> {
    js_sys::Reflect::get(&window()?.into(), &"caches".into()).ok()?.dyn_into().ok()
}

/// Forgets all of them: their reader has left.
pub(crate) fn forget_all() {
    if let Some(caches) = caches() {
        _ = caches.delete(PAGES);
    }
}

/// Forgets one: what it showed is gone.
pub(crate) fn forget(path: String) {
    leptos::task::spawn_local(async move {
        let Some(caches) = caches() else { return };
        if let Ok(pages) = JsFuture::from(caches.open(PAGES)).await
            && let Ok(pages) = pages.dyn_into::<Cache>()
        {
            _ = JsFuture::from(pages.delete_with_str(&path)).await;
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
