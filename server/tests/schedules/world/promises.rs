//! What must hold after every step, and in the end.

use holdfast_protocol::Step;

use super::*;

impl World {
    pub(super) fn check(&self) -> Result<(), String> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        for (n, tab) in self.tabs.iter().enumerate() {
            let Some(transcript) = tab.machine.transcript(self.conversation).filter(|_| !tab.is_stale) else { continue };
            for mine in transcript.messages() {
                let saved = self.server.saved(mine.id).ok_or_else(|| format!("tab {n} shows a message that the server does not have"))?;
                if !begins(&mine.content, saved) {
                    return Err(format!("tab {n} shows {:?}, saved is {saved:?}", mine.content));
                }
                let saved = self.server.saved_steps(mine.id);
                let is_of_it = |(mine, saved): (&Step, &Step)| {
                    let is_same = (mine.index, mine.kind, mine.after, mine.at) == (saved.index, saved.kind, saved.after, 0);
                    is_same && begins(&mine.content, &saved.content) && mine.state.leads_to(saved.state)
                };
                if mine.steps.len() > saved.len() || !mine.steps.iter().zip(saved).all(is_of_it) {
                    return Err(format!("tab {n} shows the steps {:?}, saved are {saved:?}", mine.steps));
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
            if !message.status.is_unfinished() && message.steps.iter().any(|step| step.state.is_unfinished()) {
                return Err("an answer ended and one of its steps did not".into());
            }
            if message.status == Status::Interrupted && !self.crashed {
                return Err("an answer was interrupted without a restart".into());
            }
        }
        Ok(())
    }

    pub(super) fn is_settled(&self) -> bool {
        let is_whole = |tab: &Tab| tab.machine.transcript(self.conversation).is_some_and(|it| !it.is_part());
        self.is_quiet() && (self.server.messages.is_empty() || self.tabs.iter().all(is_whole))
    }

    /// Nothing is under way, and what each tab has of the conversation is what the server has of it.
    pub(super) fn is_quiet(&self) -> bool {
        self.server.running.is_empty()
            && self.tabs.iter().all(|tab| {
                // Of a store without the conversation there is nothing to be level with.
                tab.machine.outbox().entries().is_empty()
                    && (self.server.messages.is_empty()
                        || matches!(tab.machine.presence(self.now), Presence::Connected(_))
                            && tab.machine.transcript(self.conversation).is_some_and(|transcript| {
                                self.server.messages.get(transcript.before()..).is_some_and(|end| end == transcript.messages())
                            }))
            })
    }

    pub(super) fn check_end(&self) -> Result<(), String> {
        if self.is_settled() {
            let is_answered = |id: &MessageId| self.server.messages.iter().any(|message| message.parent_id == Some(*id));
            // Only what had been accepted when its store was replaced may be gone.
            return match self.written.iter().find(|id| !is_answered(id) && !self.lost.contains(id)) {
                Some(id) => Err(format!("{id} was written and is not answered")),
                None => Ok(()),
            };
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
}
