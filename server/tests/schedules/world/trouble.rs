//! What is done to them.

use super::*;
use holdfast_protocol::{Code, Reason};

impl World {
    pub(super) fn disturb(&mut self, what: Disturbance) {
        let now = self.now;
        match what {
            Disturbance::Write { tab } => {
                let id = MessageId(Uuid::from_u128(self.written.len() as u128 + 1));
                self.written.push(id);
                // As the page does: it follows what is shown.
                let shown = self.tabs[tab].machine.transcript(self.conversation).and_then(|shown| shown.messages().last());
                let parent_id = shown.map(|message| message.id).filter(|_| self.random.below(2) == 0);
                let text = format!("message {}", self.written.len());
                let chat = Chat { conversation_id: Some(self.conversation), parent_id, ..Chat::new(id, text) };
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
            // A shorter one does not end a longer one: what waits for its end would be overtaken by what came later.
            Disturbance::Silence { tab, ms } => {
                let until = &mut self.tabs[tab].silent_until;
                *until = (now + ms).max(*until);
            }
            Disturbance::NoSockets { ms } => {
                self.no_sockets_until = now + ms;
            }
            Disturbance::ShortSockets { ms } => self.short_sockets_until = now + ms,
            Disturbance::IdleCuts { limit } => self.idle_limit = Some(limit),
            Disturbance::HeldStreams { ms } => self.held_streams_until = now + ms,
            Disturbance::Twice { ms } => self.twice_until = now + ms,
            Disturbance::Backup => self.backup = self.server.backup(),
            Disturbance::Crash { ms } | Disturbance::Restart { ms } | Disturbance::Restore { ms } => {
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
                self.server.crash(now, self.bug);
                if matches!(what, Disturbance::Restore { .. }) {
                    self.lost.extend(self.server.restore(self.backup.clone(), now));
                    self.restored += 1;
                    self.tabs.iter_mut().for_each(|tab| tab.is_stale = true);
                }
                self.up = false;
                self.at(now + ms, Happening::BackUp);
            }
            Disturbance::Reload { tab } => {
                let seed = self.random.next_u64();
                // A page that comes from the server has the end of the conversation with it; one that was kept, nothing new.
                let rendered = (self.up && self.reaches(tab) && !self.server.messages.is_empty() && self.random.below(4) > 0).then(|| {
                    let most = 1 + self.random.below(6) as usize;
                    self.server.rendered(most)
                });
                self.links.retain(|link, _| link.0 != tab);
                let kept = std::mem::take(&mut self.tabs[tab].kept);
                let fresh = &mut self.tabs[tab];
                fresh.life += 1;
                fresh.machine = Connection::new(Timing::default(), seed);
                fresh.timer = None;
                fresh.is_stale = false;
                fresh.kept.clone_from(&kept);
                if let Some(transcript) = rendered {
                    fresh.machine.seed(transcript);
                }
                fresh.machine.restore(now, kept);
                fresh.machine.follow(now, Some(self.conversation));
                fresh.machine.start(now);
                self.drive(tab);
            }
            Disturbance::LookUp { tab } => self.look_up(tab),
            Disturbance::ReadUp { tab } => {
                let first = self.tabs[tab].machine.transcript(self.conversation).and_then(|transcript| transcript.messages().first());
                if let Some(first) = first.map(|message| message.id) {
                    let (delay, life) = (self.delay(), self.tabs[tab].life);
                    self.at(now + delay, Happening::AskEarlier(tab, life, first));
                }
            }
            Disturbance::Sleep { tab, ms } => {
                let until = &mut self.tabs[tab].sleeps_until;
                *until = (now + ms).max(*until);
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
                    self.down(link, vec![Reason::TokenExpired.error().into()]);
                    self.close(link, 1008, Code::TokenExpired.as_str());
                    self.drop_link(link);
                }
            }
        }
    }

    pub(super) fn command(&mut self, tab: usize, command: impl Fn(&mut Connection, u64, MessageId)) {
        let newest = |tab: &Tab, conversation| {
            tab.machine.transcript(conversation)?.messages().iter().rfind(|m| m.role == Author::Assistant).map(|m| m.id)
        };
        if let Some(id) = newest(&self.tabs[tab], self.conversation) {
            command(&mut self.tabs[tab].machine, self.now, id);
            self.drive(tab);
        }
    }

    pub(super) fn look_up(&mut self, tab: usize) {
        self.tabs[tab].machine.want_all(self.now, self.conversation);
        self.drive(tab);
    }
}
