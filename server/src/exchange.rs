//! Taking along: conversations as files, out and in.

pub mod export;
pub mod import;
mod markdown;
pub mod read;
