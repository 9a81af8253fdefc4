//! The data folder and its lock.

use std::{
    fs::{self, File, TryLockError},
    path::Path,
    thread,
    time::Duration,
};

use tracing::warn;

use super::StartError;

/// Number of attempts to lock the folder; a command that works in it is done within moments.
const TRIES: u32 = 10;
const BETWEEN: Duration = Duration::from_millis(100);

/// Creates the data folder, and locks it. Keep the returned file open.
pub(super) fn hold(data: &Path) -> Result<File, StartError> {
    make(data)?;
    warn_if_readable_by_others(data);
    for _ in 1..TRIES {
        if let Some(lock) = try_hold(data)? {
            return Ok(lock);
        }
        thread::sleep(BETWEEN);
    }
    try_hold(data)?.ok_or_else(|| StartError::InUse(data.display().to_string()))
}

/// Creates the data folder if there is none, accessible only to its owner.
pub(super) fn make(data: &Path) -> Result<(), StartError> {
    if data.exists() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(data).map_err(|cause| unusable(data, cause))
}

/// Locks the folder, or returns `None` if another process has locked it.
pub(super) fn try_hold(data: &Path) -> Result<Option<File>, StartError> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let lock = options.open(data.join("lock")).map_err(|cause| unusable(data, cause))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(cause)) => Err(unusable(data, cause)),
    }
}

/// Warns about an existing folder that other users can read. It is not changed, because there may be a reason.
#[cfg(unix)]
fn warn_if_readable_by_others(data: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let Ok(mode) = fs::metadata(data).map(|found| found.permissions().mode() & 0o777) else { return };
    if mode & 0o077 != 0 {
        let folder = data.display();
        let mode = format!("{mode:o}");
        warn!(%folder, mode, "other users of this machine can read the data folder with all conversations; to prevent that, run: chmod 700 {folder}");
    }
}

#[cfg(not(unix))]
fn warn_if_readable_by_others(_: &Path) {}

fn unusable(data: &Path, cause: std::io::Error) -> StartError {
    StartError::Data { folder: data.display().to_string(), cause }
}
