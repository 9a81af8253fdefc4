//! A server without I/O: the real rules (`SocketProtocol`, `Position`) over a store in memory that can be lost
//! as a real one can: what was not saved is gone.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_client::transcript::Transcript;
use holdfast_core::{answers::StepPosition, conversations::Changes};
use holdfast_protocol::{
    ApiError, Author, ConversationId, Message, MessageId, Reason, ServerFrame, Status, Step, UserId,
    api::{Conversation, ConversationSummary, Earlier},
    frame::{Accepted, Chat, Open},
    rules::{answer, partial},
    step::{StepKind, StepState},
};
use holdfast_web::realtime::position::{Position, TextDelivery, Texts};
use uuid::Uuid;

use super::world::Bug;

/// So many messages come in one piece.
const TOGETHER: usize = 3;

pub const USER: UserId = UserId(Uuid::from_u128(7));

#[derive(Clone, Default)]
pub struct Server {
    pub rev: u64,
    given: BTreeSet<u64>,
    pub messages: Vec<Message>,
    pub running: BTreeMap<MessageId, Running>,
    /// Answers that somebody asked to stop.
    pub stopped: BTreeSet<MessageId>,
    next_id: u128,
}

#[derive(Clone)]
pub struct Running {
    target: String,
    pub text: String,
    pub saved: usize,
    steps: Vec<Step>,
    /// They as they were saved last.
    saved_steps: Vec<Step>,
    ended: Option<Status>,
}

/// After so many words of text a step comes, and in a step so many words.
const BETWEEN: usize = 9;
const IN_STEP: usize = 5;

impl Running {
    fn new(target: String, text: String, steps: Vec<Step>) -> Self {
        Self { target, saved: text.len(), text, saved_steps: steps.clone(), steps, ended: None }
    }

    /// Lets a step that belongs here go on. Says whether it needs more time: then no text comes.
    fn think(&mut self, now: u64) -> bool {
        let (after, words) = (self.text.len() as u64, self.text.split_inclusive([' ', '\n']).count());
        if !words.is_multiple_of(BETWEEN) {
            return false;
        }
        let index = u32::try_from(self.steps.len()).unwrap();
        let Some(step) = self.steps.last_mut().filter(|step| step.after == after) else {
            let kind = if words.is_multiple_of(2) { StepKind::Reasoning } else { StepKind::Tool };
            let state = if kind == StepKind::Tool { StepState::Waiting } else { StepState::Running };
            self.steps.push(Step { state, ..Step::started(index, kind, after, now) });
            return true;
        };
        match step.state {
            StepState::Waiting => step.state = StepState::Running,
            StepState::Running if step.content.split_inclusive(' ').count() < IN_STEP => {
                let word = ["hm ", "så ", "漢字 "][step.content.len() % 3];
                step.content.push_str(word);
            }
            StepState::Running => (step.state, step.ended_at) = (StepState::Done, Some(now)),
            StepState::Done | StepState::Failed | StepState::Denied | StepState::Interrupted => return false,
        }
        true
    }
}

pub struct Listener {
    position: Position,
}

/// The running answers, with the fault that is planted.
struct View<'a>(&'a Server, Bug);

impl Texts for View<'_> {
    fn text(&self, id: MessageId, from: u64) -> Option<String> {
        let running = self.0.running.get(&id)?;
        let visible = if self.1 == Bug::ShownBeforeSaved { running.text.len() } else { running.saved };
        let from = usize::try_from(from).ok()?;
        if from > visible {
            return None;
        }
        let mut to = visible.min(from + 40);
        while !running.text.is_char_boundary(to) {
            to -= 1;
        }
        running.text.get(from..to).map(str::to_owned)
    }

    fn steps(&self, id: MessageId, has: &[StepPosition]) -> Vec<Step> {
        let Some(running) = self.0.running.get(&id) else { return Vec::new() };
        let steps = if self.1 == Bug::StepShownBeforeSaved { &running.steps } else { &running.saved_steps };
        let news = steps.iter().enumerate().filter_map(|(place, step)| {
            let has = has.get(place).copied().unwrap_or(StepPosition { bytes: 0, state: None });
            let rest = step.from_byte(has.bytes);
            (!rest.content.is_empty() || has.state != Some(step.state)).then_some(rest)
        });
        news.collect()
    }
}

