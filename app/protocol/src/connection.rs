//! The client's connection: a state machine that does no I/O.
//!
//! A driver tells it what happened (`handle_*`), then does what it asks for ([`Connection::poll_action`])
//! and shows what it tells ([`Connection::poll_event`]) until both are empty, and arms one timer for
//! [`Connection::poll_timeout`]. The browser drives it over gloo-net, the native client over tokio,
//! and tests drive many of them under a virtual clock.
//!
//! After the manner of `quinn-proto`.

mod again;
mod backoff;
mod ladder;
mod outbox;

use std::collections::{HashMap, VecDeque};

pub use backoff::{Backoff, SplitMix};
pub use ladder::{Ladder, Rung};
pub use outbox::{Delivery, Entry, Outbox};

use again::Again;

use crate::{
    answer::Applied,
    api::{Grant, User},
    error::{Code, Refusal},
    frame::{Accepted, Chat, ClientFrame, Have, Initial, Listed, Open, Regenerate, ServerFrame},
    id::{ConversationId, MessageId},
    transcript::Transcript,
};

/// Milliseconds of some clock that goes on while the machine sleeps. Only differences count.
pub type Millis = u64;

/// The client's times, ms. The defaults are the contract's.
#[derive(Clone, Debug)]
pub struct Timing {
    /// A transport must be usable this long after it was asked for.
    pub open: Millis,
    /// A socket that was silent for so long is dead.
    pub dead: Millis,
    /// A probe (after waking, or when the network changed) must be answered within.
    pub probe: Millis,
    /// A message must be accepted within, or the transport is taken for dead.
    pub accept: Millis,
    /// First step of the backoff.
    pub backoff_base: Millis,
    /// Longest wait of the backoff.
    pub backoff_cap: Millis,
    /// A connection that stayed this long starts the backoff anew; one that did not died young.
    pub short_life: Millis,
    /// From below, the socket is tried again this often.
    pub climb: Millis,
    /// An event stream must bring its first byte within.
    pub first_byte: Millis,
    /// How long a poll waits at the server.
    pub poll_wait: Millis,
    /// A gap shorter than this is not shown as one.
    pub quiet_gap: Millis,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            open: 10_000,
            dead: 45_000,
            probe: 1_500,
            accept: 10_000,
            backoff_base: 500,
            backoff_cap: 20_000,
            short_life: 10_000,
            climb: 60_000,
            first_byte: 3_000,
            poll_wait: 25_000,
            quiet_gap: 1_000,
        }
    }
}

/// Names one opening of a transport; what comes late of an earlier one is not mistaken for news.
pub type Attempt = u64;

/// Why an HTTP call did not give what it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No answer: no network, no server, or a proxy's own error page.
    Unreachable,
    /// The server's answer.
    Refused {
        /// HTTP status.
        status: u16,
        /// Its body.
        refusal: Refusal,
    },
}

/// What the driver shall do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Get an access token: by the session cookie (`POST /api/auth/refresh`), or as a new guest.
    /// Answer with [`Connection::handle_token`] or [`Connection::handle_token_failed`].
    FetchToken {
        /// Nobody is signed in: make a guest.
        guest: bool,
    },
    /// Open a socket at `/ws`.
    OpenSocket {
        /// Its name.
        attempt: Attempt,
    },
    /// Open the event stream of a conversation.
    OpenStream {
        /// Its name.
        attempt: Attempt,
        /// What to follow, and from where.
        open: Open,
    },
    /// Ask once for what is new in a conversation, waiting for it at the server.
    Poll {
        /// Its name.
        attempt: Attempt,
        /// What to follow, and from where.
        open: Open,
        /// How long the server may wait, ms.
        wait: Millis,
    },
    /// Send a frame over a socket.
    Send {
        /// Over which.
        attempt: Attempt,
        /// What.
        frame: ClientFrame,
    },
    /// Close a transport, or give up opening it. Nothing of it is wanted any more.
    Close {
        /// Which.
        attempt: Attempt,
    },
    /// Send a message by `POST /api/conversations/{id}/messages`. Answer with
    /// [`Connection::handle_posted`].
    Post {
        /// What.
        chat: Chat,
    },
    /// Stop (or continue, or regenerate) an answer by HTTP. How `regenerate` went is told by
    /// [`Connection::handle_posted`], with the new answer's id.
    PostAnswer {
        /// The `stop`, `continue` or `regenerate` frame.
        frame: ClientFrame,
    },
}

/// What the driver shall show or keep.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// [`Connection::presence`] changed.
    Presence,
    /// Messages of a conversation came, went or changed.
    Transcript(ConversationId),
    /// An answer grew, and nothing else changed.
    Grew(ConversationId, MessageId),
    /// A `conversation` frame.
    Listed(Listed),
    /// Level again after a gap: what no frame tells (the list of conversations) is to be fetched.
    Level,
    /// The outbox changed: show it, and keep it.
    Outbox,
    /// A message that begins a conversation now has the conversation's id.
    Begun(MessageId, ConversationId),
    /// The user is known, or another.
    User(User),
    /// The conversation that is followed does not exist (any more), for this user.
    NotFound(ConversationId),
    /// Something was refused that is not a message of the outbox.
    Refused(Refusal),
    /// The session is over.
    SignedOut(Refusal),
}

