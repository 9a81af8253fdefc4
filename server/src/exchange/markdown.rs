//! A conversation as a text that people read.

use std::fmt::Write as _;

use holdfast_protocol::{
    Role, Status,
    api::Conversation,
    branches::{Choices, path},
};
use time::OffsetDateTime;

use crate::clock::Millis;

/// What is read from the first message to the newest. Other versions stay in the JSON.
pub(super) fn of(conversation: &Conversation) -> String {
    let title = &conversation.summary.title;
    let mut text = format!("# {}\n", if title.is_empty() { "Conversation" } else { title });
    for step in path(&conversation.messages, &Choices::default()) {
        let message = step.message;
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
        let version = if step.branch.of > 1 { format!(", version {} of {}", step.branch.at + 1, step.branch.of) } else { String::new() };
        _ = write!(text, "\n## {who}\n\n*{}{end}{version}*\n\n{}\n", moment(message.created_at), message.content.trim_end());
    }
    text
}

/// A name for the file of a conversation: its day, its title, and what tells it from others.
pub(super) fn name(conversation: &Conversation) -> String {
    let summary = &conversation.summary;
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
