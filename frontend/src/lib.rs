//! The browser part: moves bytes and timers between the page and the server.
//!
//! It contains no rules: those of the connection are in `holdfast_client::connection`, the pages in `holdfast_app`.

mod address;
mod browser;
mod driver;
mod files;
mod http;
mod lifecycle;
mod lock;
mod page_cache;
mod scroll;
mod selection;
mod storage;
mod tabs;
mod tail;
mod transport;

use std::sync::Arc;

use gloo_timers::future::TimeoutFuture;
use holdfast_app::{App, PageData, Route, services::Services, state::AppState};
use leptos::prelude::*;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::{browser::Window, driver::Driver, http::Http};

/// Waiting time before code that could not be loaded is requested again, ms: the first, and the longest.
const FIRST_PAUSE: u32 = 500;
const LONGEST_PAUSE: u32 = 15_000;

/// Hydrates the page that the server has rendered. With `anew`, renders the page again from its data, because a proxy changed the
/// document.
///
/// # Errors
/// The page's data can't be read. The page then stays as it is.
#[wasm_bindgen]
pub async fn hydrate(anew: bool) -> Result<(), JsValue> {
    console_error_panic_hook::set_once();
    let page_data = browser::take_text_of("page-data").and_then(|text| serde_json::from_str::<PageData>(&text).ok());
    let page_data = page_data.ok_or_else(|| JsValue::from_str("The page does not say what it is made of, so it stays as it is."))?;
    let route = Route::parse(&page_data.base, &address::path());
    if !route.is_chat() {
        holdfast_app::load_lazy_pages().await;
    }
    // Until the conversation bundle is loaded, the page stays as the server rendered it, and can be read.
    let mut pause = FIRST_PAUSE;
    while page_data.needs_conversation_bundle() && !holdfast_app::load_conversation_bundle().await {
        TimeoutFuture::new(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    let app = app(page_data, route);
    if anew {
        browser::clear_page();
        leptos::mount::mount_to_body(app);
    } else {
        leptos::mount::hydrate_body(app);
    }
    Ok(())
}

/// Returns the view to mount.
fn app(page_data: PageData, route: Route) -> impl FnOnce() -> AnyView + 'static {
    move || {
        let state = AppState::new(&page_data, route);
        let driver = Driver::new(state, &page_data);
        let services = Services {
            commands: Arc::new(driver.clone()),
            backend: Arc::new(Http::new(driver.clone())),
            browser: Arc::new(Window::new(state)),
        };
        // During hydration, the page must contain only what the server has rendered.
        leptos::task::spawn_local(async move {
            lifecycle::watch(&driver);
            tabs::watch(&driver);
            selection::watch(state.open);
            driver.start();
        });
        view! { <App state services/> }.into_any()
    }
}
