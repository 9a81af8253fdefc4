//! A client's position in a conversation, and the frames that bring it up to date.
//!
//! Without I/O: the current state is passed in, the missing frames are returned.

use std::collections::BTreeMap;

use holdfast_protocol::{
    Author, ConversationId, Message, MessageId, ServerFrame, Status, Step,
    frame::{Complete, Open, StepFrame, Sync},
};

use holdfast_core::{answers::StepPosition, conversations::Changes};

/// Access to the saved text and steps of running answers.
pub trait Texts {
    /// Returns the text from an offset on, at most what fits into a frame. The text is empty if there is nothing new. Returns `None` if
    /// nobody writes such an answer.
    fn text(&self, answer: MessageId, from: u64) -> Option<String>;

    /// Returns the steps that differ from what a reader has, each from where the reader's content ends, at most what fits into a frame.
    /// A step without a known state always differs. Empty if nobody writes such an answer.
    fn steps(&self, answer: MessageId, has: &[StepPosition]) -> Vec<Step>;
}

/// How much of an unfinished answer was sent.
#[derive(Clone, Debug, Default)]
struct Sent {
    /// Number of bytes of its text.
    text: u64,
    /// How much of each of its steps.
    steps: Vec<StepPosition>,
}

impl Sent {
    /// Records that a step was sent.
    fn step(&mut self, step: &Step) {
        let now = StepPosition { bytes: step.at + step.content.len() as u64, state: Some(step.state) };
        match self.steps.get_mut(step.index as usize) {
            Some(sent) => *sent = now,
            None => self.steps.push(now),
        }
    }
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
    /// Unfinished answers, and how much of each was sent.
    running: BTreeMap<MessageId, Sent>,
    /// Whether more pieces of the last `sync` follow.
    more: bool,
}

impl Position {
    /// Returns the `sync` that brings a client up to date, and the client's position after it. `open` is what the client has.
    ///
    /// # Errors
    /// [`Stale`]
    pub fn enter(open: &Open, changes: Changes, words: TextDelivery, texts: &impl Texts) -> Result<(Self, Sync), Stale> {
        let (conversation, asked) = (open.conversation_id, open.cursor);
        let mut position = Self { conversation, seen: changes.rev, running: BTreeMap::new(), more: changes.more };
        // If this store never gave the client that cursor, the client's text may differ from the stored one.
        let trusted = asked.is_none() || changes.since > 0;
        let mut messages = changes.messages;
        for message in messages.iter_mut().filter(|message| message.status.is_unfinished()) {
            // An answer that changed after that cursor was interrupted and continued; a backup may have been restored in between.
            let trusted = trusted && asked.is_none_or(|asked| message.rev <= asked);
            let mut has = Sent::default();
            if trusted {
                has.text = open.have.get(&message.id).copied().unwrap_or(0);
                let steps = open.have_steps.get(&message.id).into_iter().flatten();
                has.steps = steps.map(|bytes| StepPosition { bytes: *bytes, state: None }).collect();
            }
            position.attach(message, has, words, texts)?;
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
            next.attach(message, Sent::default(), words, texts)?;
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
            match next.running.get(&message.id).cloned() {
                sent if message.status.is_unfinished() => {
                    next.begin(&mut message, sent, texts)?;
                    frames.push(ServerFrame::Message { conversation_id: self.conversation, cursor, message });
                }
                Some(sent) if message.role == Author::Assistant => {
                    next.running.remove(&message.id);
                    frames.extend(self.rest(&message, &sent));
                    frames.push(ServerFrame::Complete(complete(message)));
                }
                None if message.role == Author::Assistant => {
                    // It started and ended between two reads. The client still receives its text and its end, with a cursor from before
                    // the answer, so that it receives the end again if it is lost.
                    let begun = begun(&message, told);
                    frames.push(ServerFrame::Message { conversation_id: self.conversation, cursor: told, message: begun });
                    frames.extend(self.rest(&message, &Sent::default()));
                    frames.push(ServerFrame::Complete(complete(message)));
                }
                _ => frames.push(ServerFrame::Message { conversation_id: self.conversation, cursor, message }),
            }
        }
        next.seen = next.seen.max(changes.rev);
        *self = next;
        Ok(frames)
    }