fn target(n: usize) -> String {
    (0..60).map(|word| ["sea ", "räv ", "漢字 ", "🪢 ", "knot\n"][(word * 7 + n) % 5]).collect()
}

impl Server {
    fn give_out(&mut self, now: u64) -> u64 {
        self.rev = (self.rev + 1).max(now);
        self.given.insert(self.rev);
        self.rev
    }

    pub fn accept(&mut self, chat: &Chat, now: u64, bug: Bug) -> Result<Accepted, ApiError> {
        let conversation_id = chat.conversation_id.unwrap();
        let known = self.messages.iter().find(|message| message.id == chat.message_id);
        if let (Some(known), true) = (known, bug != Bug::IdReused) {
            if known.content != chat.content {
                return Err(Reason::IdUsed.with("field", "message_id"));
            }
            let answer = self.messages.iter().find(|message| message.parent_id == Some(chat.message_id)).unwrap();
            return Ok(Accepted { message_id: chat.message_id, conversation_id, answer_id: answer.id });
        }
        // A conversation that a restored store lacks altogether is begun again by whatever comes first: there is only one here.
        let is_missing = |id: &MessageId| self.messages.iter().all(|message| message.id != *id);
        if !self.messages.is_empty() && chat.parent_id.as_ref().is_some_and(is_missing) {
            return Err(Reason::ConversationNotFound.into());
        }
        self.next_id += 1;
        let answer_id = MessageId(Uuid::from_u128(1_000_000 + self.next_id));
        let created = self.messages.last().map_or(now, |last| now.max(last.created_at + 1));
        let blank = Message {
            id: chat.message_id,
            conversation_id,
            parent_id: self.messages.last().map(|last| last.id),
            role: Author::User,
            content: chat.content.clone(),
            status: Status::Accepted,
            provider: None,
            model: None,
            created_at: created,
            rev: self.give_out(now),
            at: 0,
            error: None,
            usage: None,
            sources: vec![],
            steps: vec![],
            attachments: vec![],
            left_out: 0,
            ignored: Vec::new(),
        };
        let rev = self.give_out(now);
        let answer = Message {
            id: answer_id,
            parent_id: Some(chat.message_id),
            role: Author::Assistant,
            content: String::new(),
            status: Status::Streaming,
            created_at: created + 1,
            rev,
            ..blank.clone()
        };
        let target = target(self.messages.len());
        self.messages.extend([blank, answer]);
        self.running.insert(answer_id, Running::new(target, String::new(), Vec::new()));
        Ok(Accepted { message_id: chat.message_id, conversation_id, answer_id })
    }

    pub fn stop(&mut self, id: MessageId) {
        self.stopped.insert(id);
        if let Some(running) = self.running.get_mut(&id) {
            running.ended.get_or_insert(Status::Stopped);
        }
    }

    pub fn go_on(&mut self, id: MessageId, now: u64) {
        let rev = (self.rev + 1).max(now);
        let Some(at) = self.messages.iter().position(|message| message.id == id) else { return };
        let message = &mut self.messages[at];
        if !matches!(message.status, Status::Stopped | Status::Interrupted) {
            return;
        }
        message.status = Status::Streaming;
        message.rev = rev;
        let (text, steps) = (message.content.clone(), message.steps.clone());
        self.stopped.remove(&id);
        self.give_out(now);
        self.running.insert(id, Running::new(target(at - 1), text, steps));
    }

