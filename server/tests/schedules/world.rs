//! Tabs, a server, a network and a clock.

mod network;
mod promises;
mod tabs;
mod trouble;

use std::collections::{BTreeMap, BTreeSet};

use holdfast_client::connection::{
    Action, Attempt, Command as UserCommand, Connection, Entry, Event, Presence, RequestError, SplitMix, Timing,
};
use holdfast_protocol::{
    Author, ClientFrame, ConversationId, MessageId, ServerFrame, Status, VERSION,
    api::{Earlier, Grant, Role, User},
    frame::{Accepted, Chat, Open, Ready},
};
use holdfast_web::realtime::{
    position::TextDelivery,
    socket_protocol::{Command, More, Output, SocketProtocol, Terms},
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
    /// A piece of a step says that it begins where it does not.
    StepOffByOne,
    /// The server takes a client to have more of the steps than it said.
    HaveStepsOffByOne,
    /// A step is shown before it is saved.
    StepShownBeforeSaved,
    /// That a step changed its state is not told, but counted as told.
    StepStateForgotten,
    /// An answer's end is told without what its steps lack.
    StepsForgottenAtEnd,
    /// The steps of an answer that was interrupted go on for ever.
    StepLeftRunning,
}

impl Bug {
    pub const ALL: [Self; 12] = [
        Self::ChunkOffByOne,
        Self::HaveOffByOne,
        Self::IdReused,
        Self::ShownBeforeSaved,
        Self::ChangeForgotten,
        Self::StopOnClose,
        Self::StepOffByOne,
        Self::HaveStepsOffByOne,
        Self::StepShownBeforeSaved,
        Self::StepStateForgotten,
        Self::StepsForgottenAtEnd,
        Self::StepLeftRunning,
    ];
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
    /// What it shows may be of a store that another took the place of.
    is_stale: bool,
    /// How many of its sockets were cut because they were idle.
    idle_cuts: usize,
}

enum Kind {
    Socket { socket_protocol: Box<SocketProtocol>, listener: Option<Listener>, pace: Pace },
    Stream { listener: Listener, ping_at: u64 },
    Poll { listener: Listener, until: u64 },
}

/// How many frames have come from a client within one second. The server sends away who sends many more than a hundred.
#[derive(Default)]
struct Pace {
    since: u64,
    frames: u32,
}

impl Pace {
    const MOST: u32 = 200;

    /// Counts a frame. Says whether there are too many.
    fn is_flood(&mut self, now: u64) -> bool {
        if now >= self.since + 1_000 {
            *self = Self { since: now, frames: 0 };
        }
        self.frames += 1;
        self.frames > Self::MOST
    }
}

/// Later than any schedule lasts.
const NEVER: u64 = u64::MAX / 2;

/// The server's end of a connection.
struct Connected {
    kind: Kind,
    dies_at: Option<u64>,
    /// Frames leave in order: the arrival of the last one.
    last_arrival: u64,
    /// When anything went over it last, either way.
    last_traffic: u64,
}

enum Happening {
    Disturb(usize),
    Wake {
        tab: usize,
        life: u32,
    },
    Tick,
    Up(Link, ClientFrame),
    Down(Link, Box<ServerFrame>),
    Opened(Link),
    SocketClosed(Link, u16, String),
    Ended(Link, Option<RequestError>),
    /// With how many stores there had been when it was answered.
    Polled(Link, Vec<ServerFrame>, u32),
    AskSocket(Link),
    AskStream(Link, Open),
    AskPoll(Link, Open, u64),
    AskToken(usize, u32),
    Token(usize, u32, Result<Grant, RequestError>),
    Post(usize, u32, Chat),
    Posted(usize, u32, MessageId, Result<Accepted, RequestError>),
    PostCommand(UserCommand),
    AskEarlier(usize, u32, MessageId),
    Earlier(usize, u32, MessageId, Earlier),
    BackUp,
}

