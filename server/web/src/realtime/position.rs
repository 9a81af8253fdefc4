//! A client's position in a conversation, and the frames that bring it up to date.
//!
//! Without I/O: the current state is passed in, the missing frames are returned.

use std::collections::BTreeMap;

use holdfast_protocol::{
    Author, ConversationId, Message, MessageId, ServerFrame, Status,
    frame::{Complete, Have, Sync},
};

use holdfast_core::conversations::Changes;

/// Access to the saved text of running answers.
pub trait Texts {
    /// Returns the text from an offset on, at most what fits into a frame. The text is empty if there is nothing new. Returns `None` if
    /// nobody writes such an answer.
    fn text(&self, answer: MessageId, from: u64) -> Option<String>;
}

/// The error that an unfinished answer has no writer, because it ended between two reads. Read the changes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stale;

/// Whether a `sync` contains the text of unfinished answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextDelivery {
    /// The `sync` contains the text.
    Now,
    /// The `sync` contains no text of unfinished answers; chunks deliver it, starting after what the client has. So a client that has just
    /// sent a message receives its answer in chunks from the first byte.
    Later,
}

/// What a client has received of a conversation.
#[derive(Clone, Debug)]
pub struct Position {
    conversation: ConversationId,
    seen: u64,
    /// Unfinished answers, and the number of bytes of each that were sent.
    running: BTreeMap<MessageId, u64>,
    /// Whether more pieces of the last `sync` follow.
    more: bool,
}

impl Position {
    /// Returns the `sync` that brings a client up to date, and the client's position after it. `asked` is the client's cursor, and `have`
    /// the number of bytes that it has of each unfinished answer.
    ///
    /// # Errors
    /// [`Stale`]
    pub fn enter(
        conversation: ConversationId,
        asked: Option<u64>,
        have: &Have,
        changes: Changes,
        words: TextDelivery,
        texts: &impl Texts,
    ) -> Result<(Self, Sync), Stale> {
        let mut position = Self { conversation, seen: changes.rev, running: BTreeMap::new(), more: changes.more };
        // If this store never gave the client that cursor, the client's text may differ from the stored one.
        let trusted = asked.is_none() || changes.since > 0;
        let mut messages = changes.messages;
        for message in messages.iter_mut().filter(|message| message.status.is_unfinished()) {
            // An answer that changed after that cursor was interrupted and continued; a backup may have been restored in between.
            let trusted = trusted && asked.is_none_or(|asked| message.rev <= asked);
            let from = have.get(&message.id).copied().filter(|_| trusted).unwrap_or(0);
            position.attach(message, from, texts)?;
            if words == TextDelivery::Later {
                position.running.insert(message.id, message.at);
                message.content.clear();
            }
        }
        Ok((position, Sync { conversation_id: conversation, cursor: changes.rev, since: changes.since, messages, more: changes.more }))
    }

    /// Returns whether more pieces of the `sync` follow. Until the last one, call only [`Position::go_on`].
    pub fn is_behind(&self) -> bool {
        self.more
    }

    /// Returns the next piece of the `sync`: changes since [`Position::seen`], without older unfinished answers.
    ///
    /// # Errors
    /// [`Stale`]
    pub fn go_on(&mut self, changes: Changes, words: TextDelivery, texts: &impl Texts) -> Result<Sync, Stale> {
        let mut next = Self { seen: changes.rev, more: changes.more, ..self.clone() };
        let mut messages = changes.messages;
        for message in &mut messages {
            if !message.status.is_unfinished() {
                next.running.remove(&message.id);
                continue;
            }
            next.attach(message, 0, texts)?;
            if words == TextDelivery::Later {
                next.running.insert(message.id, message.at);
                message.content.clear();
            }
        }
        *self = next;
        // If a backup was restored in between, the connection has ended with the old server process.
        Ok(Sync { conversation_id: self.conversation, cursor: changes.rev, since: changes.since, messages, more: changes.more })
    }

    /// Returns the newest revision that was sent.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Returns the frames for changes since [`Position::seen`].
    ///
    /// # Errors
    /// [`Stale`]
    pub fn changed(&mut self, mut changes: Changes, texts: &impl Texts) -> Result<Vec<ServerFrame>, Stale> {
        changes.messages.retain(|message| message.rev > self.seen);
        changes.messages.sort_by_key(|message| message.rev);
        let mut frames = Vec::new();
        let (mut next, mut told) = (self.clone(), self.seen);
        for mut message in changes.messages {
            let (cursor, told) = (message.rev, std::mem::replace(&mut told, message.rev));
            match next.running.get(&message.id).copied() {
                sent if message.status.is_unfinished() => {
                    next.begin(&mut message, sent, texts)?;
                    frames.push(ServerFrame::Message { conversation_id: self.conversation, cursor, message });
                }
                Some(sent) if message.role == Author::Assistant => {
                    next.running.remove(&message.id);
                    frames.extend(self.tail(&message, sent));
                    frames.push(ServerFrame::Complete(complete(message)));
                }
                None if message.role == Author::Assistant => {
                    // It started and ended between two reads. The client still receives its text and its end, with a cursor from before
                    // the answer, so that it receives the end again if it is lost.
                    let begun = begun(&message, told);
                    frames.push(ServerFrame::Message { conversation_id: self.conversation, cursor: told, message: begun });
                    frames.extend(self.tail(&message, 0));
                    frames.push(ServerFrame::Complete(complete(message)));
                }
                _ => frames.push(ServerFrame::Message { conversation_id: self.conversation, cursor, message }),
            }
        }
        next.seen = next.seen.max(changes.rev);
        *self = next;
        Ok(frames)
    }

