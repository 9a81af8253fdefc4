//! How many files the process may have open. Each connection is one, and so are those of the store, of imports and of providers.

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

/// Files of the server's own beside connections, at most, in usual use: the store's, imports, connections to providers.
const OWN: usize = 256;
/// Of these, those that are not open yet when the server has begun: at least so many are kept for them.
const LATER: usize = 48;
/// So many connections there are room for, however low the limit is.
const FEWEST: usize = 16;
/// For so long after files ran out the server counts as short of them.
const RECENTLY: Duration = Duration::from_secs(60);
/// The log says it once in this time.
const TELL_EVERY: Duration = Duration::from_secs(3_600);

/// How the limit is raised where that is usually done.
pub(crate) const RAISE: &str = "systemd: LimitNOFILE=65536; Docker: --ulimit nofile=65536:65536; a shell: ulimit -Hn 65536";

/// The limit of open files, and whether it was met.
#[derive(Debug)]
pub struct Files {
    limit: usize,
    /// Files that are kept for the server's own use.
    kept: AtomicUsize,
    /// Connections that are open.
    connections: AtomicUsize,
    met: Mutex<Met>,
}

#[derive(Debug, Default)]
struct Met {
    last: Option<Instant>,
    told: Option<Instant>,
}

impl Files {
    /// Raises the limit of this process as far as the system allows it.
    pub(crate) fn raise() -> Self {
        let limit = rlimit::increase_nofile_limit(u64::MAX).or_else(|error| {
            debug!(%error, "could not raise the limit of open files");
            rlimit::Resource::NOFILE.get_soft()
        });
        Self::with_limit(limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX)))
    }

    pub(crate) fn with_limit(limit: usize) -> Self {
        Self { limit, kept: AtomicUsize::new(OWN.min(limit / 4)), connections: AtomicUsize::new(0), met: Mutex::default() }
    }

    /// Keeps what is open now, before the first connection, and some more for the server's own use.
    pub(crate) fn keep_own(&self) {
        self.kept.fetch_max(self.open().map_or(0, |open| open + LATER), Ordering::Relaxed);
    }

    /// Has the log say so if the limit is too low for so many connections.
    pub(crate) fn warn_if_low(&self, connections: usize) {
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

    /// How many files so many connections need, if the limit is lower.
    pub(crate) fn shortage(&self, connections: usize) -> Option<usize> {
        Some(connections.saturating_add(OWN)).filter(|needed| self.limit < *needed)
    }

    /// The most files.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// How many are open. `None` where the system does not tell.
    pub(crate) fn open(&self) -> Option<usize> {
        // One of them is the folder that is read.
        fs::read_dir("/proc/self/fd").or_else(|_| fs::read_dir("/dev/fd")).ok().map(|entries| entries.count().saturating_sub(1))
    }

    /// Counts one more connection. Returns false if the files that are left are for the server's own use.
    pub(crate) fn enter(&self) -> bool {
        let most = self.limit.saturating_sub(self.kept.load(Ordering::Relaxed)).max(FEWEST);
        let entered = self.connections.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| (count < most).then_some(count + 1));
        if entered.is_err() {
            self.ran_out("connections are refused: as many are open as there are files for");
        }
        entered.is_ok()
    }

    /// One connection has ended.
    pub(crate) fn leave(&self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }

    /// Looks whether an error means that there are no files left.
    pub(crate) fn look_at(&self, error: &io::Error) {
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

    /// Whether there were enough within the last minute.
    pub(crate) fn are_enough(&self) -> bool {
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
