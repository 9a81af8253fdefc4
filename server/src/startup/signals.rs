//! Signals from a service manager, a closing terminal, or a user at the keyboard.

use std::{fs, io};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::warn;

/// The signals that end the server.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    /// `None` if SIGHUP is ignored, as under `nohup`, and stays so.
    hangup: Option<Signal>,
}

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        let hangup = if ignores_hangup() { None } else { Some(signal(SignalKind::hangup())?) };
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())?, hangup })
    }

    /// Waits for the first signal.
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

    /// Waits for another signal. SIGHUP does not count, because a shell may send it in addition to the system, and a service manager
    /// together with SIGTERM.
    pub(super) async fn received_again(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Returns whether this process was started with SIGHUP ignored. Known only on Linux; false elsewhere.
fn ignores_hangup() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find_map(|line| line.strip_prefix("SigIgn:")).is_some_and(|mask| is_first(mask.trim()))
}

/// Returns whether the first signal, SIGHUP, is in a mask as written in proc(5).
fn is_first(mask: &str) -> bool {
    u64::from_str_radix(mask, 16).is_ok_and(|mask| mask & 1 == 1)
}

/// Makes a limit on file sizes behave like a full disk: the write fails and is reported. By default, the signal would end the process.
pub(super) fn outlive_full_disks() {
    const SIGXFSZ: i32 = 25; // the same on Linux and macOS
    if let Err(error) = signal(SignalKind::from_raw(SIGXFSZ)) {
        warn!(%error, "could not ignore SIGXFSZ: a limit on file sizes would end the server");
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
