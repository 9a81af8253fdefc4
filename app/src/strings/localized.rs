//! Sentences for the user. If one names a waiting time, it counts down.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use holdfast_protocol::{ApiError, Code};
use leptos::prelude::*;

use super::{Language, Strings};
use crate::{
    first_load::erased::effect,
    ui::{AppContext, context},
};

/// A sentence for the user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Localized {
    text: String,
    /// Whether it is English on a page in another language, as the server's sentences are.
    foreign: bool,
    /// The waiting time that it names.
    wait: Option<Wait>,
}

/// A waiting time.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wait {
    api_error: ApiError,
    language: Language,
    /// Its end, ms by the device's clock, set when it is first shown. It is stored because the page may render the sentence again.
    until: Arc<OnceLock<u64>>,
}

impl Localized {
    /// Returns the sentence.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether it counts down.
    pub fn counts(&self) -> bool {
        self.wait.is_some()
    }

    /// Renders the sentence, marked with its language.
    pub(crate) fn view(self) -> AnyView {
        let lang = self.foreign.then_some(Language::En.tag());
        match self.wait {
            None => view! { <span lang=lang>{self.text}</span> }.into_any(),
            // Screen readers announce it once, and not every second.
            Some(wait) => view! {
                <span class="sr-only">{self.text}</span>
                <span aria-hidden="true">{wait.counting()}</span>
            }
            .into_any(),
        }
    }
}

impl Wait {
    fn counting(self) -> AnyView {
        let context = context();
        let ms = self.api_error.retry_after_ms.unwrap_or_default();
        let (left, until) = (RwSignal::new(ms), self.until);
        effect(move || {
            let end = *until.get_or_init(|| context.browser().now().saturating_add(ms));
            tick(context, left, end);
        });
        (move || self.language.strings().localized(self.api_error.counted_down(left.get())).text).into_any()
    }
}

/// Counts down at each full second until nothing is left.
fn tick(context: AppContext, left: RwSignal<u64>, end: u64) {
    let ms = end.saturating_sub(context.browser().now());
    // If the user has left the page, the countdown stops.
    if left.try_set(ms).is_none() && ms > 0 {
        set_timeout(move || tick(context, left, end), Duration::from_millis((ms - 1) % 1000 + 1));
    }
}

impl<T: Into<String>> From<T> for Localized {
    fn from(text: T) -> Self {
        Self { text: text.into(), foreign: false, wait: None }
    }
}

impl Strings {
    /// Returns the sentence for an error: in the page's language if it has one, otherwise the server's.
    pub fn localized(&self, api_error: ApiError) -> Localized {
        let sentence = (self.api_error)(&api_error);
        let foreign = sentence.is_none() && self.language != Language::En;
        let text = sentence.unwrap_or_else(|| api_error.error.clone());
        let waits = api_error.code == Code::RateLimited && api_error.retry_after_ms.is_some();
        let wait = waits.then(|| Wait { api_error, language: self.language, until: Arc::default() });
        Localized { text, foreign, wait }
    }
}
