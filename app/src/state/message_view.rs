//! A message on the page.

use std::sync::Arc;

use holdfast_protocol::{
    ApiError, Author, Message, MessageId, Status, Step,
    message::{Attachment, Usage},
    rules::branches::{Branch, PathEntry},
    sources::Sources,
};
use leptos::prelude::*;

use super::{growing_text::GrowingText, step_view::StepView};
use crate::{first_load::conversation_bundle, route::passage_anchor, strings::Language};

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
    pub sources: Sources,
    /// Number of messages at the beginning of the conversation that were not sent to the model.
    pub left_out: u32,
    /// Names of the settings that the model does not accept.
    pub ignored: Vec<String>,
    /// Number of tokens that the provider counted; `None` if it did not report any.
    pub usage: Option<Usage>,
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
    /// The steps of an answer, by index.
    pub steps: ArcRwSignal<Vec<StepView>>,
    /// Files that the user attached.
    pub attachments: Arc<Vec<Attachment>>,
    /// The text of an answer.
    pub written: GrowingText,
    /// The text of a user's message, which is shown as plain text.
    text: Arc<str>,
    language: Language,
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
        message.grow(entry.message);
        message
    }

    /// Creates the view of a message. Returns `None` if `is_late` returned true before the text was rendered.
    #[cfg(feature = "ssr")]
    pub fn unless_late(entry: &PathEntry<'_>, language: Language, is_late: &dyn Fn() -> bool) -> Option<Self> {
        let message = Self::unwritten(entry, language);
        if message.role == Author::User {
            return Some(message);
        }
        let steps: Vec<StepView> = entry.message.steps.iter().map(|step| message.step(step)).collect();
        let are_whole = steps
            .iter()
            .zip(&entry.message.steps)
            .all(|(view, step)| view.content.set_unless_late(&step.content, !step.state.is_unfinished(), is_late));
        message.steps.set(steps);
        message.cite(entry.message);
        let is_whole = message.written.set_unless_late(&entry.message.content, !entry.message.status.is_unfinished(), is_late);
        (are_whole && is_whole).then_some(message)
    }

    fn unwritten(entry: &PathEntry<'_>, language: Language) -> Self {
        let message = entry.message;
        let text = if message.role == Author::User { message.content.as_str().into() } else { "".into() };
        Self {
            id: message.id,
            role: message.role,
            parent: message.parent_id,
            branch: ArcRwSignal::new(entry.branch),
            head: ArcRwSignal::new(head(message)),
            steps: ArcRwSignal::default(),
            attachments: Arc::new(message.attachments.clone()),
            written: GrowingText::new(prefix(message.id), language),
            text,
            language,
        }
    }

    /// Applies changes.
    pub fn update(&self, entry: &PathEntry<'_>) {
        if *self.branch.read_untracked() != entry.branch {
            self.branch.set(entry.branch);
        }
        let head = head(entry.message);
        if *self.head.read_untracked() != head {
            self.head.set(head);
        }
        self.grow(entry.message);
    }

    /// Shows what an answer has by now.
    pub fn grow(&self, message: &Message) {
        // Users' messages are not rendered.
        if self.role == Author::Assistant {
            conversation_bundle::grow(self, message);
        }
    }

    /// Writes what an answer has by now. Only the conversation bundle may call this.
    pub(crate) fn write(&self, message: &Message) {
        self.set_steps(&message.steps);
        self.cite(message);
        self.written.set(&message.content, !message.status.is_unfinished());
    }

    /// Sets the passages that the answer may cite.
    fn cite(&self, message: &Message) {
        self.written.cite(&passage_anchor(self.id), &message.sources, !message.status.is_unfinished());
    }

    fn set_steps(&self, steps: &[Step]) {
        let shown = self.steps.get_untracked();
        let views: Vec<StepView> = steps
            .iter()
            .enumerate()
            .map(|(place, step)| shown.get(place).filter(|view| view.kind == step.kind).cloned().unwrap_or_else(|| self.step(step)))
            .collect();
        views.iter().zip(steps).for_each(|(view, step)| view.update(step));
        if shown != views {
            self.steps.set(views);
        }
    }

    fn step(&self, step: &Step) -> StepView {
        StepView::new(step, &prefix(self.id), self.language)
    }

    /// Returns the text as it was written.
    pub fn text(&self) -> String {
        match self.role {
            Author::User => self.text.to_string(),
            Author::Assistant => self.written.source(),
        }
    }

    /// Returns whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.role == Author::Assistant && self.written.is_empty()
    }
}

/// Returns the prefix of the ids of elements in a message.
fn prefix(id: MessageId) -> String {
    // The first half of an id is its time, which two answers may share, so use the second half.
    let (_, short) = id.0.as_u64_pair();
    format!("m{short:016x}-")
}

fn head(message: &Message) -> Head {
    Head {
        status: message.status,
        provider: message.provider.clone(),
        model: message.model.clone(),
        error: message.error.clone(),
        sources: message.sources.clone(),
        left_out: message.left_out,
        ignored: message.ignored.clone(),
        usage: message.usage,
    }
}
