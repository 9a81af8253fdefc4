//! Projects.

use async_trait::async_trait;
use holdfast_protocol::{ConversationId, FileId, ProjectId, UserId, projects::Project};

use super::StoreError;
use crate::clock::Millis;

/// Users' projects.
#[async_trait]
pub trait Projects: Send + Sync {
    /// Returns the projects of a user, in no particular order.
    async fn projects(&self, user: UserId) -> Result<Vec<Project>, StoreError>;

    /// Returns a project. Returns `None` if the user has no such project.
    async fn project(&self, user: UserId, id: ProjectId) -> Result<Option<Project>, StoreError>;

    /// Stores a new project of a user. `conversations` does not matter.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if the user's quota would be exceeded.
    async fn add_project(&self, user: UserId, project: &Project) -> Result<(), StoreError>;

    /// Stores all of an existing project except `created_at` and `conversations`. Returns false if the user has no such project.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if the user's quota would be exceeded.
    async fn set_project(&self, user: UserId, project: &Project) -> Result<bool, StoreError>;

    /// Removes a project; it can be restored until it is erased. Its conversations belong to none meanwhile. Returns false if the user has
    /// no such project.
    async fn remove_project(&self, user: UserId, id: ProjectId, now: Millis) -> Result<bool, StoreError>;

    /// Restores a removed project; one that was not removed stays as it is. Returns false if the user has no such project, or it was
    /// erased.
    async fn restore_project(&self, user: UserId, id: ProjectId) -> Result<bool, StoreError>;

    /// Returns the files of the project that a conversation belongs to. Returns none if it belongs to none.
    async fn project_files(&self, user: UserId, conversation: ConversationId) -> Result<Vec<FileId>, StoreError>;
}
