//! Sentences for the person; those that name a time count it down.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use holdfast_protocol::{Code, Refusal};
use leptos::prelude::*;

use super::{Language, Words};
use crate::{
    once::effect,
    ui::{Ask, ask},
};

/// A sentence for the person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    text: String,
    /// Whether it is English on a page that is not: the server's sentences are.
    foreign: bool,
    /// Where it says how long to wait.
    wait: Option<Wait>,
}

/// What there is to wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wait {
    refusal: Refusal,
    language: Language,
    /// Its end, ms by this machine's clock, from when it is first on the page. Kept, for the page may show it anew.
    until: Arc<OnceLock<u64>>,
}

impl Told {
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
        let ask = ask();
        let ms = self.refusal.retry_after_ms.unwrap_or_default();
        let (left, until) = (RwSignal::new(ms), self.until);
        effect(move || {
            let end = *until.get_or_init(|| ask.desk().now().saturating_add(ms));
            tick(ask, left, end);
        });
        (move || self.language.words().told(self.refusal.counted_down(left.get())).text).into_any()
    }
}

/// Counts, at each full second, until nothing is left.
fn tick(ask: Ask, left: RwSignal<u64>, end: u64) {
    let ms = end.saturating_sub(ask.desk().now());
    // Where the page is another one by now, there is nobody to tell.
    if left.try_set(ms).is_none() && ms > 0 {
        set_timeout(move || tick(ask, left, end), Duration::from_millis((ms - 1) % 1000 + 1));
    }
}

impl<T: Into<String>> From<T> for Told {
    fn from(text: T) -> Self {
        Self { text: text.into(), foreign: false, wait: None }
    }
}

impl Words {
    /// What is told of a refusal: in a sentence of the page's language where it has one, else in the server's.
    pub fn told(&self, refusal: Refusal) -> Told {
        let sentence = (self.refusal)(&refusal);
        let foreign = sentence.is_none() && self.language != Language::En;
        let text = sentence.unwrap_or_else(|| refusal.error.clone());
        let waits = refusal.code == Code::RateLimited && refusal.retry_after_ms.is_some();
        let wait = waits.then(|| Wait { refusal, language: self.language, until: Arc::default() });
        Told { text, foreign, wait }
    }
}
