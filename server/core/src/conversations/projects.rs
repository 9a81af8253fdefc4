//! Projects: which a user has, what is in them, and what they decide.

use holdfast_protocol::{
    ApiError, FileId, ProjectId, Reason, UserId,
    projects::{LONGEST_NAME, MOST_FILES, MOST_PROJECTS, NewProject, Project, ProjectList, ProjectPatch},
    settings::RawSettings,
};

use super::Chat;
use crate::{clock, names};

impl Chat {
    /// Returns the projects of a user by name, archived ones last.
    ///
    /// # Errors
    /// The store failed.
    pub async fn projects(&self, user: UserId) -> Result<ProjectList, ApiError> {
        let mut projects = self.store().projects(user).await?;
        projects.sort_by_cached_key(|project| (project.archived, project.name.to_lowercase()));
        Ok(ProjectList { projects })
    }

    /// Returns a project of a user.
    ///
    /// # Errors
    /// The user has no such project.
    pub async fn project(&self, user: UserId, id: ProjectId) -> Result<Project, ApiError> {
        self.store().project(user, id).await?.ok_or_else(|| Reason::ProjectNotFound.into())
    }

    /// Creates a project.
    ///
    /// # Errors
    /// The name, a setting or a file is not acceptable, the user has too many projects, or the user's quota is used up.
    pub async fn add_project(&self, user: UserId, id: ProjectId, new: NewProject) -> Result<Project, ApiError> {
        let project = Project {
            id,
            name: good_name(&new.name)?,
            settings: new.settings.as_ref().map(RawSettings::read).transpose()?.unwrap_or_default(),
            provider: new.provider,
            model: new.model,
            file_ids: self.own_files(user, new.file_ids).await?,
            archived: false,
            created_at: clock::now(),
            conversations: 0,
        };
        self.disk().room()?;
        let _one = self.setting.lock().await;
        if self.store().projects(user).await?.len() >= MOST_PROJECTS {
            return Err(Reason::TooManyProjects.with("most", MOST_PROJECTS));
        }
        self.store().add_project(user, &project).await?;
        Ok(project)
    }

    /// Changes a project.
    ///
    /// # Errors
    /// The user has no such project, or the name, a setting or a file is not acceptable, or the user's quota is used up.
    pub async fn change_project(&self, user: UserId, id: ProjectId, patch: ProjectPatch) -> Result<Project, ApiError> {
        let _one = self.setting.lock().await;
        let mut project = self.project(user, id).await?;
        if let Some(name) = patch.name {
            project.name = good_name(&name)?;
        }
        if let Some(settings) = &patch.settings {
            project.settings = project.settings.patched(settings)?;
        }
        if let Some(files) = patch.file_ids {
            project.file_ids = self.own_files(user, files).await?;
        }
        project.provider = patch.provider.unwrap_or(project.provider);
        project.model = patch.model.unwrap_or(project.model);
        project.archived = patch.archived.unwrap_or(project.archived);
        if !self.store().set_project(user, &project).await? {
            return Err(Reason::ProjectNotFound.into());
        }
        Ok(project)
    }

    /// Removes a project. Its conversations stay. It can be restored for some time, and then has its conversations again.
    ///
    /// # Errors
    /// The user has no such project.
    pub async fn remove_project(&self, user: UserId, id: ProjectId) -> Result<(), ApiError> {
        if self.store().remove_project(user, id, clock::now()).await? { Ok(()) } else { Err(Reason::ProjectNotFound.into()) }
    }

    /// Restores a removed project. One that was not removed stays as it is.
    ///
    /// # Errors
    /// The user has no such project, or it was erased.
    pub async fn restore_project(&self, user: UserId, id: ProjectId) -> Result<Project, ApiError> {
        if !self.store().restore_project(user, id).await? {
            return Err(Reason::ProjectNotFound.into());
        }
        self.project(user, id).await
    }

    /// Returns these files without repetitions.
    ///
    /// # Errors
    /// There are too many, or the user has no such file.
    async fn own_files(&self, user: UserId, files: Vec<FileId>) -> Result<Vec<FileId>, ApiError> {
        let mut own: Vec<FileId> = Vec::new();
        for id in files {
            if own.contains(&id) {
                continue;
            }
            if own.len() == MOST_FILES {
                return Err(Reason::TooManyProjectFiles.with("most", MOST_FILES));
            }
            if self.store().file(user, id).await?.is_none() {
                return Err(Reason::NotFound.into());
            }
            own.push(id);
        }
        Ok(own)
    }
}

fn good_name(name: &str) -> Result<String, ApiError> {
    let name = names::display_name("A project's name", name, LONGEST_NAME)?;
    if name.is_empty() {
        return Err(Reason::ProjectNameEmpty.with("most", LONGEST_NAME));
    }
    Ok(name)
}
