//! The tabs: what their machines ask for, and what they hear.

use super::*;

impl World {
    pub(super) fn drive(&mut self, tab: usize) {
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
        if let Some(at) = self.tabs[tab].machine.poll_timeout() {
            let at = at.max(self.now + 1).max(self.tabs[tab].sleeps_until);
            if self.tabs[tab].timer.is_none_or(|timer| at < timer || timer <= self.now) {
                self.tabs[tab].timer = Some(at);
                self.at(at, Happening::Wake { tab, life });
            }
        }
    }

    pub(super) fn later(&mut self, tab: usize, ms: u64) {
        let life = self.tabs[tab].life;
        self.at(self.now + ms, Happening::Wake { tab, life });
    }

    pub(super) fn act(&mut self, tab: usize, life: u32, action: Action) {
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
            Action::Close { attempt } => {
                self.closed.insert((tab, life, attempt));
                self.drop_link((tab, life, attempt));
            }
            Action::Post { chat } => self.at(self.now + delay, Happening::Post(tab, life, chat)),
            Action::PostCommand { command } => self.at(self.now + delay, Happening::PostCommand(command)),
        }
    }

    pub(super) fn drop_link(&mut self, link: Link) {
        if self.links.remove(&link).is_some() && self.bug == Bug::StopOnClose {
            let ids: Vec<MessageId> = self.server.running.keys().copied().collect();
            ids.into_iter().for_each(|id| self.server.stop(id));
        }
    }

    /// Something arrives at a tab over a connection. What needs it alive does not come over a dead one.
    pub(super) fn tell(&mut self, link: Link, alive: bool, tell: impl FnOnce(&mut Connection, u64, Attempt)) {
        let (tab, life, attempt) = link;
        if alive && !self.links.contains_key(&link) {
            return;
        }
        self.told(tab, life, |machine, now| tell(machine, now, attempt));
    }

    pub(super) fn told(&mut self, tab: usize, life: u32, tell: impl FnOnce(&mut Connection, u64)) {
        if self.tabs[tab].life != life {
            return;
        }
        let now = self.now;
        tell(&mut self.tabs[tab].machine, now);
        self.drive(tab);
    }
}
