//! Holdfast's own export.

use std::collections::HashMap;

use holdfast_protocol::{ApiError, Author, ConversationId, Message, MessageId, Status, strict};
use uuid::Uuid;

use super::{
    Found, Origin, Read, Reader, Source,
    json::{Fields, Json},
    past_the_most, title, unreadable,
};
use holdfast_core::clock::Millis;
use holdfast_core::imported::{ImportedConversation, ImportedMessage, MOST_MESSAGES};

pub(super) const SOURCE: Source = Source {
    recognizes: |fields| {
        let is_ours = |message: Json<'_>| message.fields().has("conversation_id") || message.fields().has("parent_id");
        let mut messages = fields.get("messages").elements();
        id(fields.get("id")).is_some() && fields.has("created_at") && messages.next().is_none_or(is_ours)
    },
    read,
};

/// Reads a conversation. Valid parts are read with the types that wrote them; of an invalid message, as much as possible is kept.
fn read(fields: &Fields<'_>, reader: &mut Reader<'_>) {
    let original = id(fields.get("id")).unwrap_or_default();
    let began = ms(fields.get("created_at")).unwrap_or(reader.now);
    let (mut messages, mut unread, mut too_many) = (Vec::new(), 0, 0);
    for message in fields.get("messages").elements() {
        match strict::from_str(message.raw()).ok().or_else(|| fixed(message, began)) {
            Some(_) if messages.len() == MOST_MESSAGES => too_many += 1,
            Some(message) => messages.push(converted(message)),
            None => unread += 1,
        }
    }
    let left_out: Vec<String> = unreadable(unread).into_iter().chain(past_the_most(too_many)).collect();
    if messages.is_empty() && left_out.is_empty() {
        return reader.found.push(Found::Empty);
    }
    let conversation = ImportedConversation {
        original: Some(ConversationId(original)),
        id: Origin::new(reader.user, "holdfast", &original.to_string()).conversation(),
        title: title(fields.get("title").words().as_deref()).unwrap_or_else(|| "Imported conversation".to_owned()),
        created_at: began,
        updated_at: ms(fields.get("updated_at")).unwrap_or(began),
        pinned: fields.get("pinned").is_true(),
        archived: fields.get("archived").is_true(),
        provider: fields.get("provider").words(),
        model: fields.get("model").words(),
        messages: parents_first(messages),
    };
    reader.found.push(Found::Conversation(Box::new(Read { conversation, left_out })));
}

/// Returns a time in our format, ms.
fn ms(value: Json<'_>) -> Option<Millis> {
    value.number().filter(|number| *number >= 0.0).map(|number| number as Millis)
}

fn id(value: Json<'_>) -> Option<Uuid> {
    Uuid::parse_str(&value.words()?).ok()
}

/// Returns what can be read of an invalid message.
fn fixed(message: Json<'_>, began: Millis) -> Option<Message> {
    let fields = message.fields();
    let role = match fields.get("role").words()?.as_str() {
        "user" => Author::User,
        "assistant" => Author::Assistant,
        _ => return None,
    };
    Some(Message {
        id: MessageId(id(fields.get("id"))?),
        conversation_id: ConversationId(Uuid::nil()),
        parent_id: id(fields.get("parent_id")).map(MessageId),
        role,
        content: fields.get("content").words()?,
        status: strict::from_str(fields.get("status").raw()).unwrap_or(Status::Complete),
        provider: fields.get("provider").words(),
        model: fields.get("model").words(),
        created_at: ms(fields.get("created_at")).unwrap_or(began),
        rev: 0,
        at: 0,
        error: strict::from_str(fields.get("error").raw()).ok().map(ApiError::with_reason),
        usage: strict::from_str(fields.get("usage").raw()).ok(),
        sources: strict::from_str(fields.get("sources").raw()).unwrap_or_default(),
        steps: strict::from_str(fields.get("steps").raw()).unwrap_or_default(),
        attachments: Vec::new(),
        left_out: strict::from_str(fields.get("left_out").raw()).unwrap_or_default(),
        ignored: strict::from_str(fields.get("ignored").raw()).unwrap_or_default(),
    })
}

fn converted(message: Message) -> ImportedMessage {
    // An answer that was being written at the time of the export has no writer now.
    let status = match (message.role, message.status) {
        (Author::User, _) => Status::Accepted,
        (Author::Assistant, Status::Streaming | Status::Accepted) => Status::Interrupted,
        (Author::Assistant, ended) => ended,
    };
    ImportedMessage {
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
        steps: message.steps,
        left_out: message.left_out,
        ignored: message.ignored,
    }
}

/// Sorts messages so that each comes after its parent. Exports are sorted already. If a changed file contains a cycle, one message of it
/// loses its parent. Of messages with the same id, the first counts.
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
        // Follow the parents up to one that is placed, or to one on this path, which means a cycle.
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

    /// Sorts messages 0, 1, 2, … with these parents; returns `(id, parent)`.
    fn ordered(parents: &[Option<u128>]) -> Vec<(u128, Option<u128>)> {
        let message = |(n, parent): (usize, &Option<u128>)| ImportedMessage {
            id: Uuid::from_u128(n as u128),
            parent: parent.map(Uuid::from_u128),
            role: Author::User,
            content: "x".to_owned(),
            status: Status::Accepted,
            provider: None,
            model: None,
            created_at: 0,
            error: None,
            usage: None,
            sources: Vec::new(),
            steps: Vec::new(),
            left_out: 0,
            ignored: Vec::new(),
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
