//! What the person does.

use super::{Connection, Delivery, Entry, Event, Millis, Outbox, PendingRegenerations, Phase, Transport};
use crate::{
    api::{Earlier, Grant},
    frame::{Chat, ClientFrame, Regenerate},
    id::{ConversationId, MessageId},
    transcript::Transcript,
};

impl Connection {
    /// Connects, where somebody is signed in.
    pub fn start(&mut self, now: Millis) {
        if self.phase == Phase::Idle {
            self.lost_at = Some(now);
            self.connect(now);
        }
        self.flush(now);
    }

    /// Begins with the transport that an earlier page of this tab ended up with. The socket is tried again later.
    pub fn begin_at(&mut self, transport: Transport) {
        self.fallback.begin_at(transport);
        self.told_rung = transport;
    }

    /// Takes what the page was rendered with.
    pub fn seed(&mut self, transcript: Transcript) {
        self.transcripts.insert(transcript.id(), transcript);
    }

    /// Follows a conversation instead of the one before, or none.
    pub fn follow(&mut self, now: Millis, id: Option<ConversationId>) {
        if self.focus == id {
            return;
        }
        let before = std::mem::replace(&mut self.focus, id);
        if let Some(id) = id {
            self.left_answering.remove(&id);
            self.transcripts.entry(id).or_insert_with(|| Transcript::new(id));
        }
        if let Phase::Live { attempt, .. } = self.phase {
            match (self.fallback.transport(), attempt) {
                (Transport::Socket, Some(attempt)) => {
                    if let Some(conversation_id) = before {
                        if self.transcripts.get(&conversation_id).is_some_and(Transcript::is_answering) {
                            self.left_answering.insert(conversation_id);
                        }
                        self.send(attempt, ClientFrame::Close { conversation_id });
                    }
                    self.open_focus(attempt);
                }
                (Transport::Socket, None) => {}
                _ => self.reopen(now),
            }
        }
        self.flush(now);
    }

    /// Asks for all of a conversation of which there is only a part, now or as soon as there is a connection.
    pub fn want_all(&mut self, now: Millis, id: ConversationId) {
        let is_new = self.transcripts.get_mut(&id).is_some_and(Transcript::want_all);
        // Where there is no transport, the next one asks with it anyway.
        if let Phase::Live { attempt: Some(attempt), .. } = self.phase
            && is_new
            && self.focus == Some(id)
        {
            match self.fallback.transport() {
                Transport::Socket => self.open_focus(attempt),
                _ => self.reopen(now),
            }
        }
        self.flush(now);
    }

    /// What comes before the part of a conversation that is here was given; `first` is what the part began with. Says whether
    /// anything came of it.
    pub fn extend(&mut self, id: ConversationId, first: MessageId, earlier: Earlier) -> bool {
        let is_extended = self.transcripts.get_mut(&id).is_some_and(|transcript| transcript.extend(first, earlier));
        if is_extended {
            self.events.push_back(Event::Transcript(id));
        }
        is_extended
    }

    /// Puts a message into the outbox. Without `conversation_id` it begins a conversation, which is
    /// followed from then on; [`Event::Begun`] tells its id.
    pub fn submit(&mut self, now: Millis, entry: Entry) {
        if !self.outbox.add(entry) {
            return;
        }
        self.events.push_back(Event::Outbox);
        self.address(now, true);
        if matches!(self.phase, Phase::Idle) {
            self.lost_at = Some(now);
            self.connect(now);
        }
        self.flush(now);
    }

    /// Takes entries that were kept: an earlier page's, or another tab's.
    pub fn restore(&mut self, now: Millis, entries: impl IntoIterator<Item = Entry>) {
        let mut any = false;
        for entry in entries {
            any |= self.outbox.add(entry);
        }
        if any {
            self.events.push_back(Event::Outbox);
            // What the page came with has them already, and their answers: they would wait for those.
            let arrived: Vec<MessageId> =
                self.outbox.entries().iter().map(|entry| entry.chat.message_id).filter(|id| self.has(*id)).collect();
            self.seen(now, &arrived);
            self.address(now, false);
            self.flush(now);
        }
    }

    fn has(&self, id: MessageId) -> bool {
        self.transcripts.values().any(|transcript| transcript.message(id).is_some())
    }

    /// Sends a refused message again.
    pub fn retry_message(&mut self, now: Millis, id: MessageId) {
        let bytes = (u128::from(self.random.next_u64()) << 64 | u128::from(self.random.next_u64())).to_be_bytes();
        let fresh = MessageId(uuid::Builder::from_random_bytes(bytes).into_uuid());
        self.outbox.retry(id, self.user.as_ref().map(|user| user.id), fresh);
        self.address(now, true);
        self.events.push_back(Event::Outbox);
        self.flush(now);
    }

    /// Takes a message out of the outbox: its writer took it back, or another tab saw it accepted.
    pub fn withdraw(&mut self, now: Millis, id: MessageId) -> Option<Chat> {
        let entry = self.outbox.remove(id)?;
        if entry.delivery == Delivery::Sending {
            self.answered(now);
        }
        self.events.push_back(Event::Outbox);
        self.flush(now);
        Some(entry.chat)
    }

    /// Stops an answer, now or as soon as there is a connection.
    pub fn stop_answer(&mut self, now: Millis, answer_id: MessageId) {
        self.commands.push(ClientFrame::Stop { answer_id });
        self.flush(now);
    }

    /// Goes on with an interrupted answer.
    pub fn continue_answer(&mut self, now: Millis, answer_id: MessageId) {
        self.commands.push(ClientFrame::Continue { answer_id });
        self.flush(now);
    }

    /// Has a message answered anew, beside the answers it has. It is sent until the server has it; what was kept of an earlier
    /// page's is asked for in the same way.
    pub fn regenerate(&mut self, now: Millis, regenerate: Regenerate) {
        if self.has(regenerate.answer_id) {
            self.events.push_back(Event::AskedNoMore(regenerate.answer_id));
        } else if self.regenerations.add(regenerate.clone()) {
            self.events.push_back(Event::AskedAgain(regenerate));
            self.flush(now);
        }
    }

    /// Tries at once, and all rungs anew: the person asks for it.
    pub fn retry_now(&mut self, now: Millis) {
        if matches!(self.phase, Phase::Waiting { .. } | Phase::Refused(_)) {
            self.backoff.reset();
            self.fallback.reset();
            self.forget_idle_limit();
            self.last_error = None;
            self.token_doubted = false;
            self.connect(now);
        }
        self.flush(now);
    }

    /// Forgets the user: signed out, here or in another tab.
    pub fn sign_out(&mut self, now: Millis) {
        self.drop_transports();
        self.phase = Phase::Idle;
        self.token = None;
        self.fetching = None;
        self.user = None;
        self.focus = None;
        self.transcripts.clear();
        self.outbox = Outbox::default();
        self.commands.clear();
        self.regenerations = PendingRegenerations::default();
        self.awaited.clear();
        self.left_answering.clear();
        self.lost_at = None;
        self.flush(now);
    }

    /// Somebody signed in. What is open is the session's before: it ends with that, and its end says nothing of this one.
    pub fn signed_in(&mut self, now: Millis, grant: Grant) {
        self.drop_transports();
        self.lost(now);
        self.last_error = None;
        self.phase = Phase::Idle;
        self.handle_token(now, grant);
        self.start(now);
    }
}
