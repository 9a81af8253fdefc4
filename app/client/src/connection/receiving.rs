//! Applies frames from the server to the transcripts, and requests what is missing.

use holdfast_protocol::{
    ApiError, Code,
    frame::{ClientFrame, ServerFrame},
    id::{ConversationId, MessageId},
    rules::answer::Applied,
};

use super::{Action, Attempt, Connection, Event, Millis, Phase, Timer, Transport};
use crate::transcript::Transcript;

impl Connection {
    /// Reports that a frame arrived.
    pub fn handle_frame(&mut self, now: Millis, attempt: Attempt, frame: ServerFrame) {
        if self.transports.upgrade == Some(attempt) {
            if matches!(frame, ServerFrame::Ready(_)) {
                if let Phase::Live { attempt: Some(lower), .. } | Phase::Opening { attempt: lower, .. } = self.phase {
                    self.out.actions.push_back(Action::Close { attempt: lower });
                }
                self.take_upgrade();
                self.transports.fallback.upgraded();
                self.become_live(now, attempt);
            }
            self.flush(now);
            return;
        }
        if !self.is_current(attempt) {
            return;
        }
        self.heard(now);
        // A frame that was already on its way does not answer a probe. But while frames arrive, the answer may be behind them, so the
        // probe gets more time.
        if self.timers.is_set(Timer::Probe) {
            self.timers.reset(Timer::Probe, (frame != ServerFrame::Pong).then_some(now + self.timing.probe));
        }
        if self.transport() > Transport::Socket && matches!(self.phase, Phase::Opening { .. }) {
            self.become_live(now, attempt);
        }
        self.take(now, attempt, frame);
        self.flush(now);
    }

    /// Reports the reply to a long poll.
    pub fn handle_polled(&mut self, now: Millis, attempt: Attempt, frames: Vec<ServerFrame>) {
        if !self.is_current(attempt) {
            return;
        }
        self.heard(now);
        if matches!(self.phase, Phase::Opening { .. }) {
            self.become_live(now, attempt);
        }
        for frame in frames {
            self.take(now, attempt, frame);
        }
        if self.is_current(attempt) {
            self.reopen(now);
        }
        self.flush(now);
    }

    pub(super) fn take(&mut self, now: Millis, attempt: Attempt, frame: ServerFrame) {
        match frame {
            ServerFrame::Ready(_) => {
                if let Phase::Opening { .. } = self.phase {
                    self.become_live(now, attempt);
                }
            }
            ServerFrame::Sync(sync) => {
                let id = sync.conversation_id;
                let ids: Vec<MessageId> = sync.messages.iter().map(|message| message.id).collect();
                let is_last = !sync.more;
                let applied = self.view.transcripts.entry(id).or_insert_with(|| Transcript::new(id)).apply_sync(sync);
                self.seen(now, &ids);
                if is_last {
                    self.view.opens.iter().position(|open| *open == id).map(|at| self.view.opens.remove(at));
                }
                self.forget_awaited(id, Some(attempt).filter(|_| is_last && applied != Applied::Gap));
                self.out.events.push_back(Event::Transcript(id));
                self.resync(now, attempt, id, applied);
            }
            ServerFrame::Accepted(accepted) => self.accepted(now, accepted),
            ServerFrame::Message { conversation_id, cursor, message } => {
                self.seen(now, &[message.id]);
                if let Some(transcript) = self.view.transcripts.get_mut(&conversation_id) {
                    let applied = transcript.apply_message(cursor, message);
                    self.forget_awaited(conversation_id, None);
                    self.out.events.push_back(Event::Transcript(conversation_id));
                    self.resync(now, attempt, conversation_id, applied);
                }
            }
            ServerFrame::Chunk { conversation_id, answer_id, at, content } => {
                if let Some(transcript) = self.view.transcripts.get_mut(&conversation_id) {
                    let applied = transcript.apply_chunk(answer_id, at, &content);
                    if applied == Applied::Grew {
                        self.out.events.push_back(Event::Grew(conversation_id, answer_id));
                    }
                    self.resync(now, attempt, conversation_id, applied);
                }
            }
            ServerFrame::Step(frame) => {
                let (conversation_id, answer_id) = (frame.conversation_id, frame.answer_id);
                if let Some(transcript) = self.view.transcripts.get_mut(&conversation_id) {
                    let applied = transcript.apply_step(frame);
                    if applied == Applied::Grew {
                        self.out.events.push_back(Event::Grew(conversation_id, answer_id));
                    }
                    self.resync(now, attempt, conversation_id, applied);
                }
            }
            ServerFrame::Complete(complete) => {
                let id = complete.conversation_id;
                if let Some(transcript) = self.view.transcripts.get_mut(&id) {
                    let applied = transcript.apply_complete(complete);
                    self.out.events.push_back(Event::Transcript(id));
                    self.resync(now, attempt, id, applied);
                }
            }
            ServerFrame::Conversation(listed) => {
                if listed.removed {
                    self.forget(listed.conversation_id);
                } else if !listed.answering {
                    self.view.left_answering.remove(&listed.conversation_id);
                }
                self.out.events.push_back(Event::Listed(listed));
            }
            ServerFrame::File(change) => self.out.events.push_back(Event::File(change)),
            ServerFrame::Drain { reconnect_in_ms } => self.transports.drained_until = Some(now + reconnect_in_ms),
            ServerFrame::Ping => {
                if self.transport() == Transport::Socket {
                    self.send(attempt, ClientFrame::Pong);
                }
            }
            ServerFrame::Error { code, reason, params, error, message_id, retry_after_ms } => {
                let api_error = ApiError { code, reason, params, error, retry_after_ms };
                match message_id {
                    Some(id) if self.is_requested(id) => self.message_refused(now, id, api_error),
                    // The error is about stopping or continuing an answer.
                    Some(_) => self.out.events.push_back(Event::Refused(api_error)),
                    None if code == Code::ConversationNotFound => {
                        if let Some(id) = self.view.opens.pop_front().or(self.view.focus) {
                            self.not_found(id);
                        }
                    }
                    None => {
                        self.transports.last_error = Some(api_error.clone());
                        // For errors that end the session, the close of the socket that follows reports it.
                        if !code.ends_the_session() {
                            self.out.events.push_back(Event::Refused(api_error));
                        }
                    }
                }
            }
            ServerFrame::Refreshed { .. } | ServerFrame::Pong => {}
        }
    }

    /// Handles that the server does not have a conversation.
    pub(super) fn not_found(&mut self, id: ConversationId) {
        self.forget(id);
        if self.view.focus == Some(id) {
            self.view.focus = None;
            self.out.events.push_back(Event::NotFound(id));
        }
    }

    fn forget(&mut self, id: ConversationId) {
        self.view.transcripts.remove(&id);
        self.view.awaited.remove(&id);
        self.view.left_answering.remove(&id);
    }

    /// Requests what is missing after the transcript found a gap.
    pub(super) fn resync(&mut self, now: Millis, attempt: Attempt, id: ConversationId, applied: Applied) {
        if applied != Applied::Gap {
            return;
        }
        match self.transport() {
            Transport::Socket => {
                let open = self.place_in(id);
                self.send_open(attempt, open);
            }
            Transport::Stream if self.is_current(attempt) => self.reopen(now),
            // The next stream or poll requests it anyway.
            Transport::Stream | Transport::Poll => {}
        }
    }
}
