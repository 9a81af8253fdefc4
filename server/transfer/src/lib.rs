//! Import and export of conversations as files.

mod archive;
mod cells;
pub mod export;
pub mod import;
mod markdown;
pub mod places;
pub mod read;
mod split;
pub mod upload;
