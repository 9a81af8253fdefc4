//! The server of Holdfast: one process that hosts page, API and socket over one store.

pub mod address;
mod age;
pub mod auth;
pub mod chat;
pub mod cli;
pub mod clock;
pub mod config;
mod disk;
mod files;
mod fulltext;
#[cfg(test)]
mod growth;
pub mod http;
mod invisible;
mod limits;
pub mod listener;
mod logging;
mod model_access;
mod names;
#[cfg(feature = "oidc")]
mod oidc;
mod outbound;
pub mod providers;
pub mod realtime;
mod startup;
mod state;
pub mod store;
pub mod transfer;
