//! The web server: HTTP, sockets and pages, over the rules of [`holdfast_core`].

pub mod files;
pub mod http;
pub mod listener;
pub mod realtime;
mod settings;
mod state;

pub use http::site::{Asset, Site};
pub use settings::Settings;
pub use state::App;
