use async_trait::async_trait;
use holdfast_core::{
    clock::Millis,
    ports::{Projects, StoreError},
};
use holdfast_protocol::{ConversationId, FileId, ProjectId, UserId, projects::Project};

use crate::Store;

#[async_trait]
impl Projects for Store {
    async fn projects(&self, user: UserId) -> Result<Vec<Project>, StoreError> {
        Ok(Self::projects(self, user).await?)
    }

    async fn project(&self, user: UserId, id: ProjectId) -> Result<Option<Project>, StoreError> {
        Ok(Self::project(self, user, id).await?)
    }

    async fn add_project(&self, user: UserId, project: &Project) -> Result<(), StoreError> {
        Ok(Self::add_project(self, user, project).await?)
    }

    async fn set_project(&self, user: UserId, project: &Project) -> Result<bool, StoreError> {
        Ok(Self::set_project(self, user, project).await?)
    }

    async fn remove_project(&self, user: UserId, id: ProjectId, now: Millis) -> Result<bool, StoreError> {
        Ok(Self::remove_project(self, user, id, now).await?)
    }

    async fn restore_project(&self, user: UserId, id: ProjectId) -> Result<bool, StoreError> {
        Ok(Self::restore_project(self, user, id).await?)
    }

    async fn project_files(&self, user: UserId, conversation: ConversationId) -> Result<Vec<FileId>, StoreError> {
        Ok(Self::project_files(self, user, conversation).await?)
    }
}
