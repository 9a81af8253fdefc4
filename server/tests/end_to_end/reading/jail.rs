//! The process that reads has nothing of the server's.

use std::{fs, time::Duration};

use futures::StreamExt as _;
use holdfast_core::ports::Reader as _;
use holdfast_reading::Limits;
use tokio::time::{sleep, timeout};

use super::{file, limits, reader};

/// The processes that this one started to read files.
fn children() -> Vec<u32> {
    let own = std::process::id();
    let parent = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse::<u32>().ok()
    };
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| {
            parent(*pid) == Some(own)
                && fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.split(|c| *c == 0).any(|part| part == b"read-file"))
        })
        .collect()
}

/// Waits until there are children like that.
async fn wait_for(mut is_right: impl FnMut(&[u32]) -> bool) -> Vec<u32> {
    timeout(Duration::from_secs(20), async {
        loop {
            let children = children();
            if is_right(&children) {
                return children;
            }
            sleep(Duration::from_millis(20)).await; // what another process does sends no signal
        }
    })
    .await
    .expect("the children are as expected")
}

/// A file that takes very long: a page that takes seconds, many times.
fn endless() -> Vec<u8> {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/materials/form-exp.pdf")).unwrap();
    page.replace("/Kids[5 0 R]", &format!("/Kids[{}]", "5 0 R ".repeat(500))).into_bytes()
}

#[tokio::test]
async fn a_child_has_no_secrets_and_two_run_at_a_time_until_nobody_wants_them() {
    let reader = reader(Limits { page: Duration::from_secs(60), ..limits() });
    let mut readings: Vec<_> = (0..4).map(|_| reader.read(file(endless(), "secret name.pdf", 1))).collect();
    let mut firsts = Vec::new();
    for reading in &mut readings {
        firsts.push(tokio::time::timeout(Duration::from_millis(500), reading.next()).await);
    }
    let pids = wait_for(|pids| pids.len() == 2).await;
    let status = |pid: u32| fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    for pid in &pids {
        assert_eq!(fs::read(format!("/proc/{pid}/environ")).unwrap(), b"");
        let line = String::from_utf8(fs::read(format!("/proc/{pid}/cmdline")).unwrap()).unwrap();
        assert!(!line.contains("secret") && line.contains("\0pdf\0"), "{line:?}");
        assert!(fs::read_to_string(format!("/proc/{pid}/limits")).unwrap().contains("Max address space         1073741824"));
    }
    // Filters of system calls, where the kernel has them.
    if status(std::process::id()).contains("Seccomp_filters:") {
        timeout(Duration::from_secs(20), async {
            while !pids.iter().all(|pid| status(*pid).contains("Seccomp:\t2") && status(*pid).contains("NoNewPrivs:\t1")) {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .expect("the children are in a jail");
    }
    assert_eq!(children().len(), 2, "the others wait");
    drop(readings);
    wait_for(|pids| pids.is_empty()).await;
}
