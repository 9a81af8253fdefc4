//! Bytes that `make fuzz` found to lead somewhere, and those that broke something once: what must hold of them holds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

#[path = "../../../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "it is a crate of its own besides")]
mod targets;

use std::{fs, path::Path};

fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(name);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        eprintln!("{}", file.display()); // shown where it fails
        target(&fs::read(file).unwrap());
    }
}

#[test]
fn frames() {
    replay("frames", targets::frames);
}

#[test]
fn tokens() {
    replay("tokens", targets::tokens);
}

#[test]
fn cookies() {
    replay("cookies", targets::cookies);
}

#[test]
fn origins() {
    replay("origins", targets::origins);
}

#[test]
fn configuration() {
    replay("configuration", targets::configuration);
}

#[test]
fn imports() {
    replay("imports", targets::imports);
}

#[test]
fn markdown() {
    replay("markdown", targets::markdown);
}

#[test]
fn pdf() {
    replay("pdf", targets::pdf);
}

#[test]
fn office() {
    replay("office", targets::office);
}

#[test]
fn texts() {
    replay("texts", targets::texts);
}
