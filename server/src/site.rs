//! The files of the site, which `build.rs` compresses and embeds in a release.

use holdfast_web::{Asset, Site};

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The site of this build; empty in a debug build, which reads the files from disk.
pub(crate) static SITE: Site = Site { assets: &ASSETS, version: VERSION };
