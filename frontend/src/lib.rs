//! The browser: moves bytes and timers between the page and the server, and decides nothing.
//!
//! The rules of the connection are in `holdfast_protocol::connection`, the pages in `holdfast_app`.

mod address;
mod desk;
mod driver;
mod files;
mod http;
mod kept;
mod lifecycle;
mod scroll;
mod selection;
mod storage;
mod tabs;
mod tail;
mod transport;

use std::sync::Arc;

use gloo_timers::future::TimeoutFuture;
use holdfast_app::{App, Boot, Place, live::Live, services::Services};
use leptos::prelude::*;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::{desk::Window, driver::Driver, http::Http};

/// How long it takes until what could not be loaded is asked for once more, ms: at first, and at most.
const FIRST_PAUSE: u32 = 500;
const LONGEST_PAUSE: u32 = 15_000;

/// Wakes the page that the server has rendered. With `anew`, the page is made again from its data, for what came is not what was sent.
///
/// # Errors
/// The page's data can't be read. The page then stays as it is.
#[wasm_bindgen]
pub async fn hydrate(anew: bool) -> Result<(), JsValue> {
    console_error_panic_hook::set_once();
    let boot = desk::take_text_of("boot").and_then(|text| serde_json::from_str::<Boot>(&text).ok());
    let boot = boot.ok_or_else(|| JsValue::from_str("The page does not say what it is made of, so it stays as it is."))?;
    let place = Place::parse(&boot.base, &address::path());
    if !place.is_chat() {
        holdfast_app::load_rest().await;
    }
    // Until what shows a conversation is there, the page stays as the server rendered it: it can be read.
    let mut pause = FIRST_PAUSE;
    while boot.talks() && !holdfast_app::load_talk().await {
        TimeoutFuture::new(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    let app = app(boot, place);
    if anew {
        desk::clear_page();
        leptos::mount::mount_to_body(app);
    } else {
        leptos::mount::hydrate_body(app);
    }
    Ok(())
}

/// The view that is mounted.
fn app(boot: Boot, place: Place) -> impl FnOnce() -> AnyView + 'static {
    move || {
        let live = Live::new(&boot, place);
        let driver = Driver::new(live, &boot);
        let services = Services {
            commands: Arc::new(driver.clone()),
            backend: Arc::new(Http::new(driver.clone())),
            desk: Arc::new(Window::new(live)),
        };
        // Only what the server has rendered may be on the page while it is taken over.
        leptos::task::spawn_local(async move {
            lifecycle::watch(&driver);
            tabs::watch(&driver);
            selection::watch(live);
            driver.start();
        });
        view! { <App live services/> }.into_any()
    }
}
