//! The server of Holdfast: one process that hosts page, API and socket over one store.

pub mod cli;
pub mod config;
mod files;
pub mod http;
pub mod listener;
mod logging;
mod oidc;
pub mod realtime;
mod startup;
mod state;
pub mod transfer;
