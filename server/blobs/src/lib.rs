//! The bytes of uploaded files, encrypted, in a folder: `<folder>/<user>/<SHA-256>`, and `<folder>/<user>/<upload>.part` until all bytes
//! have arrived.
//!
//! A file is a head followed by encrypted pieces of 64 KiB; the last piece may be shorter. So the length of the file tells how many bytes
//! it holds, and any range can be read. An upload is extended in place: its last piece is read back, extended and written again. If the
//! process dies in between, only that piece is lost, and the client is told a smaller offset.

mod sealed;

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use holdfast_core::{
    auth::file_sealing::FileSealing,
    ports::{BlobList, BlobReader, BlobStore, BlobWriter, ContentHash},
};
use holdfast_protocol::{FileId, UserId};
use sha2::{Digest as _, Sha256};

use self::sealed::{Reading, Writing};

/// End of the names of unfinished uploads.
const PART: &str = ".part";

/// The folder with the bytes of all files.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    sealing: Arc<FileSealing>,
}

impl Folder {
    /// Creates the value for a folder, which is created with the first upload.
    pub fn new(path: PathBuf, sealing: FileSealing) -> Self {
        Self { path, sealing: Arc::new(sealing) }
    }

    fn of(&self, owner: UserId) -> PathBuf {
        self.path.join(owner.to_string())
    }

    fn upload(&self, owner: UserId, upload: FileId) -> PathBuf {
        self.of(owner).join(format!("{upload}{PART}"))
    }

    fn content(&self, owner: UserId, hash: &ContentHash) -> PathBuf {
        self.of(owner).join(hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }
}

/// Runs file operations where they block nobody.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

#[async_trait]
impl BlobStore for Folder {
    async fn resume(&self, owner: UserId, upload: FileId) -> io::Result<Box<dyn BlobWriter>> {
        let (folder, path, sealing) = (self.of(owner), self.upload(owner, upload), self.sealing.clone());
        let writing = blocking(move || {
            make_folder(&folder)?;
            Writing::resume(&path, owner, sealing)
        });
        Ok(Box::new(Writer(Some(writing.await?))))
    }

    async fn hash(&self, owner: UserId, upload: FileId) -> io::Result<ContentHash> {
        let (path, sealing) = (self.upload(owner, upload), self.sealing.clone());
        blocking(move || {
            let (mut reading, mut hash, mut at) = (Reading::open(&path, owner, sealing)?, Sha256::new(), 0);
            loop {
                let piece = reading.read(at)?;
                if piece.is_empty() {
                    return Ok(hash.finalize().into());
                }
                hash.update(&piece);
                at += piece.len() as u64;
            }
        })
        .await
    }

    async fn keep(&self, owner: UserId, upload: FileId, hash: ContentHash) -> io::Result<()> {
        let (folder, from, to) = (self.of(owner), self.upload(owner, upload), self.content(owner, &hash));
        blocking(move || {
            fs::rename(from, to)?;
            File::open(folder)?.sync_all()
        })
        .await
    }

    async fn abandon(&self, owner: UserId, upload: FileId) -> io::Result<()> {
        let path = self.upload(owner, upload);
        blocking(move || remove(&path)).await
    }

    async fn open(&self, owner: UserId, hash: ContentHash) -> io::Result<Box<dyn BlobReader>> {
        let (path, sealing) = (self.content(owner, &hash), self.sealing.clone());
        Ok(Box::new(Reader(Some(blocking(move || Reading::open(&path, owner, sealing)).await?))))
    }

    async fn remove(&self, owner: UserId, hash: ContentHash) -> io::Result<()> {
        let path = self.content(owner, &hash);
        blocking(move || remove(&path)).await
    }

    async fn owners(&self) -> io::Result<Vec<UserId>> {
        let path = self.path.clone();
        blocking(move || Ok(names(&path)?.iter().filter_map(|name| name.parse().ok()).collect())).await
    }

