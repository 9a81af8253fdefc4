//! Lifecycle of the page: hidden and shown, offline and online, suspended and resumed.

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventTarget, PageTransitionEvent, VisibilityState};

use crate::driver::Driver;

/// Reports lifecycle events to the driver.
pub(crate) fn watch(driver: &Driver) {
    let Some(window) = web_sys::window() else { return };
    let Some(document) = window.document() else { return };

    let it = driver.clone();
    on(&window, "online", move |_| it.network(true));
    let it = driver.clone();
    on(&window, "offline", move |_| it.network(false));
    let it = driver.clone();
    on(&document, "visibilitychange", move |_| it.visibility());
    let it = driver.clone();
    on(&document, "resume", move |_| it.visibility());
    let it = driver.clone();
    on(&window, "pageshow", move |event| {
        // The page comes from the back/forward cache: nothing has run since, and sockets are closed.
        if event.dyn_ref::<PageTransitionEvent>().is_some_and(PageTransitionEvent::persisted) {
            it.leave_if_gone();
            it.network(is_online());
            it.visibility();
        }
    });
}

/// Returns whether the page is visible.
pub(crate) fn is_visible() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_none_or(|document| document.visibility_state() == VisibilityState::Visible)
}

/// Returns whether the device reports a network.
pub(crate) fn is_online() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}

/// Adds an event listener for the lifetime of the page.
pub(crate) fn on(target: &EventTarget, name: &str, handle: impl FnMut(Event) + 'static) {
    let handle = Closure::<dyn FnMut(Event)>::new(handle);
    _ = target.add_event_listener_with_callback(name, handle.as_ref().unchecked_ref());
    handle.forget();
}
