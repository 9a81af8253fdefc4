//! Sentences for the person; those that name a time count it down.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use holdfast_protocol::{ApiError, Code};
use leptos::prelude::*;

use super::{Language, Strings};
use crate::{
    erased::effect,
    ui::{AppContext, context},
};

/// A sentence for the person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Localized {
    text: String,
    /// Whether it is English on a page that is not: the server's sentences are.
    foreign: bool,
    /// Where it says how long to wait.
    wait: Option<Wait>,
}

/// What there is to wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wait {
    api_error: ApiError,
    language: Language,
    /// Its end, ms by this machine's clock, from when it is first on the page. Kept, for the page may show it anew.
    until: Arc<OnceLock<u64>>,
}

impl Localized {
    /// The sentence.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it counts down.
    pub fn counts(&self) -> bool {
        self.wait.is_some()
    }

    /// The sentence, said in its own language.
    pub(crate) fn view(self) -> AnyView {
        let lang = self.foreign.then_some(Language::En.tag());
        match self.wait {
            None => view! { <span lang=lang>{self.text}</span> }.into_any(),
            // Who hears it hears it once, and not each second.
            Some(wait) => view! {
                <span class="hidden">{self.text}</span>
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

/// Counts, at each full second, until nothing is left.
fn tick(context: AppContext, left: RwSignal<u64>, end: u64) {
    let ms = end.saturating_sub(context.browser().now());
    // Where the page is another one by now, there is nobody to tell.
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
    /// What is told of a refusal: in a sentence of the page's language where it has one, else in the server's.
    pub fn localized(&self, api_error: ApiError) -> Localized {
        let sentence = (self.api_error)(&api_error);
        let foreign = sentence.is_none() && self.language != Language::En;
        let text = sentence.unwrap_or_else(|| api_error.error.clone());
        let waits = api_error.code == Code::RateLimited && api_error.retry_after_ms.is_some();
        let wait = waits.then(|| Wait { api_error, language: self.language, until: Arc::default() });
        Localized { text, foreign, wait }
    }
}
