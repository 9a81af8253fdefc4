//! Code that the page loads when it is first needed: all pages except the chat.
//!
//! With the feature `split`, `cargo leptos build --split` puts the code that only [`split::page`] reaches into a separate file. Without
//! the feature (on the server, and with `cargo leptos watch`) all code is there from the start.

use leptos::prelude::*;

use crate::{
    Route,
    pages::{
        archived::Archived,
        nowhere::Nowhere,
        search::Search,
        settings::Settings,
        sign::{How, Sign},
    },
    strings::{Errors, Language},
};

/// The pages other than the chat, one variant for each that is built differently.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LazyPage {
    Sign(How),
    Search,
    Archived,
    Settings,
    Nowhere,
}

impl LazyPage {
    /// Returns the page for a route, or `None` for the chat.
    pub(crate) fn at(route: Route) -> Option<Self> {
        Some(match route {
            Route::New | Route::Conversation(_) => return None,
            Route::SignIn => Self::Sign(How::In),
            Route::SignUp => Self::Sign(How::Up),
            Route::Join => Self::Sign(How::Join),
            Route::Claim => Self::Sign(How::Claim),
            Route::Password => Self::Sign(How::Password),
            Route::Search => Self::Search,
            Route::Archived => Self::Archived,
            Route::Settings(_) => Self::Settings,
            Route::Unknown => Self::Nowhere,
        })
    }
}

fn build(lazy_page: LazyPage) -> AnyView {
    match lazy_page {
        LazyPage::Sign(how) => view! { <Sign how/> }.into_any(),
        LazyPage::Search => view! { <Search/> }.into_any(),
        LazyPage::Archived => view! { <Archived/> }.into_any(),
        LazyPage::Settings => view! { <Settings/> }.into_any(),
        LazyPage::Nowhere => view! { <Nowhere/> }.into_any(),
    }
}

/// Renders a page.
#[cfg(not(feature = "split"))]
pub(crate) fn page(lazy_page: LazyPage) -> AnyView {
    build(lazy_page)
}

/// Returns the sentences of the errors of these pages, or none if their code is not loaded.
#[cfg(not(feature = "split"))]
pub(crate) fn errors(language: Language) -> Errors {
    language.lazy().errors
}

/// Loads the code of these pages, so that they can be hydrated at once. If this fails, the page tries again and reports the error.
#[cfg(not(feature = "split"))]
pub async fn load_lazy_pages() {}

#[cfg(feature = "split")]
pub use loading::load_lazy_pages;
#[cfg(feature = "split")]
pub(crate) use loading::page;
#[cfg(feature = "split")]
pub(crate) use split::errors;

#[cfg(feature = "split")]
mod loading {
    use futures::FutureExt as _;
    use leptos::{prelude::*, task::spawn_local};

    use super::{LazyPage, split};
    use crate::{
        Route, catch_focus,
        components::mark::Brand,
        strings::strings,
        ui::{context, state},
    };

    /// Loads the code of these pages, so that they can be hydrated at once. If this fails, the page tries again and reports the error.
    pub async fn load_lazy_pages() {
        _ = split::load().await;
    }

    #[derive(Clone, Copy, PartialEq, Eq)]
    enum State {
        Loading,
        Loaded,
        Failed,
    }

    /// Renders a page: immediately if its code is loaded, otherwise once it is.
    pub(crate) fn page(lazy_page: LazyPage) -> AnyView {
        if let Some(Ok(view)) = split::page(lazy_page).now_or_never() {
            return view;
        }
        let (loading, context) = (RwSignal::new(State::Loading), context());
        let load = move || {
            loading.set(State::Loading);
            spawn_local(async move {
                let loaded = split::load().await.is_ok();
                loading.try_set(if loaded { State::Loaded } else { State::Failed });
                catch_focus(context);
            });
        };
        load();
        let shown = move || match loading.get() {
            State::Loaded => split::page(lazy_page).now_or_never().and_then(Result::ok).unwrap_or_else(|| failed(load)),
            State::Loading => view! { <main class="main" id="main" tabindex="-1" aria-busy="true"></main> }.into_any(),
            State::Failed => failed(load),
        };
        shown.into_any()
    }

    fn failed(load: impl Fn() + Copy + 'static) -> AnyView {
        let strings = &strings().common;
        view! {
            <main class="centered" id="main" tabindex="-1">
                <div class="sign-in">
                    <Brand/>
                    <h1>{strings.not_loaded}</h1>
                    <p role="alert">{strings.why_not_loaded}</p>
                    <button type="button" class="primary wide" on:click=move |_| load()>{strings.try_again}</button>
                    <p>
                        <a href="" rel="external">{strings.load_anew}</a>
                        " · "
                        <a href=state().path(Route::New)>{strings.to_conversations}</a>
                    </p>
                </div>
            </main>
        }
        .into_any()
    }
}

#[cfg(feature = "split")]
mod split {
    #![allow(unsafe_code, reason = "the macro declares what the linker joins")]
    use std::sync::OnceLock;

    use leptos::{
        prelude::AnyView,
        wasm_split::{SplitLoaderError, wasm_split},
    };

    use super::{Errors, Language, LazyPage};

    static ERRORS: OnceLock<fn(Language) -> Errors> = OnceLock::new();

    /// Returns the sentences of the errors of these pages, or none if their code has not run yet.
    pub(crate) fn errors(language: Language) -> Errors {
        ERRORS.get().map_or(&[], |errors| errors(language))
    }

    #[wasm_split(lazy_page, wasm_split_path = ::leptos::wasm_split, preload(load), fallible)]
    pub(super) fn page(lazy_page: LazyPage) -> Result<AnyView, SplitLoaderError> {
        ERRORS.get_or_init(|| |language| language.lazy().errors);
        Ok(super::build(lazy_page))
    }
}