/// How the connection stands, as a person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Nobody is signed in, so there is nothing to be connected for yet.
    Ready,
    /// On its way, for less than a moment.
    Connecting,
    /// Everything arrives.
    Connected(Rung),
    /// Lost; tried again at a time of the driver's clock, or just now.
    Reconnecting {
        /// The next try; none while one is under way.
        at: Option<Millis>,
    },
    /// The machine says that it has no network. Tried all the same.
    Offline,
    /// Refused for good, until the person does something.
    Refused(Refusal),
}

#[derive(Clone, Debug, PartialEq)]
enum Phase {
    /// Not started, signed out, or nobody there.
    Idle,
    /// Waits for a token, to open a transport then.
    Authorising { diagnosing: bool },
    /// Waits to try again.
    Waiting { until: Millis },
    /// A transport is being opened; `greeted` once a socket has `initial`.
    Opening { attempt: Attempt, since: Millis, greeted: bool },
    /// Everything arrives. On the lower rungs with nothing to follow there is no transport.
    Live { attempt: Option<Attempt>, since: Millis },
    /// Refused for good.
    Refused(Refusal),
}

#[derive(Clone, Debug)]
struct Token {
    secret: String,
    renew_at: Millis,
    ends_at: Millis,
    refused: bool,
}

/// See the module.
#[derive(Debug)]
pub struct Connection {
    timing: Timing,
    random: SplitMix,
    phase: Phase,
    ladder: Ladder,
    backoff: Backoff,
    attempts: Attempt,
    climbing: Option<(Attempt, Millis)>,
    climb_at: Millis,
    token: Option<Token>,
    /// Since when a token is being fetched.
    fetching: Option<Millis>,
    /// A token was refused, and another has been asked for since.
    token_doubted: bool,
    renew_retry_at: Millis,
    user: Option<User>,
    focus: Option<ConversationId>,
    transcripts: HashMap<ConversationId, Transcript>,
    outbox: Outbox,
    commands: Vec<ClientFrame>,
    again: Again,
    /// Answers that were begun and have not been seen yet.
    awaited: HashMap<ConversationId, MessageId>,
    sent_at: Option<Millis>,
    last_heard: Millis,
    probe_until: Option<Millis>,
    drain_until: Option<Millis>,
    lost_at: Option<Millis>,
    last_error: Option<Refusal>,
    online: bool,
    visible: bool,
    shown: Presence,
    actions: VecDeque<Action>,
    events: VecDeque<Event>,
}

/// At 80 % of its life a token is renewed.
const RENEW_PER_MILLE: u64 = 800;
/// A renewal that failed is tried again after this long, ms.
const RENEW_RETRY: Millis = 5_000;

impl Connection {
    /// A connection at rest. `seed` spreads its waits.
    pub fn new(timing: Timing, seed: u64) -> Self {
        Self {
            random: SplitMix::new(seed),
            phase: Phase::Idle,
            ladder: Ladder::new(timing.short_life),
            backoff: Backoff::new(timing.backoff_base, timing.backoff_cap),
            attempts: 0,
            climbing: None,
            climb_at: 0,
            token: None,
            fetching: None,
            token_doubted: false,
            renew_retry_at: 0,
            user: None,
            focus: None,
            transcripts: HashMap::new(),
            outbox: Outbox::default(),
            commands: Vec::new(),
            again: Again::default(),
            awaited: HashMap::new(),
            sent_at: None,
            last_heard: 0,
            probe_until: None,
            drain_until: None,
            lost_at: None,
            last_error: None,
            online: true,
            visible: true,
            shown: Presence::Ready,
            actions: VecDeque::new(),
            events: VecDeque::new(),
            timing,
        }
    }

    // ---- what the driver asks ----

    /// The next thing to do.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// The next thing to show or keep.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Connection::handle_timeout`] is to be called next.
    pub fn poll_timeout(&self, now: Millis) -> Option<Millis> {
        let mut next: Option<Millis> = None;
        let mut at = |time: Millis| next = Some(next.map_or(time, |next| next.min(time)));
        match &self.phase {
            Phase::Waiting { until } => at(*until),
            Phase::Opening { since, .. } => at(since + self.opening_limit()),
            Phase::Live { attempt, since } => {
                if attempt.is_some() {
                    at(self.last_heard + self.silence_limit());
                }
                if since + self.timing.short_life > now {
                    at(since + self.timing.short_life);
                }
                if self.ladder.rung() > Rung::Socket && self.climbing.is_none() && self.visible {
                    at(self.climb_at);
                }
                if let Some(token) = &self.token
                    && self.fetching.is_none()
                {
                    at(token.renew_at.max(self.renew_retry_at));
                }
                if let Some(sent) = self.sent_at {
                    at(sent + self.timing.accept);
                }
                self.probe_until.into_iter().for_each(&mut at);
                self.outbox.wake_at(now).into_iter().for_each(&mut at);
                self.again.wake_at(now).into_iter().for_each(&mut at);
            }
            Phase::Idle | Phase::Authorising { .. } | Phase::Refused(_) => {}
        }
        if let Some((_, since)) = self.climbing {
            at(since + self.timing.open);
        }
        if let Some(since) = self.fetching {
            at(since + self.timing.open);
        }
        if let Some(lost) = self.lost_at
            && lost + self.timing.quiet_gap > now
        {
            at(lost + self.timing.quiet_gap);
        }
        next
    }

