//! Holdfast's own export.

use holdfast_protocol::{Message, Role, Status, UserId, api::Conversation};

use super::{Unreadable, derived, title};
use crate::store::{Arrival, ArrivingMessage, details_of};

/// Reads one.
pub(super) fn read(user: UserId, text: &str) -> Result<Arrival, Unreadable> {
    let Conversation { summary, messages, .. } = serde_json::from_str(text)?;
    Ok(Arrival {
        original: Some(summary.id),
        id: derived(user, "holdfast", &summary.id.to_string()),
        title: title(Some(summary.title)),
        created_at: summary.created_at,
        updated_at: summary.updated_at,
        pinned: summary.pinned,
        archived: summary.archived,
        provider: summary.provider,
        model: summary.model,
        messages: messages.into_iter().map(message).collect(),
    })
}

fn message(message: Message) -> ArrivingMessage {
    // What was being written then is written by nobody now.
    let status = match (message.role, message.status) {
        (Role::User, _) => Status::Accepted,
        (Role::Assistant, Status::Streaming | Status::Accepted) => Status::Interrupted,
        (Role::Assistant, ended) => ended,
    };
    ArrivingMessage {
        id: message.id.0,
        parent: message.parent_id.map(|id| id.0),
        role: message.role,
        status,
        details: details_of(&message),
        provider: message.provider,
        model: message.model,
        created_at: message.created_at,
        content: message.content,
    }
}
