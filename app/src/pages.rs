//! The pages.
#![allow(unreachable_pub)] // of what the component macro writes

pub(crate) mod archived;
pub(crate) mod chat;
pub(crate) mod nowhere;
pub(crate) mod search;
pub(crate) mod settings;
pub(crate) mod sign;
