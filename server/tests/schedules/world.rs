//! Tabs, a server, a network and a clock.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_protocol::{
    ClientFrame, Code, ConversationId, MessageId, Refusal, Role, ServerFrame, Status, VERSION,
    api::{Grant, Rank, User},
    connection::{Action, Attempt, Connection, Entry, Event, Failure, Presence, SplitMix, Timing},
    frame::{Accepted, Chat, Open, Ready},
};
use holdfast_server::realtime::{
    place::Words,
    session::{Ask, Session, Step, Timing as SessionTiming},
};
use uuid::Uuid;

use super::{
    disturbance::{Disturbance, Schedule},
    server::{Listener, Server, USER, begins, conversation},
};

/// Faults to plant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    None,
    /// A chunk says that it begins where it does not.
    ChunkOffByOne,
    /// The server takes a client to have more than it said.
    HaveOffByOne,
    /// A message that is sent again is taken for a new one.
    IdReused,
    /// Text is shown before it is saved.
    ShownBeforeSaved,
    /// A change is not told, but counted as told.
    ChangeForgotten,
    /// A closed connection stops the answer.
    StopOnClose,
}

impl Bug {
    pub const ALL: [Self; 6] =
        [Self::ChunkOffByOne, Self::HaveOffByOne, Self::IdReused, Self::ShownBeforeSaved, Self::ChangeForgotten, Self::StopOnClose];
}

/// After the last disturbance: long enough for every wait there is.
const LAST: u64 = 500_000;
const TICK: u64 = 100;
/// The answer to an HTTP call that got lost.
const CALL_LOST: u64 = 3_000;

type Link = (usize, u32, Attempt);

struct Tab {
    machine: Connection,
    /// How often it was loaded: what comes for an earlier page goes nowhere.
    life: u32,
    kept: Vec<Entry>,
    silent_until: u64,
    sleeps_until: u64,
    timer: Option<u64>,
}

enum Kind {
    Socket { session: Box<Session>, listener: Option<Listener> },
    Stream { listener: Listener, ping_at: u64 },
    Poll { listener: Listener, until: u64 },
}

/// Later than any schedule lasts.
const NEVER: u64 = u64::MAX / 2;

/// The server's end of a connection.
struct Connected {
    kind: Kind,
    dies_at: Option<u64>,
    /// Frames leave in order: the arrival of the last one.
    last_arrival: u64,
}

enum Happening {
    Disturb(usize),
    Wake { tab: usize, life: u32 },
    Tick,
    Up(Link, ClientFrame),
    Down(Link, ServerFrame),
    Opened(Link),
    SocketClosed(Link, u16, String),
    Ended(Link, Option<Failure>),
    Polled(Link, Vec<ServerFrame>),
    AskSocket(Link),
    AskStream(Link, Open),
    AskPoll(Link, Open, u64),
    AskToken(usize, u32),
    Token(usize, u32, Result<Grant, Failure>),
    Post(usize, u32, Chat),
    Posted(usize, u32, MessageId, Result<Accepted, Failure>),
    PostAnswer(ClientFrame),
    BackUp,
}

impl Happening {
    /// The tab that it arrives at.
    fn hearer(&self) -> Option<usize> {
        match self {
            Self::Down(link, _) | Self::Opened(link) | Self::SocketClosed(link, ..) | Self::Ended(link, _) | Self::Polled(link, _) => {
                Some(link.0)
            }
            Self::Token(tab, ..) | Self::Posted(tab, ..) => Some(*tab),
            _ => None,
        }
    }
}

pub struct World {
    schedule: Schedule,
    bug: Bug,
    now: u64,
    queue: BTreeMap<(u64, u64), Happening>,
    sequence: u64,
    /// Of what happens just now.
    current: u64,
    /// What no promise names, and yet must not be.
    fault: Option<String>,
    random: SplitMix,
    server: Server,
    up: bool,
    no_sockets_until: u64,
    short_sockets_until: u64,
    held_streams_until: u64,
    twice_until: u64,
    /// Tokens made before this are refused.
    valid_from: u64,
    tabs: Vec<Tab>,
    links: BTreeMap<Link, Connected>,
    up_arrival: BTreeMap<Link, u64>,
    conversation: ConversationId,
    written: Vec<MessageId>,
    asked_to_stop: BTreeSet<MessageId>,
    crashed: bool,
}

