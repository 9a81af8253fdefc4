//! Load generator: speaks the real protocol to the real server, and to a bare relay in the same run.
//!
//! `make bench` runs it. `HOLDFAST_BENCH=full` takes the large sizes, `HOLDFAST_BENCH_ONLY=streams,idle` only some
//! scenarios, `HOLDFAST_BIN` measures another binary. The exit code is 1 where words differ or a socket is lost, never because
//! something was slow.
#![allow(clippy::print_stdout, clippy::print_stderr)] // it speaks to a person

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
    // Cargo says `--bench` to every bench.
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
    // As many sockets as the system lets this process have; the servers inherit it.
    let _ = rlimit::increase_nofile_limit(u64::MAX); // where that fails, connecting says so
    // One thread: the cheapest generator, and the server keeps a core.
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
            () = told_to_end() => ExitCode::from(130), // what is dropped takes its servers with it
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