    /// Some time passes: words come, and what had come before is saved.
    pub fn tick(&mut self, words: u64, now: u64, bug: Bug) {
        let mut ended = Vec::new();
        for (id, running) in &mut self.running {
            running.saved = running.text.len();
            running.saved_steps.clone_from(&running.steps);
            if let Some(status) = running.ended {
                ended.push((*id, status));
                continue;
            }
            for _ in 0..words {
                if running.think(now) {
                    continue;
                }
                let rest = &running.target[running.text.len()..];
                let word = rest.split_inclusive([' ', '\n']).next().unwrap_or_default();
                if word.is_empty() {
                    running.ended = Some(Status::Complete);
                    break;
                }
                let word = word.to_owned();
                running.text.push_str(&word);
            }
        }
        for (id, status) in ended {
            self.end(id, status, now, bug);
        }
    }

    fn end(&mut self, id: MessageId, status: Status, now: u64, bug: Bug) {
        let rev = self.give_out(now);
        let running = self.running.remove(&id).unwrap();
        let message = self.messages.iter_mut().find(|message| message.id == id).unwrap();
        message.content = running.text[..running.saved].to_owned();
        message.steps = running.saved_steps;
        for step in message.steps.iter_mut().filter(|step| step.state.is_unfinished() && bug != Bug::StepLeftRunning) {
            step.state = if status == Status::Complete { StepState::Done } else { StepState::Interrupted };
        }
        message.status = status;
        message.rev = rev;
    }

    /// What is not saved is lost; what was being written is interrupted.
    pub fn crash(&mut self, now: u64, bug: Bug) {
        let ids: Vec<MessageId> = self.running.keys().copied().collect();
        for id in ids {
            self.end(id, Status::Interrupted, now, bug);
        }
    }

    /// The store as it would be copied now.
    pub fn backup(&self) -> Self {
        let mut copy = self.clone();
        for running in copy.running.values_mut() {
            running.text.truncate(running.saved);
            running.steps.clone_from(&running.saved_steps);
            running.ended = None;
        }
        copy
    }

    /// An earlier store takes the place of this one, and is started. Gives the user's messages that are gone.
    pub fn restore(&mut self, backup: Self, now: u64) -> Vec<MessageId> {
        let next_id = self.next_id; // ids are random: none comes twice
        let lost = std::mem::replace(self, Self { next_id, ..backup });
        self.crash(now, Bug::None);
        let is_gone = |message: &&Message| message.role == Author::User && self.messages.iter().all(|mine| mine.id != message.id);
        lost.messages.iter().filter(is_gone).map(|message| message.id).collect()
    }

    /// Whether there is such an answer.
    pub fn has(&self, id: MessageId) -> bool {
        self.messages.iter().any(|message| message.id == id)
    }

    /// The text of an answer as far as anybody may have seen it.
    pub fn saved(&self, id: MessageId) -> Option<&str> {
        match self.running.get(&id) {
            Some(running) => Some(&running.text[..running.saved]),
            None => self.messages.iter().find(|message| message.id == id).map(|message| message.content.as_str()),
        }
    }

    /// The steps of an answer as far as anybody may have seen them.
    pub fn saved_steps(&self, id: MessageId) -> &[Step] {
        match self.running.get(&id) {
            Some(running) => &running.saved_steps,
            None => self.messages.iter().find(|message| message.id == id).map_or(&[], |message| &message.steps),
        }
    }

    /// The messages as they are read just now.
    fn read(&self) -> Vec<Message> {
        let mut messages = self.messages.clone();
        for message in &mut messages {
            message.content = self.saved(message.id).unwrap_or_default().to_owned();
            message.steps = self.saved_steps(message.id).to_vec();
        }
        messages
    }

    /// What comes before a part.
    pub fn earlier(&self, first: MessageId, most: usize) -> Earlier {
        let mut messages = self.read();
        let before = partial::keep_before(&mut messages, first, most, usize::MAX);
        Earlier { before, messages }
    }

    /// What a page is rendered with.
    pub fn rendered(&self, most: usize) -> Transcript {
        let mut messages = self.read();
        let before = partial::keep_end(&mut messages, most, usize::MAX);
        let (id, title) = (conversation(MessageId(Uuid::from_u128(1))), String::new());
        let summary = ConversationSummary {
            id,
            title,
            created_at: 0,
            updated_at: 0,
            answering: false,
            pinned: false,
            archived: false,
            provider: None,
            model: None,
            project_id: None,
        };
        Transcript::from_end(Conversation { summary, cursor: self.rev, messages }, before)
    }

