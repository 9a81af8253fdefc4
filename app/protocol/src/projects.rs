//! Projects: conversations of a matter, with instructions, a model and files of their own.

use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    id::{FileId, ProjectId},
    settings::{RawSettings, Settings},
};

/// Maximum number of characters in a project's name.
pub const LONGEST_NAME: usize = 100;
/// Maximum number of projects that a user can have.
pub const MOST_PROJECTS: usize = 200;
/// Maximum number of files that a project can have.
pub const MOST_FILES: usize = 100;

/// A project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Project {
    /// Id of the project.
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// Settings of the answers in its conversations.
    pub settings: Settings,
    /// The provider of its new conversations; absent for the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The model of its new conversations; absent for the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The user's files that its conversations are answered from, besides those attached to their messages.
    pub file_ids: Vec<FileId>,
    /// Whether it is archived. The list shows archived projects last.
    pub archived: bool,
    /// When it was created, ms since 1970.
    pub created_at: u64,
    /// Number of its conversations.
    pub conversations: u64,
}

/// A user's projects.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectList {
    /// The projects by name, archived ones last.
    pub projects: Vec<Project>,
}

/// Creates a project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewProject {
    /// Name, 1–100 characters.
    #[cfg_attr(feature = "openapi", schema(max_length = 100, pattern = r"\S"))]
    pub name: String,
    /// Settings of the answers in its conversations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Settings>))]
    pub settings: Option<RawSettings>,
    /// The provider of its new conversations; absent for the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The model of its new conversations; absent for the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The user's files that its conversations are answered from; at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<FileId>, max_items = 100))]
    pub file_ids: Vec<FileId>,
}

/// Changes a project. Absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectPatch {
    /// The new name, 1–100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 100, pattern = r"\S"))]
    pub name: Option<String>,
    /// Changes of its settings: fields that are `null` are removed, absent ones stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Settings>))]
    pub settings: Option<RawSettings>,
    /// The provider of its new conversations; `null` for the default.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub provider: Option<Option<String>>,
    /// The model of its new conversations; `null` for the default.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub model: Option<Option<String>>,
    /// All files that its conversations are answered from from now on; at most 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<FileId>>, max_items = 100))]
    pub file_ids: Option<Vec<FileId>>,
    /// `true` archives the project, `false` returns it to the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
}

/// Reads a field that is present: `Some(None)` for `null`. An absent field needs `#[serde(default)]`.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(reader: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(reader).map(Some)
}
