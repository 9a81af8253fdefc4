//! A client's copy of a conversation, and how frames change it.

use std::collections::HashSet;

use holdfast_protocol::{
    api::{Conversation, Earlier},
    frame::{Complete, Have, HaveSteps, StepFrame, Sync},
    id::{ConversationId, MessageId},
    message::{Author, Message, Status},
    rules::{
        answer::{self, Applied},
        steps,
    },
    step::Step,
};

/// A client's copy of a conversation. Each of its texts is always a prefix of the server's.
///
/// It may be partial: it then begins with a message in the middle of the conversation and holds everything that follows that message (see
/// [`holdfast_protocol::rules::partial`]). If the server reports a message outside that part, the client requests the whole conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Transcript {
    id: ConversationId,
    cursor: Option<u64>,
    messages: Vec<Message>,
    part: Option<Part>,
    /// Pieces of a `sync` whose last piece has not arrived yet.
    pending: Option<Sync>,
    /// Whether a part of a step is missing. The end of an answer does not repeat its steps, so the cursor must not pass that end.
    lacks_step: bool,
}

/// What a partial transcript lacks.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    /// Number of messages that precede the first one here.
    before: usize,
    /// Whether the whole conversation is requested.
    wanted: bool,
}

/// How a message arrived.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Update {
    /// It changed just now, or it belongs to a page of earlier messages.
    Now,
    /// It changed during a gap.
    Since,
    /// It belongs to a `sync` with all messages.
    All,
}

impl Transcript {
    /// Creates an empty transcript without a cursor.
    pub fn new(id: ConversationId) -> Self {
        Self { id, cursor: None, messages: Vec::new(), part: None, pending: None, lacks_step: false }
    }

    /// Creates a transcript from the reply to `GET /api/conversations/{id}`.
    pub fn from_conversation(conversation: Conversation) -> Self {
        let mut transcript = Self::new(conversation.summary.id);
        transcript.cursor = Some(conversation.cursor);
        transcript.messages = conversation.messages;
        transcript
    }

    /// Creates a partial transcript from the end of a conversation ([`holdfast_protocol::rules::partial::keep_end`]); `before` is the number of messages
    /// that precede it.
    pub fn from_end(conversation: Conversation, before: usize) -> Self {
        let part = (before > 0).then_some(Part { before, wanted: false });
        Self { part, ..Self::from_conversation(conversation) }
    }

    /// Returns the conversation's id.
    pub fn id(&self) -> ConversationId {
        self.id
    }

    /// Returns the last revision received, or `None` before the first `sync`.
    pub fn cursor(&self) -> Option<u64> {
        self.cursor
    }

    /// Returns the number of messages that are missing before the first one; 0 if it is complete.
    pub fn before(&self) -> usize {
        self.part.map_or(0, |part| part.before)
    }

    /// Returns whether messages before the first one are missing.
    pub fn is_part(&self) -> bool {
        self.part.is_some()
    }

    /// Marks the whole conversation as requested if this is only a part. Returns whether that is new.
    pub fn want_all(&mut self) -> bool {
        self.part.as_mut().is_some_and(|part| !std::mem::replace(&mut part.wanted, true))
    }

    /// Inserts a page of earlier messages. `first` is the first message here at the time of the request. Returns whether the transcript
    /// changed.
    pub fn extend(&mut self, first: MessageId, earlier: Earlier) -> bool {
        let Some(part) = self.part.filter(|_| self.messages.first().is_some_and(|message| message.id == first)) else { return false };
        if earlier.messages.is_empty() {
            return false;
        }
        // The page contains the missing ancestors of its own messages, so nothing counts as missing while it is inserted.
        self.part = None;
        for message in earlier.messages {
            self.put(message, Update::Now);
        }
        // If the whole conversation is requested, a frame referred to a missing message, which may be newer than this page.
        self.part = (earlier.before > 0 || part.wanted).then_some(Part { before: earlier.before, ..part });
        true
    }

    /// Returns the cursor to open the conversation with. Returns `None` to request everything.
    pub fn open_cursor(&self) -> Option<u64> {
        let wants_all = self.part.is_some_and(|part| part.wanted);
        match &self.pending {
            Some(pending) if pending.since == 0 || !wants_all => Some(pending.cursor),
            _ => self.cursor.filter(|_| !wants_all),
        }
    }

