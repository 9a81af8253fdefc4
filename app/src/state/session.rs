//! The user, and what they may use.

use holdfast_protocol::{
    ApiError,
    api::{Model, Role, User},
};
use leptos::prelude::*;

use crate::page_data::PageData;

/// The user, and what they may use.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    /// The signed-in user.
    pub user: RwSignal<Option<User>>,
    /// The models that the user may use.
    pub models: RwSignal<Vec<Model>>,
    /// Why signing in through a provider failed, until it was shown.
    pub problem: RwSignal<Option<ApiError>>,
}

impl Session {
    pub(super) fn new(page_data: &PageData, problem: Option<ApiError>) -> Self {
        Self {
            user: RwSignal::new(page_data.user.clone()),
            models: RwSignal::new(page_data.models.clone()),
            problem: RwSignal::new(problem),
        }
    }

    /// Returns whether the user is an administrator.
    pub fn is_admin(&self) -> bool {
        self.user.read().as_ref().is_some_and(|user| user.role == Role::Admin)
    }
}