    /// How the connection stands.
    pub fn presence(&self, now: Millis) -> Presence {
        let gap_is_short = self.lost_at.is_none_or(|lost| now < lost + self.timing.quiet_gap);
        match &self.phase {
            Phase::Idle => Presence::Ready,
            Phase::Refused(refusal) => Presence::Refused(refusal.clone()),
            Phase::Live { .. } => Presence::Connected(self.ladder.rung()),
            _ if gap_is_short => Presence::Connecting,
            _ if !self.online => Presence::Offline,
            Phase::Waiting { until } => Presence::Reconnecting { at: Some(*until) },
            Phase::Authorising { .. } | Phase::Opening { .. } => Presence::Reconnecting { at: None },
        }
    }

    /// A conversation, if it was ever followed.
    pub fn transcript(&self, id: ConversationId) -> Option<&Transcript> {
        self.transcripts.get(&id)
    }

    /// The conversation that is followed.
    pub fn focus(&self) -> Option<ConversationId> {
        self.focus
    }

    /// What was written and not yet accepted.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Who is signed in, once that is known.
    pub fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// The access token, for calls of the driver's own. None while there is none that holds.
    pub fn token(&self, now: Millis) -> Option<&str> {
        self.token.as_ref().filter(|token| now < token.ends_at && !token.refused).map(|token| token.secret.as_str())
    }

    // ---- what the person does ----