impl World {
    pub fn new(schedule: Schedule, bug: Bug) -> Self {
        let first = MessageId(Uuid::from_u128(1));
        let tabs = (0..schedule.tabs)
            .map(|n| Tab {
                machine: Connection::new(Timing::default(), schedule.seed ^ (n as u64) << 32),
                life: 0,
                kept: vec![],
                silent_until: 0,
                sleeps_until: 0,
                timer: None,
            })
            .collect();
        let mut world = Self {
            random: SplitMix::new(schedule.seed.wrapping_mul(31).wrapping_add(7)),
            schedule,
            bug,
            now: 1_000,
            queue: BTreeMap::new(),
            sequence: 0,
            current: 0,
            fault: None,
            server: Server::default(),
            up: true,
            no_sockets_until: 0,
            short_sockets_until: 0,
            held_streams_until: 0,
            twice_until: 0,
            valid_from: 0,
            tabs,
            links: BTreeMap::new(),
            up_arrival: BTreeMap::new(),
            conversation: conversation(first),
            written: vec![],
            asked_to_stop: BTreeSet::new(),
            crashed: false,
        };
        for (n, (at, _)) in world.schedule.disturbances.clone().into_iter().enumerate() {
            world.at(1_000 + at, Happening::Disturb(n));
        }
        world.at(1_000, Happening::Tick);
        world
    }

    pub fn run(mut self) -> Result<(), String> {
        for tab in 0..self.tabs.len() {
            self.tabs[tab].machine.start(self.now);
            self.drive(tab);
        }
        let disturbed = self.schedule.disturbances.last().map_or(0, |(at, _)| 1_000 + at);
        let mut looked = 0;
        while let Some(((at, sequence), happening)) = self.queue.pop_first() {
            self.now = at;
            self.current = sequence;
            if at > disturbed && at > looked + 1_000 {
                looked = at;
                if at > disturbed + LAST || self.is_settled() {
                    return self.check_end();
                }
            }
            self.happen(happening);
            self.check().map_err(|why| format!("at {} ms: {why}", self.now))?;
        }
        self.check_end()
    }

    fn at(&mut self, time: u64, happening: Happening) {
        self.sequence += 1;
        self.queue.insert((time, self.sequence), happening);
    }

    /// The same, later, and still before what came after it.
    fn put_off(&mut self, time: u64, happening: Happening) {
        self.queue.insert((time, self.current), happening);
    }

    fn delay(&mut self) -> u64 {
        1 + self.random.below(self.schedule.delay)
    }

    fn reaches(&self, tab: usize) -> bool {
        self.now >= self.tabs[tab].silent_until
    }

    // ---- the promises ----

