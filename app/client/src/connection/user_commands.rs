//! Commands of the user.

use holdfast_protocol::{
    api::{Earlier, Grant},
    frame::{Chat, ClientFrame, Regenerate},
    id::{ConversationId, MessageId},
};

use super::{Command, Connection, Delivery, Entry, Event, Millis, Outbox, PendingRegenerations, Phase, Timer, Transport};
use crate::transcript::Transcript;

impl Connection {
    /// Connects if somebody is signed in.
    pub fn start(&mut self, now: Millis) {
        if self.phase == Phase::Idle {
            self.begin_gap(now);
            self.connect(now);
        }
        self.flush(now);
    }

    /// Starts with the transport that an earlier page in this tab ended up with. The socket is tried again later.
    pub fn begin_at(&mut self, transport: Transport) {
        self.transports.fallback.begin_at(transport);
        self.page.transport = transport;
    }

    /// Adds the transcript of a conversation that the page was rendered with.
    pub fn seed(&mut self, transcript: Transcript) {
        self.view.transcripts.insert(transcript.id(), transcript);
    }

    /// Follows a conversation instead of the previous one; `None` follows no conversation.
    pub fn follow(&mut self, now: Millis, id: Option<ConversationId>) {
        if self.view.focus == id {
            return;
        }
        let before = std::mem::replace(&mut self.view.focus, id);
        if let Some(id) = id {
            self.view.left_answering.remove(&id);
            self.view.transcripts.entry(id).or_insert_with(|| Transcript::new(id));
        }
        if let Phase::Live { attempt, .. } = self.phase {
            match (self.transport(), attempt) {
                (Transport::Socket, Some(attempt)) => {
                    if let Some(conversation_id) = before {
                        if self.view.transcripts.get(&conversation_id).is_some_and(Transcript::is_answering) {
                            self.view.left_answering.insert(conversation_id);
                        }
                        self.send(attempt, ClientFrame::Close { conversation_id });
                    }
                    self.open_focus(attempt);
                }
                (Transport::Socket, None) => {}
                (Transport::Stream | Transport::Poll, _) => self.reopen(now),
            }
        }
        self.flush(now);
    }

    /// Requests the whole conversation if the transcript is partial, now or as soon as there is a connection.
    pub fn want_all(&mut self, now: Millis, id: ConversationId) {
        let is_new = self.view.transcripts.get_mut(&id).is_some_and(Transcript::want_all);
        // Without a transport, the next one requests it anyway.
        if let Phase::Live { attempt: Some(attempt), .. } = self.phase
            && is_new
            && self.view.focus == Some(id)
        {
            match self.transport() {
                Transport::Socket => self.open_focus(attempt),
                Transport::Stream | Transport::Poll => self.reopen(now),
            }
        }
        self.flush(now);
    }

    /// Adds a page of earlier messages to a partial transcript. `first` is the transcript's first message at the time of the request.
    /// Returns whether the transcript changed.
    pub fn extend(&mut self, id: ConversationId, first: MessageId, earlier: Earlier) -> bool {
        let is_extended = self.view.transcripts.get_mut(&id).is_some_and(|transcript| transcript.extend(first, earlier));
        if is_extended {
            self.out.events.push_back(Event::Transcript(id));
        }
        is_extended
    }

    /// Adds a message to the outbox. Without `conversation_id` it creates a conversation, which is followed from then on;
    /// [`Event::ConversationCreated`] reports its id.
    pub fn submit(&mut self, now: Millis, entry: Entry) {
        if !self.outgoing.outbox.add(entry) {
            return;
        }
        self.out.events.push_back(Event::Outbox);
        self.address(now, true);
        if matches!(self.phase, Phase::Idle) {
            self.begin_gap(now);
            self.connect(now);
        }
        self.flush(now);
    }

