//! What was refused lately for its origin: in the log once, and in a list.

use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use tracing::warn;

use crate::clock::Millis;

const KEPT: usize = 200;

/// One refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// When.
    pub at: Millis,
    /// What was asked for.
    pub path: String,
    /// By which page.
    pub origin: String,
    /// Which would have been accepted.
    pub accepted: Vec<String>,
    /// The line of configuration that would allow it.
    pub mend: String,
    /// From where.
    pub address: IpAddr,
}

/// The newest refusals.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<VecDeque<Refused>>);

impl Refusals {
    /// Notes one; the log hears of each origin once while it is in the list.
    pub fn add(&self, refused: Refused) {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !list.iter().any(|other| other.origin == refused.origin && other.accepted == refused.accepted) {
            let Refused { path, origin, accepted, mend, address, .. } = &refused;
            warn!(%address, path, origin, ?accepted, mend, "refused: the page's origin is not this server's");
        }
        list.push_back(refused);
        if list.len() > KEPT {
            list.pop_front();
        }
    }

    /// The list, newest last.
    pub fn list(&self) -> Vec<Refused> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
