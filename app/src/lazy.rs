//! What the page loads when it is first needed: everything but the chat.
//!
//! With the feature `split`, `cargo leptos build --split` puts what only [`split::rest`] reaches into a file of its own. Without
//! it (the server, `cargo leptos watch`) all of it is there from the beginning.

use leptos::prelude::*;

use crate::{
    Kind,
    eager::IntoEager,
    pages::{archived::Archived, nowhere::Nowhere, search::Search, settings::Settings, sign::Sign},
};

fn build(kind: Kind) -> AnyView {
    match kind {
        Kind::Sign(how) => view! { <Sign how/> }.eager(),
        Kind::Search => view! { <Search/> }.eager(),
        Kind::Archived => view! { <Archived/> }.eager(),
        Kind::Settings => view! { <Settings/> }.eager(),
        Kind::Chat | Kind::Nowhere => view! { <Nowhere/> }.eager(),
    }
}

/// A page that is not the chat.
#[cfg(not(feature = "split"))]
pub(crate) fn rest(kind: Kind) -> AnyView {
    build(kind)
}

/// Loads what the other pages need, so that they can be hydrated at once. What fails here is tried again, and told, by the page.
#[cfg(not(feature = "split"))]
pub async fn load_rest() {}

#[cfg(feature = "split")]
pub use loading::load_rest;
#[cfg(feature = "split")]
pub(crate) use loading::rest;

#[cfg(feature = "split")]
mod loading {
    use futures::FutureExt as _;
    use leptos::{prelude::*, task::spawn_local};

    use super::split;
    use crate::{Kind, eager::IntoEager};

    /// Loads what the other pages need, so that they can be hydrated at once. What fails here is tried again, and told, by the
    /// page.
    pub async fn load_rest() {
        _ = split::load().await;
    }

    #[derive(Clone, Copy, PartialEq, Eq)]
    enum State {
        Loading,
        Loaded,
        Failed,
    }

    /// A page that is not the chat: at once where its program is there, else as soon as it is.
    pub(crate) fn rest(kind: Kind) -> AnyView {
        if let Some(Ok(view)) = split::rest(kind).now_or_never() {
            return view;
        }
        let state = RwSignal::new(State::Loading);
        let load = move || {
            state.set(State::Loading);
            spawn_local(async move {
                let loaded = split::load().await.is_ok();
                state.try_set(if loaded { State::Loaded } else { State::Failed });
            });
        };
        load();
        let page = move || match state.get() {
            State::Loaded => split::rest(kind).now_or_never().and_then(Result::ok).unwrap_or_else(|| failed(load)),
            State::Loading => view! { <main class="main loading" id="main" tabindex="-1" aria-busy="true"></main> }.eager(),
            State::Failed => failed(load),
        };
        page.eager()
    }

    fn failed(load: impl Fn() + Copy + 'static) -> AnyView {
        view! {
            <main class="main" id="main" tabindex="-1">
                <div class="page">
                    <h1>"This page could not be loaded"</h1>
                    <p role="alert">"The server can't be reached, or has a newer version by now. What you wrote is kept."</p>
                    <p>
                        <button class="button" on:click=move |_| load()>"Try again"</button>
                        " "
                        <a class="button" href="" rel="external">"Load the page anew"</a>
                    </p>
                </div>
            </main>
        }
        .eager()
    }
}

#[cfg(feature = "split")]
mod split {
    #![allow(unsafe_code, reason = "the macro declares what the linker joins")]
    use leptos::{
        prelude::AnyView,
        wasm_split::{SplitLoaderError, wasm_split},
    };

    use crate::Kind;

    #[wasm_split(rest, wasm_split_path = ::leptos::wasm_split, preload(load), fallible)]
    pub(super) fn rest(kind: Kind) -> Result<AnyView, SplitLoaderError> {
        Ok(super::build(kind))
    }
}
