//! Sockets that are not authenticated yet.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use holdfast_protocol::{ApiError, Reason};
use tokio_util::sync::CancellationToken;

/// A limited number of permits for unauthenticated sockets. If there are none left, the socket that has waited longest must close. A
/// browser authenticates within a round trip, so a crowd of silent sockets keeps nobody out.
#[derive(Default)]
pub struct PendingConnections {
    rooms: Mutex<Rooms>,
}

#[derive(Default)]
struct Rooms {
    next: u64,
    waiting: BTreeMap<u64, CancellationToken>,
    /// Number of sockets that were asked to close and have not closed yet.
    leaving: usize,
}

/// The permit of a socket. Dropping it returns the permit.
pub struct Permit {
    pending: Arc<PendingConnections>,
    number: u64,
    called_away: CancellationToken,
}

impl PendingConnections {
    /// Returns a permit. If `most` sockets are waiting already, asks the one that has waited longest to close.
    ///
    /// # Errors
    /// `most` sockets were asked to close and have not closed yet.
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

    /// Returns the number of permits in use, including those of closing sockets.
    pub fn count(&self) -> usize {
        let rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.waiting.len() + rooms.leaving
    }
}

impl Permit {
    /// Waits until another socket needs the permit; returns the error to close with.
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
    Reason::TooManyUnauthenticated.error().retry_after(2_000)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use holdfast_protocol::Code;

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
