//! A message on the page.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdfast_protocol::{
    ApiError, Author, Message, MessageId, Status, Step,
    message::Source,
    rules::branches::{Branch, PathEntry},
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::markdown::in_portions;
use crate::{
    first_load::conversation_bundle::{self, Rendered},
    markdown::{Block, Tail},
    strings::Language,
};

/// The properties of a message, apart from its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// State of the message.
    pub status: Status,
    /// Name of the provider that answers.
    pub provider: Option<String>,
    /// Name of the model that answers.
    pub model: Option<String>,
    /// Why it failed or was interrupted.
    pub error: Option<ApiError>,
    /// Passages that the answer quotes or was given; empty if there are none.
    pub sources: Vec<Source>,
    /// Number of messages at the beginning of the conversation that were not sent to the model.
    pub left_out: u32,
}

/// A message with signals of its own, so that a growing answer updates nothing else.
#[derive(Clone, Debug)]
pub struct MessageView {
    /// Id of the message.
    pub id: MessageId,
    /// Author of the message.
    pub role: Author,
    /// Id of the message that it follows.
    pub parent: Option<MessageId>,
    /// Its position among its siblings.
    pub branch: ArcRwSignal<Branch>,
    /// Its properties.
    pub head: ArcRwSignal<Head>,
    /// The finished blocks of an answer.
    pub blocks: ArcRwSignal<Vec<Block>>,
    /// The open end of an answer.
    pub tail: ArcRwSignal<Tail>,
    /// The steps of an answer, by index.
    pub steps: ArcRwSignal<Vec<Step>>,
    /// The rendered text of an answer; `None` for a user's message.
    rendered: Arc<Mutex<Option<Box<dyn Rendered>>>>,
    /// The text of a user's message, which is shown as plain text.
    text: Arc<str>,
}

impl PartialEq for MessageView {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl MessageView {
    /// Creates the view of a message, on a page in this language.
    pub fn new(entry: &PathEntry<'_>, language: Language) -> Self {
        let message = Self::unwritten(entry, language);
        message.write(&entry.message.content, !entry.message.status.is_unfinished());
        message
    }

    /// Creates the view of a message. Returns `None` if `is_late` returned true before the text was rendered.
    #[cfg(feature = "ssr")]
    pub fn unless_late(entry: &PathEntry<'_>, language: Language, is_late: &dyn Fn() -> bool) -> Option<Self> {
        let message = Self::unwritten(entry, language);
        let is_whole = in_portions(&entry.message.content, is_late, |text, is_all| {
            if is_all {
                message.write(text, !entry.message.status.is_unfinished());
            } else if let Some(rendered) = message.rendered().as_mut() {
                rendered.set(text, false);
            }
        });
        is_whole.then_some(message)
    }

    fn unwritten(entry: &PathEntry<'_>, language: Language) -> Self {
        let message = entry.message;
        // The first half of an id is its time, which two answers may share, so use the second half.
        let (_, short) = message.id.0.as_u64_pair();
        let text = if message.role == Author::User { message.content.as_str().into() } else { "".into() };
        let rendered = if message.role == Author::User { None } else { conversation_bundle::text(format!("m{short:016x}-"), language) };
        Self {
            id: message.id,
            role: message.role,
            parent: message.parent_id,
            branch: ArcRwSignal::new(entry.branch),
            head: ArcRwSignal::new(head(message)),
            blocks: ArcRwSignal::default(),
            tail: ArcRwSignal::new(Tail::default()),
            steps: ArcRwSignal::new(message.steps.clone()),
            rendered: Arc::new(Mutex::new(rendered)),
            text,
        }
    }

    /// Applies changes.
    pub fn update(&self, entry: &PathEntry<'_>) {
        let message = entry.message;
        if *self.branch.read_untracked() != entry.branch {
            self.branch.set(entry.branch);
        }
        let head = head(message);
        if *self.head.read_untracked() != head {
            self.head.set(head);
        }
        self.set_steps(&message.steps);
        self.write(&message.content, !message.status.is_unfinished());
    }

    /// Shows what a growing answer has by now.
    pub fn grow(&self, message: &Message) {
        self.set_steps(&message.steps);
        self.write(&message.content, false);
    }

    fn set_steps(&self, steps: &[Step]) {
        if *self.steps.read_untracked() != steps {
            self.steps.set(steps.to_vec());
        }
    }

    /// Returns the text as it was written.
    pub fn text(&self) -> String {
        match self.role {
            Author::User => self.text.to_string(),
            Author::Assistant => self.rendered().as_ref().map(|it| it.source().to_owned()).unwrap_or_default(),
        }
    }

    /// Returns whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.role == Author::Assistant && self.rendered().as_ref().is_none_or(|it| it.source().trim().is_empty())
    }

    fn rendered(&self) -> MutexGuard<'_, Option<Box<dyn Rendered>>> {
        self.rendered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, text: &str, finished: bool) {
        // Users' messages are not rendered.
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
}

fn head(message: &Message) -> Head {
    Head {
        status: message.status,
        provider: message.provider.clone(),
        model: message.model.clone(),
        error: message.error.clone(),
        sources: message.sources.clone(),
        left_out: message.left_out,
    }
}
