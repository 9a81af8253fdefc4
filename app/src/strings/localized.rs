//! Sentences for the user. If one names a waiting time, it counts down.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use holdfast_protocol::{
    ApiError, Code,
    params::{Param, fill},
};
use leptos::prelude::*;

use super::{Errors, Language, Strings};
use crate::{
    first_load::{conversation_bundle, erased::effect, lazy},
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
        // The cause, which administrators are told, is English.
        let sentence = if api_error.params.get("cause").is_some() { None } else { self.sentence(&api_error) };
        let foreign = sentence.is_none() && self.language != Language::En;
        let text = sentence.unwrap_or_else(|| api_error.error.clone());
        let waits = api_error.code == Code::RateLimited && api_error.retry_after_ms.is_some();
        let wait = waits.then(|| Wait { api_error, language: self.language, until: Arc::default() });
        Localized { text, foreign, wait }
    }

    /// Makes the sentence of an error from its reason and values. Returns `None` if the language has none, or if a value is missing.
    fn sentence(&self, api_error: &ApiError) -> Option<String> {
        let template = self.template(&api_error.reason).or_else(|| self.template(&format!(":{}", api_error.code.as_str())))?;
        let mut sentence = self.filled(template, api_error, None)?;
        for around in api_error.params.iter().filter_map(|(name, _)| self.template(name)) {
            sentence = self.filled(around, api_error, Some(&sentence))?;
        }
        match api_error.retry_after_ms {
            Some(ms) if api_error.code == Code::RateLimited => Some(format!("{sentence} {}", (self.again)(ms.div_ceil(1000)))),
            _ => Some(sentence),
        }
    }

    /// Fills a template with the values of an error. `within` is the sentence that it surrounds.
    fn filled(&self, template: &str, api_error: &ApiError, within: Option<&str>) -> Option<String> {
        let (text, is_whole) = fill(template, &|name| match api_error.params.get(name).map(Param::to_string) {
            // Megabytes, with a decimal sign. Only languages with a decimal comma come here.
            Some(text) if name.ends_with("_mb") => Some(text.replace('.', ",")),
            None if name == "sentence" => within.map(str::to_owned),
            text => text,
        });
        is_whole.then_some(text)
    }

    /// Returns the template of a reason, as far as the file with it is loaded.
    fn template(&self, name: &str) -> Option<&'static str> {
        let find = |errors: Errors| errors.iter().find(|(reason, _)| *reason == name).map(|(_, template)| *template);
        find(self.errors).or_else(|| find(conversation_bundle::errors(self.language))).or_else(|| find(lazy::errors(self.language)))
    }
}
