//! The binary: settings, command line, log, start and end of the server. Only `startup` names implementations.

pub mod cli;
pub mod config;
mod logging;
mod site;
mod startup;

pub use startup::web_settings;