    async fn list(&self, owner: UserId) -> io::Result<BlobList> {
        let path = self.of(owner);
        blocking(move || {
            let names = names(&path)?;
            Ok(BlobList {
                uploads: names.iter().filter_map(|name| name.strip_suffix(PART)?.parse().ok()).collect(),
                contents: names.iter().filter_map(|name| hash_named(name)).collect(),
            })
        })
        .await
    }

    async fn remove_owner(&self, owner: UserId) -> io::Result<()> {
        let path = self.of(owner);
        blocking(move || match fs::remove_dir_all(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        })
        .await
    }
}

/// Creates a folder that only its owner may open.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.exists() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// Returns the names in a folder; none if it does not exist.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

fn hash_named(name: &str) -> Option<ContentHash> {
    let mut hash = ContentHash::default();
    if name.len() != 64 || !name.is_ascii() {
        return None;
    }
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&name[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(hash)
}

/// A writer whose work runs where it blocks nobody. It is `None` only while it works.
struct Writer(Option<Writing>);

impl Writer {
    async fn run(&mut self, work: impl FnOnce(&mut Writing) -> io::Result<()> + Send + 'static) -> io::Result<()> {
        let mut writing = self.0.take().ok_or_else(lost)?;
        let (writing, done) = blocking(move || {
            let done = work(&mut writing);
            Ok((writing, done))
        })
        .await?;
        self.0 = Some(writing);
        done
    }
}

#[async_trait]
impl BlobWriter for Writer {
    fn at(&self) -> u64 {
        self.0.as_ref().map_or(0, Writing::at)
    }

    async fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let bytes = bytes.to_vec();
        self.run(move |writing| writing.append(&bytes)).await
    }

    async fn truncate(&mut self, at: u64) -> io::Result<()> {
        self.run(move |writing| writing.truncate(at)).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.run(Writing::flush).await
    }
}

/// A reader whose work runs where it blocks nobody. It is `None` only while it works.
struct Reader(Option<Reading>);

#[async_trait]
impl BlobReader for Reader {
    async fn read(&mut self, at: u64) -> io::Result<Vec<u8>> {
        let mut reading = self.0.take().ok_or_else(lost)?;
        let (reading, bytes) = blocking(move || {
            let bytes = reading.read(at);
            Ok((reading, bytes))
        })
        .await?;
        self.0 = Some(reading);
        bytes
    }
}

fn lost() -> io::Error {
    io::Error::other("an earlier operation on this file was interrupted")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::sealed::PIECE;

    const SECRET: &[u8] = b"kV0yV3X2mF5q8b1dTzR7uPwLxGh4cJnE";

    fn id(n: u128) -> UserId {
        UserId(format!("{n:032x}").parse::<FileId>().unwrap().0)
    }

    fn folder(path: &Path) -> Folder {
        Folder::new(path.join("files"), FileSealing::new(SECRET, []).unwrap())
    }

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|n| (n * 7 % 251) as u8).collect()
    }

    async fn whole(folder: &Folder, owner: UserId, hash: ContentHash, from: u64) -> Vec<u8> {
        let (mut reader, mut all) = (folder.open(owner, hash).await.unwrap(), Vec::new());
        loop {
            let piece = reader.read(from + all.len() as u64).await.unwrap();
            if piece.is_empty() {
                return all;
            }
            all.extend(piece);
        }
    }

    #[tokio::test]
    async fn an_upload_in_pieces_of_any_size_is_the_same_content() {
        let temporary = tempfile::tempdir().unwrap();
        let (folder, owner) = (folder(temporary.path()), id(1));
        for (n, length) in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 17].into_iter().enumerate() {
            let (all, upload) = (bytes(length), FileId(id(n as u128 + 10).0));
            for step in [1 + length / 5, length.max(1)] {
                for part in all.chunks(step) {
                    // A writer for each part, as after a restart.
                    let mut writer = folder.resume(owner, upload).await.unwrap();
                    writer.append(part).await.unwrap();
                    writer.flush().await.unwrap();
                }
                let mut writer = folder.resume(owner, upload).await.unwrap();
                assert_eq!(writer.at(), length as u64);
                writer.truncate(length as u64 / 2).await.unwrap();
                assert_eq!(folder.resume(owner, upload).await.unwrap().at(), length as u64 / 2);
                writer.append(&all[length / 2..]).await.unwrap();
                writer.flush().await.unwrap();
                let hash = folder.hash(owner, upload).await.unwrap();
                assert_eq!(hash, <ContentHash>::from(Sha256::digest(&all)));
                folder.keep(owner, upload, hash).await.unwrap();
                assert_eq!(whole(&folder, owner, hash, 0).await, all);
                assert_eq!(whole(&folder, owner, hash, length as u64 / 3).await, all[length / 3..]);
            }
        }
        assert_eq!(folder.list(owner).await.unwrap().contents.len(), 6);
    }

    #[tokio::test]
    async fn what_is_on_the_disk_is_sealed_and_damage_is_found() {
        let temporary = tempfile::tempdir().unwrap();
        let (folder, owner, upload) = (folder(temporary.path()), id(1), FileId(id(9).0));
        let mut writer = folder.resume(owner, upload).await.unwrap();
        writer.append(&b"a secret ".repeat(20_000)).await.unwrap();
        writer.flush().await.unwrap();
        let hash = folder.hash(owner, upload).await.unwrap();
        folder.keep(owner, upload, hash).await.unwrap();
        let path = folder.content(owner, &hash);
        let sealed = fs::read(&path).unwrap();
        assert!(!sealed.windows(8).any(|window| window == b"a secret"));
        // Another user's folder is another context.
        fs::create_dir_all(folder.of(id(2))).unwrap();
        fs::copy(&path, folder.content(id(2), &hash)).unwrap();
        assert!(folder.open(id(2), hash).await.unwrap().read(0).await.is_err());
        let mut changed = sealed.clone();
        changed[1000] ^= 1;
        fs::write(&path, changed).unwrap();
        let mut reader = folder.open(owner, hash).await.unwrap();
        assert!(reader.read(0).await.is_err());
        assert!(!reader.read(PIECE as u64).await.unwrap().is_empty(), "the rest can be read");
    }

    #[tokio::test]
    async fn a_last_piece_that_was_not_written_whole_is_uploaded_again() {
        let temporary = tempfile::tempdir().unwrap();
        let (folder, owner, upload) = (folder(temporary.path()), id(1), FileId(id(9).0));
        let mut writer = folder.resume(owner, upload).await.unwrap();
        writer.append(&bytes(PIECE + 500)).await.unwrap();
        writer.flush().await.unwrap();
        let path = folder.upload(owner, upload);
        let length = fs::metadata(&path).unwrap().len();
        File::options().write(true).open(&path).unwrap().set_len(length - 3).unwrap();
        assert_eq!(folder.resume(owner, upload).await.unwrap().at(), PIECE as u64);
        File::options().write(true).open(&path).unwrap().set_len(7).unwrap();
        assert_eq!(folder.resume(owner, upload).await.unwrap().at(), 0);
    }

    #[tokio::test]
    async fn what_is_removed_is_gone() {
        let temporary = tempfile::tempdir().unwrap();
        let (folder, owner) = (folder(temporary.path()), id(1));
        assert_eq!(folder.owners().await.unwrap(), []);
        let (one, other) = (FileId(id(8).0), FileId(id(9).0));
        for upload in [one, other] {
            folder.resume(owner, upload).await.unwrap().flush().await.unwrap();
        }
        let hash = folder.hash(owner, one).await.unwrap();
        folder.keep(owner, one, hash).await.unwrap();
        assert_eq!(folder.list(owner).await.unwrap(), BlobList { uploads: vec![other], contents: vec![hash] });
        folder.abandon(owner, other).await.unwrap();
        folder.remove(owner, hash).await.unwrap();
        folder.remove(owner, hash).await.unwrap();
        assert_eq!(folder.list(owner).await.unwrap(), BlobList::default());
        assert_eq!(folder.owners().await.unwrap(), [owner]);
        folder.remove_owner(owner).await.unwrap();
        folder.remove_owner(owner).await.unwrap();
        assert_eq!(folder.owners().await.unwrap(), []);
    }
}
