//! Load generator: uses the real protocol with the real server, and with a bare relay in the same run.
//!
//! `make bench` runs it. `HOLDFAST_BENCH=full` selects the large sizes, `HOLDFAST_BENCH_ONLY=streams,idle` some scenarios, `HOLDFAST_BIN`
//! another binary. The exit code is 1 if words differ or a socket is lost, but never because something was slow.
#![allow(clippy::print_stdout, clippy::print_stderr)] // the output is for people

mod child;
mod crowd;
mod floor;
mod http;
mod plan;
mod process;
mod reading;
mod report;
mod scenarios;
mod upstream;
mod wire;

use std::process::ExitCode;

use tokio::{signal::unix, task::LocalSet};

use self::plan::Plan;

fn main() -> ExitCode {
    // Cargo passes `--bench` to every benchmark.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.first().map(String::as_str) {
        Some("floor") => return floor::run(arguments.get(1).map(String::as_str)),
        Some("upstream") => return upstream::run(),
        Some("--list") => return ExitCode::SUCCESS, // a test runner asks for tests; there are none
        _ => {}
    }
    let plan = match Plan::read() {
        Ok(plan) => plan,
        Err(error) => {
            eprintln!("load: {error}");
            return ExitCode::from(2);
        }
    };
    // As many sockets as the system allows for this process; the servers inherit the limit.
    let _ = rlimit::increase_nofile_limit(u64::MAX); // if this fails, connecting reports it
    // One thread: the cheapest generator, and the server has a core for itself.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("load: can't begin: {error}");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(LocalSet::new().run_until(async {
        tokio::select! {
            code = scenarios::run(&plan) => code,
            () = told_to_end() => ExitCode::from(130), // dropping the scenarios ends their servers
        }
    }))
}

async fn told_to_end() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (unix::signal(unix::SignalKind::interrupt()), unix::signal(unix::SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
