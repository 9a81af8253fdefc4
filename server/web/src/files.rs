//! The limit of open files of this process. Each connection needs one, and so do the store, imports and providers.

use std::{
    fs, io,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;
use tracing::{debug, error, warn};

use holdfast_outbound::is_out_of_files;

/// Maximum number of files that the server usually needs besides connections: for the store, imports and providers.
const OWN: usize = 256;
/// Number of these files that are not yet open when the server has started. At least so many are reserved.
const LATER: usize = 48;
/// Minimum number of connections that are allowed, however low the limit is.
const FEWEST: usize = 16;
/// Time after running out of files during which the server reports a shortage.
const RECENTLY: Duration = Duration::from_secs(60);
/// The log reports it at most once in this time.
const TELL_EVERY: Duration = Duration::from_secs(3_600);

/// How administrators usually raise the limit.
pub const RAISE: &str = "systemd: LimitNOFILE=65536; Docker: --ulimit nofile=65536:65536; a shell: ulimit -Hn 65536";

/// The limit of open files, and whether it was reached.
#[derive(Debug)]
pub struct Files {
    limit: usize,
    /// Files that are reserved for the server's own use.
    kept: AtomicUsize,
    /// Number of open connections.
    connections: AtomicUsize,
    met: Mutex<Met>,
}

#[derive(Debug, Default)]
struct Met {
    last: Option<Instant>,
    told: Option<Instant>,
}

impl Files {
    /// Raises the limit of this process as far as the system allows.
    pub fn raise() -> Self {
        let limit = rlimit::increase_nofile_limit(u64::MAX).or_else(|error| {
            debug!(%error, "could not raise the limit of open files");
            rlimit::Resource::NOFILE.get_soft()
        });
        Self::with_limit(limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX)))
    }

    pub(crate) fn with_limit(limit: usize) -> Self {
        Self { limit, kept: AtomicUsize::new(OWN.min(limit / 4)), connections: AtomicUsize::new(0), met: Mutex::default() }
    }

    /// Reserves the files that are open now, before the first connection, and some more for the server's own use.
    pub fn keep_own(&self) {
        self.kept.fetch_max(self.open().map_or(0, |open| open + LATER), Ordering::Relaxed);
    }

    /// Logs a warning if the limit is too low for this number of connections.
    pub fn warn_if_low(&self, connections: usize) {
        if let Some(needed) = self.shortage(connections) {
            warn!(
                limit = self.limit,
                needed,
                fix = RAISE,
                "the limit of open files is low: each connection is a file, and the settings limit_unauthenticated and \
                 connections_per_address allow more connections than that"
            );
        }
    }

    /// Returns how many files this number of connections needs, if the limit is lower; `None` otherwise.
    pub fn shortage(&self, connections: usize) -> Option<usize> {
        Some(connections.saturating_add(OWN)).filter(|needed| self.limit < *needed)
    }

    /// Returns the limit of open files.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Returns the number of open files; `None` if the system does not say.
    pub fn open(&self) -> Option<usize> {
        // One of them is the folder that is being read.
        fs::read_dir("/proc/self/fd").or_else(|_| fs::read_dir("/dev/fd")).ok().map(|entries| entries.count().saturating_sub(1))
    }

    /// Counts a new connection. Returns false if the remaining files are reserved for the server's own use.
    pub fn enter(&self) -> bool {
        let most = self.limit.saturating_sub(self.kept.load(Ordering::Relaxed)).max(FEWEST);
        let entered = self.connections.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| (count < most).then_some(count + 1));
        if entered.is_err() {
            self.ran_out("connections are refused: as many are open as there are files for");
        }
        entered.is_ok()
    }

    /// Counts a closed connection.
    pub fn leave(&self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }

    /// Checks whether an error means that no files are left.
    pub fn look_at(&self, error: &io::Error) {
        if is_out_of_files(error) {
            self.ran_out("no more files can be opened: as many are open as may be, and connections have to wait");
        }
    }

    fn ran_out(&self, what: &'static str) {
        let now = Instant::now();
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        met.last = Some(now);
        if met.told.is_none_or(|told| now.duration_since(told) >= TELL_EVERY) {
            met.told = Some(now);
            drop(met);
            error!(limit = self.limit, connections = self.connections.load(Ordering::Relaxed), fix = RAISE, "{what}");
        }
    }

    /// Returns whether there were enough files during the last minute.
    pub fn are_enough(&self) -> bool {
        let last = self.met.lock().unwrap_or_else(PoisonError::into_inner).last;
        last.is_none_or(|last| last.elapsed() >= RECENTLY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn some_files_are_kept_for_the_server_itself() {
        for (limit, connections) in [(64, 48), (1_024, 768), (65_536, 65_280), (8, FEWEST)] {
            let files = Files::with_limit(limit);
            assert_eq!((0..limit + FEWEST).filter(|_| files.enter()).count(), connections, "{limit}");
            files.leave();
            assert!(files.enter() && !files.enter());
        }
        let files = Files::with_limit(64);
        assert!(files.are_enough());
        files.look_at(&io::Error::from_raw_os_error(24));
        assert!(!files.are_enough());
        tokio::time::advance(RECENTLY).await;
        files.look_at(&io::ErrorKind::ConnectionReset.into());
        assert!(files.are_enough());
    }
}
