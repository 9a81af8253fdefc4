//! Code that the page loads when it is first needed: all pages except the chat, and what is beside a conversation: the sheet with its
//! settings, which shares its form with the pages, and the reader.
//!
//! With the feature `split`, `cargo leptos build --split` puts the code that only [`split::part`] reaches into a separate file. Without
//! the feature (on the server, and with `cargo leptos watch`) all code is there from the start.

use leptos::prelude::*;

use crate::{
    Route,
    components::{reader::Reader, tuning::Sheet},
    pages::{
        archived::Archived,
        nowhere::Nowhere,
        project::Project,
        projects::Projects,
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
    Projects,
    Project,
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
            Route::Projects => Self::Projects,
            Route::Project(_) => Self::Project,
            Route::Settings(_) => Self::Settings,
            Route::Unknown => Self::Nowhere,
        })
    }
}

/// What is built from this code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Page(LazyPage),
    SettingsSheet,
    Reader,
}

fn build(part: Part) -> AnyView {
    match part {
        Part::SettingsSheet => view! { <Sheet/> }.into_any(),
        Part::Reader => view! { <Reader/> }.into_any(),
        Part::Page(page) => build_page(page),
    }
}

fn build_page(page: LazyPage) -> AnyView {
    match page {
        LazyPage::Sign(how) => view! { <Sign how/> }.into_any(),
        LazyPage::Search => view! { <Search/> }.into_any(),
        LazyPage::Archived => view! { <Archived/> }.into_any(),
        LazyPage::Projects => view! { <Projects/> }.into_any(),
        LazyPage::Project => view! { <Project/> }.into_any(),
        LazyPage::Settings => view! { <Settings/> }.into_any(),
        LazyPage::Nowhere => view! { <Nowhere/> }.into_any(),
    }
}

/// Renders a page.
#[cfg(not(feature = "split"))]
pub(crate) fn page(lazy_page: LazyPage) -> AnyView {
    build(Part::Page(lazy_page))
}

/// Renders the sheet with the settings of a conversation.
#[cfg(not(feature = "split"))]
pub(crate) fn settings_sheet() -> AnyView {
    build(Part::SettingsSheet)
}

/// Renders the reader.
#[cfg(not(feature = "split"))]
pub(crate) fn reader() -> AnyView {
    build(Part::Reader)
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
pub(crate) use loading::{page, reader, settings_sheet};
#[cfg(feature = "split")]
pub(crate) use split::errors;

#[cfg(feature = "split")]
mod loading {
    use futures::FutureExt as _;
    use leptos::{prelude::*, task::spawn_local};

    use super::{LazyPage, Part, split};
    use crate::{
        Route, catch_focus,
        components::mark::Brand,
        first_load::erased::effect,
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
        if let Some(view) = built(Part::Page(lazy_page)) {
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
            State::Loaded => built(Part::Page(lazy_page)).unwrap_or_else(|| failed(load)),
            State::Loading => view! { <main class="main" id="main" tabindex="-1" aria-busy="true"></main> }.into_any(),
            State::Failed => failed(load),
        };
        shown.into_any()
    }

    /// Renders the sheet with the settings of a conversation once its code is loaded.
    pub(crate) fn settings_sheet() -> AnyView {
        beside(Part::SettingsSheet)
    }

    /// Renders the reader once its code is loaded.
    pub(crate) fn reader() -> AnyView {
        beside(Part::Reader)
    }

    fn beside(part: Part) -> AnyView {
        let (state, is_loaded) = (state(), RwSignal::new(false));
        effect(move || {
            spawn_local(async move {
                if split::load().await.is_ok() {
                    is_loaded.try_set(true);
                } else {
                    state.notices.offer(state.strings().common.why_not_loaded, None);
                }
            });
        });
        (move || is_loaded.get().then(|| built(part)).flatten()).into_any()
    }

    /// Renders a part, or returns `None` if its code is not loaded.
    fn built(part: Part) -> Option<AnyView> {
        split::part(part).now_or_never().and_then(Result::ok)
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

    use super::{Errors, Language, Part};

    static ERRORS: OnceLock<fn(Language) -> Errors> = OnceLock::new();

    /// Returns the sentences of the errors of these pages, or none if their code has not run yet.
    pub(crate) fn errors(language: Language) -> Errors {
        ERRORS.get().map_or(&[], |errors| errors(language))
    }

    #[wasm_split(lazy_page, wasm_split_path = ::leptos::wasm_split, preload(load), fallible)]
    pub(super) fn part(part: Part) -> Result<AnyView, SplitLoaderError> {
        ERRORS.get_or_init(|| |language| language.lazy().errors);
        Ok(super::build(part))
    }
}
