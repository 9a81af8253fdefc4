//! The server's rules and the ideas that all of its parts share. It knows no database, no web framework and no vendor.

pub mod access;
pub mod accounts;
pub mod address;
pub mod age;
pub mod answers;
pub mod auth;
pub mod clock;
pub mod conversations;
pub mod disk;
pub mod fulltext;
pub mod imported;
mod invisible;
pub mod limits;
pub mod materials;
pub mod model;
pub mod names;
pub mod ports;
mod secret;
pub mod sessions;
pub mod spending;
pub mod web_address;

pub use invisible::{is_bidi, is_control};
pub use secret::Secret;
