//! Lists that name parts of the code agree with the code: docs/traceability, and the reasons of errors.

use std::{
    fs,
    path::{Path, PathBuf},
};

use holdfast_protocol::Reason;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn texts(folder: &Path, extension: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(texts(&entry, extension));
        } else if entry.extension().is_some_and(|it| it == extension) {
            found.push((entry.clone(), fs::read_to_string(&entry).unwrap()));
        }
    }
    found
}

#[test]
fn every_test_that_the_traceability_pages_name_exists() {
    let root = root();
    let rust: Vec<_> = ["server", "app"].iter().flat_map(|it| texts(&root.join(it), "rs")).collect();
    let (mut missing, mut named) = (Vec::new(), 0);
    for (page, text) in texts(&root.join("docs/traceability"), "md") {
        for name in text.lines().filter(|line| line.starts_with('|')).flat_map(|line| line.split('`').skip(1).step_by(2)) {
            let is_there = if let Some((path, test)) = name.rsplit_once("::") {
                // Behind `…` is the rest of its name.
                let start = test.trim_end_matches('…');
                let file = path.rsplit("::").find(|part| *part != "tests").unwrap_or(path);
                let is_home =
                    |at: &Path| at.components().any(|part| Path::new(part.as_os_str()).file_stem().is_some_and(|stem| stem == file));
                rust.iter().any(|(at, text)| is_home(at) && text.contains(&format!("fn {start}")))
            } else if let Some((file, title)) = name.split_once(": ") {
                let start = title.split('…').next().unwrap().trim();
                let spec = fs::read_to_string(root.join(format!("end2end/{file}.spec.ts")));
                spec.is_ok_and(|spec| spec.replace("\\'", "'").contains(start))
            } else {
                continue;
            };
            named += 1;
            if !is_there {
                missing.push(format!("{}: {name}", page.display()));
            }
        }
    }
    assert!(missing.is_empty() && named > 100, "{named} are named; not there: {missing:#?}");
}

#[test]
fn every_reason_of_an_error_is_given_somewhere() {
    let root = root();
    let mut sources: Vec<_> = ["app", "frontend", "server"].iter().flat_map(|it| texts(&root.join(it), "rs")).collect();
    let table = Path::new("protocol").join("src").join("reason.rs");
    sources.retain(|(at, _)| {
        !at.ends_with(&table) && !at.components().any(|part| part.as_os_str() == "strings" || part.as_os_str() == "tests")
    });
    let is_given = |name: &str| {
        let path = format!("Reason::{name}");
        let ends = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric());
        sources.iter().any(|(_, text)| text.match_indices(&path).any(|(at, _)| ends(&text[at + path.len()..])))
    };
    let unused: Vec<_> = Reason::ALL.iter().map(|reason| format!("{reason:?}")).filter(|name| !is_given(name)).collect();
    assert!(unused.is_empty(), "nothing gives these reasons: {unused:?}");
}
