//! The data folder, and who has hold of it.

use std::{
    fs::{self, File, TryLockError},
    path::Path,
    thread,
    time::Duration,
};

use super::StartError;

/// How often a server asks for the folder: a command that works in it is done within moments.
const TRIES: u32 = 10;
const BETWEEN: Duration = Duration::from_millis(100);

/// Makes the data folder, and takes hold of it. The file must be kept open.
pub(super) fn hold(data: &Path) -> Result<File, StartError> {
    make(data)?;
    for _ in 1..TRIES {
        if let Some(lock) = try_hold(data)? {
            return Ok(lock);
        }
        thread::sleep(BETWEEN);
    }
    try_hold(data)?.ok_or_else(|| StartError::InUse(data.display().to_string()))
}

/// Makes the data folder where there is none: conversations are nobody else's business.
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

/// Takes hold of it if nobody has.
pub(super) fn try_hold(data: &Path) -> Result<Option<File>, StartError> {
    let lock = File::options().create(true).truncate(false).write(true).open(data.join("lock")).map_err(|cause| unusable(data, cause))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(cause)) => Err(unusable(data, cause)),
    }
}

fn unusable(data: &Path, cause: std::io::Error) -> StartError {
    StartError::Data { folder: data.display().to_string(), cause }
}