    /// Returns the messages, oldest first.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Returns a message, or `None` if it is not here.
    pub fn message(&self, id: MessageId) -> Option<&Message> {
        self.messages.iter().find(|message| message.id == id)
    }

    /// Returns whether an answer is being written.
    pub fn is_answering(&self) -> bool {
        self.messages.iter().any(|message| message.status.is_unfinished())
    }

    /// Returns whether a message that follows `parent` (`None`: the newest message) must wait for an unfinished answer before it.
    pub fn is_answering_before(&self, parent: Option<MessageId>) -> bool {
        let mut before = parent.or(self.messages.last().map(|message| message.id));
        // If the parent is a user's message, the server takes its newest answer.
        if let Some(answer) = self.messages.iter().rev().find(|message| message.role == Author::Assistant && message.parent_id == before) {
            before = Some(answer.id);
        }
        // A message's parent was created before it, so one pass backwards finds all ancestors.
        for message in self.messages.iter().rev() {
            if Some(message.id) == before {
                if message.status.is_unfinished() {
                    return true;
                }
                before = message.parent_id;
            }
        }
        false
    }

    /// Returns the lengths of unfinished answers, for resuming them.
    pub fn have(&self) -> Have {
        let mut have = Have::new(); // `collect` would bring the code that sorts into the first load
        self.unfinished().for_each(|message| have.insert(message.id, message.content.len() as u64));
        have
    }

    /// Returns the lengths of the steps of unfinished answers, for resuming them. Answers without steps are left out.
    pub fn have_steps(&self) -> HaveSteps {
        let mut have = HaveSteps::new();
        let with_steps = self.unfinished().filter(|message| !message.steps.is_empty());
        with_steps.for_each(|message| have.insert(message.id, steps::have(&message.steps)));
        have
    }

    fn unfinished(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter().filter(|message| message.role == Author::Assistant && message.status.is_unfinished())
    }

    /// Applies a `sync`. Several pieces of a `sync` take effect when the last one arrives. [`Applied::Gap`] means that the client must
    /// ask again.
    pub fn apply_sync(&mut self, mut sync: Sync) -> Applied {
        if let Some(pending) = self.pending.take()
            && pending.cursor == sync.since
        {
            sync = joined(pending, sync);
        }
        if sync.more {
            self.pending = Some(sync);
            return Applied::Known;
        }
        // Ancestors must be inserted before the messages that follow them, in whatever order they came.
        sync.messages.sort_by_key(|message| message.created_at);
        if sync.since == 0 {
            // These are all messages, so drop any others.
            self.part = None;
            let theirs: HashSet<MessageId> = sync.messages.iter().map(|message| message.id).collect();
            self.messages.retain(|mine| theirs.contains(&mine.id));
        }
        let update = if sync.since == 0 { Update::All } else { Update::Since };
        let mut applied = Applied::Known;
        for message in sync.messages {
            if self.put(message, update) == Applied::Gap {
                applied = Applied::Gap;
            } else if applied == Applied::Known {
                applied = Applied::Grew;
            }
        }
        if applied != Applied::Gap {
            self.cursor = Some(sync.cursor);
            self.lacks_step = false;
        }
        applied
    }

    /// Applies a `message` frame.
    pub fn apply_message(&mut self, cursor: u64, message: Message) -> Applied {
        let applied = self.put(message, Update::Now);
        self.advance(cursor, applied)
    }

    /// Applies a `chunk` frame.
    pub fn apply_chunk(&mut self, answer_id: MessageId, at: u64, content: &str) -> Applied {
        match self.messages.iter_mut().find(|message| message.id == answer_id) {
            // The answer has ended, so a late piece adds nothing.
            Some(message) if !message.status.is_unfinished() => Applied::Known,
            Some(message) => answer::apply(&mut message.content, at, content),
            None => Applied::Gap,
        }
    }

    /// Applies a `step` frame.
    pub fn apply_step(&mut self, frame: StepFrame) -> Applied {
        let applied = match self.messages.iter_mut().find(|message| message.id == frame.answer_id) {
            // The answer has ended, and its steps with it.
            Some(message) if !message.status.is_unfinished() => Applied::Known,
            Some(message) => steps::apply(&mut message.steps, frame.step),
            None => Applied::Gap,
        };
        self.lacks_step |= applied == Applied::Gap;
        applied
    }