impl Happening {
    /// The tab that it arrives at.
    fn hearer(&self) -> Option<usize> {
        match self {
            Self::Down(link, _) | Self::Opened(link) | Self::SocketClosed(link, ..) | Self::Ended(link, _) | Self::Polled(link, ..) => {
                Some(link.0)
            }
            Self::Token(tab, ..) | Self::Posted(tab, ..) | Self::Earlier(tab, ..) => Some(*tab),
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
    /// What is idle for so long is cut.
    idle_limit: Option<u64>,
    twice_until: u64,
    /// Tokens made before this are refused.
    valid_from: u64,
    tabs: Vec<Tab>,
    links: BTreeMap<Link, Connected>,
    /// Those that their tab has given up, perhaps before they were asked for at the server.
    closed: BTreeSet<Link>,
    up_arrival: BTreeMap<Link, u64>,
    conversation: ConversationId,
    written: Vec<MessageId>,
    asked_to_stop: BTreeSet<MessageId>,
    crashed: bool,
    backup: Server,
    /// How often a backup was restored.
    restored: u32,
    /// What was lost by that.
    lost: BTreeSet<MessageId>,
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
                is_stale: false,
                idle_cuts: 0,
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
            idle_limit: None,
            twice_until: 0,
            valid_from: 0,
            tabs,
            links: BTreeMap::new(),
            closed: BTreeSet::new(),
            up_arrival: BTreeMap::new(),
            conversation: conversation(first),
            written: vec![],
            asked_to_stop: BTreeSet::new(),
            crashed: false,
            backup: Server::default(),
            restored: 0,
            lost: BTreeSet::new(),
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
                // In the end everybody wants to see everything.
                if self.is_quiet() {
                    (0..self.tabs.len()).for_each(|tab| self.look_up(tab));
                }
            }
            self.happen(happening);
            self.check().map_err(|why| format!("at {} ms: {why}", self.now))?;
        }
        self.check_end()
    }

    /// Runs for so long. Gives for each tab how many of its sockets were cut because they were idle, and after how long it
    /// believes that they are.
    pub fn idle_cuts(mut self, ms: u64) -> Result<Vec<(usize, Option<u64>)>, String> {
        for tab in 0..self.tabs.len() {
            self.tabs[tab].machine.start(self.now);
            self.drive(tab);
        }
        while let Some(((at, sequence), happening)) = self.queue.pop_first().filter(|((at, _), _)| *at < ms) {
            (self.now, self.current) = (at, sequence);
            self.happen(happening);
            self.check().map_err(|why| format!("at {} ms: {why}", self.now))?;
        }
        Ok(self.tabs.iter().map(|tab| (tab.idle_cuts, tab.machine.idle_limit())).collect())
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

    fn happen(&mut self, happening: Happening) {
        if let Some(tab) = happening.hearer()
            && self.now < self.tabs[tab].sleeps_until
        {
            // Its machine sleeps. What the network still holds for it comes when it wakes.
            return self.put_off(self.tabs[tab].sleeps_until, happening);
        }
        match happening {
            Happening::AskSocket(link) | Happening::AskStream(link, _) | Happening::AskPoll(link, ..) if self.closed.contains(&link) => {}
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
            Happening::AskEarlier(tab, life, first) => {
                let delay = self.delay();
                if self.up && self.reaches(tab) {
                    let most = 1 + self.random.below(3) as usize;
                    let earlier = self.server.earlier(first, most);
                    self.at(self.now + delay, Happening::Earlier(tab, life, first, earlier));
                }
            }
            Happening::Earlier(tab, life, first, earlier) => {
                let id = self.conversation;
                self.told(tab, life, |machine, _| {
                    machine.extend(id, first, earlier);
                });
            }
            Happening::PostCommand(command) => {
                if self.up {
                    self.answer_command(&command);
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
                let user = User { id: USER, username: "Guest".into(), role: Role::Guest };
                let grant = Grant { access_token: self.now.to_string(), expires_at: 0, expires_in_ms: 1_800_000, user };
                let result = if reaches { Ok(grant) } else { Err(RequestError::Unreachable) };
                self.at(self.now + delay, Happening::Token(tab, life, result));
            }
            Happening::Post(tab, life, chat) => {
                let id = chat.message_id;
                let (result, back) = if self.up && self.reaches(tab) {
                    if self.now < self.twice_until {
                        let _ = self.server.accept(&chat, self.now, self.bug);
                    }
                    let result = self.server.accept(&chat, self.now, self.bug);
                    (result.map_err(|api_error| RequestError::Refused { status: 409, api_error }), self.delay())
                } else {
                    (Err(RequestError::Unreachable), CALL_LOST)
                };
                self.at(self.now + back, Happening::Posted(tab, life, id, result));
            }
            Happening::Down(link, frame) => {
                // Connections end with their store, so one that stands is of this one.
                if matches!(&*frame, ServerFrame::Sync(sync) if !sync.more)
                    && self.links.contains_key(&link)
                    && self.tabs[link.0].life == link.1
                {
                    self.tabs[link.0].is_stale = false;
                }
                self.tell(link, true, |machine, now, attempt| machine.handle_frame(now, attempt, *frame));
            }
            Happening::Opened(link) => self.tell(link, true, |machine, now, attempt| machine.handle_opened(now, attempt)),
            Happening::SocketClosed(link, code, reason) => {
                self.links.remove(&link);
                self.tell(link, false, |machine, now, attempt| machine.handle_closed(now, attempt, code, &reason));
            }
            Happening::Ended(link, failure) => {
                self.links.remove(&link);
                self.tell(link, false, |machine, now, attempt| machine.handle_ended(now, attempt, failure));
            }
            Happening::Polled(link, frames, restored) => {
                let is_whole = !frames.iter().any(|frame| matches!(frame, ServerFrame::Sync(sync) if sync.more));
                if is_whole && restored == self.restored && self.tabs[link.0].life == link.1 {
                    self.tabs[link.0].is_stale = false;
                }
                self.tell(link, false, |machine, now, attempt| machine.handle_polled(now, attempt, frames));
            }
            Happening::Token(tab, life, result) => self.told(tab, life, |machine, now| match result {
                Ok(grant) => machine.handle_token(now, grant),
                Err(failure) => machine.handle_token_failed(now, failure),
            }),
            Happening::Posted(tab, life, id, result) => {
                // The answer may get lost on its way, though the call arrived.
                let result = if self.reaches(tab) { result } else { Err(RequestError::Unreachable) };
                self.told(tab, life, |machine, now| machine.handle_posted(now, id, result));
            }
        }
    }
}
