//! The command line.
#![allow(clippy::print_stdout, clippy::print_stderr)] // it writes to the user's terminal

mod check;
mod read_file;
mod user;

use std::{
    env::{self, VarError},
    ffi::OsString,
    path::Path,
    process::ExitCode,
};

use clap::{Arg, ArgMatches, Command};

use crate::{
    config::{self, ConfigError, FILE_VARIABLE, KEYS, Origin, Settings, Values},
    logging, startup,
};

/// Runs the command that the arguments name. Returns the exit code: 0 for success, 1 for failure, 2 for wrong arguments.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    // Before anything else: this process has an empty environment and reads no settings.
    if arguments.get(1).is_some_and(|argument| argument == read_file::NAME) {
        return read_file::run(arguments);
    }
    let matches = match command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            let code = error.exit_code();
            let _ = error.print(); // if this fails, nobody can read it
            return ExitCode::from(u8::try_from(code).unwrap_or(2));
        }
    };
    match dispatch(&matches) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("holdfast: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum CliError {
    /// The server did not start.
    #[error(transparent)]
    Start(#[from] startup::StartError),
    /// A setting is not valid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// `holdfast check` found a problem.
    #[error(transparent)]
    Check(#[from] check::CheckError),
    /// `holdfast user` failed.
    #[error(transparent)]
    User(#[from] user::UserError),
}

fn dispatch(matches: &ArgMatches) -> Result<(), CliError> {
    // Flags are global, so the innermost subcommand has all of them.
    let mut given = matches;
    while let Some((_, own)) = given.subcommand() {
        given = own;
    }
    let values = values(given)?;
    let settings = Settings::read(&values)?;
    let mut unused = config::unknown_variables(variables());
    unused.extend(config::unused_proxies(&settings.providers.outbound, variables()));
    if matches.subcommand_name().is_some_and(|name| name != "serve") {
        for sentence in &unused {
            eprintln!("holdfast: {sentence}");
        }
    }
    if matches.subcommand_name() == Some("config") {
        print!("{}", values.describe());
        return Ok(());
    }
    if matches.subcommand_name() == Some("check") {
        return Ok(one_thread()?.block_on(check::run(&settings))?);
    }
    if let Some(("user", command)) = matches.subcommand() {
        logging::begin(&config::log_filter(&settings.log), settings.log_json);
        return Ok(one_thread()?.block_on(user::run(command, &settings.data))?);
    }
    logging::begin(&config::log_filter(&settings.log), settings.log_json);
    for sentence in &unused {
        tracing::warn!("{sentence}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(startup::StartError::Runtime)?;
    Ok(runtime.block_on(startup::serve(settings))?)
}

/// Runs a short task on a runtime of its own.
fn one_thread() -> Result<tokio::runtime::Runtime, startup::StartError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(startup::StartError::Runtime)
}

fn command() -> Command {
    let settings = KEYS.iter().map(|key| {
        let variables = key.well_known.map(|known| format!(", {known}")).unwrap_or_default();
        let default = key.default.filter(|text| !text.is_empty()).map(|text| format!(" [default: {text}]")).unwrap_or_default();
        let help = format!("{} [{}{variables}]{default}", key.help, key.variable());
        Arg::new(key.name).long(key.flag().trim_start_matches('-').to_owned()).value_name("VALUE").help(help).global(true)
    });
    Command::new("holdfast")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A self-hosted AI chat that keeps every word of an answer and says why when something is wrong.")
        .after_help(
            "Without a command, holdfast starts the server. Settings come from holdfast.toml, the environment and the command line. Later sources override earlier ones.",
        )
        .arg(
            Arg::new("config_file")
                .long("config")
                .value_name("FILE")
                .help(format!("File with settings [{FILE_VARIABLE}] [default: holdfast.toml, if it is there]"))
                .global(true),
        )
        .args(settings)
        .subcommand(Command::new("serve").about("Starts the server (the default)"))
        .subcommand(Command::new("config").about("Prints all settings and where each value comes from"))
        .subcommand(
            Command::new("check")
                .about("Checks whether a server with these settings would start and work: addresses, data, certificate, clock, providers"),
        )
        .subcommand(user::command())
}

fn values(matches: &ArgMatches) -> Result<Values, ConfigError> {
    let mut values = Values::defaults();
    let names = KEYS.iter().flat_map(|key| key.well_known.map(str::to_owned).into_iter().chain([key.variable()]));
    if let Some(name) = names.chain([FILE_VARIABLE.to_owned()]).find(|name| matches!(env::var(name), Err(VarError::NotUnicode(_)))) {
        return Err(ConfigError(format!("the variable {name} can't be read: its value is not UTF-8. Set it again, or remove it.")));
    }
    let variable = |name: &str| env::var(name).ok();
    match matches.get_one::<String>("config_file").cloned().or_else(|| variable(FILE_VARIABLE).filter(|path| !path.is_empty())) {
        Some(path) => values.add_file(Path::new(&path), true)?,
        None => values.add_file(Path::new("holdfast.toml"), false)?,
    }
    values.add_environment(variable);
    for key in KEYS {
        if let Some(text) = matches.get_one::<String>(key.name) {
            values.set(key.name, text, Origin::Flag);
        }
    }
    Ok(values)
}

/// Returns all environment variables. Those that are not UTF-8 are no settings of this server, and are skipped.
fn variables() -> impl Iterator<Item = (String, String)> {
    env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
}