    /// Applies a `complete` frame.
    pub fn apply_complete(&mut self, complete: Complete) -> Applied {
        let Some(message) = self.messages.iter_mut().find(|message| message.id == complete.answer_id) else {
            return Applied::Gap;
        };
        if complete.cursor < message.rev {
            return Applied::Known; // of an earlier end, before the answer was continued
        }
        message.content = complete.full_response;
        message.status = complete.status;
        message.error = complete.error;
        message.usage = complete.usage;
        message.sources = complete.sources;
        message.left_out = complete.left_out;
        message.rev = complete.cursor;
        self.advance(complete.cursor, Applied::Grew)
    }

    fn advance(&mut self, cursor: u64, applied: Applied) -> Applied {
        if applied != Applied::Gap && !self.lacks_step {
            self.cursor = Some(self.cursor.map_or(cursor, |mine| mine.max(cursor)));
        }
        applied
    }

    /// Returns whether a message belongs to the missing part. If so, the whole conversation is requested.
    fn is_elsewhere(&mut self, message: &Message) -> bool {
        let is_elsewhere = self.is_part() && message.parent_id.is_none_or(|parent| self.message(parent).is_none());
        if is_elsewhere {
            self.want_all();
        }
        is_elsewhere
    }

    fn put(&mut self, mut message: Message, update: Update) -> Applied {
        let Some(index) = self.messages.iter().position(|mine| mine.id == message.id) else {
            if message.at > 0 || message.steps.iter().any(|step| step.at > 0) || self.is_elsewhere(&message) {
                return Applied::Gap;
            }
            let index = self.messages.partition_point(|mine| mine.created_at <= message.created_at);
            self.messages.insert(index, message);
            return Applied::Grew;
        };
        let mine = &mut self.messages[index];
        if message.rev < mine.rev && update != Update::All {
            return Applied::Known;
        }
        // After a gap, a changed answer may have another text, if a backup was restored.
        let is_same_text = update == Update::Now || message.rev == mine.rev;
        let is_same_text = is_same_text && message.status == Status::Streaming;
        let Some(steps) = joined_steps(&mine.steps, message.steps, is_same_text) else { return Applied::Gap };
        message.steps = steps;
        let grows = message.at > 0 || (is_same_text && mine.content.starts_with(&message.content));
        if grows {
            // The new piece starts within or right after our text, so our text stays and grows.
            let mut content = std::mem::take(&mut mine.content);
            let applied = answer::apply(&mut content, message.at, &message.content);
            message.content = content;
            message.at = 0;
            if applied == Applied::Gap {
                mine.content = message.content;
                return Applied::Gap;
            }
        }
        *mine = message;
        Applied::Grew
    }
}

/// Returns the steps of a message after an update: those of the update, each with the content from here that it continues. `is_same` tells
/// whether the answer is still the one that is here. Returns `None` if something in between is missing.
fn joined_steps(mine: &[Step], update: Vec<Step>, is_same: bool) -> Option<Vec<Step>> {
    let mut all = mine.to_vec();
    if !is_same {
        all.truncate(update.len());
    }
    for (place, step) in update.into_iter().enumerate() {
        let continues = |here: &Step| step.at > 0 || (is_same && here.content.starts_with(&step.content));
        if all.get(place).is_some_and(|here| !continues(here)) {
            all[place] = step;
        } else if steps::apply(&mut all, step) == Applied::Gap {
            return None;
        }
    }
    Some(all)
}

/// Combines a piece of a `sync` with the piece that follows it.
fn joined(mut pieces: Sync, next: Sync) -> Sync {
    let fresh: HashSet<MessageId> = next.messages.iter().map(|message| message.id).collect();
    // Messages that changed between the two are in both.
    pieces.messages.retain(|message| !fresh.contains(&message.id));
    pieces.messages.extend(next.messages);
    Sync { cursor: next.cursor, more: next.more, ..pieces }
}

#[cfg(test)]
pub(crate) mod tests {
    use holdfast_protocol::step::{StepKind, StepState};
    use uuid::Uuid;

    use super::*;

    pub(crate) fn message(n: u128, role: Author, content: &str, status: Status, rev: u64) -> Message {
        Message {
            id: MessageId(Uuid::from_u128(n)),
            conversation_id: ConversationId(Uuid::from_u128(1)),
            parent_id: None,
            role,
            content: content.into(),
            status,
            provider: None,
            model: None,
            created_at: n as u64,
            rev,
            at: 0,
            error: None,
            usage: None,
            sources: vec![],
            steps: vec![],
            attachments: vec![],
            left_out: 0,
            ignored: Vec::new(),
        }
    }

