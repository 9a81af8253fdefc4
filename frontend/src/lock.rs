//! Work that only one tab does at a time (Web Locks API).

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    type LockManager;

    #[wasm_bindgen(method)]
    fn request(this: &LockManager, name: &str, granted: &JsValue) -> Promise;
}

/// A lock that no other tab holds. It is released on drop, and by the browser if the tab closes.
pub(crate) struct Lock(Function);

impl Drop for Lock {
    fn drop(&mut self) {
        _ = self.0.call0(&JsValue::UNDEFINED);
    }
}

/// Waits until no other tab holds the lock with this name, and takes it. Returns `None` where the browser has no locks, which is the case
/// on pages over HTTP whose host is not this device.
pub(crate) async fn lock(name: &str) -> Option<Lock> {
    let manager = Reflect::get(&web_sys::window()?.navigator(), &"locks".into()).ok()?;
    if manager.is_undefined() {
        return None;
    }
    let (granted, grant) = signal();
    let (released, release) = signal();
    // The browser holds the lock until the promise that this function returns is resolved.
    let on_grant = Closure::once_into_js(move || -> Promise {
        _ = grant.call0(&JsValue::UNDEFINED);
        released
    });
    let refused = manager.unchecked_into::<LockManager>().request(name, &on_grant);
    // The second promise settles first only if the browser refuses locks, for example because it stores nothing.
    JsFuture::from(Promise::race(&js_sys::Array::of2(&granted, &refused))).await.ok()?;
    Some(Lock(release))
}

/// Returns a promise and the function that resolves it.
fn signal() -> (Promise, Function) {
    let mut resolve = None;
    let promise = Promise::new(&mut |resolved, _| resolve = Some(resolved));
    (promise, resolve.expect("a promise calls its function at once"))
}