    fn check(&self) -> Result<(), String> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        for (n, tab) in self.tabs.iter().enumerate() {
            let Some(transcript) = tab.machine.transcript(self.conversation) else { continue };
            for mine in transcript.messages() {
                let saved = self.server.saved(mine.id).ok_or_else(|| format!("tab {n} shows a message that the server does not have"))?;
                if !begins(&mine.content, saved) {
                    return Err(format!("tab {n} shows {:?}, saved is {saved:?}", mine.content));
                }
            }
        }
        for id in &self.written {
            if self.server.messages.iter().filter(|message| message.id == *id).count() > 1 {
                return Err(format!("{id} is there twice"));
            }
        }
        for message in &self.server.messages {
            if message.status == Status::Stopped && !self.asked_to_stop.contains(&message.id) {
                return Err("an answer was stopped that nobody asked to stop".into());
            }
            if message.status == Status::Interrupted && !self.crashed {
                return Err("an answer was interrupted without a restart".into());
            }
        }
        Ok(())
    }

    fn is_settled(&self) -> bool {
        self.server.running.is_empty()
            && self.tabs.iter().all(|tab| {
                tab.machine.outbox().entries().is_empty()
                    && matches!(tab.machine.presence(self.now), Presence::Connected(_))
                    && tab.machine.transcript(self.conversation).is_some_and(|transcript| transcript.messages() == self.server.messages)
            })
    }

    fn check_end(&self) -> Result<(), String> {
        if self.is_settled() {
            let answers = self.server.messages.iter().filter(|message| message.role == Role::Assistant).count();
            if answers != self.written.len() {
                return Err(format!("{} messages were written, {answers} answered", self.written.len()));
            }
            return Ok(());
        }
        let tabs: Vec<String> = self
            .tabs
            .iter()
            .map(|tab| {
                let seen = tab.machine.transcript(self.conversation).map(|transcript| {
                    transcript.messages().iter().map(|message| (message.status, message.content.len(), message.rev)).collect::<Vec<_>>()
                });
                format!("{:?} outbox {:?} seen {seen:?}", tab.machine.presence(self.now), tab.machine.outbox().entries().len())
            })
            .collect();
        let stored: Vec<_> = self.server.messages.iter().map(|message| (message.status, message.content.len(), message.rev)).collect();
        Err(format!("not level at the end: {tabs:#?}, the server has {stored:?}"))
    }

    // ---- the tabs ----

    fn drive(&mut self, tab: usize) {
        let life = self.tabs[tab].life;
        while let Some(action) = self.tabs[tab].machine.poll_action() {
            self.act(tab, life, action);
        }
        while let Some(event) = self.tabs[tab].machine.poll_event() {
            match event {
                Event::Outbox => self.tabs[tab].kept = self.tabs[tab].machine.outbox().entries().to_vec(),
                Event::NotFound(id) => {
                    // A person would come back to it.
                    let now = self.now;
                    self.tabs[tab].machine.follow(now, Some(id));
                    return self.later(tab, 500);
                }
                _ => {}
            }
        }
        if let Some(at) = self.tabs[tab].machine.poll_timeout(self.now) {
            let at = at.max(self.now + 1).max(self.tabs[tab].sleeps_until);
            if self.tabs[tab].timer.is_none_or(|timer| at < timer || timer <= self.now) {
                self.tabs[tab].timer = Some(at);
                self.at(at, Happening::Wake { tab, life });
            }
        }
    }

    fn later(&mut self, tab: usize, ms: u64) {
        let life = self.tabs[tab].life;
        self.at(self.now + ms, Happening::Wake { tab, life });
    }

    fn act(&mut self, tab: usize, life: u32, action: Action) {
        let delay = self.delay();
        match action {
            Action::FetchToken { .. } => self.at(self.now + delay, Happening::AskToken(tab, life)),
            Action::OpenSocket { attempt } => self.at(self.now + delay, Happening::AskSocket((tab, life, attempt))),
            Action::OpenStream { attempt, open } => self.at(self.now + delay, Happening::AskStream((tab, life, attempt), open)),
            Action::Poll { attempt, open, wait } => self.at(self.now + delay, Happening::AskPoll((tab, life, attempt), open, wait)),
            Action::Send { attempt, frame } => {
                let link = (tab, life, attempt);
                let arrival = self.up_arrival.get(&link).copied().unwrap_or(0).max(self.now + delay);
                self.up_arrival.insert(link, arrival);
                self.at(arrival, Happening::Up(link, frame));
            }
            Action::Close { attempt } => self.drop_link((tab, life, attempt)),
            Action::Post { chat } => self.at(self.now + delay, Happening::Post(tab, life, chat)),
            Action::PostAnswer { frame } => self.at(self.now + delay, Happening::PostAnswer(frame)),
        }
    }

    fn drop_link(&mut self, link: Link) {
        if self.links.remove(&link).is_some() && self.bug == Bug::StopOnClose {
            let ids: Vec<MessageId> = self.server.running.keys().copied().collect();
            ids.into_iter().for_each(|id| self.server.stop(id));
        }
    }

    // ---- what happens ----

    fn happen(&mut self, happening: Happening) {
        if let Some(tab) = happening.hearer()
            && self.now < self.tabs[tab].sleeps_until
        {
            // Its machine sleeps. What the network still holds for it comes when it wakes.
            return self.put_off(self.tabs[tab].sleeps_until, happening);
        }
        match happening {
            Happening::Disturb(n) => {
                let (_, what) = self.schedule.disturbances[n].clone();
                self.disturb(what);
            }
            Happening::Wake { tab, life } => {
                if self.tabs[tab].life == life && self.now >= self.tabs[tab].sleeps_until {
                    self.tabs[tab].timer = None;
                    self.tabs[tab].machine.handle_timeout(self.now);
                    self.drive(tab);
                }
            }
            Happening::Tick => self.tick(),
            Happening::BackUp => self.up = true,
            Happening::PostAnswer(frame) => {
                if self.up {
                    self.answer_command(&frame);
                }
            }
            // What is sent into silence is not lost while the connection stands: TCP sends it again.
            Happening::Up(link, frame) if !self.reaches(link.0) => self.put_off(self.tabs[link.0].silent_until, Happening::Up(link, frame)),
            Happening::Down(link, frame) if !self.reaches(link.0) => {
                self.put_off(self.tabs[link.0].silent_until, Happening::Down(link, frame))
            }
            Happening::Up(link, frame) => self.hear(link, &frame),
            Happening::AskSocket(link) => self.ask_socket(link),
            Happening::AskStream(link, open) => self.ask_stream(link, &open),
            Happening::AskPoll(link, open, wait) => self.ask_poll(link, &open, wait),
            Happening::AskToken(tab, life) => {
                let reaches = self.up && self.reaches(tab);
                let delay = if reaches { self.delay() } else { CALL_LOST };
                let user = User { id: USER, username: "Guest".into(), role: Rank::Guest };
                let grant = Grant { access_token: self.now.to_string(), expires_at: 0, expires_in_ms: 1_800_000, user };
                let result = if reaches { Ok(grant) } else { Err(Failure::Unreachable) };
                self.at(self.now + delay, Happening::Token(tab, life, result));
            }
            Happening::Post(tab, life, chat) => {
                let id = chat.message_id;
                let (result, back) = if self.up && self.reaches(tab) {
                    if self.now < self.twice_until {
                        let _ = self.server.accept(&chat, self.now, self.bug);
                    }
                    let result = self.server.accept(&chat, self.now, self.bug);
                    (result.map_err(|refusal| Failure::Refused { status: 409, refusal }), self.delay())
                } else {
                    (Err(Failure::Unreachable), CALL_LOST)
                };
                self.at(self.now + back, Happening::Posted(tab, life, id, result));
            }
            Happening::Down(link, frame) => self.tell(link, true, |machine, now, attempt| machine.handle_frame(now, attempt, frame)),
            Happening::Opened(link) => self.tell(link, true, |machine, now, attempt| machine.handle_opened(now, attempt)),
            Happening::SocketClosed(link, code, reason) => {
                self.links.remove(&link);
                self.tell(link, false, |machine, now, attempt| machine.handle_closed(now, attempt, code, &reason));
            }
            Happening::Ended(link, failure) => {
                self.links.remove(&link);
                self.tell(link, false, |machine, now, attempt| machine.handle_ended(now, attempt, failure));
            }
            Happening::Polled(link, frames) => self.tell(link, false, |machine, now, attempt| machine.handle_polled(now, attempt, frames)),
            Happening::Token(tab, life, result) => self.told(tab, life, |machine, now| match result {
                Ok(grant) => machine.handle_token(now, grant),
                Err(failure) => machine.handle_token_failed(now, failure),
            }),
            Happening::Posted(tab, life, id, result) => {
                // The answer may get lost on its way, though the call arrived.
                let result = if self.reaches(tab) { result } else { Err(Failure::Unreachable) };
                self.told(tab, life, |machine, now| machine.handle_posted(now, id, result));
            }
        }
    }

    /// Something arrives at a tab over a connection. What needs it alive does not come over a dead one.
    fn tell(&mut self, link: Link, alive: bool, tell: impl FnOnce(&mut Connection, u64, Attempt)) {
        let (tab, life, attempt) = link;
        if alive && !self.links.contains_key(&link) {
            return;
        }
        self.told(tab, life, |machine, now| tell(machine, now, attempt));
    }

    fn told(&mut self, tab: usize, life: u32, tell: impl FnOnce(&mut Connection, u64)) {
        if self.tabs[tab].life != life {
            return;
        }
        let now = self.now;
        tell(&mut self.tabs[tab].machine, now);
        self.drive(tab);
    }

    fn down(&mut self, link: Link, frames: Vec<ServerFrame>) {
        for frame in frames {
            let delay = self.delay();
            let Some(connected) = self.links.get_mut(&link) else { return };
            if matches!(connected.kind, Kind::Stream { .. }) && self.now < self.held_streams_until {
                connected.last_arrival = NEVER; // neither this nor anything after it
            }
            connected.last_arrival = connected.last_arrival.max(self.now + delay);
            let arrival = connected.last_arrival;
            self.at(arrival, Happening::Down(link, frame));
        }
    }

    fn close(&mut self, link: Link, code: u16, reason: &str) {
        let delay = self.delay();
        let Some(connected) = self.links.get(&link) else { return };
        let at = connected.last_arrival.max(self.now + delay) + 1;
        let happening = match connected.kind {
            Kind::Socket { .. } => Happening::SocketClosed(link, code, reason.to_owned()),
            Kind::Stream { .. } => Happening::Ended(link, None),
            Kind::Poll { .. } => Happening::Ended(link, Some(Failure::Unreachable)),
        };
        self.at(at, happening);
        if code == 1006 {
            self.drop_link(link); // what was on its way is gone
        }
    }

    fn ask_socket(&mut self, link: Link) {
        let delay = self.delay();
        if !self.up || !self.reaches(link.0) || self.now < self.no_sockets_until {
            return self.at(self.now + delay, Happening::SocketClosed(link, 1006, String::new()));
        }
        let dies_at = (self.now < self.short_sockets_until).then_some(self.now + 300);
        let session = Box::new(Session::new(SessionTiming::default(), self.now));
        self.links.insert(link, Connected { kind: Kind::Socket { session, listener: None }, dies_at, last_arrival: self.now + delay });
        self.at(self.now + delay, Happening::Opened(link));
    }

    fn ask_stream(&mut self, link: Link, open: &Open) {
        let delay = self.delay();
        if !self.up || !self.reaches(link.0) {
            return self.at(self.now + delay, Happening::Ended(link, Some(Failure::Unreachable)));
        }
        match self.server.enter(open, Words::Now, self.bug) {
            Ok((listener, sync)) => {
                self.links.insert(
                    link,
                    Connected { kind: Kind::Stream { listener, ping_at: self.now + 1_000 }, dies_at: None, last_arrival: self.now },
                );
                self.down(link, vec![sync]);
            }
            Err(refusal) => self.at(self.now + delay, Happening::Ended(link, Some(Failure::Refused { status: 404, refusal }))),
        }
    }

    fn ask_poll(&mut self, link: Link, open: &Open, wait: u64) {
        let delay = self.delay();
        if !self.up || !self.reaches(link.0) {
            return self.at(self.now + delay, Happening::Ended(link, Some(Failure::Unreachable)));
        }
        match self.server.enter(open, Words::Now, self.bug) {
            Ok((listener, ServerFrame::Sync(sync))) => {
                let news = open.cursor != Some(sync.cursor)
                    || sync.since == 0
                    || sync.messages.iter().any(|message| message.status != Status::Streaming || !message.content.is_empty());
                if news {
                    return self.at(self.now + delay, Happening::Polled(link, vec![ServerFrame::Sync(sync)]));
                }
                let kind = Kind::Poll { listener, until: self.now + wait };
                self.links.insert(link, Connected { kind, dies_at: None, last_arrival: self.now });
            }
            Ok(_) => unreachable!("enter gives a sync"),
            Err(refusal) => self.at(self.now + delay, Happening::Ended(link, Some(Failure::Refused { status: 404, refusal }))),
        }
    }

    /// A frame arrives at the server.
    fn hear(&mut self, link: Link, frame: &ClientFrame) {
        if !self.up || !self.reaches(link.0) {
            return;
        }
        let (now, bug) = (self.now, self.bug);
        let Some(Connected { kind: Kind::Socket { session, listener }, .. }) = self.links.get_mut(&link) else { return };
        let mut frames = Vec::new();
        match session.handle_text(now, &frame.to_json()) {
            Step::Nothing => {}
            Step::Reply(reply) => frames.push(reply),
            Step::End(end) => self.fault = Some(format!("a good client was sent away: {end:?}")),
            Step::Ask(Ask::Authenticate(initial)) => {
                if initial.token.parse::<u64>().is_ok_and(|made| made < self.valid_from) {
                    return self.close(link, 1008, Code::TokenExpired.as_str());
                }
                session.authenticated(now, now + 1_800_000);
                frames.push(ServerFrame::Ready(Ready {
                    user_id: USER,
                    username: "Guest".into(),
                    conversation_id: None,
                    heartbeat_ms: 30_000,
                    expires_at: 0,
                    version: VERSION.into(),
                }));
            }
            Step::Ask(Ask::Open(open)) => match self.server.enter(&open, Words::Now, bug) {
                Ok((entered, sync)) => {
                    *listener = Some(entered);
                    frames.push(sync);
                }
                Err(refusal) => frames.push(refusal.into()),
            },
            Step::Ask(Ask::Close(_)) => *listener = None,
            Step::Ask(Ask::Chat(chat)) => match self.server.accept(&chat, now, bug) {
                Ok(accepted) => {
                    frames.push(ServerFrame::Accepted(accepted));
                    if listener.is_none() {
                        let open = Open { conversation_id: accepted.conversation_id, cursor: None, have: Default::default() };
                        let (entered, sync) = self.server.enter(&open, Words::Later, bug).unwrap();
                        *listener = Some(entered);
                        frames.push(sync);
                    }
                }
                Err(refusal) => frames.push(refusal.for_message(Some(chat.message_id))),
            },
            Step::Ask(Ask::Renew(_)) => session.renewed(now + 1_800_000),
            Step::Ask(Ask::Stop(_) | Ask::Continue(_)) => self.answer_command(frame),
        }
        self.down(link, frames);
    }

    fn answer_command(&mut self, frame: &ClientFrame) {
        match frame {
            ClientFrame::Stop { answer_id } => {
                self.asked_to_stop.insert(*answer_id);
                self.server.stop(*answer_id);
            }
            ClientFrame::Continue { answer_id } => self.server.go_on(*answer_id, self.now),
            _ => {}
        }
    }

    fn tick(&mut self) {
        self.at(self.now + TICK, Happening::Tick);
        if !self.up {
            return;
        }
        let words = self.random.below(6);
        self.server.tick(words, self.now);
        let links: Vec<Link> = self.links.keys().copied().collect();
        for link in links {
            self.serve(link);
        }
    }

    /// The server's end of a connection looks what its peer lacks.
    fn serve(&mut self, link: Link) {
        let (now, bug) = (self.now, self.bug);
        let Some(connected) = self.links.get_mut(&link) else { return };
        if connected.dies_at.is_some_and(|at| now >= at) {
            return self.close(link, 1006, "");
        }
        let mut frames = Vec::new();
        let mut over = None;
        match &mut connected.kind {
            Kind::Socket { session, listener } => {
                if now >= session.poll_timeout() {
                    match session.handle_timeout(now) {
                        Step::Reply(frame) => frames.push(frame),
                        Step::End(end) => over = Some(end),
                        _ => {}
                    }
                }
                if let Some(listener) = listener {
                    frames.extend(self.server.next(listener, bug));
                }
            }
            Kind::Stream { listener, ping_at } => {
                frames = self.server.next(listener, bug);
                if frames.is_empty() && now >= *ping_at {
                    frames.push(ServerFrame::Ping);
                }
                if !frames.is_empty() {
                    *ping_at = now + 1_000;
                }
            }
            Kind::Poll { listener, until } => {
                frames = self.server.next(listener, bug);
                if !frames.is_empty() || now >= *until {
                    let delay = self.delay();
                    self.links.remove(&link);
                    return self.at(now + delay, Happening::Polled(link, frames));
                }
                return;
            }
        }
        self.down(link, frames);
        if let Some(end) = over {
            let reason = end.refusal.map_or("gone", |refusal| refusal.code.as_str());
            self.close(link, end.code, reason);
            self.drop_link(link);
        }
    }

    fn disturb(&mut self, what: Disturbance) {
        let now = self.now;
        match what {
            Disturbance::Write { tab } => {
                let id = MessageId(Uuid::from_u128(self.written.len() as u128 + 1));
                self.written.push(id);
                let chat = Chat { conversation_id: Some(self.conversation), ..Chat::new(id, format!("message {}", self.written.len())) };
                let machine = &mut self.tabs[tab].machine;
                machine.submit(now, Entry::new(chat));
                for tab in 0..self.tabs.len() {
                    let machine = &mut self.tabs[tab].machine;
                    machine.follow(now, Some(self.conversation));
                    self.drive(tab);
                }
            }
            Disturbance::Stop { tab } => self.command(tab, Connection::stop_answer),
            Disturbance::Continue { tab } => self.command(tab, Connection::continue_answer),
            Disturbance::Cut { tab } => self.cut(|link| link.0 == tab),
            Disturbance::Silence { tab, ms } => self.tabs[tab].silent_until = now + ms,
            Disturbance::NoSockets { ms } => {
                self.no_sockets_until = now + ms;
            }
            Disturbance::ShortSockets { ms } => self.short_sockets_until = now + ms,
            Disturbance::HeldStreams { ms } => self.held_streams_until = now + ms,
            Disturbance::Twice { ms } => self.twice_until = now + ms,
            Disturbance::Crash { ms } | Disturbance::Restart { ms } => {
                if !self.up {
                    return;
                }
                if matches!(what, Disturbance::Restart { .. }) {
                    let links: Vec<Link> = self.links.keys().copied().collect();
                    for link in links {
                        self.down(link, vec![ServerFrame::Drain { reconnect_in_ms: 500 + ms }]);
                        self.close(link, 1012, "restart");
                    }
                } else {
                    self.cut(|_| true);
                }
                self.crashed = true;
                self.server.crash(now);
                self.up = false;
                self.at(now + ms, Happening::BackUp);
            }
            Disturbance::Reload { tab } => {
                let seed = self.random.next_u64();
                self.links.retain(|link, _| link.0 != tab);
                let kept = std::mem::take(&mut self.tabs[tab].kept);
                let fresh = &mut self.tabs[tab];
                fresh.life += 1;
                fresh.machine = Connection::new(Timing::default(), seed);
                fresh.timer = None;
                fresh.kept.clone_from(&kept);
                fresh.machine.restore(now, kept);
                fresh.machine.follow(now, Some(self.conversation));
                fresh.machine.start(now);
                self.drive(tab);
            }
            Disturbance::Sleep { tab, ms } => {
                self.tabs[tab].sleeps_until = now + ms;
                self.later(tab, ms);
                // Nobody keeps a sleeping machine's connections for long.
                if ms > 1_000 {
                    self.links.retain(|link, _| link.0 != tab);
                }
            }
            Disturbance::Expire => {
                self.valid_from = now;
                let links: Vec<Link> = self
                    .links
                    .iter()
                    .filter(|(_, connected)| matches!(connected.kind, Kind::Socket { .. }))
                    .map(|(link, _)| *link)
                    .collect();
                for link in links {
                    self.down(link, vec![Refusal::new(Code::TokenExpired, "expired").into()]);
                    self.close(link, 1008, Code::TokenExpired.as_str());
                    self.drop_link(link);
                }
            }
        }
    }

    fn command(&mut self, tab: usize, command: impl Fn(&mut Connection, u64, MessageId)) {
        let newest = |tab: &Tab, conversation| {
            tab.machine.transcript(conversation)?.messages().iter().rfind(|m| m.role == Role::Assistant).map(|m| m.id)
        };
        if let Some(id) = newest(&self.tabs[tab], self.conversation) {
            command(&mut self.tabs[tab].machine, self.now, id);
            self.drive(tab);
        }
    }

    fn cut(&mut self, which: impl Fn(&Link) -> bool) {
        let links: Vec<Link> = self.links.keys().filter(|link| which(link)).copied().collect();
        for link in links {
            self.close(link, 1006, "");
        }
    }
}
