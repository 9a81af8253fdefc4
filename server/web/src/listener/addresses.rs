//! Counts and limits connections of each address.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tracing::warn;

use crate::files::Files;
use holdfast_core::address::{ClientAddress, TrustedProxy};

/// The open connections by address. Trusted proxies have no limit, because all their clients share one address.
#[derive(Debug)]
pub struct Addresses {
    most: usize,
    trusted: Vec<TrustedProxy>,
    files: Arc<Files>,
    open: Mutex<HashMap<ClientAddress, Open>>,
}

#[derive(Debug, Default)]
struct Open {
    count: usize,
    /// Whether a refusal was logged. Only the first one is logged until the address has no connections.
    told: bool,
}

/// Why another connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// Its address has the maximum number of connections.
    Address,
    /// The server has no open files left.
    Server,
}

/// A counted connection. Dropping it ends the count.
#[derive(Debug)]
pub struct Counted {
    addresses: Arc<Addresses>,
    /// `None` if the connection has no limit.
    address: Option<ClientAddress>,
}

impl Addresses {
    /// Allows at most `most` connections (`None`: no limit) for each address that is not in `trusted`, and in total as many as `files`
    /// allows.
    pub fn new(most: Option<usize>, trusted: Vec<TrustedProxy>, files: Arc<Files>) -> Arc<Self> {
        Arc::new(Self { most: most.unwrap_or(usize::MAX), trusted, files, open: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ClientAddress, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts another connection.
    ///
    /// # Errors
    /// The address has the maximum number of connections, or the server has no open files left.
    pub fn enter(self: &Arc<Self>, address: ClientAddress) -> Result<Counted, Full> {
        if !self.files.enter() {
            return Err(Full::Server);
        }
        // From here on, dropping this gives the file back.
        let mut counted = Counted { addresses: self.clone(), address: None };
        if self.most == usize::MAX || self.trusted.iter().any(|proxy| proxy.contains(address)) {
            return Ok(counted);
        }
        let address = address.household();
        let mut open = self.lock();
        let mine = open.entry(address).or_default();
        if mine.count < self.most {
            mine.count += 1;
            drop(open);
            counted.address = Some(address);
            return Ok(counted);
        }
        if !std::mem::replace(&mut mine.told, true) {
            warn!(
                %address,
                limit = self.most,
                "connections refused: the address has reached its limit of open connections. If it is a proxy, name it in HOLDFAST_TRUSTED_PROXIES; \
                 if many people share it, raise HOLDFAST_CONNECTIONS_PER_ADDRESS"
            );
        }
        drop(open);
        Err(Full::Address)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.addresses.files.leave();
        let Some(address) = self.address else { return };
        if let Entry::Occupied(mut mine) = self.addresses.lock().entry(address) {
            mine.get_mut().count -= 1;
            if mine.get().count == 0 {
                mine.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn files(limit: usize) -> Arc<Files> {
        Arc::new(Files::with_limit(limit))
    }

    #[test]
    fn each_address_has_its_number_and_a_proxy_any() {
        let addresses = Addresses::new(Some(2), vec![TrustedProxy::Network("10.0.0.0/8".parse().unwrap())], files(64));
        let (one, other): (ClientAddress, ClientAddress) = ("192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap());
        let first = addresses.enter(one).unwrap();
        let _second = addresses.enter("::ffff:192.0.2.1".parse().unwrap()).unwrap();
        assert_eq!(addresses.enter(one).unwrap_err(), Full::Address);
        let _elsewhere = addresses.enter(other).unwrap();
        drop(first);
        let _again = addresses.enter(one).unwrap();
        assert_eq!(addresses.enter(one).unwrap_err(), Full::Address);
        let proxied: Vec<_> = (0..10).map(|_| addresses.enter("10.1.2.3".parse().unwrap()).unwrap()).collect();
        drop((proxied, _second, _elsewhere, _again));
        assert!(addresses.lock().is_empty());
        assert!(Addresses::new(None, Vec::new(), files(64)).enter(one).unwrap().address.is_none());
        let few = Addresses::new(None, Vec::new(), files(4));
        let all: Vec<_> = (0..16).map(|_| few.enter(one).unwrap()).collect();
        assert_eq!(few.enter(other).unwrap_err(), Full::Server);
        drop(all);
        few.enter(other).unwrap();
    }
}