    fn id(n: u128) -> MessageId {
        MessageId(Uuid::from_u128(n))
    }

    fn follows(parent: u128, message: Message) -> Message {
        Message { parent_id: Some(id(parent)), ..message }
    }

    /// Three messages in a row.
    fn conversation() -> [Message; 3] {
        [
            message(10, Author::User, "hi", Status::Accepted, 1),
            follows(10, message(11, Author::Assistant, "one", Status::Complete, 2)),
            follows(11, message(12, Author::User, "more", Status::Accepted, 3)),
        ]
    }

    /// A partial transcript with only the last of them.
    fn end_of(all: &[Message; 3]) -> Transcript {
        Transcript { cursor: Some(3), messages: all[2..].to_vec(), part: Some(Part { before: 2, wanted: false }), ..transcript() }
    }

    fn transcript() -> Transcript {
        let mut transcript = Transcript::new(ConversationId(Uuid::from_u128(1)));
        let messages =
            vec![message(10, Author::User, "hi", Status::Accepted, 1), message(11, Author::Assistant, "one ", Status::Streaming, 2)];
        assert_eq!(
            transcript.apply_sync(Sync { conversation_id: transcript.id, cursor: 2, since: 0, messages, more: false }),
            Applied::Grew
        );
        transcript
    }

    #[test]
    fn resuming_says_how_much_one_has() {
        let transcript = transcript();
        assert_eq!(transcript.cursor(), Some(2));
        assert_eq!(transcript.have(), Have::from([(MessageId(Uuid::from_u128(11)), 4)]));
    }

    #[test]
    fn the_rest_of_an_answer_joins_what_is_there() {
        let mut transcript = transcript();
        let mut rest = message(11, Author::Assistant, "two", Status::Streaming, 2);
        rest.at = 4;
        transcript.apply_sync(Sync { conversation_id: transcript.id, cursor: 2, since: 2, messages: vec![rest], more: false });
        assert_eq!(transcript.messages()[1].content, "one two");
    }

    #[test]
    fn a_message_waits_for_the_answers_before_it_and_for_no_others() {
        let mut transcript = Transcript::new(ConversationId(Uuid::from_u128(1)));
        let messages = vec![
            message(10, Author::User, "hi", Status::Accepted, 1),
            follows(10, message(11, Author::Assistant, "one", Status::Complete, 2)),
            follows(10, message(12, Author::Assistant, "two", Status::Streaming, 3)),
        ];
        transcript.apply_sync(Sync { conversation_id: transcript.id, cursor: 3, since: 0, messages, more: false });
        assert!(transcript.is_answering_before(None) && transcript.is_answering_before(Some(id(12))));
        assert!(transcript.is_answering_before(Some(id(10))), "the newest answer is meant");
        assert!(!transcript.is_answering_before(Some(id(11))));
        transcript.apply_message(4, follows(12, message(13, Author::User, "more", Status::Accepted, 4)));
        assert!(transcript.is_answering_before(None), "further up");
    }

    #[test]
    fn a_piece_past_the_end_is_a_gap_and_changes_nothing() {
        let mut transcript = transcript();
        assert_eq!(transcript.apply_chunk(MessageId(Uuid::from_u128(11)), 9, "x"), Applied::Gap);
        assert_eq!(transcript.messages()[1].content, "one ");
        let mut rest = message(11, Author::Assistant, "x", Status::Streaming, 3);
        rest.at = 9;
        assert_eq!(transcript.apply_message(3, rest), Applied::Gap);
        assert_eq!((transcript.messages()[1].content.as_str(), transcript.cursor()), ("one ", Some(2)));
    }

    #[test]
    fn a_full_sync_removes_what_the_server_does_not_have() {
        let mut transcript = transcript();
        let messages = vec![message(10, Author::User, "hi", Status::Accepted, 1)];
        transcript.apply_sync(Sync { conversation_id: transcript.id, cursor: 1, since: 0, messages, more: false });
        assert_eq!((transcript.messages().len(), transcript.cursor()), (1, Some(1)));
    }

