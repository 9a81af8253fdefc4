//! Taking along: conversations as files, out and in.

pub mod export;
pub mod import;
mod markdown;
pub mod places;
pub mod read;
mod split;