    /// Connects, where somebody is signed in.
    pub fn start(&mut self, now: Millis) {
        if self.phase == Phase::Idle {
            self.lost_at = Some(now);
            self.connect(now);
        }
        self.settle(now);
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
            self.transcripts.entry(id).or_insert_with(|| Transcript::new(id));
        }
        if let Phase::Live { attempt, .. } = self.phase {
            match (self.ladder.rung(), attempt) {
                (Rung::Socket, Some(attempt)) => {
                    if let Some(conversation_id) = before {
                        self.send(attempt, ClientFrame::Close { conversation_id });
                    }
                    self.open_focus(attempt);
                }
                (Rung::Socket, None) => {}
                _ => self.reopen(now),
            }
        }
        self.settle(now);
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
        self.settle(now);
    }

    /// Takes entries that were kept: an earlier page's, or another tab's.
    pub fn restore(&mut self, now: Millis, entries: impl IntoIterator<Item = Entry>) {
        let mut any = false;
        for entry in entries {
            any |= self.outbox.add(entry);
        }
        if any {
            self.events.push_back(Event::Outbox);
            self.address(now, false);
            self.settle(now);
        }
    }

    /// Sends a refused message again.
    pub fn retry_message(&mut self, now: Millis, id: MessageId) {
        self.outbox.retry(id);
        self.events.push_back(Event::Outbox);
        self.settle(now);
    }

    /// Takes a message out of the outbox: its writer took it back, or another tab saw it accepted.
    pub fn withdraw(&mut self, now: Millis, id: MessageId) -> Option<Chat> {
        let entry = self.outbox.remove(id)?;
        if entry.delivery == Delivery::Sending {
            self.sent_at = None;
        }
        self.events.push_back(Event::Outbox);
        self.settle(now);
        Some(entry.chat)
    }

    /// Stops an answer, now or as soon as there is a connection.
    pub fn stop_answer(&mut self, now: Millis, answer_id: MessageId) {
        self.commands.push(ClientFrame::Stop { answer_id });
        self.settle(now);
    }

    /// Goes on with an interrupted answer.
    pub fn continue_answer(&mut self, now: Millis, answer_id: MessageId) {
        self.commands.push(ClientFrame::Continue { answer_id });
        self.settle(now);
    }

    /// Has a message answered anew, beside the answers it has.
    pub fn regenerate(&mut self, now: Millis, regenerate: Regenerate) {
        self.again.add(regenerate);
        self.settle(now);
    }

    /// Tries at once, and all rungs anew: the person asks for it.
    pub fn retry_now(&mut self, now: Millis) {
        if matches!(self.phase, Phase::Waiting { .. } | Phase::Refused(_)) {
            self.backoff.reset();
            self.ladder.reset();
            self.last_error = None;
            self.token_doubted = false;
            self.connect(now);
        }
        self.settle(now);
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
        self.again = Again::default();
        self.awaited.clear();
        self.lost_at = None;
        self.settle(now);
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

    // ---- what happened to the machine ----

    /// The machine says whether it has a network. Not believed blindly: it probes.
    pub fn handle_online(&mut self, now: Millis, online: bool) {
        self.online = online;
        match self.phase {
            Phase::Waiting { .. } if online => {
                self.backoff.reset();
                self.connect(now);
            }
            Phase::Live { .. } => self.probe(now),
            _ => {}
        }
        self.settle(now);
    }

    /// The page was hidden or shown, or the machine woke.
    pub fn handle_visible(&mut self, now: Millis, visible: bool) {
        self.visible = visible;
        if visible {
            match self.phase {
                Phase::Waiting { .. } => {
                    self.backoff.reset();
                    self.connect(now);
                }
                Phase::Live { .. } => self.probe(now),
                _ => {}
            }
        }
        self.settle(now);
    }

    /// A time that [`Connection::poll_timeout`] named has come.
    pub fn handle_timeout(&mut self, now: Millis) {
        if let Some((attempt, since)) = self.climbing
            && now >= since + self.timing.open
        {
            self.abandon_climb(now, attempt);
        }
        if self.fetching.is_some_and(|since| now >= since + self.timing.open) {
            // An answer that comes yet is welcome; it is only not waited for.
            self.fetching = None;
            self.renew_retry_at = now + RENEW_RETRY;
            if matches!(self.phase, Phase::Authorising { .. }) {
                self.wait(now);
            }
        }
        match self.phase {
            Phase::Waiting { until } if now >= until => self.connect(now),
            Phase::Opening { attempt, since, .. } if now >= since + self.opening_limit() => {
                self.actions.push_back(Action::Close { attempt });
                if self.ladder.rung() == Rung::Stream {
                    self.ladder.starved();
                    self.connect(now);
                } else {
                    self.failed_to_open(now);
                }
            }
            Phase::Live { attempt, since } => self.live_timeout(now, attempt, since),
            _ => {}
        }
        self.settle(now);
    }

    fn live_timeout(&mut self, now: Millis, attempt: Option<Attempt>, since: Millis) {
        let silent = attempt.is_some() && now >= self.last_heard + self.silence_limit();
        let unanswered = self.probe_until.is_some_and(|until| now >= until);
        let unaccepted = self.sent_at.is_some_and(|sent| now >= sent + self.timing.accept);
        if silent || unanswered || unaccepted {
            // Dead without a word. That is a network's doing, not the transport's.
            if let Some(attempt) = attempt {
                self.actions.push_back(Action::Close { attempt });
            }
            self.lost(now);
            self.wait(now);
            return;
        }
        if now >= since + self.timing.short_life {
            self.backoff.reset();
        }
        if self.ladder.rung() > Rung::Socket && self.climbing.is_none() && self.visible && now >= self.climb_at {
            let attempt = self.next_attempt();
            self.climbing = Some((attempt, now));
            self.actions.push_back(Action::OpenSocket { attempt });
        }
        if self.token.as_ref().is_some_and(|token| now >= token.renew_at) && now >= self.renew_retry_at {
            self.fetch_token(now, false);
        }
    }

    // ---- what came from the server ----

    /// A token arrived.
    pub fn handle_token(&mut self, now: Millis, grant: Grant) {
        self.fetching = None;
        let life = grant.expires_in_ms;
        self.token = Some(Token {
            secret: grant.access_token.clone(),
            renew_at: now + life * RENEW_PER_MILLE / 1000,
            ends_at: now + life,
            refused: false,
        });
        if self.user.as_ref() != Some(&grant.user) {
            if self.user.as_ref().is_some_and(|user| user.id != grant.user.id) {
                self.transcripts.clear(); // another user's
            }
            self.user = Some(grant.user.clone());
            self.events.push_back(Event::User(grant.user));
        }
        let follow_begun = self.focus.is_none();
        self.address(now, follow_begun);
        match self.phase {
            Phase::Authorising { diagnosing: true } => {
                // The server answers over HTTP and takes the token: it is the socket that is blocked.
                self.ladder.failed();
                self.wait(now);
            }
            Phase::Authorising { diagnosing: false } => self.connect(now),
            Phase::Live { attempt: Some(attempt), .. } if self.ladder.rung() == Rung::Socket => {
                self.send(attempt, ClientFrame::Auth { token: grant.access_token });
            }
            _ => {}
        }
        self.settle(now);
    }

    /// No token was to be had.
    pub fn handle_token_failed(&mut self, now: Millis, failure: Failure) {
        self.fetching = None;
        match failure {
            Failure::Refused { status: 401, refusal } => {
                let was_live = matches!(self.phase, Phase::Live { .. });
                if !was_live || self.token(now).is_none() || refusal.code == Code::SessionRevoked {
                    self.end_session(refusal);
                } else {
                    self.renew_retry_at = now + RENEW_RETRY;
                }
            }
            Failure::Refused { status: 400..=403, refusal } if matches!(self.phase, Phase::Authorising { .. }) => self.refuse(refusal),
            Failure::Refused { refusal, .. } if matches!(self.phase, Phase::Authorising { .. }) => {
                self.wait_at_least(now, refusal.retry_after_ms.unwrap_or(0));
            }
            Failure::Unreachable if matches!(self.phase, Phase::Authorising { .. }) => self.wait(now),
            _ => self.renew_retry_at = now + RENEW_RETRY,
        }
        self.settle(now);
    }

    /// A socket is open, or an event stream answered 200.
    pub fn handle_opened(&mut self, now: Millis, attempt: Attempt) {
        if self.climbing.is_some_and(|(climbing, _)| climbing == attempt) {
            self.greet(attempt);
        } else if let Phase::Opening { attempt: opening, since, .. } = self.phase
            && opening == attempt
            && self.ladder.rung() == Rung::Socket
        {
            self.phase = Phase::Opening { attempt, since, greeted: true };
            self.last_heard = now;
            self.greet(attempt);
        }
        self.settle(now);
    }

    /// Bytes of an event stream that are no frame (a comment): it is alive.
    pub fn handle_alive(&mut self, now: Millis, attempt: Attempt) {
        if self.is_current(attempt) {
            self.last_heard = now;
            if matches!(self.phase, Phase::Opening { .. }) && self.ladder.rung() == Rung::Stream {
                self.become_live(now, attempt);
            }
        }
        self.settle(now);
    }

    /// A frame arrived.
    pub fn handle_frame(&mut self, now: Millis, attempt: Attempt, frame: ServerFrame) {
        let climbing = self.climbing.is_some_and(|(climbing, _)| climbing == attempt);
        if climbing {
            if matches!(frame, ServerFrame::Ready(_)) {
                if let Phase::Live { attempt: Some(lower), .. } | Phase::Opening { attempt: lower, .. } = self.phase {
                    self.actions.push_back(Action::Close { attempt: lower });
                }
                self.climbing = None;
                self.ladder.climbed();
                self.become_live(now, attempt);
            }
            self.settle(now);
            return;
        }
        if !self.is_current(attempt) {
            return;
        }
        self.last_heard = now;
        self.probe_until = None;
        if self.ladder.rung() > Rung::Socket && matches!(self.phase, Phase::Opening { .. }) {
            self.become_live(now, attempt);
        }
        self.take(now, attempt, frame);
        self.settle(now);
    }

    /// A poll was answered.
    pub fn handle_polled(&mut self, now: Millis, attempt: Attempt, frames: Vec<ServerFrame>) {
        if !self.is_current(attempt) {
            return;
        }
        self.last_heard = now;
        if matches!(self.phase, Phase::Opening { .. }) {
            self.become_live(now, attempt);
        }
        for frame in frames {
            self.take(now, attempt, frame);
        }
        if self.is_current(attempt) {
            self.reopen(now);
        }
        self.settle(now);
    }

    /// A socket was closed, with its code and reason; 1006 where there was none.
    pub fn handle_closed(&mut self, now: Millis, attempt: Attempt, code: u16, reason: &str) {
        if self.climbing.is_some_and(|(climbing, _)| climbing == attempt) {
            self.abandon_climb(now, attempt);
            self.settle(now);
            return;
        }
        if !self.is_current(attempt) {
            return;
        }
        let before_ready = matches!(self.phase, Phase::Opening { .. });
        let lived = match self.phase {
            Phase::Live { since, .. } => now.saturating_sub(since),
            _ => 0,
        };
        self.lost(now);
        let error = self.last_error.take();
        match code {
            1000 => self.refuse(error.unwrap_or_else(|| Refusal::new(Code::Internal, "The server ended the connection. Try again."))),
            1008 => self.closed_by_policy(now, Code::parse(reason), error),
            // The server said that it goes, or is full: that tells nothing about sockets.
            1001 | 1012 | 1013 => match self.drain_until.take() {
                Some(until) => self.phase = Phase::Waiting { until: until.max(now) },
                None => self.wait_at_least(now, error.and_then(|error| error.retry_after_ms).unwrap_or(0)),
            },
            _ if before_ready => self.failed_to_open(now),
            _ => {
                self.ladder.died(lived);
                self.wait(now);
            }
        }
        self.settle(now);
    }

    /// An event stream or a poll ended: with nothing (the server or a proxy closed it), or refused.
    pub fn handle_ended(&mut self, now: Millis, attempt: Attempt, failure: Option<Failure>) {
        if !self.is_current(attempt) {
            return;
        }
        let lived = match self.phase {
            Phase::Live { since, .. } => Some(now.saturating_sub(since)),
            _ => None,
        };
        self.lost(now);
        match failure {
            None => {
                if let Some(lived) = lived {
                    self.ladder.died(lived);
                }
                self.wait(now);
            }
            Some(Failure::Unreachable) => self.wait(now),
            Some(Failure::Refused { status: 401, refusal }) => self.closed_by_policy(now, Some(refusal.code), Some(refusal)),
            Some(Failure::Refused { status: 404, refusal }) if refusal.code == Code::ConversationNotFound => {
                if let Some(id) = self.focus.take() {
                    self.events.push_back(Event::NotFound(id));
                }
                self.connect(now);
            }
            Some(Failure::Refused { status: 403, refusal }) => self.refuse(refusal),
            Some(Failure::Refused { refusal, .. }) => self.wait_at_least(now, refusal.retry_after_ms.unwrap_or(0)),
        }
        self.settle(now);
    }

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

    // ---- the rules ----

    fn opening_limit(&self) -> Millis {
        match self.ladder.rung() {
            Rung::Socket => self.timing.open,
            Rung::Stream => self.timing.first_byte,
            Rung::Poll => self.timing.poll_wait + self.timing.open,
        }
    }

    fn silence_limit(&self) -> Millis {
        match self.ladder.rung() {
            Rung::Poll => self.timing.poll_wait + self.timing.open,
            Rung::Socket | Rung::Stream => self.timing.dead,
        }
    }

    fn is_current(&self, attempt: Attempt) -> bool {
        match self.phase {
            Phase::Opening { attempt: current, .. } | Phase::Live { attempt: Some(current), .. } => current == attempt,
            _ => false,
        }
    }

    fn next_attempt(&mut self) -> Attempt {
        self.attempts += 1;
        self.attempts
    }

    fn fetch_token(&mut self, now: Millis, guest: bool) {
        if self.fetching.is_none() {
            self.fetching = Some(now);
            self.actions.push_back(Action::FetchToken { guest });
        }
    }

    /// Opens a transport on the present rung, with a token that holds.
    fn connect(&mut self, now: Millis) {
        let holds = self.token.as_ref().is_some_and(|token| now < token.renew_at && !token.refused);
        if !holds {
            self.phase = Phase::Authorising { diagnosing: false };
            // Nobody is known here, and somebody writes; with a cookie after all, the driver finds out.
            let begins = |entry: &Entry| entry.chat.conversation_id.is_none();
            let guest = self.token.is_none() && self.user.is_none() && self.outbox.entries().iter().any(begins);
            self.fetch_token(now, guest);
            return;
        }
        self.phase = Phase::Opening { attempt: 0, since: now, greeted: false };
        self.reopen(now);
    }

    /// Opens (or opens again) the transport of the present rung, without a wait.
    fn reopen(&mut self, now: Millis) {
        let was_live = match self.phase {
            Phase::Live { attempt, since } => {
                if let Some(attempt) = attempt
                    && self.ladder.rung() == Rung::Stream
                {
                    self.actions.push_back(Action::Close { attempt });
                }
                Some(since)
            }
            _ => None,
        };
        let rung = self.ladder.rung();
        if rung == Rung::Socket {
            let attempt = self.next_attempt();
            self.phase = Phase::Opening { attempt, since: now, greeted: false };
            self.actions.push_back(Action::OpenSocket { attempt });
            return;
        }
        let Some(open) = self.focus_open() else {
            // Nothing to follow: messages go by POST, and that needs no transport kept open.
            self.become_live_with(now, None);
            return;
        };
        let attempt = self.next_attempt();
        match rung {
            Rung::Poll => {
                // The first poll returns at once, which shows that polling works.
                let wait = if was_live.is_some() { self.timing.poll_wait } else { 0 };
                self.actions.push_back(Action::Poll { attempt, open, wait });
            }
            _ => self.actions.push_back(Action::OpenStream { attempt, open }),
        }
        self.phase = match was_live {
            Some(since) if rung == Rung::Poll => Phase::Live { attempt: Some(attempt), since },
            _ => Phase::Opening { attempt, since: now, greeted: false },
        };
    }

    fn focus_open(&self) -> Option<Open> {
        let conversation_id = self.focus.filter(|id| !self.is_unborn(*id))?;
        let (cursor, have) = self.place_in(conversation_id);
        Some(Open { conversation_id, cursor, have })
    }

    /// Whether a conversation exists only in the outbox so far: the message that begins it has not
    /// been accepted.
    fn is_unborn(&self, id: ConversationId) -> bool {
        let Some(user) = &self.user else { return false };
        let begins = |entry: &Entry| ConversationId::begun_by(user.id, entry.chat.message_id) == id;
        self.outbox.entries().iter().any(begins)
    }

    fn place_in(&self, id: ConversationId) -> (Option<u64>, Have) {
        self.transcripts.get(&id).map_or((None, Have::new()), |transcript| (transcript.cursor(), transcript.have()))
    }

    fn greet(&mut self, attempt: Attempt) {
        let Some(token) = &self.token else { return };
        let initial = Initial { token: token.secret.clone(), ..Initial::default() };
        self.actions.push_back(Action::Send { attempt, frame: ClientFrame::Initial(initial) });
    }

    fn send(&mut self, attempt: Attempt, frame: ClientFrame) {
        self.actions.push_back(Action::Send { attempt, frame });
    }

    fn open_focus(&mut self, attempt: Attempt) {
        if let Some(open) = self.focus_open() {
            self.send(attempt, ClientFrame::Open(open));
        }
    }

    fn become_live(&mut self, now: Millis, attempt: Attempt) {
        self.become_live_with(now, Some(attempt));
        if self.ladder.rung() == Rung::Socket {
            self.open_focus(attempt);
        }
    }

    fn become_live_with(&mut self, now: Millis, attempt: Option<Attempt>) {
        if !matches!(self.phase, Phase::Live { .. }) {
            self.climb_at = now + self.timing.climb;
            self.events.push_back(Event::Level);
        }
        self.phase = Phase::Live { attempt, since: now };
        self.last_heard = now;
        self.lost_at = None;
        self.probe_until = None;
        self.drain_until = None;
        self.sent_at = None;
        self.token_doubted = false;
        self.requeue();
    }

    /// The transport is gone; what was under way may or may not have arrived.
    fn lost(&mut self, now: Millis) {
        if let Some((attempt, _)) = self.climbing.take() {
            self.actions.push_back(Action::Close { attempt });
        }
        if self.lost_at.is_none() {
            self.lost_at = Some(now);
        }
        self.probe_until = None;
        self.sent_at = None;
        self.requeue();
    }

    fn wait(&mut self, now: Millis) {
        self.wait_at_least(now, 0);
    }

    fn wait_at_least(&mut self, now: Millis, least: Millis) {
        let until = now + least + self.backoff.next(&mut self.random);
        self.phase = Phase::Waiting { until };
    }

    /// A transport did not become usable. A browser can't see why, so ask over HTTP: the server may
    /// be away (wait), refuse us (say so), or it is the transport that is blocked (step down).
    fn failed_to_open(&mut self, now: Millis) {
        self.lost(now);
        if self.ladder.rung() == Rung::Socket {
            self.phase = Phase::Authorising { diagnosing: true };
            self.fetch_token(now, false);
        } else {
            self.wait(now);
        }
    }

    fn closed_by_policy(&mut self, now: Millis, code: Option<Code>, error: Option<Refusal>) {
        let refusal = error.unwrap_or_else(|| Refusal::new(code.unwrap_or(Code::Internal), "The server refused the connection."));
        match code {
            Some(Code::TokenExpired) => {
                if let Some(token) = &mut self.token {
                    token.renew_at = 0;
                }
                self.connect(now);
            }
            // Signed by a secret that is no longer the server's, perhaps: a fresh one may do. Once.
            Some(Code::TokenInvalid | Code::TokenMalformed | Code::AuthRequired) if !self.token_doubted => {
                self.token_doubted = true;
                if let Some(token) = &mut self.token {
                    token.refused = true;
                }
                self.connect(now);
            }
            Some(Code::AuthTimeout) => self.wait(now),
            Some(Code::SessionRevoked) => self.end_session(refusal),
            _ => self.refuse(refusal),
        }
    }

    fn refuse(&mut self, refusal: Refusal) {
        self.drop_transports();
        self.phase = Phase::Refused(refusal);
    }

    fn end_session(&mut self, refusal: Refusal) {
        self.drop_transports();
        self.phase = Phase::Idle;
        self.token = None;
        self.user = None;
        self.lost_at = None;
        self.events.push_back(Event::SignedOut(refusal));
    }

    fn drop_transports(&mut self) {
        if let Phase::Opening { attempt, .. } | Phase::Live { attempt: Some(attempt), .. } = self.phase {
            self.actions.push_back(Action::Close { attempt });
        }
        if let Some((attempt, _)) = self.climbing.take() {
            self.actions.push_back(Action::Close { attempt });
        }
        self.sent_at = None;
        self.requeue();
    }

    fn abandon_climb(&mut self, now: Millis, attempt: Attempt) {
        self.actions.push_back(Action::Close { attempt });
        self.climbing = None;
        self.climb_at = now + self.timing.climb;
    }

    /// Asks a transport that seems alive whether it is.
    fn probe(&mut self, now: Millis) {
        let Phase::Live { attempt: Some(attempt), .. } = self.phase else {
            return;
        };
        match self.ladder.rung() {
            Rung::Socket if now >= self.last_heard + self.timing.dead => {
                self.actions.push_back(Action::Close { attempt });
                self.lost(now);
                self.connect(now);
            }
            Rung::Socket => {
                if self.probe_until.is_none() {
                    self.probe_until = Some(now + self.timing.probe);
                    self.send(attempt, ClientFrame::Ping);
                }
            }
            // These can't be asked, but opening them again costs little and loses nothing.
            Rung::Stream => self.reopen(now),
            Rung::Poll => {
                self.actions.push_back(Action::Close { attempt });
                self.phase = Phase::Opening { attempt: 0, since: now, greeted: false };
                self.reopen(now);
            }
        }
    }

    fn take(&mut self, now: Millis, attempt: Attempt, frame: ServerFrame) {
        match frame {
            ServerFrame::Ready(_) => {
                if let Phase::Opening { .. } = self.phase {
                    self.become_live(now, attempt);
                }
            }
            ServerFrame::Sync(sync) => {
                let id = sync.conversation_id;
                let ids: Vec<MessageId> = sync.messages.iter().map(|message| message.id).collect();
                let applied = self.transcripts.entry(id).or_insert_with(|| Transcript::new(id)).apply_sync(sync);
                self.seen(&ids);
                self.events.push_back(Event::Transcript(id));
                self.mend(attempt, id, applied);
            }
            ServerFrame::Accepted(accepted) => self.accepted(now, accepted),
            ServerFrame::Message { conversation_id, cursor, message } => {
                self.seen(&[message.id]);
                if let Some(transcript) = self.transcripts.get_mut(&conversation_id) {
                    let applied = transcript.apply_message(cursor, message);
                    self.events.push_back(Event::Transcript(conversation_id));
                    self.mend(attempt, conversation_id, applied);
                }
            }
            ServerFrame::Chunk { conversation_id, answer_id, at, content } => {
                if let Some(transcript) = self.transcripts.get_mut(&conversation_id) {
                    let applied = transcript.apply_chunk(answer_id, at, &content);
                    if applied == Applied::Grew {
                        self.events.push_back(Event::Grew(conversation_id, answer_id));
                    }
                    self.mend(attempt, conversation_id, applied);
                }
            }
            ServerFrame::Complete(complete) => {
                let id = complete.conversation_id;
                if let Some(transcript) = self.transcripts.get_mut(&id) {
                    let applied = transcript.apply_complete(complete);
                    self.events.push_back(Event::Transcript(id));
                    self.mend(attempt, id, applied);
                }
            }
            ServerFrame::Conversation(listed) => {
                if listed.removed {
                    self.transcripts.remove(&listed.conversation_id);
                }
                self.events.push_back(Event::Listed(listed));
            }
            ServerFrame::Drain { reconnect_in_ms } => self.drain_until = Some(now + reconnect_in_ms),
            ServerFrame::Ping => {
                if self.ladder.rung() == Rung::Socket {
                    self.send(attempt, ClientFrame::Pong);
                }
            }
            ServerFrame::Error { code, error, message_id, retry_after_ms } => {
                let refusal = Refusal { code, error, retry_after_ms };
                match message_id {
                    Some(id) => self.message_refused(now, id, refusal),
                    None if code == Code::ConversationNotFound => {
                        if let Some(id) = self.focus.take() {
                            self.transcripts.remove(&id);
                            self.events.push_back(Event::NotFound(id));
                        }
                    }
                    None => {
                        self.last_error = Some(refusal.clone());
                        // Of an end for good the close that follows tells.
                        if !code.ends_the_session() {
                            self.events.push_back(Event::Refused(refusal));
                        }
                    }
                }
            }
            ServerFrame::Refreshed { .. } | ServerFrame::Pong => {}
        }
    }

    /// Something is missing: asks again with what there is.
    fn mend(&mut self, attempt: Attempt, id: ConversationId, applied: Applied) {
        if applied != Applied::Gap {
            return;
        }
        let (cursor, have) = self.place_in(id);
        if self.ladder.rung() == Rung::Socket {
            self.send(attempt, ClientFrame::Open(Open { conversation_id: id, cursor, have }));
        }
        // On the lower rungs the next poll, or the stream opened again, asks with it anyway.
    }

    fn requeue(&mut self) {
        self.outbox.requeue();
        self.again.requeue();
    }

    fn accepted(&mut self, _now: Millis, accepted: Accepted) {
        self.sent_at = None;
        self.again.done(accepted.answer_id);
        self.awaited.insert(accepted.conversation_id, accepted.answer_id);
        self.seen(&[accepted.message_id]);
    }

    /// Messages that the server has: they leave the outbox, however that became known.
    fn seen(&mut self, ids: &[MessageId]) {
        for &id in ids {
            self.again.done(id);
            if let Some(entry) = self.outbox.remove(id) {
                if entry.delivery == Delivery::Sending {
                    self.sent_at = None;
                }
                self.events.push_back(Event::Outbox);
            }
        }
    }

    fn message_refused(&mut self, now: Millis, id: MessageId, refusal: Refusal) {
        self.sent_at = None;
        match self.again.refuse(id, refusal.clone(), now) {
            Some(Ok(())) => {}
            Some(Err(refusal)) => self.events.push_back(Event::Refused(refusal)),
            None => {
                self.outbox.refuse(id, refusal, now);
                self.events.push_back(Event::Outbox);
            }
        }
    }

    /// Gives the outbox's new conversations their ids, once the user is known.
    fn address(&mut self, now: Millis, follow: bool) {
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
    fn settle(&mut self, now: Millis) {
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

#[cfg(test)]
mod tests;
