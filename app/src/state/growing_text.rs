//! A text that grows, with its rendered blocks as signals.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdfast_protocol::sources::Sources;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::markdown::in_portions;
use crate::{
    first_load::conversation_bundle::{self, Rendered},
    markdown::{Block, Tail},
    strings::Language,
};

/// A text of Markdown that grows: an answer, or a step of one. Its clones are the same text.
#[derive(Clone, Debug)]
pub struct GrowingText {
    /// The finished blocks.
    pub blocks: ArcRwSignal<Vec<Block>>,
    /// The open end.
    pub tail: ArcRwSignal<Tail>,
    /// The rendered text; `None` if the conversation bundle was not loaded when it was created.
    rendered: Arc<Mutex<Option<Box<dyn Rendered>>>>,
}

impl GrowingText {
    /// Creates an empty text. `prefix` precedes the ids of its elements.
    pub fn new(prefix: String, language: Language) -> Self {
        let rendered = Arc::new(Mutex::new(conversation_bundle::text(prefix, language)));
        Self { blocks: ArcRwSignal::default(), tail: ArcRwSignal::new(Tail::default()), rendered }
    }

    /// Sets the current text. If it continues the previous text, only its end is rendered.
    pub fn set(&self, text: &str, finished: bool) {
        let mut guard = self.rendered();
        let Some(rendered) = guard.as_mut() else { return };
        if !rendered.set(text, finished) {
            return;
        }
        let same = *self.blocks.read_untracked() == rendered.blocks();
        let fresh = (!same).then(|| rendered.blocks().to_vec());
        let tail = rendered.tail();
        drop(guard);
        if let Some(blocks) = fresh {
            self.blocks.set(blocks);
        }
        self.tail.set(tail);
    }

    /// Sets the passages that the text may cite (see [`Markdown::cite`](crate::markdown::Markdown::cite)).
    pub fn cite(&self, anchor: &str, sources: &Sources, is_checked: bool) {
        let mut guard = self.rendered();
        let Some(rendered) = guard.as_mut() else { return };
        if !rendered.cite(anchor, sources, is_checked) {
            return;
        }
        let (blocks, tail) = (rendered.blocks().to_vec(), rendered.tail());
        drop(guard);
        self.blocks.set(blocks);
        self.tail.set(tail);
    }

    /// Sets the whole text. Returns `false` if `is_late` returned true before it was rendered.
    #[cfg(feature = "ssr")]
    pub fn set_unless_late(&self, text: &str, finished: bool, is_late: &dyn Fn() -> bool) -> bool {
        in_portions(text, is_late, |text, is_all| {
            if is_all {
                self.set(text, finished);
            } else if let Some(rendered) = self.rendered().as_mut() {
                rendered.set(text, false);
            }
        })
    }

    /// Returns the text as it was written.
    pub fn source(&self) -> String {
        self.rendered().as_ref().map(|it| it.source().to_owned()).unwrap_or_default()
    }

    /// Returns whether the text has only white space.
    pub fn is_empty(&self) -> bool {
        self.rendered().as_ref().is_none_or(|it| it.source().trim().is_empty())
    }

    // A poisoned lock is not possible, because nothing panics while holding it.
    fn rendered(&self) -> MutexGuard<'_, Option<Box<dyn Rendered>>> {
        self.rendered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
