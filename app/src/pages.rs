//! Pages.
#![allow(unreachable_pub)] // needed by the code that the component macro generates

pub(crate) mod archived;
pub(crate) mod chat;
pub(crate) mod nowhere;
pub(crate) mod project;
pub(crate) mod projects;
pub(crate) mod search;
pub(crate) mod settings;
pub(crate) mod sign;
