//! Random schedules: the client's machine and the server's rules against each other, under a virtual
//! clock and over a network that cuts, delays and goes silent, with restarts, restored backups, changes of transport and
//! several tabs. After every step the promises must hold; at the end, with the network well again,
//! everybody must have the same words.
//!
//! A failing schedule is made shorter until every one of its disturbances matters, and is printed.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, unreachable_pub)]

mod disturbance;
mod server;
mod world;

use std::time::Duration;

use disturbance::{Disturbance, IDLE_LIMITS, Schedule};
use tokio::time::Instant;
use world::{Bug, World};

/// Runs one schedule; the error says which promise broke, and when.
fn run(schedule: &Schedule, bug: Bug) -> Result<(), String> {
    World::new(schedule.clone(), bug).run()
}

/// Leaves out what a failing schedule does not need.
fn shrink(mut schedule: Schedule, bug: Bug) -> (Schedule, String) {
    let mut why = run(&schedule, bug).expect_err("it fails");
    loop {
        let before = schedule.disturbances.len();
        for at in (1..schedule.disturbances.len()).rev() {
            let mut less = schedule.clone();
            less.disturbances.remove(at);
            if let Err(still) = run(&less, bug) {
                (schedule, why) = (less, still);
            }
        }
        if schedule.disturbances.len() == before {
            return (schedule, why);
        }
    }
}

fn first_failure(seeds: std::ops::Range<u64>, bug: Bug) -> Option<(u64, Schedule, String)> {
    for seed in seeds {
        let schedule = Schedule::from_seed(seed);
        if run(&schedule, bug).is_err() {
            let (schedule, why) = shrink(schedule, bug);
            return Some((seed, schedule, why));
        }
    }
    None
}

fn assert_all_hold(seeds: std::ops::Range<u64>) {
    if let Some((seed, schedule, why)) = first_failure(seeds, Bug::None) {
        let trace: Vec<String> =
            schedule.disturbances.iter().map(|(at, what): &(u64, Disturbance)| format!("  {at:>7} ms  {what:?}")).collect();
        panic!("seed {seed}, {} tabs: {why}\n{}", schedule.tabs, trace.join("\n"));
    }
}

// In parts, so that they run beside each other.
#[test]
fn ten_thousand_schedules_hold_first_part() {
    assert_all_hold(0..5_000);
}

#[test]
fn ten_thousand_schedules_hold_second_part() {
    assert_all_hold(5_000..10_000);
}

/// Something cuts idle sockets. Each tab knows after how long from the second cut on, and keeps its sockets busy.
#[test]
fn what_cuts_idle_sockets_cuts_no_tab_more_than_twice() {
    for limit in IDLE_LIMITS {
        let mut known = 0;
        for seed in 0..60 {
            let schedule = Schedule::with_idle_cuts(seed, limit);
            let tabs = World::new(schedule, Bug::None).idle_cuts(400_000).unwrap_or_else(|why| panic!("{limit}, seed {seed}: {why}"));
            for (cuts, believed) in tabs {
                match cuts {
                    2 => {
                        let believed = believed.unwrap_or_else(|| panic!("{limit}, seed {seed}: it is not known"));
                        assert!(believed.abs_diff(limit) <= 1_000, "{limit}, seed {seed}: {believed}");
                        known += 1;
                    }
                    // The server pings as often as that.
                    0 | 1 if limit == 30_000 => {}
                    _ => panic!("{limit}, seed {seed}: {cuts} cuts"),
                }
            }
        }
        assert!(known >= 20, "{limit}: known to {known}");
    }
}

/// As long as one likes: `make soak MINUTES=60`.
#[test]
#[ignore = "runs as long as it is told"]
fn soak() {
    let minutes: u64 = std::env::var("HOLDFAST_SOAK_MINUTES").ok().and_then(|minutes| minutes.parse().ok()).unwrap_or(10);
    let end = Instant::now() + Duration::from_secs(minutes * 60);
    let mut held = 0;
    while Instant::now() < end {
        assert_all_hold(1_000_000 + held..1_000_000 + held + 1_000);
        held += 1_000;
        println!("{held} schedules held");
    }
}

/// The test of the test: faults that were really made somewhere are found, each of them.
#[test]
fn planted_bugs_are_found() {
    for bug in Bug::ALL {
        let found = first_failure(0..400, bug);
        assert!(found.is_some(), "{bug:?} was not found");
    }
}
