//! Waiting, where something was tried too often.

use std::time::Duration;

use leptos::prelude::*;

/// So long yet nothing is tried again.
#[derive(Clone, Copy)]
pub(crate) struct Patience(RwSignal<u64>);

impl Patience {
    /// No waiting.
    pub(crate) fn new() -> Self {
        Self(RwSignal::new(0))
    }

    /// Seconds that are left. The button says them, which counts: an alert would be read out each second.
    pub(crate) fn left(self) -> u64 {
        self.0.get()
    }

    /// Whether any are left.
    pub(crate) fn is_needed(self) -> bool {
        self.0.get_untracked() != 0
    }

    /// Counts down from `ms`, and does `then` with the last second.
    pub(crate) fn begin(self, ms: u64, then: impl Fn() + 'static) {
        self.0.set(ms.div_ceil(1000));
        self.count(Box::new(then));
    }

    fn count(self, then: Box<dyn Fn()>) {
        set_timeout(
            move || {
                // Where the page is another one by now, there is nobody to tell.
                let Some(left) = self.0.try_get_untracked().map(|seconds| seconds.saturating_sub(1)) else { return };
                self.0.set(left);
                if left == 0 { then() } else { self.count(then) }
            },
            Duration::from_secs(1),
        );
    }
}
