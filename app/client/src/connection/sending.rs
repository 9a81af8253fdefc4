//! Sends messages and commands over whichever transport there is, in order and once.

use holdfast_protocol::{
    ApiError, Code, Reason,
    frame::{Accepted, Chat, ClientFrame},
    id::{ConversationId, MessageId},
};

use super::{Action, Attempt, Command, Connection, Delivery, Event, Millis, Phase, RequestError, Timer, Transport, View};
use crate::{foreign::Foreign, transcript::Transcript};

/// Waiting time before a message is sent again whose conversation may be missing, ms.
const RESEND_AFTER: Millis = 1_000;

/// How a request goes to the server.
#[derive(Clone, Copy)]
enum Way {
    /// As a frame over this socket.
    Socket(Attempt),
    /// As a call of its own.
    Post,
}

impl Connection {
    /// Reports the result of an [`Action::Post`] or of a regeneration by HTTP.
    pub fn handle_posted(&mut self, now: Millis, message_id: MessageId, result: Result<Accepted, RequestError>) {
        match result {
            Ok(accepted) => {
                self.accepted(now, accepted);
                let wanted = self.view.focus == Some(accepted.conversation_id) && self.transport() > Transport::Socket;
                if wanted && matches!(self.phase, Phase::Live { attempt: None, .. }) {
                    self.reopen(now);
                }
            }
            Err(RequestError::Foreign(Foreign::SignIn)) => {
                // The message stays in the outbox until the user has signed in there.
                self.refuse(Foreign::SignIn.api_error());
            }
            Err(RequestError::Foreign(Foreign::TooLarge)) => self.message_refused(now, message_id, Foreign::TooLarge.api_error()),
            Err(
                RequestError::Unreachable | RequestError::Foreign(Foreign::Away(_) | Foreign::Other(_) | Foreign::TooSlow | Foreign::Cut),
            ) => {
                self.message_refused(now, message_id, Reason::ServerUnreachable.error().retry_after(1_000));
            }
            Err(RequestError::Refused { status: 401, api_error }) => {
                self.requeue();
                self.answered(now);
                if let Phase::Live { attempt, .. } = self.phase {
                    if let Some(attempt) = attempt {
                        self.out.actions.push_back(Action::Close { attempt });
                    }
                    self.lost(now);
                    self.closed_by_policy(now, Some(api_error.code), Some(api_error));
                }
            }
            Err(RequestError::Refused { status, mut api_error }) => {
                if status >= 500 && api_error.retry_after_ms.is_none() {
                    api_error.retry_after_ms = Some(2_000);
                }
                self.message_refused(now, message_id, api_error);
            }
        }
        self.flush(now);
    }

    pub(super) fn requeue(&mut self) {
        self.outgoing.outbox.requeue();
        self.outgoing.regenerations.requeue();
    }

    /// Returns whether a message or a regeneration with this id is waiting.
    pub(super) fn is_requested(&self, id: MessageId) -> bool {
        self.outgoing.regenerations.has(id) || self.outgoing.outbox.entries().iter().any(|entry| entry.chat.message_id == id)
    }

    /// Records that the server answered a request, or that it is no longer needed. Other requests under way get the full time again.
    pub(super) fn answered(&mut self, now: Millis) {
        self.timers.stop(Timer::Accept);
        if self.outgoing.outbox.is_sending() || self.outgoing.regenerations.is_sending() {
            self.expect_acceptance(now);
        }
    }

    /// Gives the server its time to accept a request. A request that is posted while the transport opens is sent again afterwards, so only
    /// a live connection waits for it.
    fn expect_acceptance(&mut self, now: Millis) {
        if matches!(self.phase, Phase::Live { .. }) {
            self.timers.set(Timer::Accept, now + self.timing.accept);
        }
    }

    pub(super) fn accepted(&mut self, now: Millis, accepted: Accepted) {
        self.settle_regeneration(accepted.answer_id);
        self.view.awaited.insert(accepted.conversation_id, (accepted.answer_id, self.transports.latest));
        self.seen(now, &[accepted.message_id]);
        self.answered(now);
        self.forget_awaited(accepted.conversation_id, None);
    }

    /// Stops waiting for an answer of this conversation if a `sync` that was requested after the answer had started did not contain it:
    /// then the store has lost it, because a backup was restored.
    pub(super) fn forget_awaited(&mut self, id: ConversationId, synced: Option<Attempt>) {
        if let Some((answer, newest)) = self.view.awaited.get(&id) {
            let is_reported = self.view.transcripts.get(&id).is_some_and(|transcript| transcript.message(*answer).is_some());
            if is_reported || synced.is_some_and(|attempt| attempt > *newest) {
                self.view.awaited.remove(&id);
            }
        }
    }

    /// Removes messages from the outbox because the server has them, however that became known.
    pub(super) fn seen(&mut self, now: Millis, ids: &[MessageId]) {
        for &id in ids {
            self.settle_regeneration(id);
            if let Some(entry) = self.outgoing.outbox.remove(id) {
                if entry.delivery == Delivery::Sending {
                    self.answered(now);
                }
                self.out.events.push_back(Event::Outbox);
            }
        }
    }

    fn settle_regeneration(&mut self, answer: MessageId) {
        if self.outgoing.regenerations.done(answer) {
            self.out.events.push_back(Event::RegenerateSettled(answer));
        }
    }