    #[test]
    fn what_comes_in_pieces_counts_when_all_of_it_is_here() {
        let all = conversation();
        let piece = |since, cursor, messages: &[Message], more| Sync {
            conversation_id: transcript().id,
            cursor,
            since,
            messages: messages.to_vec(),
            more,
        };
        let mut transcript = end_of(&all);
        transcript.want_all();
        assert_eq!(transcript.apply_sync(piece(0, 1, &all[..1], true)), Applied::Known);
        assert_eq!((transcript.messages(), transcript.is_part(), transcript.open_cursor()), (&all[2..], true, Some(1)));
        // The second message changed after its piece.
        let mut changed = all[1].clone();
        (changed.content, changed.rev) = ("one more".into(), 4);
        transcript.apply_sync(piece(1, 2, &all[1..2], true));
        transcript.apply_sync(piece(2, 4, &[all[2].clone(), changed.clone()], false));
        assert_eq!(transcript.messages(), [all[0].clone(), changed, all[2].clone()]);
        assert_eq!((transcript.is_part(), transcript.open_cursor()), (false, Some(4)));

        // An unfinished `sync` is dropped if another store answers.
        let mut transcript = end_of(&all);
        transcript.apply_sync(piece(3, 4, &all[1..2], true));
        transcript.apply_sync(piece(0, 1, &all[..1], false));
        assert_eq!((transcript.messages(), transcript.open_cursor()), (&all[..1], Some(1)));
    }

    #[test]
    fn a_text_of_another_store_takes_the_place_of_the_one_that_is_here() {
        let ours = || {
            let mut ours = transcript();
            ours.apply_chunk(id(11), 4, "two three");
            ours
        };
        // The restore interrupted the answer; it was continued and is now shorter than the text here.
        let other = message(11, Author::Assistant, "one ", Status::Streaming, 9);
        for since in [0, 2] {
            let mut transcript = ours();
            let messages = vec![message(10, Author::User, "hi", Status::Accepted, 1), other.clone()];
            transcript.apply_sync(Sync { conversation_id: transcript.id, cursor: 9, since, messages, more: false });
            assert_eq!(transcript.apply_chunk(id(11), 4, "more than two"), Applied::Grew);
            assert_eq!(transcript.messages()[1].content, "one more than two");
        }
        // The same answer: a chunk arrived before the `sync` did.
        let mut transcript = ours();
        let messages =
            vec![message(10, Author::User, "hi", Status::Accepted, 1), message(11, Author::Assistant, "one ", Status::Streaming, 2)];
        transcript.apply_sync(Sync { conversation_id: transcript.id, cursor: 2, since: 0, messages, more: false });
        assert_eq!(transcript.messages()[1].content, "one two three");
    }

    #[test]
    fn a_part_is_extended_by_what_comes_before_it_and_by_nothing_else() {
        let all = conversation();
        let before = |before, messages: &[Message]| Earlier { before, messages: messages.to_vec() };
        let mut part = end_of(&all);
        assert!(!part.extend(id(11), before(0, &all[..1])), "it begins with another by now");
        assert!(!part.extend(id(12), before(0, &[])));
        assert!(part.extend(id(12), before(1, &all[1..2])));
        assert_eq!((part.before(), part.open_cursor(), part.messages()), (1, Some(3), &all[1..]));
        let mut whole = part.clone();
        assert!(whole.extend(id(11), before(0, &all[..1])));
        assert_eq!((whole.is_part(), whole.open_cursor(), whole.messages()), (false, Some(3), &all[..]));
        assert!(!whole.extend(id(10), before(0, &all[..1])), "there is nothing before all of it");
        // Everything is requested meanwhile and has not arrived.
        part.want_all();
        assert!(part.extend(id(11), before(0, &all[..1])));
        assert_eq!((part.before(), part.open_cursor(), part.messages()), (0, None, &all[..]), "it is asked for yet");
    }

    #[test]
    fn of_a_part_what_is_elsewhere_asks_for_everything() {
        let all = conversation();
        let part = end_of(&all);
        assert_eq!((part.before(), part.open_cursor()), (2, Some(3)));

        let mut grows = part.clone();
        assert_eq!(grows.apply_message(4, follows(12, message(13, Author::Assistant, "", Status::Streaming, 4))), Applied::Grew);
        assert_eq!((grows.is_part(), grows.open_cursor()), (true, Some(4)), "what follows from it belongs to it");

        for other in
            [message(14, Author::User, "hello", Status::Accepted, 4), follows(10, message(14, Author::Assistant, "", Status::Streaming, 4))]
        {
            let mut part = part.clone();
            assert_eq!(part.apply_message(4, other.clone()), Applied::Gap);
            assert_eq!((part.messages(), part.cursor(), part.open_cursor()), (&all[2..], Some(3), None));
            let messages = all.iter().chain([&other]).cloned().collect();
            part.apply_sync(Sync { conversation_id: part.id, cursor: 4, since: 0, messages, more: false });
            assert_eq!((part.is_part(), part.before(), part.open_cursor(), part.messages().len()), (false, 0, Some(4), 4));
            assert!(!part.want_all(), "there is no more");
        }
    }