    /// Returns the frames for what is new of running answers: at most one for the text and one for each step, so that a slow client
    /// receives fewer and larger ones.
    pub fn grown(&mut self, texts: &impl Texts) -> Vec<ServerFrame> {
        let mut frames = Vec::new();
        let conversation_id = self.conversation;
        for (&answer_id, sent) in &mut self.running {
            for step in texts.steps(answer_id, &sent.steps) {
                sent.step(&step);
                frames.push(ServerFrame::Step(StepFrame { conversation_id, answer_id, step }));
            }
            if let Some(content) = texts.text(answer_id, sent.text).filter(|content| !content.is_empty()) {
                let at = sent.text;
                sent.text += content.len() as u64;
                frames.push(ServerFrame::Chunk { conversation_id, answer_id, at, content });
            }
        }
        frames
    }

    /// Sets the text and the steps of an unfinished answer to what a client lacks that has this much of them.
    fn attach(&mut self, message: &mut Message, has: Sent, words: TextDelivery, texts: &impl Texts) -> Result<(), Stale> {
        let (from, text) = match texts.text(message.id, has.text) {
            Some(text) => (has.text, text),
            // The client has more than there is, because a backup was restored, or nobody writes the answer.
            None if has.text > 0 => (0, texts.text(message.id, 0).ok_or(Stale)?),
            None => return Err(Stale),
        };
        (message.at, message.content) = (from, text);
        message.steps = texts.steps(message.id, &has.steps);
        if words == TextDelivery::Later {
            message.content.clear();
            message.steps.iter_mut().for_each(|step| step.content.clear());
        }
        let mut sent = Sent { text: from + message.content.len() as u64, steps: Vec::new() };
        message.steps.iter().for_each(|step| sent.step(step));
        self.running.insert(message.id, sent);
        Ok(())
    }

    /// Starts to send a new or continued answer: its text follows in chunks, from the end of the message's text, and its steps likewise.
    fn begin(&mut self, message: &mut Message, sent: Option<Sent>, texts: &impl Texts) -> Result<(), Stale> {
        if let Some(sent) = &sent {
            message.at = sent.text;
            message.content.clear();
        }
        let mut sent = sent.unwrap_or_else(|| Sent { text: message.content.len() as u64, steps: Vec::new() });
        texts.text(message.id, sent.text).ok_or(Stale)?;
        // A message lists all of its steps, so none of them counts as known.
        sent.steps.iter_mut().for_each(|step| step.state = None);
        message.steps = texts.steps(message.id, &sent.steps);
        message.steps.iter().for_each(|step| sent.step(step));
        self.running.insert(message.id, sent);
        Ok(())
    }

    /// Returns the frames for what a client lacks of an answer that has ended.
    fn rest(&self, message: &Message, sent: &Sent) -> Vec<ServerFrame> {
        let (conversation_id, answer_id) = (self.conversation, message.id);
        let lacks = |step: &&Step| {
            let sent = sent.steps.get(step.index as usize);
            sent.is_none_or(|sent| sent.bytes < step.content.len() as u64 || sent.state != Some(step.state))
        };
        let rest_of = |step: &Step| step.from_byte(sent.steps.get(step.index as usize).map_or(0, |sent| sent.bytes));
        let steps = message.steps.iter().filter(lacks).map(rest_of);
        let mut frames: Vec<_> = steps.map(|step| ServerFrame::Step(StepFrame { conversation_id, answer_id, step })).collect();
        let rest = usize::try_from(sent.text).ok().and_then(|from| message.content.get(from..)).filter(|rest| !rest.is_empty());
        frames.extend(rest.map(|rest| ServerFrame::Chunk { conversation_id, answer_id, at: sent.text, content: rest.to_owned() }));
        frames
    }
}

