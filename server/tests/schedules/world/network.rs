//! The network, and the server at its other end.

use super::*;
use holdfast_protocol::{Code, Reason};

impl World {
    pub(super) fn down(&mut self, link: Link, frames: Vec<ServerFrame>) {
        for frame in frames {
            let delay = self.delay();
            let Some(connected) = self.links.get_mut(&link) else { return };
            if matches!(connected.kind, Kind::Stream { .. }) && self.now < self.held_streams_until {
                connected.last_arrival = NEVER; // neither this nor anything after it
            }
            connected.last_arrival = connected.last_arrival.max(self.now + delay);
            connected.last_traffic = self.now;
            let arrival = connected.last_arrival;
            self.at(arrival, Happening::Down(link, Box::new(frame)));
        }
    }

    pub(super) fn close(&mut self, link: Link, code: u16, reason: &str) {
        let delay = self.delay();
        let Some(connected) = self.links.get(&link) else { return };
        let at = connected.last_arrival.max(self.now + delay) + 1;
        let happening = match connected.kind {
            Kind::Socket { .. } => Happening::SocketClosed(link, code, reason.to_owned()),
            Kind::Stream { .. } => Happening::Ended(link, None),
            Kind::Poll { .. } => Happening::Ended(link, Some(RequestError::Unreachable)),
        };
        self.at(at, happening);
        if code == 1006 {
            self.drop_link(link); // what was on its way is gone
        }
    }

    pub(super) fn ask_socket(&mut self, link: Link) {
        let delay = self.delay();
        if !self.up || !self.reaches(link.0) || self.now < self.no_sockets_until {
            return self.at(self.now + delay, Happening::SocketClosed(link, 1006, String::new()));
        }
        let dies_at = (self.now < self.short_sockets_until).then_some(self.now + 300);
        let socket_protocol = Box::new(SocketProtocol::new(Terms::default(), self.now));
        self.links.insert(
            link,
            Connected {
                kind: Kind::Socket { socket_protocol, listener: None, pace: Pace::default() },
                dies_at,
                last_arrival: self.now + delay,
                last_traffic: self.now,
            },
        );
        self.at(self.now + delay, Happening::Opened(link));
    }

    pub(super) fn ask_stream(&mut self, link: Link, open: &Open) {
        let delay = self.delay();
        if !self.up || !self.reaches(link.0) {
            return self.at(self.now + delay, Happening::Ended(link, Some(RequestError::Unreachable)));
        }
        match self.server.enter(open, TextDelivery::Now, self.bug) {
            Ok((listener, sync)) => {
                self.links.insert(
                    link,
                    Connected {
                        kind: Kind::Stream { listener, ping_at: self.now + 1_000 },
                        dies_at: None,
                        last_arrival: self.now,
                        last_traffic: self.now,
                    },
                );
                self.down(link, vec![sync]);
            }
            Err(api_error) => self.at(self.now + delay, Happening::Ended(link, Some(RequestError::Refused { status: 404, api_error }))),
        }
    }

    pub(super) fn ask_poll(&mut self, link: Link, open: &Open, wait: u64) {
        let delay = self.delay();
        if !self.up || !self.reaches(link.0) {
            return self.at(self.now + delay, Happening::Ended(link, Some(RequestError::Unreachable)));
        }
        match self.server.enter(open, TextDelivery::Now, self.bug) {
            Ok((listener, ServerFrame::Sync(sync))) => {
                let news = open.cursor != Some(sync.cursor)
                    || sync.since == 0
                    || sync.messages.iter().any(|message| message.status != Status::Streaming || !message.content.is_empty());
                if news {
                    return self.at(self.now + delay, Happening::Polled(link, vec![ServerFrame::Sync(sync)], self.restored));
                }
                let kind = Kind::Poll { listener, until: self.now + wait };
                self.links.insert(link, Connected { kind, dies_at: None, last_arrival: self.now, last_traffic: self.now });
            }
            Ok(_) => unreachable!("enter gives a sync"),
            Err(api_error) => self.at(self.now + delay, Happening::Ended(link, Some(RequestError::Refused { status: 404, api_error }))),
        }
    }

