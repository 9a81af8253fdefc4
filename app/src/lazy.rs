//! What the page loads when it is first needed: everything but the chat.
//!
//! With the feature `split`, `cargo leptos build --split` puts what only [`split::rest`] reaches into a file of its own. Without
//! it (the server, `cargo leptos watch`) all of it is there from the beginning.

use leptos::prelude::*;

use crate::{
    Place,
    pages::{
        archived::Archived,
        nowhere::Nowhere,
        search::Search,
        settings::Settings,
        sign::{How, Sign},
    },
};

/// The pages that are not the chat, as far as they are built differently.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    Sign(How),
    Search,
    Archived,
    Settings,
    Nowhere,
}

impl Rest {
    /// The page at a place; none where that is the chat.
    pub(crate) fn at(place: Place) -> Option<Self> {
        Some(match place {
            Place::New | Place::Conversation(_) => return None,
            Place::SignIn => Self::Sign(How::In),
            Place::SignUp => Self::Sign(How::Up),
            Place::Join => Self::Sign(How::Join),
            Place::Claim => Self::Sign(How::Claim),
            Place::Password => Self::Sign(How::Password),
            Place::Search => Self::Search,
            Place::Archived => Self::Archived,
            Place::Settings(_) => Self::Settings,
            Place::Unknown => Self::Nowhere,
        })
    }
}

fn build(rest: Rest) -> AnyView {
    match rest {
        Rest::Sign(how) => view! { <Sign how/> }.into_any(),
        Rest::Search => view! { <Search/> }.into_any(),
        Rest::Archived => view! { <Archived/> }.into_any(),
        Rest::Settings => view! { <Settings/> }.into_any(),
        Rest::Nowhere => view! { <Nowhere/> }.into_any(),
    }
}

/// A page that is not the chat.
#[cfg(not(feature = "split"))]
pub(crate) fn page(rest: Rest) -> AnyView {
    build(rest)
}

/// Loads what the other pages need, so that they can be hydrated at once. What fails here is tried again, and told, by the page.
#[cfg(not(feature = "split"))]
pub async fn load_rest() {}

#[cfg(feature = "split")]
pub use loading::load_rest;
#[cfg(feature = "split")]
pub(crate) use loading::page;

#[cfg(feature = "split")]
mod loading {
    use futures::FutureExt as _;
    use leptos::{prelude::*, task::spawn_local};

    use super::{Rest, split};
    use crate::{
        Place, catch_focus,
        components::mark::Brand,
        ui::{ask, live},
        words::words,
    };

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
    pub(crate) fn page(rest: Rest) -> AnyView {
        if let Some(Ok(view)) = split::rest(rest).now_or_never() {
            return view;
        }
        let (state, ask) = (RwSignal::new(State::Loading), ask());
        let load = move || {
            state.set(State::Loading);
            spawn_local(async move {
                let loaded = split::load().await.is_ok();
                state.try_set(if loaded { State::Loaded } else { State::Failed });
                catch_focus(ask);
            });
        };
        load();
        let shown = move || match state.get() {
            State::Loaded => split::rest(rest).now_or_never().and_then(Result::ok).unwrap_or_else(|| failed(load)),
            State::Loading => view! { <main class="main" id="main" tabindex="-1" aria-busy="true"></main> }.into_any(),
            State::Failed => failed(load),
        };
        shown.into_any()
    }

    fn failed(load: impl Fn() + Copy + 'static) -> AnyView {
        let words = &words().common;
        view! {
            <main class="alone" id="main" tabindex="-1">
                <div class="login">
                    <Brand/>
                    <h1>{words.not_loaded}</h1>
                    <p role="alert">{words.why_not_loaded}</p>
                    <button type="button" class="go wide" on:click=move |_| load()>{words.try_again}</button>
                    <p>
                        <a href="" rel="external">{words.load_anew}</a>
                        " · "
                        <a href=live().path(Place::New)>{words.to_conversations}</a>
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
    use leptos::{
        prelude::AnyView,
        wasm_split::{SplitLoaderError, wasm_split},
    };

    use super::Rest;

    #[wasm_split(rest, wasm_split_path = ::leptos::wasm_split, preload(load), fallible)]
    pub(super) fn rest(rest: Rest) -> Result<AnyView, SplitLoaderError> {
        Ok(super::build(rest))
    }
}