/// Returns the frames of an answer that ended before the client listened, as if it had listened.
pub fn told_late(message: Message) -> impl Iterator<Item = ServerFrame> {
    let (conversation_id, answer_id, content) = (message.conversation_id, message.id, message.content.clone());
    let steps = message.steps.clone().into_iter().map(move |step| ServerFrame::Step(StepFrame { conversation_id, answer_id, step }));
    let words = (!content.is_empty()).then_some(ServerFrame::Chunk { conversation_id, answer_id, at: 0, content });
    steps.chain(words).chain([ServerFrame::Complete(complete(message))])
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
        attachments: Vec::new(),
        left_out: 0,
        ignored: Vec::new(),
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
    use holdfast_protocol::{
        frame::{Have, HaveSteps},
        step::{StepKind, StepState},
    };
    use uuid::Uuid;

    use super::*;

    const CONVERSATION: ConversationId = ConversationId(Uuid::from_u128(1));
    const ANSWER: MessageId = MessageId(Uuid::from_u128(2));

    struct Text(Option<&'static str>);
    impl Texts for Text {
        fn text(&self, _: MessageId, from: u64) -> Option<String> {
            self.0.and_then(|text| text.get(usize::try_from(from).unwrap()..)).map(str::to_owned)
        }
        fn steps(&self, _: MessageId, _: &[StepPosition]) -> Vec<Step> {
            Vec::new()
        }
    }

    /// A running answer that has thought this much.
    struct Thinking(&'static str, StepState);
    impl Texts for Thinking {
        fn text(&self, _: MessageId, _: u64) -> Option<String> {
            Some(String::new())
        }
        fn steps(&self, _: MessageId, has: &[StepPosition]) -> Vec<Step> {
            let step = Step { content: self.0.into(), state: self.1, ..Step::started(0, StepKind::Reasoning, 0, 1) };
            let has = has.first().copied().unwrap_or(StepPosition { bytes: 0, state: None });
            let is_news = has.bytes < self.0.len() as u64 || has.state != Some(self.1);
            if is_news { vec![step.from_byte(has.bytes)] } else { Vec::new() }
        }
    }

    fn open(cursor: Option<u64>, have: u64) -> Open {
        let have = if have > 0 { Have::from([(ANSWER, have)]) } else { Have::new() };
        Open { conversation_id: CONVERSATION, cursor, have, have_steps: HaveSteps::new() }
    }

    fn step_of(frame: &ServerFrame) -> (u64, &str, StepState) {
        let ServerFrame::Step(StepFrame { step, .. }) = frame else { panic!("{frame:?}") };
        (step.at, &step.content, step.state)
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
            attachments: vec![],
            left_out: 0,
            ignored: Vec::new(),
        }
    }

    fn changes(since: u64, rev: u64, messages: Vec<Message>) -> Changes {
        Changes { rev, since, messages, more: false }
    }

    #[test]
    fn what_comes_in_pieces_goes_on_where_the_one_before_ended() {
        let other = |n: u128, rev| Message { id: MessageId(Uuid::from_u128(n)), ..answer(Status::Complete, "old", rev) };
        let first = Changes { more: true, ..changes(0, 2, vec![other(7, 1), answer(Status::Streaming, "", 2)]) };
        let (mut position, sync) = Position::enter(&open(None, 0), first, TextDelivery::Now, &Text(Some("one"))).unwrap();
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
        let at = changes(2, 2, vec![answer(Status::Streaming, "", 2)]);
        let (mut position, sync) = Position::enter(&open(Some(2), 4), at, TextDelivery::Now, &Text(Some("one two"))).unwrap();
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
    fn steps_come_from_what_the_client_has_and_all_of_them_before_the_end() {
        use StepState::{Done, Running};
        let at = changes(2, 2, vec![answer(Status::Streaming, "", 2)]);
        let open = Open { have_steps: HaveSteps::from([(ANSWER, vec![4])]), ..open(Some(2), 0) };
        let (mut position, sync) = Position::enter(&open, at, TextDelivery::Now, &Thinking("one two", Running)).unwrap();
        let step = &sync.messages[0].steps[0];
        assert_eq!((step.at, step.content.as_str()), (4, "two"));
        assert!(position.grown(&Thinking("one two", Running)).is_empty());
        let frames = position.grown(&Thinking("one two three", Running));
        assert_eq!((frames.len(), step_of(&frames[0])), (1, (7, " three", Running)));
        let frames = position.grown(&Thinking("one two three", Done));
        assert_eq!((frames.len(), step_of(&frames[0])), (1, (13, "", Done)));
        let mut listens_on = position.clone();
        let thoughts = |content: &str| vec![Step { state: Done, content: content.into(), ..Step::started(0, StepKind::Reasoning, 0, 1) }];
        let ended = |content: &str| changes(2, 3, vec![Message { steps: thoughts(content), ..answer(Status::Complete, "", 3) }]);
        let frames = position.changed(ended("one two three!"), &Text(None)).unwrap();
        assert_eq!((frames.len(), step_of(&frames[0])), (2, (13, "!", Done)), "and then the end");
        let frames = listens_on.changed(ended("one two three"), &Text(None)).unwrap();
        assert!(matches!(&frames[..], [ServerFrame::Complete(_)]));
    }

    #[test]
    fn steps_that_another_store_had_are_sent_again() {
        let all = changes(0, 2, vec![answer(Status::Streaming, "", 2)]);
        let open = Open { have_steps: HaveSteps::from([(ANSWER, vec![4])]), ..open(Some(99), 0) };
        let (_, sync) = Position::enter(&open, all, TextDelivery::Now, &Thinking("one two", StepState::Running)).unwrap();
        assert_eq!((sync.messages[0].steps[0].at, sync.messages[0].steps[0].content.as_str()), (0, "one two"));
    }

    #[test]
    fn the_words_of_a_new_answer_come_in_chunks_from_the_first() {
        let (mut position, _) = Position::enter(&open(None, 0), changes(0, 1, vec![]), TextDelivery::Now, &Text(None)).unwrap();
        let begun = changes(1, 2, vec![answer(Status::Streaming, "", 2)]);
        let frames = position.changed(begun, &Text(Some("one two"))).unwrap();
        assert!(matches!(&frames[..], [ServerFrame::Message { message, .. }] if message.content.is_empty() && message.at == 0));
        assert!(matches!(&position.grown(&Text(Some("one two")))[..], [ServerFrame::Chunk { at: 0, content, .. }] if content == "one two"));
    }

    #[test]
    fn an_answer_that_ended_between_two_looks_comes_like_any_other() {
        let (mut position, _) = Position::enter(&open(None, 0), changes(0, 1, vec![]), TextDelivery::Now, &Text(None)).unwrap();
        let frames = position.changed(changes(1, 3, vec![answer(Status::Complete, "one", 3)]), &Text(None)).unwrap();
        assert!(
            matches!(&frames[..], [ServerFrame::Message { cursor: 1, message, .. }, ServerFrame::Chunk { at: 0, content, .. }, ServerFrame::Complete(end)]
                if message.status.is_unfinished() && content == "one" && end.full_response == "one"),
            "{frames:?}"
        );
    }

    #[test]
    fn what_comes_with_a_cursor_of_another_store_is_not_believed() {
        let all = changes(0, 2, vec![answer(Status::Streaming, "", 2)]);
        let (_, sync) = Position::enter(&open(Some(99), 4), all, TextDelivery::Now, &Text(Some("one two"))).unwrap();
        assert_eq!((sync.since, sync.messages[0].at, sync.messages[0].content.as_str()), (0, 0, "one two"));
    }

    #[test]
    fn more_than_there_is_begins_anew() {
        let at = changes(2, 2, vec![answer(Status::Streaming, "", 2)]);
        let (_, sync) = Position::enter(&open(Some(2), 400), at, TextDelivery::Now, &Text(Some("one"))).unwrap();
        assert_eq!((sync.messages[0].at, sync.messages[0].content.as_str()), (0, "one"));
    }

    #[test]
    fn an_answer_that_nobody_writes_is_looked_at_again() {
        let at = changes(0, 2, vec![answer(Status::Streaming, "", 2)]);
        assert_eq!(Position::enter(&open(None, 0), at, TextDelivery::Now, &Text(None)).unwrap_err(), Stale);
    }
}
