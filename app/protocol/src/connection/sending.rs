//! What is written leaves by whichever path there is, in order, once.

use super::{Action, Connection, Delivery, Event, Failure, Millis, Phase, Rung};
use crate::{
    error::{Code, Refusal},
    frame::{Accepted, Chat, ClientFrame},
    id::MessageId,
    transcript::Transcript,
};

impl Connection {
    /// A `POST` of a message was answered.
    pub fn handle_posted(&mut self, now: Millis, message_id: MessageId, result: Result<Accepted, Failure>) {
        match result {
            Ok(accepted) => {
                self.accepted(now, accepted);
                let wanted = self.focus == Some(accepted.conversation_id) && self.ladder.rung() > Rung::Socket;
                if wanted && matches!(self.phase, Phase::Live { attempt: None, .. }) {
                    self.reopen(now);
                }
            }
            Err(Failure::Unreachable) => {
                self.message_refused(now, message_id, Refusal::new(Code::Busy, "").retry_after(1_000));
            }
            Err(Failure::Refused { status: 401, refusal }) => {
                self.sent_at = None;
                self.requeue();
                if let Phase::Live { attempt, .. } = self.phase {
                    if let Some(attempt) = attempt {
                        self.actions.push_back(Action::Close { attempt });
                    }
                    self.lost(now);
                    self.closed_by_policy(now, Some(refusal.code), Some(refusal));
                }
            }
            Err(Failure::Refused { status, mut refusal }) => {
                if status >= 500 && refusal.retry_after_ms.is_none() {
                    refusal.retry_after_ms = Some(2_000);
                }
                self.message_refused(now, message_id, refusal);
            }
        }
        self.settle(now);
    }

    pub(super) fn requeue(&mut self) {
        self.outbox.requeue();
        self.again.requeue();
    }

    pub(super) fn accepted(&mut self, _now: Millis, accepted: Accepted) {
        self.sent_at = None;
        self.asked_no_more(accepted.answer_id);
        self.awaited.insert(accepted.conversation_id, accepted.answer_id);
        self.seen(&[accepted.message_id]);
    }

    /// Messages that the server has: they leave the outbox, however that became known.
    pub(super) fn seen(&mut self, ids: &[MessageId]) {
        for &id in ids {
            self.asked_no_more(id);
            if let Some(entry) = self.outbox.remove(id) {
                if entry.delivery == Delivery::Sending {
                    self.sent_at = None;
                }
                self.events.push_back(Event::Outbox);
            }
        }
    }

    fn asked_no_more(&mut self, answer: MessageId) {
        if self.again.done(answer) {
            self.events.push_back(Event::AskedNoMore(answer));
        }
    }

    pub(super) fn message_refused(&mut self, now: Millis, id: MessageId, refusal: Refusal) {
        self.sent_at = None;
        match self.again.refuse(id, refusal.clone(), now) {
            // It is asked for again by itself; but whoever waits for it is told why nothing happens.
            Some(Ok(())) if !refusal.error.is_empty() => self.events.push_back(Event::Refused(refusal)),
            Some(Ok(())) => {}
            Some(Err(refusal)) => self.events.extend([Event::AskedNoMore(id), Event::Refused(refusal)]),
            None => {
                self.outbox.refuse(id, refusal, now);
                self.events.push_back(Event::Outbox);
            }
        }
    }

    /// Gives the outbox's new conversations their ids, once the user is known.
    pub(super) fn address(&mut self, now: Millis, follow: bool) {
        let Some(user) = &self.user else { return };
        for (message, conversation) in self.outbox.address(user.id) {
            self.transcripts.entry(conversation).or_insert_with(|| Transcript::new(conversation));
            self.events.push_back(Event::Begun(message, conversation));
            self.events.push_back(Event::Outbox);
            if follow {
                self.follow(now, Some(conversation));
            }
        }
    }

    /// After whatever happened: sends what may be sent, and tells how things stand.
    pub(super) fn settle(&mut self, now: Millis) {
        self.looked_at = now;
        let rung = self.ladder.rung();
        let path = match self.phase {
            Phase::Live { attempt, .. } => Some(attempt),
            // A POST needs no transport that is open, so it doesn't wait for one.
            Phase::Opening { .. } if rung > Rung::Socket => Some(None),
            _ => None,
        };
        if let Some(attempt) = path {
            for frame in std::mem::take(&mut self.commands) {
                match attempt {
                    Some(attempt) if rung == Rung::Socket => self.send(attempt, frame),
                    _ => self.actions.push_back(Action::PostAnswer { frame }),
                }
            }
            while let Some(regenerate) = self.again.next(now) {
                self.sent_at.get_or_insert(now);
                let frame = ClientFrame::Regenerate(regenerate);
                match attempt {
                    Some(attempt) if rung == Rung::Socket => self.send(attempt, frame),
                    _ => self.actions.push_back(Action::PostAnswer { frame }),
                }
            }
            let (transcripts, awaited, focus) = (&self.transcripts, &self.awaited, self.focus);
            // A message waits for the answer before it, so that the model knows what it said; also for one that
            // the server has begun and not told of yet.
            let held = |chat: &Chat| {
                chat.conversation_id.is_some_and(|id| {
                    transcripts.get(&id).is_some_and(|transcript| {
                        let is_told = awaited.get(&id).is_none_or(|answer| transcript.message(*answer).is_some());
                        (focus == Some(id) && !is_told) || (chat.edits.is_none() && transcript.is_answering_before(chat.parent_id))
                    })
                })
            };
            if let Some(chat) = self.outbox.next(now, held) {
                self.sent_at = Some(now);
                match attempt {
                    Some(attempt) if rung == Rung::Socket => {
                        // A socket that should have spoken by now is asked first of all.
                        if now >= self.last_heard + self.timing.dead {
                            self.probe(now);
                        }
                        if self.is_current(attempt) {
                            self.send(attempt, ClientFrame::Chat(chat));
                        }
                    }
                    _ => self.actions.push_back(Action::Post { chat }),
                }
                self.events.push_back(Event::Outbox);
            }
        }
        let presence = self.presence(now);
        if presence != self.shown {
            self.shown = presence;
            self.events.push_back(Event::Presence);
        }
    }
}
