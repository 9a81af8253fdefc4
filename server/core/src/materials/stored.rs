//! What the database keeps of files.

use holdfast_protocol::{FileId, UserId, files::FileInfo, materials::Page};

use crate::{clock::Millis, fulltext::Document, ports::ContentHash};

/// Id of a content: the bytes of one or more files of a user, and what was read from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentId(pub i64);

/// A file whose upload begins.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// Id of the file.
    pub id: FileId,
    /// Its owner.
    pub user: UserId,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its whole length, bytes.
    pub bytes: u64,
    /// The upload is removed if nothing arrives until then.
    pub expires_at: Millis,
}

/// A file of a user.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredFile {
    /// What its owner sees.
    pub info: FileInfo,
    /// The hash of its content; `None` until all bytes have arrived.
    pub hash: Option<ContentHash>,
    /// Its content; `None` until all bytes have arrived.
    pub content: Option<ContentId>,
    /// When an unfinished upload is removed.
    pub expires_at: Millis,
}

/// What remains to be done after a file was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// Its upload was unfinished; remove that.
    Upload,
    /// No other file has this content; remove its bytes.
    Content(ContentHash),
    /// Another file has the same content.
    Nothing,
}

/// A content that waits until it is read, or whose reading was interrupted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Its id.
    pub id: ContentId,
    /// Its owner.
    pub user: UserId,
    /// Its hash.
    pub hash: ContentHash,
    /// Its length, bytes.
    pub bytes: u64,
    /// The name of its first file.
    pub name: String,
    /// Number of the page to go on with, from 1.
    pub from_page: u32,
}

/// What was read last of a content.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// The pages that were read since the last progress.
    pub read: Vec<Page>,
    /// Number of pages, if it is known now.
    pub pages: Option<u32>,
    /// The passages of these pages.
    pub passages: Vec<NewPassage>,
    /// What could not be read since the last progress.
    pub problems: Vec<holdfast_protocol::materials::Problem>,
}

/// A passage to store, with its index entries.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPassage {
    /// Number of its page, from 1.
    pub page: u32,
    /// Where it is in the file, as people say it.
    pub location: String,
    /// The heading above it; `None` if there is none.
    pub heading: Option<String>,
    /// Its text.
    pub text: String,
    /// Where it is on the page: a box for each line.
    pub boxes: Vec<[f32; 4]>,
    /// The words by which it is found.
    pub document: Document,
}

/// A passage that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundPassage {
    /// Its number in the store.
    pub id: i64,
    /// Its content.
    pub content: ContentId,
    /// Number of its page, from 1.
    pub page: u32,
    /// Where it is in the file, as people say it.
    pub location: String,
    /// The heading above it; `None` if there is none.
    pub heading: Option<String>,
    /// Its text.
    pub text: String,
    /// Where it is on the page: a box for each line.
    pub boxes: Vec<[f32; 4]>,
    /// How well it matches, relative to the best one: 0 to 1.
    pub score: f32,
}