    /// At most [`TOGETHER`] messages of it, up to a revision that was given out.
    fn changes(&self, cursor: Option<u64>, unfinished: bool) -> Changes {
        let since = cursor.filter(|cursor| self.given.contains(cursor)).unwrap_or(0);
        let mut revs: Vec<u64> = self.messages.iter().map(|message| message.rev).filter(|rev| *rev > since).collect();
        revs.sort_unstable();
        let upto = revs.get(TOGETHER).map_or(self.rev, |_| revs[TOGETHER - 1]);
        let fits = |message: &&Message| {
            (message.rev > since && message.rev <= upto) || (unfinished && message.status == Status::Streaming && message.rev <= since)
        };
        let mut messages: Vec<Message> = self.messages.iter().filter(fits).cloned().collect();
        messages.sort_by_key(|message| message.created_at);
        Changes { rev: upto, since, messages, more: upto < self.rev }
    }

    pub fn enter(&self, open: &Open, words: TextDelivery, bug: Bug) -> Result<(Listener, ServerFrame), ApiError> {
        if self.messages.is_empty() {
            return Err(Reason::ConversationNotFound.into());
        }
        let mut open = open.clone();
        if bug == Bug::HaveOffByOne {
            open.have.values_mut().for_each(|bytes| *bytes += 4);
        }
        if bug == Bug::HaveStepsOffByOne {
            open.have_steps.values_mut().flatten().for_each(|bytes| *bytes += 3);
        }
        let (position, sync) = Position::enter(&open, self.changes(open.cursor, true), words, &View(self, bug)).unwrap();
        Ok((Listener { position }, ServerFrame::Sync(sync)))
    }

    /// What a listener lacks now.
    pub fn next(&self, listener: &mut Listener, bug: Bug) -> Vec<ServerFrame> {
        if listener.position.is_behind() {
            let changes = self.changes(Some(listener.position.seen()), false);
            return vec![ServerFrame::Sync(listener.position.go_on(changes, TextDelivery::Now, &View(self, bug)).unwrap())];
        }
        let mut frames = listener.position.grown(&View(self, bug));
        if self.rev > listener.position.seen() {
            let changed = listener.position.changed(self.changes(Some(listener.position.seen()), false), &View(self, bug)).unwrap();
            if bug != Bug::ChangeForgotten || !self.rev.is_multiple_of(3) {
                // With this fault, the end of an answer comes without what its steps lack.
                let is_told = |frame: &ServerFrame| bug != Bug::StepsForgottenAtEnd || !matches!(frame, ServerFrame::Step(_));
                frames.extend(changed.into_iter().filter(is_told));
            }
        }
        match bug {
            Bug::StepOffByOne => frames.iter_mut().for_each(|frame| {
                if let ServerFrame::Step(frame) = frame {
                    frame.step.at = frame.step.at.saturating_sub(3);
                }
            }),
            Bug::StepStateForgotten => {
                frames.retain(|frame| !matches!(frame, ServerFrame::Step(frame) if frame.step.content.is_empty() && frame.step.at > 0));
            }
            _ => {}
        }
        if bug == Bug::ChunkOffByOne {
            for frame in &mut frames {
                if let ServerFrame::Chunk { at, .. } = frame {
                    *at = at.saturating_sub(4);
                }
            }
        }
        frames
    }
}

/// One conversation is enough for everything that can go wrong.
pub fn conversation(first: MessageId) -> ConversationId {
    ConversationId::created_by(USER, first)
}

/// That a text is a beginning of another.
pub fn begins(text: &str, whole: &str) -> bool {
    let mut copy = text.to_owned();
    answer::apply(&mut copy, 0, whole);
    copy == whole && whole.starts_with(text)
}