    /// Adds stored entries of an earlier page or of another tab.
    pub fn restore(&mut self, now: Millis, entries: impl IntoIterator<Item = Entry>) {
        let mut any = false;
        for entry in entries {
            any |= self.outgoing.outbox.add(entry);
        }
        if any {
            self.out.events.push_back(Event::Outbox);
            // The rendered page already contains these messages and their answers; sending them would wait for those answers.
            let arrived: Vec<MessageId> =
                self.outgoing.outbox.entries().iter().map(|entry| entry.chat.message_id).filter(|id| self.has(*id)).collect();
            self.seen(now, &arrived);
            self.address(now, false);
            self.flush(now);
        }
    }

    fn has(&self, id: MessageId) -> bool {
        self.view.transcripts.values().any(|transcript| transcript.message(id).is_some())
    }

    /// Sends a refused message again.
    pub fn retry_message(&mut self, now: Millis, id: MessageId) {
        let bytes = (u128::from(self.random.next_u64()) << 64 | u128::from(self.random.next_u64())).to_be_bytes();
        let fresh = MessageId(uuid::Builder::from_random_bytes(bytes).into_uuid());
        self.outgoing.outbox.retry(id, self.credentials.user.as_ref().map(|user| user.id), fresh);
        self.address(now, true);
        self.out.events.push_back(Event::Outbox);
        self.flush(now);
    }

    /// Removes a message from the outbox, because the user withdrew it or another tab saw it accepted. Returns the message, or `None` if
    /// it was not there.
    pub fn withdraw(&mut self, now: Millis, id: MessageId) -> Option<Chat> {
        let entry = self.outgoing.outbox.remove(id)?;
        if entry.delivery == Delivery::Sending {
            self.answered(now);
        }
        self.out.events.push_back(Event::Outbox);
        self.flush(now);
        Some(entry.chat)
    }

    /// Stops an answer, now or as soon as there is a connection.
    pub fn stop_answer(&mut self, now: Millis, answer_id: MessageId) {
        self.outgoing.commands.push(Command::Stop { answer_id });
        self.flush(now);
    }

    /// Continues an interrupted answer.
    pub fn continue_answer(&mut self, now: Millis, answer_id: MessageId) {
        self.outgoing.commands.push(Command::Continue { answer_id });
        self.flush(now);
    }

    /// Requests another answer to a message, beside the answers it has. The request is sent until the server has accepted it. Also
    /// restores a stored request of an earlier page.
    pub fn regenerate(&mut self, now: Millis, regenerate: Regenerate) {
        if self.has(regenerate.answer_id) {
            self.out.events.push_back(Event::RegenerateSettled(regenerate.answer_id));
        } else if self.outgoing.regenerations.add(regenerate.clone()) {
            self.out.events.push_back(Event::RegenerateRequested(regenerate));
            self.flush(now);
        }
    }

    /// Tries to connect at once, beginning with the socket, because the user asked to.
    pub fn retry_now(&mut self, now: Millis) {
        if matches!(self.phase, Phase::Waiting | Phase::Refused(_)) {
            self.transports.backoff.reset();
            self.transports.fallback.reset();
            self.forget_idle_limit();
            self.transports.last_error = None;
            self.credentials.was_refused = false;
            self.connect(now);
        }
        self.flush(now);
    }

    /// Forgets the user, who signed out here or in another tab.
    pub fn sign_out(&mut self, now: Millis) {
        self.drop_transports();
        self.enter(Phase::Idle);
        self.credentials.token = None;
        self.timers.stop(Timer::TokenFetch);
        self.credentials.user = None;
        self.view.focus = None;
        self.view.transcripts.clear();
        self.outgoing.outbox = Outbox::default();
        self.outgoing.commands.clear();
        self.outgoing.regenerations = PendingRegenerations::default();
        self.view.awaited.clear();
        self.view.left_answering.clear();
        self.end_gap();
        self.flush(now);
    }

    /// Uses the token of a user who has just signed in. Closes an open transport, because it belongs to the previous session; its end says
    /// nothing about the new session.
    pub fn signed_in(&mut self, now: Millis, grant: Grant) {
        self.drop_transports();
        self.lost(now);
        self.transports.last_error = None;
        self.enter(Phase::Idle);
        self.handle_token(now, grant);
        self.start(now);
    }
}
