//! Files that a user uploaded: their state, and what was read from them.

use serde::{Deserialize, Serialize};

use crate::{id::FileId, materials::Problem, storage::StorageInfo};

/// Maximum length of a file's name, characters.
pub const LONGEST_NAME: usize = 200;

/// The state of a file, from its upload to its reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// Not all of its bytes have arrived.
    Uploading,
    /// It waits until it is read.
    Queued,
    /// It is being read. What is read so far can be used.
    Reading,
    /// All of its pages are read, except those that its problems list.
    Ready,
    /// Nothing of it could be read; its problems say why.
    Failed,
}

impl FileState {
    /// Returns the state as it is written in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            FileState::Uploading => "uploading",
            FileState::Queued => "queued",
            FileState::Reading => "reading",
            FileState::Ready => "ready",
            FileState::Failed => "failed",
        }
    }

    /// Returns the state with this text, or `None` if there is none.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Uploading, Self::Queued, Self::Reading, Self::Ready, Self::Failed].into_iter().find(|state| state.as_str() == text)
    }
}

/// A file of the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileInfo {
    /// Id of the file.
    pub id: FileId,
    /// Its name.
    pub name: String,
    /// Its media type, as the client named it or as its name tells.
    pub media_type: String,
    /// Its length, bytes.
    pub bytes: u64,
    /// When the upload began, ms since 1970.
    pub created_at: u64,
    /// Its state: whether it is uploaded, and read.
    pub state: FileState,
    /// Number of the last page that was read; absent if none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// Number of its pages; absent if it is not known yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
    /// What could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

/// One of the user's files changed, or was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileChange {
    /// Id of the file.
    pub file_id: FileId,
    /// Its state; absent if the file was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    // The page asks for the file when it changes. Reading it here would enlarge the first load.
    #[cfg_attr(target_family = "wasm", serde(skip_deserializing))]
    pub state: Option<FileState>,
    /// Number of the last page that was read; absent if none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    // The page asks for the file when it changes. Reading it here would enlarge the first load.
    #[cfg_attr(target_family = "wasm", serde(skip_deserializing))]
    pub page: Option<u32>,
    /// Number of its pages; absent if it is not known yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    // The page asks for the file when it changes. Reading it here would enlarge the first load.
    #[cfg_attr(target_family = "wasm", serde(skip_deserializing))]
    pub pages: Option<u32>,
    /// What could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    // The page asks for the file when it changes. Reading it here would enlarge the first load.
    #[cfg_attr(target_family = "wasm", serde(skip_deserializing))]
    pub problems: Vec<Problem>,
}

impl FileChange {
    /// Creates the announcement of a removed file.
    pub fn removed(file_id: FileId) -> Self {
        Self { file_id, state: None, page: None, pages: None, problems: Vec::new() }
    }
}

impl From<&FileInfo> for FileChange {
    fn from(file: &FileInfo) -> Self {
        Self { file_id: file.id, state: Some(file.state), page: file.page, pages: file.pages, problems: file.problems.clone() }
    }
}

/// A page of the user's files, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FilePage {
    /// The files of this page; at most 100.
    pub files: Vec<FileInfo>,
    /// Pass this as `cursor` to get the next page. Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The user's storage and quota, which files share with everything else.
    pub storage: StorageInfo,
    /// Maximum length of a file, bytes.
    pub most_bytes: u64,
}

/// Changes a file. Absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FilePatch {
    /// The new name, 1–200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 200, pattern = r"\S"))]
    pub name: Option<String>,
}
