//! `holdfast`: the server and its command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    holdfast_server::cli::run(std::env::args_os())
}