    /// Returns the frames for new text of running answers: at most one for each, so that a slow client receives fewer and larger ones.
    pub fn grown(&mut self, texts: &impl Texts) -> Vec<ServerFrame> {
        let mut frames = Vec::new();
        for (&answer_id, sent) in &mut self.running {
            if let Some(content) = texts.text(answer_id, *sent).filter(|content| !content.is_empty()) {
                let at = *sent;
                *sent += content.len() as u64;
                frames.push(ServerFrame::Chunk { conversation_id: self.conversation, answer_id, at, content });
            }
        }
        frames
    }

    fn attach(&mut self, message: &mut Message, from: u64, texts: &impl Texts) -> Result<(), Stale> {
        let (from, text) = match texts.text(message.id, from) {
            Some(text) => (from, text),
            // The client has more than there is, because a backup was restored, or nobody writes the answer.
            None if from > 0 => (0, texts.text(message.id, 0).ok_or(Stale)?),
            None => return Err(Stale),
        };
        self.running.insert(message.id, from + text.len() as u64);
        message.at = from;
        message.content = text;
        Ok(())
    }

    /// Starts to send a new or continued answer: its text follows in chunks, from the end of the message's text.
    fn begin(&mut self, message: &mut Message, sent: Option<u64>, texts: &impl Texts) -> Result<(), Stale> {
        let at = sent.unwrap_or(message.content.len() as u64);
        if sent.is_some() {
            message.at = at;
            message.content.clear();
        }
        texts.text(message.id, at).ok_or(Stale)?;
        self.running.insert(message.id, at);
        Ok(())
    }

    fn tail(&self, message: &Message, sent: u64) -> Option<ServerFrame> {
        let rest = message.content.get(usize::try_from(sent).ok()?..).filter(|rest| !rest.is_empty())?;
        Some(ServerFrame::Chunk { conversation_id: self.conversation, answer_id: message.id, at: sent, content: rest.to_owned() })
    }
}

/// Returns the frames of an answer that ended before the client listened, as if it had listened.
pub fn told_late(message: Message) -> impl Iterator<Item = ServerFrame> {
    let (conversation_id, answer_id, content) = (message.conversation_id, message.id, message.content.clone());
    let words = (!content.is_empty()).then_some(ServerFrame::Chunk { conversation_id, answer_id, at: 0, content });
    words.into_iter().chain([ServerFrame::Complete(complete(message))])
}

/// Returns an answer as it was before any text.
fn begun(message: &Message, rev: u64) -> Message {
    Message {
        status: Status::Streaming,
        content: String::new(),
        rev,
        error: None,
        usage: None,
        sources: Vec::new(),
        steps: Vec::new(),
        left_out: 0,
        ..message.clone()
    }
}

