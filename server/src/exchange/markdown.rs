//! A conversation as a text that people read.

use std::{collections::HashMap, fmt::Write as _};

use holdfast_protocol::{
    Message, MessageId, Role, Status,
    api::ConversationSummary,
    branches::{Branch, Choices, Node as _, path},
};
use time::OffsetDateTime;

use crate::{clock::Millis, store::Outline};

/// What is read of a conversation, from the first message to the newest. Other versions stay in the JSON.
pub(super) struct Reading {
    /// Among which others a message stands, where there are any.
    versions: HashMap<MessageId, Branch>,
}

impl Reading {
    /// With the messages that are read, in their order.
    pub(super) fn new(outline: &[Outline]) -> (Self, Vec<Outline>) {
        let steps = path(outline, &Choices::default());
        let versions = steps.iter().filter(|step| step.branch.of > 1).map(|step| (step.message.id(), step.branch)).collect();
        (Self { versions }, steps.iter().map(|step| *step.message).collect())
    }

    /// These messages, which follow what was written.
    pub(super) fn of(&self, messages: &[Message]) -> String {
        messages.iter().map(|message| section(message, self.versions.get(&message.id).copied())).collect()
    }
}

/// What stands above the messages.
pub(super) fn heading(summary: &ConversationSummary) -> String {
    format!("# {}\n", if summary.title.is_empty() { "Conversation" } else { &summary.title })
}

fn section(message: &Message, version: Option<Branch>) -> String {
    let who = match message.role {
        Role::User => "You".to_owned(),
        Role::Assistant => message.model.clone().unwrap_or_else(|| "Answer".to_owned()),
    };
    let end = match message.status {
        Status::Accepted | Status::Complete => "",
        Status::Streaming => ", still being written",
        Status::Stopped => ", stopped",
        Status::Interrupted => ", broke off",
        Status::Failed => ", failed",
    };
    let version = version.map(|branch| format!(", version {} of {}", branch.at + 1, branch.of)).unwrap_or_default();
    let mut text = String::with_capacity(message.content.len() + 100);
    _ = write!(text, "\n## {who}\n\n*{}{end}{version}*\n\n{}\n", moment(message.created_at), message.content.trim_end());
    text
}

/// A name for the file of a conversation: its day, its title, and what tells it from others.
pub(super) fn name(summary: &ConversationSummary) -> String {
    let title: String = summary.title.chars().map(|c| if c.is_alphanumeric() || "-_ ,".contains(c) { c } else { ' ' }).take(60).collect();
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let id = summary.id.0.as_simple().to_string();
    let title = if title.is_empty() { "Conversation" } else { &title };
    format!("{} {title} {}", &moment(summary.created_at)[..10], &id[id.len() - 8..])
}

/// `2026-11-21 14:05 UTC`.
fn moment(at: Millis) -> String {
    let seconds = i64::try_from(at / 1000).unwrap_or_default();
    let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    format!("{:04}-{:02}-{:02} {:02}:{:02} UTC", at.year(), u8::from(at.month()), at.day(), at.hour(), at.minute())
}
