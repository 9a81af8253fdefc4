//! Reserves disk space for files of the store before SQLite uses them.
//!
//! SQLite maps the `-shm` file, its index of the journal, into memory. It allocates the file by writing one byte in each 4 KiB. On a file
//! system with smaller blocks, such as ext4 on small volumes, the rest of these 4 KiB has no space yet. Touching it on a full disk would
//! end the process (SIGBUS). So the space is allocated beforehand.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use rustix::fs::{FallocateFlags, fallocate};

use super::SqliteError;
use holdfast_core::disk;

/// Enough for a journal of 130 MB. It usually has 4 MB, and more during long reads.
const RESERVED: u64 = 256 * 1024;
/// SQLite maps the file in pieces of this size.
const SAFE_BLOCK: u64 = 4096;

/// The reserved space of the `-shm` file.
#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
    /// Open as long as the store is. Closing it would release the locks that SQLite holds on the same file (fcntl(2)).
    file: Mutex<Option<File>>,
}

impl Reserve {
    /// Prepares the reservation for a store's file, which is created, accessible only to its owner, if it does not exist.
    ///
    /// # Errors
    /// It can't be created, or the disk is so full that opening it could end the process.
    pub(super) fn begin(store: &Path) -> Result<Self, SqliteError> {
        if !store.exists() {
            match File::options().write(true).create_new(true).mode(0o600).open(store) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(sqlx::Error::Io(error).into()),
                _ => {}
            }
        }
        let folder = store.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let is_small = disk::block_bytes(folder).is_ok_and(|block| block < SAFE_BLOCK);
        if is_small && disk::free_bytes(folder).is_ok_and(|free| free < 2 * RESERVED) {
            return Err(SqliteError::Full);
        }
        let mut path = store.as_os_str().to_owned();
        path.push("-shm");
        Ok(Self { path: path.into(), file: Mutex::default() })
    }

    /// Allocates the space once SQLite has created the file. Errors are ignored; then there is no protection.
    pub(super) fn take(&self) {
        let mut held = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let inode = |found: io::Result<fs::Metadata>| found.ok().map(|found| found.ino());
        if inode(fs::metadata(&self.path)) != inode(held.as_ref().map_or_else(|| Err(io::ErrorKind::NotFound.into()), File::metadata)) {
            *held = File::options().read(true).write(true).open(&self.path).ok();
        }
        if let Some(file) = &*held {
            _ = fallocate(file, FallocateFlags::empty(), 0, RESERVED);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::Store;
    use super::*;

    #[tokio::test]
    async fn the_stores_files_are_their_owners_alone_and_have_their_room() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("holdfast.db");
        let store = Store::open(&path).await.unwrap();
        for name in ["holdfast.db", "holdfast.db-wal", "holdfast.db-shm"] {
            let found = fs::metadata(folder.path().join(name)).unwrap();
            assert_eq!(found.permissions().mode() & 0o777, 0o600, "{name}");
        }
        let shm = fs::metadata(folder.path().join("holdfast.db-shm")).unwrap();
        assert!(shm.len() >= RESERVED && shm.blocks() * 512 >= RESERVED, "{} bytes in {} blocks", shm.len(), shm.blocks());
        store.close().await;
    }
}
