//! The form for settings of answers, which the page loads when it is first shown: beside a conversation, or in the settings.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    components::tuning::{Defaults, Owner, Sheet},
    first_load::erased::effect,
    ui::state,
};

/// A place of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TuningPart {
    /// Beside a conversation.
    Sheet,
    /// The user's defaults, with a heading.
    User,
    /// The server's defaults, with a heading.
    Server,
}

fn build(part: TuningPart) -> AnyView {
    match part {
        TuningPart::Sheet => view! { <Sheet/> }.into_any(),
        TuningPart::User => view! { <Defaults owner=Owner::User/> }.into_any(),
        TuningPart::Server => view! { <Defaults owner=Owner::Server/> }.into_any(),
    }
}

/// Renders the form once its code is loaded. The server's rendering of the page does not have it, so there is nothing to hydrate.
pub(crate) fn part(part: TuningPart) -> AnyView {
    let (state, loaded) = (state(), RwSignal::new(false));
    effect(move || {
        spawn_local(async move {
            if load().await {
                loaded.try_set(true);
            } else {
                state.notices.offer(state.strings().common.why_not_loaded, None);
            }
        });
    });
    (move || loaded.get().then(|| made(part)).flatten()).into_any()
}

#[cfg(not(feature = "split"))]
async fn load() -> bool {
    true
}

#[cfg(not(feature = "split"))]
fn made(part: TuningPart) -> Option<AnyView> {
    Some(build(part))
}

#[cfg(feature = "split")]
async fn load() -> bool {
    split::load().await.is_ok()
}

#[cfg(feature = "split")]
fn made(part: TuningPart) -> Option<AnyView> {
    use futures::FutureExt as _;
    split::part(part).now_or_never().and_then(Result::ok)
}

#[cfg(feature = "split")]
mod split {
    #![allow(unsafe_code, reason = "the macro declares what the linker joins")]
    use leptos::{
        prelude::AnyView,
        wasm_split::{SplitLoaderError, wasm_split},
    };

    use super::TuningPart;

    #[wasm_split(tuning, wasm_split_path = ::leptos::wasm_split, preload(load), fallible)]
    pub(super) fn part(part: TuningPart) -> Result<AnyView, SplitLoaderError> {
        Ok(super::build(part))
    }
}
