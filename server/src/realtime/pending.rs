//! Where sockets wait that have not said who they are.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use holdfast_protocol::{ApiError, Code};
use tokio_util::sync::CancellationToken;

/// Room for so many and no more. Where it is full, whoever has been silent longest makes room: a browser says who it is
/// within a round trip, so a crowd of silent sockets keeps nobody out.
#[derive(Default)]
pub struct PendingConnections {
    rooms: Mutex<Rooms>,
}

#[derive(Default)]
struct Rooms {
    next: u64,
    waiting: BTreeMap<u64, CancellationToken>,
    /// Called away, and not gone yet.
    leaving: usize,
}

/// A socket's place. Given back when dropped.
pub struct Permit {
    pending: Arc<PendingConnections>,
    number: u64,
    called_away: CancellationToken,
}

impl PendingConnections {
    /// A place for one more, where there is room for `most`.
    ///
    /// # Errors
    /// As many as there is room for are still on their way out.
    pub fn enter(self: &Arc<Self>, most: usize) -> Result<Permit, ApiError> {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        if rooms.waiting.len() >= most {
            if rooms.leaving >= most {
                return Err(full());
            }
            if let Some((_, longest)) = rooms.waiting.pop_first() {
                longest.cancel();
                rooms.leaving += 1;
            }
        }
        let number = rooms.next;
        rooms.next += 1;
        let called_away = CancellationToken::new();
        rooms.waiting.insert(number, called_away.clone());
        Ok(Permit { pending: self.clone(), number, called_away })
    }

    /// How many are here, those on their way out too.
    pub fn count(&self) -> usize {
        let rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.waiting.len() + rooms.leaving
    }
}

impl Permit {
    /// Until the place is needed for somebody else; the reason to give.
    pub async fn needed(&self) -> ApiError {
        self.called_away.cancelled().await;
        full()
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut rooms = self.pending.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        if rooms.waiting.remove(&self.number).is_none() {
            rooms.leaving -= 1;
        }
    }
}

fn full() -> ApiError {
    ApiError::new(Code::Busy, "The server is full of connections that did not say who they are. Try again in a moment.").retry_after(2_000)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn who_waited_longest_makes_room_and_the_number_is_bounded() {
        let pending = Arc::new(PendingConnections::default());
        let first = pending.enter(2).unwrap();
        let second = pending.enter(2).unwrap();
        let third = pending.enter(2).unwrap();
        assert!(first.called_away.is_cancelled() && !second.called_away.is_cancelled());
        let fourth = pending.enter(2).unwrap();
        assert!(second.called_away.is_cancelled() && !third.called_away.is_cancelled());
        assert_eq!(pending.enter(2).err().unwrap().code, Code::Busy);
        assert_eq!(pending.count(), 4);
        drop(first);
        pending.enter(2).unwrap();
        drop((second, third, fourth));
        assert_eq!(pending.count(), 0);
    }
}
