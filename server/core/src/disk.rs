//! Free space on the disk of the data folder.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use holdfast_protocol::{ApiError, Reason};
use tracing::{info, warn};

/// Below this nothing useful can be written, whatever is configured: SQLite needs room for its journal.
const FULL: u64 = 1024 * 1024;
/// Number of bytes that a probe writes.
const PROBE: usize = 64 * 1024;

/// The disk of the data folder. If less than the configured space is free, new messages and files are refused; running answers and
/// signing in still work.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    /// Space that must stay free, bytes. 0 turns the check off.
    least: u64,
    is_short: AtomicBool,
    is_warned: AtomicBool,
}

impl Disk {
    /// Creates the value, and checks the disk once.
    pub fn new(folder: &Path, least: u64) -> Self {
        let disk = Self { folder: folder.to_owned(), least, is_short: AtomicBool::new(false), is_warned: AtomicBool::new(false) };
        disk.look();
        disk
    }

    /// Checks the free space. Logs a warning once when it becomes too little, and a message when it is enough again.
    pub fn look(&self) {
        // A file system that can't tell its free space counts as having enough; a failing write reports the error.
        let free = free_bytes(&self.folder).unwrap_or(u64::MAX);
        self.is_short.store(free < self.least, Ordering::Release);
        let warns = free < self.least.max(FULL);
        if self.is_warned.swap(warns, Ordering::AcqRel) == warns {
            return;
        }
        let folder = shown(&self.folder);
        if warns {
            warn!(
                %folder,
                free_bytes = free,
                min_free_bytes = self.least,
                "the disk is full, or nearly: no new messages and files are taken. Make room on it, or lower min_free_mib; nothing is to be restarted"
            );
        } else {
            info!(%folder, free_bytes = free, "disk has room again: messages and files are accepted");
        }
    }

    /// Checks that there is space for new data.
    ///
    /// # Errors
    /// There is too little; see [`full`].
    pub fn room(&self) -> Result<(), ApiError> {
        if self.is_short() { Err(full()) } else { Ok(()) }
    }

    /// Returns whether too little space is free.
    pub fn is_short(&self) -> bool {
        self.is_short.load(Ordering::Acquire)
    }

    /// Writes a file and removes it again.
    ///
    /// # Errors
    /// It could not be written.
    pub fn probe(&self) -> io::Result<()> {
        let mut file = tempfile::tempfile_in(&self.folder)?;
        file.write_all(&[0xA5; PROBE])?;
        file.sync_data()
    }
}

/// Returns the error for new data.
pub fn full() -> ApiError {
    Reason::DiskFull.error().retry_after(10_000)
}

/// Returns the number of bytes that a user without root rights can still write in a folder.
///
/// # Errors
/// The folder does not exist, or its file system does not tell.
pub fn free_bytes(folder: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Returns the size of the smallest block of a file, bytes.
///
/// # Errors
/// The folder does not exist, or its file system does not tell.
pub fn block_bytes(folder: &Path) -> io::Result<u64> {
    Ok(rustix::fs::statvfs(folder)?.f_frsize)
}

/// Writes a file that only its owner may read. A power failure or a full disk leaves no partial file. Replaces an existing file.
///
/// # Errors
/// It could not be written.
pub fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(folder)?.sync_all()
}

/// Returns the absolute path of a folder, for messages.
fn shown(folder: &Path) -> String {
    fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned()).display().to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_short_of_room_takes_nothing_more() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Disk::new(folder.path(), 0).room().is_ok());
        let api_error = Disk::new(folder.path(), u64::MAX).room().unwrap_err();
        assert!(api_error.is(Reason::DiskFull) && api_error.retry_after_ms.is_some());
        Disk::new(folder.path(), 0).probe().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        // A folder that can't be checked counts as having space.
        assert!(Disk::new(&folder.path().join("gone"), u64::MAX - 1).room().is_ok());
    }

    #[test]
    fn a_file_is_its_owners_alone_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        for content in ["one", "two"] {
            write_whole(&path, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
