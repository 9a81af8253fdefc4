//! Records what happened to WebSocket requests, by client address. Browsers do not tell a page why its socket failed, so the page asks
//! the server.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use holdfast_protocol::diagnosis::{SocketCause, SocketDiagnosis};

use holdfast_core::{address::ClientAddress, clock::Millis};

/// Number of requests that are remembered, and for how long.
const CACHED: usize = 256;
const HOUR: Millis = 3_600_000;

/// Configuration that makes proxies forward the upgrade.
pub const UPGRADE_LINES: &str = "nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\"; Apache: ProxyPass … upgrade=websocket";
/// Configuration that makes proxies forward what follows the upgrade.
const PASSING_LINES: &str = "nginx: proxy_buffering off; proxy_read_timeout 75s;";

/// The latest WebSocket requests.
#[derive(Debug, Default)]
pub struct SocketRequests(Mutex<VecDeque<(ClientAddress, Millis, SocketDiagnosis)>>);

impl SocketRequests {
    /// Records what happened to a request.
    pub fn note(&self, address: ClientAddress, cause: SocketCause, fix: &str, now: Millis) {
        let mut requests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Each address has one entry, so that a busy one does not displace others.
        requests.retain(|(other, at, _)| *other != address && at + HOUR > now);
        requests.push_back((address, now, SocketDiagnosis { cause, fix: fix.to_owned() }));
        if requests.len() > CACHED {
            requests.pop_front();
        }
    }

    /// Records that a request arrived correctly.
    pub fn arrived(&self, address: ClientAddress, now: Millis) {
        self.note(address, SocketCause::Arrived, PASSING_LINES, now);
    }

    /// Returns what happened to the latest request from an address.
    pub fn diagnose(&self, address: ClientAddress, now: Millis) -> SocketDiagnosis {
        let requests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = requests.iter().find(|(other, at, _)| *other == address && at + HOUR > now);
        newest.map_or_else(
            || SocketDiagnosis { cause: SocketCause::NotArrived, fix: UPGRADE_LINES.to_owned() },
            |(_, _, diagnosis)| diagnosis.clone(),
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_newest_of_an_address_counts_for_an_hour() {
        let requests = SocketRequests::default();
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        requests.note(one, SocketCause::Stripped, "fix", 1);
        requests.arrived(other, 2);
        assert_eq!(requests.diagnose(one, 3).cause, SocketCause::Stripped);
        requests.arrived(one, 3);
        assert_eq!(requests.diagnose(one, 3).cause, SocketCause::Arrived);
        assert_eq!(requests.diagnose(one, 4 + HOUR).cause, SocketCause::NotArrived);
        for n in 0..2 * CACHED as u32 {
            requests.arrived(ClientAddress::from(std::net::IpAddr::from(n.to_be_bytes())), 5);
        }
        assert!(requests.0.lock().unwrap().len() <= CACHED);
    }
}