    pub(super) fn message_refused(&mut self, now: Millis, id: MessageId, api_error: ApiError) {
        match self.outgoing.regenerations.refuse(id, api_error.clone(), now) {
            // It will be sent again automatically; the user is told why nothing happens meanwhile.
            Some(Ok(())) if !api_error.error.is_empty() => self.out.events.push_back(Event::Refused(api_error)),
            Some(Ok(())) => {}
            Some(Err(api_error)) => self.out.events.extend([Event::RegenerateSettled(id), Event::Refused(api_error)]),
            None => self.outbox_refused(now, id, api_error),
        }
        self.answered(now);
    }

    fn outbox_refused(&mut self, now: Millis, id: MessageId, mut api_error: ApiError) {
        let Some(entry) = self.outgoing.outbox.entries().iter().find(|entry| entry.chat.message_id == id) else { return };
        let (was_for, user) = (entry.chat.conversation_id, self.credentials.user.as_ref().map(|user| user.id));
        if api_error.code == Code::ConversationNotFound {
            // If the conversation is followed, the reply to its `open` says whether it exists. This error may belong to an earlier
            // attempt.
            let is_known = was_for == self.view.focus
                && was_for.and_then(|id| self.view.transcripts.get(&id)).is_some_and(|transcript| transcript.cursor().is_some());
            let transcript = was_for.and_then(|id| self.view.transcripts.get(&id));
            let last = || transcript?.messages().iter().rev().find_map(|message| message.provider.clone().zip(message.model.clone()));
            if user.is_some_and(|user| self.outgoing.outbox.detach(id, user, is_known, last)) {
                self.address(now, self.view.focus.is_none() || self.view.focus == was_for);
                self.out.events.push_back(Event::Outbox);
                return;
            }
            if is_known {
                api_error.retry_after_ms = Some(RESEND_AFTER);
            }
        }
        self.outgoing.outbox.refuse(id, api_error, now);
        self.out.events.push_back(Event::Outbox);
    }

    /// Gives new conversations of the outbox their ids, once the user is known.
    pub(super) fn address(&mut self, now: Millis, follow: bool) {
        let Some(user) = &self.credentials.user else { return };
        for (message, conversation) in self.outgoing.outbox.address(user.id) {
            self.view.transcripts.entry(conversation).or_insert_with(|| Transcript::new(conversation));
            self.out.events.push_back(Event::ConversationCreated(message, conversation));
            self.out.events.push_back(Event::Outbox);
            if follow {
                self.follow(now, Some(conversation));
            }
        }
    }

    /// Sends what can be sent, and reports changes of the presence. Every `handle_*` call ends with this.
    pub(super) fn flush(&mut self, now: Millis) {
        if let Some(way) = self.way() {
            for command in std::mem::take(&mut self.outgoing.commands) {
                self.send_command(way, command);
            }
            while let Some(regenerate) = self.outgoing.regenerations.next(now) {
                if !self.timers.is_set(Timer::Accept) {
                    self.expect_acceptance(now);
                }
                self.send_command(way, Command::Regenerate(regenerate));
            }
            self.send_message(now, way);
        }
        if matches!(self.phase, Phase::Live { .. }) {
            let (outbox, regenerations) = (self.outgoing.outbox.wake_at(now), self.outgoing.regenerations.wake_at(now));
            self.timers.reset(Timer::Resend, outbox.into_iter().chain(regenerations).min());
        }
        let transport = self.transport();
        if transport != self.page.transport {
            self.page.transport = transport;
            self.out.events.push_back(Event::Transport(transport));
        }
        let presence = self.presence(now);
        if presence != self.page.presence {
            self.page.presence = presence;
            self.out.events.push_back(Event::Presence);
        }
    }

    /// Returns how a request can go to the server now, or `None` if it has to wait.
    fn way(&self) -> Option<Way> {
        let is_socket = self.transport() == Transport::Socket;
        match self.phase {
            Phase::Live { attempt: Some(attempt), .. } if is_socket => Some(Way::Socket(attempt)),
            Phase::Live { .. } => Some(Way::Post),
            // A `POST` needs no open transport, so do not wait for one.
            Phase::Opening { .. } if !is_socket => Some(Way::Post),
            Phase::Opening { .. } | Phase::Idle | Phase::Authorising { .. } | Phase::Waiting | Phase::Refused(_) => None,
        }
    }

    fn send_command(&mut self, way: Way, command: Command) {
        match way {
            Way::Socket(attempt) => self.send(attempt, command.into()),
            Way::Post => self.out.actions.push_back(Action::PostCommand { command }),
        }
    }

    fn send_message(&mut self, now: Millis, way: Way) {
        let View { focus, transcripts, awaited, left_answering, .. } = &self.view;
        // A message waits until the answer before it is complete, so that the model sees that answer. This includes answers that have
        // started but not arrived. It does not wait for answers whose end nobody would report.
        let held = |chat: &Chat| {
            chat.conversation_id.is_some_and(|id| {
                transcripts.get(&id).is_some_and(|transcript| {
                    let is_followed = *focus == Some(id);
                    (is_followed && awaited.contains_key(&id))
                        || ((is_followed || left_answering.contains(&id))
                            && chat.edits.is_none()
                            && transcript.is_answering_before(chat.parent_id))
                })
            })
        };
        let Some(chat) = self.outgoing.outbox.next(now, held) else { return };
        self.expect_acceptance(now);
        match way {
            Way::Socket(attempt) => {
                // A socket that has been silent too long is probed first.
                if now >= self.heartbeat.last_received + self.timing.dead {
                    self.probe(now);
                }
                if self.is_current(attempt) {
                    self.send(attempt, ClientFrame::Chat(chat));
                }
            }
            Way::Post => self.out.actions.push_back(Action::Post { chat }),
        }
        self.out.events.push_back(Event::Outbox);
    }
}