    fn thought(at: u64, content: &str, state: StepState) -> StepFrame {
        let step = Step { at, content: content.into(), state, ..Step::started(0, StepKind::Reasoning, 0, 1) };
        StepFrame { conversation_id: ConversationId(Uuid::from_u128(1)), answer_id: id(11), step }
    }

    #[test]
    fn steps_grow_beside_the_text_and_are_resumed() {
        let mut transcript = transcript();
        assert_eq!(transcript.have_steps(), HaveSteps::new());
        assert_eq!(transcript.apply_step(thought(0, "Let me ", StepState::Running)), Applied::Grew);
        assert_eq!(transcript.apply_step(thought(4, "me see", StepState::Running)), Applied::Grew);
        assert_eq!(transcript.have_steps(), HaveSteps::from([(id(11), vec![10])]));
        // The rest comes with a `sync`, from what the client has.
        let mut rest = message(11, Author::Assistant, "", Status::Streaming, 2);
        (rest.at, rest.steps) = (4, vec![thought(10, ".", StepState::Done).step]);
        transcript.apply_sync(Sync { conversation_id: transcript.id, cursor: 2, since: 2, messages: vec![rest.clone()], more: false });
        let answer = &transcript.messages()[1];
        assert_eq!((answer.content.as_str(), answer.steps[0].content.as_str()), ("one ", "Let me see."));
        assert_eq!((answer.steps[0].at, answer.steps[0].state), (0, StepState::Done));
        // A `sync` that begins with another store replaces them.
        rest.steps = vec![thought(0, "Other", StepState::Running).step];
        (rest.at, rest.content) = (0, "other".into());
        transcript.apply_sync(Sync { conversation_id: transcript.id, cursor: 9, since: 0, messages: vec![rest], more: false });
        assert_eq!(transcript.messages()[0].steps[0].content, "Other");
    }

    #[test]
    fn the_end_of_an_answer_is_asked_for_again_if_a_part_of_a_step_is_missing() {
        let mut transcript = transcript();
        assert_eq!(transcript.apply_step(thought(3, "later", StepState::Running)), Applied::Gap);
        let end = |cursor| Complete {
            conversation_id: ConversationId(Uuid::from_u128(1)),
            answer_id: id(11),
            cursor,
            full_response: "one two".into(),
            status: Status::Complete,
            error: None,
            usage: None,
            sources: vec![],
            left_out: 0,
        };
        transcript.apply_complete(end(3));
        assert_eq!((transcript.messages()[1].content.as_str(), transcript.open_cursor()), ("one two", Some(2)));
        let mut whole = message(11, Author::Assistant, "one two", Status::Complete, 3);
        whole.steps = vec![thought(0, "Now later", StepState::Done).step];
        transcript.apply_sync(Sync { conversation_id: transcript.id, cursor: 3, since: 2, messages: vec![whole.clone()], more: false });
        assert_eq!((&transcript.messages()[1], transcript.open_cursor()), (&whole, Some(3)));
        assert_eq!(transcript.apply_step(thought(9, "!", StepState::Running)), Applied::Known, "it has ended");
    }

    #[test]
    fn late_chunks_do_not_touch_a_finished_answer() {
        let mut transcript = transcript();
        let id = MessageId(Uuid::from_u128(11));
        let complete = Complete {
            conversation_id: transcript.id,
            answer_id: id,
            cursor: 3,
            full_response: "one two".into(),
            status: Status::Complete,
            error: None,
            usage: None,
            sources: vec![],
            left_out: 0,
        };
        transcript.apply_complete(complete);
        assert_eq!(transcript.apply_chunk(id, 7, "!"), Applied::Known);
        assert_eq!(transcript.messages()[1].content, "one two");
        assert!(!transcript.is_answering());
    }
}