    /// A frame arrives at the server.
    pub(super) fn hear(&mut self, link: Link, frame: &ClientFrame) {
        if !self.up || !self.reaches(link.0) {
            return;
        }
        let (now, bug) = (self.now, self.bug);
        let Some(Connected { kind: Kind::Socket { socket_protocol, listener, pace }, last_traffic, .. }) = self.links.get_mut(&link) else {
            return;
        };
        *last_traffic = now;
        if pace.is_flood(now) {
            self.fault = Some("a client sends more frames than the server takes".to_owned());
            return;
        }
        let mut frames = Vec::new();
        match socket_protocol.handle_text(now, &frame.to_json()) {
            Output::Nothing => {}
            Output::Reply(reply) => frames.push(reply),
            Output::End(end) => self.fault = Some(format!("a good client was sent away: {end:?}")),
            Output::Command(Command::Authenticate(initial)) => {
                if initial.token.parse::<u64>().is_ok_and(|made| made < self.valid_from) {
                    return self.close(link, 1008, Code::TokenExpired.as_str());
                }
                socket_protocol.authenticated(now, now + 1_800_000);
                frames.push(ServerFrame::Ready(Ready {
                    user_id: USER,
                    username: "Guest".into(),
                    conversation_id: None,
                    heartbeat_ms: 30_000,
                    expires_at: 0,
                    version: VERSION.into(),
                }));
            }
            Output::Command(Command::Open(open)) => match self.server.enter(&open, TextDelivery::Now, bug) {
                Ok((entered, sync)) => {
                    *listener = Some(entered);
                    frames.push(sync);
                }
                Err(api_error) => frames.push(api_error.into()),
            },
            Output::Command(Command::Close(_)) => *listener = None,
            Output::Command(Command::Chat(chat)) => {
                let (chat, _) = chat.with_id(MessageId(Uuid::nil()));
                match self.server.accept(&chat, now, bug) {
                    Ok(accepted) => {
                        frames.push(ServerFrame::Accepted(accepted));
                        if listener.is_none() {
                            let open = Open {
                                conversation_id: accepted.conversation_id,
                                cursor: None,
                                have: Default::default(),
                                have_steps: Default::default(),
                            };
                            let (entered, sync) = self.server.enter(&open, TextDelivery::Later, bug).unwrap();
                            *listener = Some(entered);
                            frames.push(sync);
                        }
                    }
                    Err(api_error) => frames.push(api_error.for_message(Some(chat.message_id))),
                }
            }
            Output::Command(Command::Renew(_)) => socket_protocol.renewed(now + 1_800_000),
            Output::Command(Command::Stop(answer_id) | Command::Continue(More::Same(answer_id))) if !self.server.has(answer_id) => {
                frames.push(Reason::ConversationNotFound.error().for_message(Some(answer_id)));
            }
            Output::Command(Command::Stop(answer_id)) => self.answer_command(&UserCommand::Stop { answer_id }),
            Output::Command(Command::Continue(More::Same(answer_id))) => self.answer_command(&UserCommand::Continue { answer_id }),
            Output::Command(Command::Continue(More::Anew(again))) => self.answer_command(&UserCommand::Regenerate(again)),
        }
        self.down(link, frames);
    }

    pub(super) fn answer_command(&mut self, command: &UserCommand) {
        match command {
            UserCommand::Stop { answer_id } => {
                self.asked_to_stop.insert(*answer_id);
                self.server.stop(*answer_id);
            }
            UserCommand::Continue { answer_id } => self.server.go_on(*answer_id, self.now),
            // No user in these schedules asks for another answer.
            UserCommand::Regenerate(_) => {}
        }
    }

    pub(super) fn tick(&mut self) {
        self.at(self.now + TICK, Happening::Tick);
        if !self.up {
            return;
        }
        let words = self.random.below(6);
        self.server.tick(words, self.now, self.bug);
        let links: Vec<Link> = self.links.keys().copied().collect();
        for link in links {
            self.serve(link);
        }
    }

    /// The server's end of a connection looks what its peer lacks.
    pub(super) fn serve(&mut self, link: Link) {
        let (now, bug) = (self.now, self.bug);
        let Some(connected) = self.links.get_mut(&link) else { return };
        if connected.dies_at.is_some_and(|at| now >= at) {
            return self.close(link, 1006, "");
        }
        let is_idle = self.idle_limit.is_some_and(|limit| now >= connected.last_traffic + limit);
        if is_idle && matches!(connected.kind, Kind::Socket { .. }) {
            self.tabs[link.0].idle_cuts += 1;
            return self.close(link, 1006, "");
        }
        let mut frames = Vec::new();
        let mut over = None;
        match &mut connected.kind {
            Kind::Socket { socket_protocol, listener, .. } => {
                if now >= socket_protocol.poll_timeout() {
                    match socket_protocol.handle_timeout(now) {
                        Output::Reply(frame) => frames.push(frame),
                        Output::End(end) => over = Some(end),
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
                    return self.at(now + delay, Happening::Polled(link, frames, self.restored));
                }
                return;
            }
        }
        self.down(link, frames);
        if let Some(end) = over {
            let reason = end.api_error.map_or("gone", |api_error| api_error.code.as_str());
            self.close(link, end.code, reason);
            self.drop_link(link);
        }
    }

    pub(super) fn cut(&mut self, which: impl Fn(&Link) -> bool) {
        let links: Vec<Link> = self.links.keys().filter(|link| which(link)).copied().collect();
        for link in links {
            self.close(link, 1006, "");
        }
    }
}
