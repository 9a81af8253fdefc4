//! Signals: what a service manager, a terminal that closes, or a person at the keyboard says.

use std::{fs, io};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::warn;

/// The signals that end the server.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    /// `None`: it is ignored, as by `nohup`, and stays so.
    hangup: Option<Signal>,
}

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        let hangup = if ignores_hangup() { None } else { Some(signal(SignalKind::hangup())?) };
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())?, hangup })
    }

    /// Waits for the first of them.
    pub(super) async fn received(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = hangup => {}
        }
    }

    /// Waits for one that says it again. SIGHUP does not: a shell may send it besides the system, a service manager with SIGTERM.
    pub(super) async fn received_again(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Whether this process was started with SIGHUP ignored. Known on Linux; elsewhere it is not.
fn ignores_hangup() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find_map(|line| line.strip_prefix("SigIgn:")).is_some_and(|mask| is_first(mask.trim()))
}

/// Whether the first signal, SIGHUP, is in a mask as proc(5) writes it.
fn is_first(mask: &str) -> bool {
    u64::from_str_radix(mask, 16).is_ok_and(|mask| mask & 1 == 1)
}

/// A limit on the size of files is as a full disk: a write that fails, and is told. By itself the signal would be the end.
pub(super) fn outlive_full_disks() {
    const SIGXFSZ: i32 = 25; // the same on Linux and macOS
    if let Err(error) = signal(SignalKind::from_raw(SIGXFSZ)) {
        warn!(%error, "a limit on the size of files would end the server");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_read_as_the_kernel_writes_it() {
        assert!(is_first("0000000000001001"));
        assert!(!is_first("0000000000001000") && !is_first("") && !is_first("zz"));
    }
}
