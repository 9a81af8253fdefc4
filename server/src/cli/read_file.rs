//! `holdfast read-file`: the child process that reads a file. The server starts it; it is no command for users, so the help does not
//! list it.

use std::{ffi::OsString, process::ExitCode};

use clap::{Arg, ArgMatches, Command, value_parser};
use holdfast_reading::child::{self, Task};

/// The name of the command.
pub(super) const NAME: &str = "read-file";

/// Reads the file on standard input.
pub(super) fn run(arguments: Vec<OsString>) -> ExitCode {
    match command().try_get_matches_from(arguments.into_iter().skip(1)) {
        Ok(matches) => child::run(&task(&matches)),
        Err(error) => {
            let _ = error.print(); // if this fails, nobody can read it
            ExitCode::from(2)
        }
    }
}

fn command() -> Command {
    let number = |name: &'static str| Arg::new(name).long(name).value_parser(value_parser!(u64)).required(true);
    Command::new(NAME)
        .about("Reads the file on standard input. Only the server starts this.")
        .arg(Arg::new("extension").long("extension").required(true))
        .arg(Arg::new("from-page").long("from-page").value_parser(value_parser!(u32)).required(true))
        .arg(number("len"))
        .arg(number("memory"))
        .arg(number("seconds"))
}

fn task(matches: &ArgMatches) -> Task {
    let number = |name: &str| matches.get_one::<u64>(name).copied().unwrap_or_default();
    Task {
        extension: matches.get_one::<String>("extension").cloned().unwrap_or_default(),
        from_page: matches.get_one::<u32>("from-page").copied().unwrap_or(1),
        len: number("len"),
        memory: number("memory"),
        seconds: number("seconds"),
    }
}
