//! Holdfast's own export.

use std::collections::HashMap;

use holdfast_protocol::{ConversationId, Message, Role, Status, UserId, strict};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Origin, Unreadable,
    bounded::{Convert, Messages},
    title,
};
use crate::store::{ImportedConversation, ImportedMessage};

/// What counts of a conversation. Field by field: what is not here is passed over.
#[derive(Deserialize)]
struct Conversation {
    id: ConversationId,
    title: String,
    created_at: u64,
    updated_at: u64,
    #[serde(default)]
    pinned: bool,
    #[serde(default)]
    archived: bool,
    provider: Option<String>,
    model: Option<String>,
    messages: Messages<ImportedMessage>,
}

/// Reads one.
pub(super) fn read(user: UserId, text: &str) -> Result<ImportedConversation, Unreadable> {
    let value: Conversation = strict::from_str(text)?;
    Ok(ImportedConversation {
        original: Some(value.id),
        id: Origin::new(user, "holdfast", &value.id.to_string()).conversation(),
        title: title(Some(value.title)),
        created_at: value.created_at,
        updated_at: value.updated_at,
        pinned: value.pinned,
        archived: value.archived,
        provider: value.provider,
        model: value.model,
        messages: parents_first(value.messages.0),
    })
}

impl Convert for ImportedMessage {
    type From<'a> = Message;
    type Before = ();

    fn convert(message: Message, (): &mut ()) -> Self {
        // What was being written then is written by nobody now.
        let status = match (message.role, message.status) {
            (Role::User, _) => Status::Accepted,
            (Role::Assistant, Status::Streaming | Status::Accepted) => Status::Interrupted,
            (Role::Assistant, ended) => ended,
        };
        Self {
            id: message.id.0,
            parent: message.parent_id.map(|id| id.0),
            role: message.role,
            status,
            provider: message.provider,
            model: message.model,
            created_at: message.created_at,
            content: message.content,
            error: message.error,
            usage: message.usage,
            sources: message.sources,
        }
    }
}

/// The same messages, none before what it follows. An export has them so; in a file that somebody changed, messages may follow each
/// other in a circle: then one of them follows nothing. Of those of one id the first counts.
fn parents_first(messages: Vec<ImportedMessage>) -> Vec<ImportedMessage> {
    let mut places: HashMap<Uuid, usize> = HashMap::with_capacity(messages.len());
    for (place, message) in messages.iter().enumerate() {
        places.entry(message.id).or_insert(place);
    }
    let parents: Vec<Option<usize>> = messages.iter().map(|message| places.get(&message.parent?).copied()).collect();
    let mut waiting: Vec<Option<ImportedMessage>> = messages.into_iter().map(Some).collect();
    let mut is_met = vec![false; waiting.len()];
    let (mut ordered, mut way) = (Vec::with_capacity(waiting.len()), Vec::new());
    for start in 0..waiting.len() {
        // Up to what is placed already, or to what is on this way: a circle.
        let mut next = Some(start);
        while let Some(place) = next.filter(|place| !is_met[*place]) {
            is_met[place] = true;
            way.push(place);
            next = parents[place];
        }
        let closes_a_circle = next.is_some_and(|place| waiting[place].is_some());
        if let Some(top) = way.last().filter(|_| closes_a_circle)
            && let Some(message) = &mut waiting[*top]
        {
            message.parent = None;
        }
        ordered.extend(way.drain(..).rev().filter_map(|place| waiting[place].take()));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages 0, 1, 2, … with these parents, as they come out: `(id, parent)`.
    fn ordered(parents: &[Option<u128>]) -> Vec<(u128, Option<u128>)> {
        let message = |(n, parent): (usize, &Option<u128>)| ImportedMessage {
            id: Uuid::from_u128(n as u128),
            parent: parent.map(Uuid::from_u128),
            role: Role::User,
            content: "x".to_owned(),
            status: Status::Accepted,
            provider: None,
            model: None,
            created_at: 0,
            error: None,
            usage: None,
            sources: Vec::new(),
        };
        let messages = parents_first(parents.iter().enumerate().map(message).collect());
        messages.iter().map(|message| (message.id.as_u128(), message.parent.map(|parent| parent.as_u128()))).collect()
    }

    #[test]
    fn parents_come_first_and_circles_are_opened() {
        assert_eq!(ordered(&[None, Some(0), Some(0)]), [(0, None), (1, Some(0)), (2, Some(0))]);
        assert_eq!(ordered(&[Some(2), Some(0), None]), [(2, None), (0, Some(2)), (1, Some(0))]);
        assert_eq!(ordered(&[Some(0), Some(7)]), [(0, None), (1, Some(7))], "itself, and one that is not in the file");
        assert_eq!(ordered(&[Some(1), Some(2), Some(0), Some(1)]), [(2, None), (1, Some(2)), (0, Some(1)), (3, Some(1))]);
    }

    #[test]
    fn a_chain_takes_no_stack_whichever_way_it_stands_in_the_file() {
        let count = 200_000;
        let up: Vec<Option<u128>> = (0..count).map(|n: u128| n.checked_sub(1)).collect();
        assert_eq!(ordered(&up).len(), up.len());
        let down: Vec<Option<u128>> = (1..=count).map(|n| (n < count).then_some(n)).collect();
        assert_eq!(ordered(&down)[0], (count - 1, None));
        let circle: Vec<Option<u128>> = (0..count).map(|n| Some((n + 1) % count)).collect();
        assert_eq!(ordered(&circle).iter().filter(|(_, parent)| parent.is_none()).count(), 1);
    }
}