fn complete(message: Message) -> Complete {
    Complete {
        conversation_id: message.conversation_id,
        answer_id: message.id,
        cursor: message.rev,
        full_response: message.content,
        status: message.status,
        error: message.error,
        usage: message.usage,
        sources: message.sources,
        left_out: message.left_out,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use uuid::Uuid;

    use super::*;

    const CONVERSATION: ConversationId = ConversationId(Uuid::from_u128(1));
    const ANSWER: MessageId = MessageId(Uuid::from_u128(2));

    struct Text(Option<&'static str>);
    impl Texts for Text {
        fn text(&self, _: MessageId, from: u64) -> Option<String> {
            self.0.and_then(|text| text.get(usize::try_from(from).unwrap()..)).map(str::to_owned)
        }
    }

    fn answer(status: Status, content: &str, rev: u64) -> Message {
        Message {
            id: ANSWER,
            conversation_id: CONVERSATION,
            parent_id: None,
            role: Author::Assistant,
            content: content.into(),
            status,
            provider: None,
            model: None,
            created_at: 1,
            rev,
            at: 0,
            error: None,
            usage: None,
            sources: vec![],
            steps: vec![],
            left_out: 0,
        }
    }

    fn changes(since: u64, rev: u64, messages: Vec<Message>) -> Changes {
        Changes { rev, since, messages, more: false }
    }

    #[test]
    fn what_comes_in_pieces_goes_on_where_the_one_before_ended() {
        let other = |n: u128, rev| Message { id: MessageId(Uuid::from_u128(n)), ..answer(Status::Complete, "old", rev) };
        let first = Changes { more: true, ..changes(0, 2, vec![other(7, 1), answer(Status::Streaming, "", 2)]) };
        let (mut position, sync) = Position::enter(CONVERSATION, None, &Have::new(), first, TextDelivery::Now, &Text(Some("one"))).unwrap();
        assert_eq!((sync.since, sync.cursor, sync.more, position.is_behind(), position.seen()), (0, 2, true, true, 2));
        // The answer ends meanwhile, so its status is sent again.
        let rest = changes(2, 4, vec![other(8, 3), answer(Status::Complete, "one two", 4)]);
        let sync = position.go_on(rest, TextDelivery::Now, &Text(None)).unwrap();
        assert_eq!((sync.since, sync.cursor, sync.more, position.is_behind(), position.seen()), (2, 4, false, false, 4));
        assert_eq!(sync.messages[1].content, "one two");
        assert!(position.grown(&Text(Some("one two three"))).is_empty(), "it is written no more");
    }

    #[test]
    fn a_listener_gets_what_it_lacks_and_then_the_end() {
        let have = Have::from([(ANSWER, 4)]);
        let at = changes(2, 2, vec![answer(Status::Streaming, "", 2)]);
        let (mut position, sync) = Position::enter(CONVERSATION, Some(2), &have, at, TextDelivery::Now, &Text(Some("one two"))).unwrap();
        assert_eq!((sync.messages[0].at, sync.messages[0].content.as_str()), (4, "two"));
        assert!(position.grown(&Text(Some("one two"))).is_empty());
        assert!(
            matches!(&position.grown(&Text(Some("one two three")))[..], [ServerFrame::Chunk { at: 7, content, .. }] if content == " three")
        );
        let end = changes(2, 3, vec![answer(Status::Complete, "one two three!", 3)]);
        let frames = position.changed(end, &Text(None)).unwrap();
        assert!(matches!(&frames[..], [ServerFrame::Chunk { at: 13, content, .. }, ServerFrame::Complete(_)] if content == "!"));
        assert_eq!(position.seen(), 3);
    }

    #[test]
    fn the_words_of_a_new_answer_come_in_chunks_from_the_first() {
        let (mut position, _) =
            Position::enter(CONVERSATION, None, &Have::new(), changes(0, 1, vec![]), TextDelivery::Now, &Text(None)).unwrap();
        let begun = changes(1, 2, vec![answer(Status::Streaming, "", 2)]);
        let frames = position.changed(begun, &Text(Some("one two"))).unwrap();
        assert!(matches!(&frames[..], [ServerFrame::Message { message, .. }] if message.content.is_empty() && message.at == 0));
        assert!(matches!(&position.grown(&Text(Some("one two")))[..], [ServerFrame::Chunk { at: 0, content, .. }] if content == "one two"));
    }

    #[test]
    fn an_answer_that_ended_between_two_looks_comes_like_any_other() {
        let (mut position, _) =
            Position::enter(CONVERSATION, None, &Have::new(), changes(0, 1, vec![]), TextDelivery::Now, &Text(None)).unwrap();
        let frames = position.changed(changes(1, 3, vec![answer(Status::Complete, "one", 3)]), &Text(None)).unwrap();
        assert!(
            matches!(&frames[..], [ServerFrame::Message { cursor: 1, message, .. }, ServerFrame::Chunk { at: 0, content, .. }, ServerFrame::Complete(end)]
                if message.status.is_unfinished() && content == "one" && end.full_response == "one"),
            "{frames:?}"
        );
    }

    #[test]
    fn what_comes_with_a_cursor_of_another_store_is_not_believed() {
        let have = Have::from([(ANSWER, 4)]);
        let all = changes(0, 2, vec![answer(Status::Streaming, "", 2)]);
        let (_, sync) = Position::enter(CONVERSATION, Some(99), &have, all, TextDelivery::Now, &Text(Some("one two"))).unwrap();
        assert_eq!((sync.since, sync.messages[0].at, sync.messages[0].content.as_str()), (0, 0, "one two"));
    }

    #[test]
    fn more_than_there_is_begins_anew() {
        let have = Have::from([(ANSWER, 400)]);
        let at = changes(2, 2, vec![answer(Status::Streaming, "", 2)]);
        let (_, sync) = Position::enter(CONVERSATION, Some(2), &have, at, TextDelivery::Now, &Text(Some("one"))).unwrap();
        assert_eq!((sync.messages[0].at, sync.messages[0].content.as_str()), (0, "one"));
    }

    #[test]
    fn an_answer_that_nobody_writes_is_looked_at_again() {
        let at = changes(0, 2, vec![answer(Status::Streaming, "", 2)]);
        assert_eq!(Position::enter(CONVERSATION, None, &Have::new(), at, TextDelivery::Now, &Text(None)).unwrap_err(), Stale);
    }
}
