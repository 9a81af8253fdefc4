//! A budget that users share: a total amount (of slots, of memory), and a maximum for each user.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use holdfast_protocol::UserId;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// The budget. Users are served in order of their requests; a user whose share is used up waits only for their own leases.
pub struct Budget {
    total: Arc<Semaphore>,
    /// Maximum amount of one user.
    share: u32,
    users: Mutex<HashMap<UserId, Weak<Semaphore>>>,
}

/// A part of a budget. Dropping it returns the amount.
#[must_use]
pub struct Lease {
    _of_user: OwnedSemaphorePermit,
    _of_total: OwnedSemaphorePermit,
}

impl Budget {
    /// Creates a budget of `total`, with `share` for each user.
    pub fn new(total: u32, share: u32) -> Self {
        Self { total: Arc::new(Semaphore::new(total as usize)), share: share.min(total), users: Mutex::default() }
    }

    /// Takes `amount` for a user, but at most a whole share. Returns `None` if that took longer than `wait`.
    pub async fn take(&self, user: UserId, amount: u32, wait: Duration) -> Option<Lease> {
        timeout(wait, self.wait(user, amount)).await.ok()
    }

    /// Takes `amount` for a user, however long it takes.
    pub async fn wait(&self, user: UserId, amount: u32) -> Lease {
        const OPEN: &str = "nobody closes these semaphores";
        let amount = amount.min(self.share);
        let of_user = self.of(user).acquire_many_owned(amount).await.expect(OPEN);
        let of_total = self.total.clone().acquire_many_owned(amount).await.expect(OPEN);
        Lease { _of_user: of_user, _of_total: of_total }
    }

    /// Returns the semaphore of a user. It is dropped with the user's last lease and last waiting request.
    fn of(&self, user: UserId) -> Arc<Semaphore> {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = users.get(&user).and_then(Weak::upgrade) {
            return known;
        }
        if users.len() == users.capacity() {
            users.retain(|_, known| known.strong_count() > 0);
        }
        let fresh = Arc::new(Semaphore::new(self.share as usize));
        users.insert(user, Arc::downgrade(&fresh));
        fresh
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use uuid::Uuid;

    use super::*;

    const WAIT: Duration = Duration::from_secs(10);
    const ADA: UserId = UserId(Uuid::from_u128(1));
    const BEN: UserId = UserId(Uuid::from_u128(2));
    const CLEO: UserId = UserId(Uuid::from_u128(3));

    #[tokio::test(start_paused = true)]
    async fn one_who_takes_their_share_keeps_nobody_else_out() {
        let budget = Budget::new(3, 2);
        let first = budget.take(ADA, 1, WAIT).await.unwrap();
        let _second = budget.take(ADA, 1, WAIT).await.unwrap();
        assert!(budget.take(ADA, 1, WAIT).await.is_none());
        let _third = budget.take(BEN, 1, Duration::ZERO).await.unwrap();
        assert!(budget.take(CLEO, 1, WAIT).await.is_none(), "there is no more of it");
        drop(first);
        let _fourth = budget.take(CLEO, 1, Duration::ZERO).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn more_than_a_share_is_a_whole_share() {
        let budget = Budget::new(10, 6);
        let whole = budget.take(ADA, u32::MAX, WAIT).await.unwrap();
        assert!(budget.take(ADA, 1, WAIT).await.is_none());
        let _rest = budget.take(BEN, 4, Duration::ZERO).await.unwrap();
        drop(whole);
        let _again = budget.take(ADA, u32::MAX, Duration::ZERO).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_and_leaves_takes_nothing() {
        let budget = Budget::new(1, 1);
        let held = budget.take(ADA, 1, WAIT).await.unwrap();
        assert!(timeout(Duration::from_secs(1), budget.take(BEN, 1, WAIT)).await.is_err());
        drop(held);
        let _next = budget.take(CLEO, 1, Duration::ZERO).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn users_who_hold_nothing_are_forgotten() {
        let budget = Budget::new(1, 1);
        for n in 0..10_000 {
            let _lease = budget.take(UserId(Uuid::from_u128(n)), 1, WAIT).await.unwrap();
        }
        assert!(budget.users.lock().unwrap().len() < 100);
    }
}
