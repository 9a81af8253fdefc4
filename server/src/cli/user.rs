//! `holdfast user …`: manages users from the shell, whether the server runs or not.
//!
//! The command changes the store beside a running server, which SQLite allows. It requests the end of a user's connections with a row in
//! the store, which the server reads four times a second. The rules and log lines are the same as over HTTP; here the log goes to stderr.

use std::{
    io::{self, BufRead as _},
    path::Path,
    sync::Arc,
};

use clap::{Arg, ArgAction, ArgMatches, Command};
use holdfast_core::clock::{self, Millis};
use holdfast_protocol::{Reason, api::Role, people::Person};

use crate::startup::{self, StartError};
use holdfast_core::accounts::{AccountError, Actor, Administration, FiledRevocations, SuspensionReason};
use holdfast_core::auth::password::Passwords;
use holdfast_core::ports::Repositories;
use holdfast_store::{SqliteError, Store};

/// Why the command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum UserError {
    /// The data folder can't be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] SqliteError),
    /// The account was not changed.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// There is no user of that name.
    #[error("there is no account {0:?}. `holdfast user list` shows all accounts.")]
    Nobody(String),
    /// The name is taken.
    #[error("there is already an account {0:?}. Choose another name, or change its password with `holdfast user passwd`.")]
    Taken(String),
    /// This is the last administrator.
    #[error("{0:?} is the only administrator. Make another account an administrator first: holdfast user role NAME admin.")]
    LastAdmin(String),
    /// No password was given.
    #[error("no password came on stdin: {0}")]
    Stdin(io::Error),
}

pub(super) fn command() -> Command {
    let name = || Arg::new("name").value_name("NAME").required(true).help("The user's name");
    let from_stdin = || {
        Arg::new("stdin")
            .long("password-stdin")
            .action(ArgAction::SetTrue)
            .help("Read the password from the first line of stdin instead of generating and printing one")
    };
    let role = |arg: Arg| arg.value_name("ROLE").value_parser(["member", "admin"]);
    Command::new("user")
        .about("Manages users: add, list, passwd, reset-2fa, role, suspend, unsuspend, remove. Works whether the server runs or not")
        .subcommand_required(true)
        .subcommand(
            Command::new("add")
                .about("Adds an account")
                .arg(name())
                .arg(role(Arg::new("role")).long("role").default_value("member").help("The role"))
                .arg(from_stdin()),
        )
        .subcommand(
            Command::new("list")
                .about("Lists the accounts")
                .arg(Arg::new("all").long("all").action(ArgAction::SetTrue).help("Also list guests")),
        )
        .subcommand(
            Command::new("passwd").about("Sets another password for an account and ends its sessions").arg(name()).arg(from_stdin()),
        )
        .subcommand(
            Command::new("reset-2fa")
                .about("Turns off two-factor authentication of an account whose owner has lost the second factor")
                .arg(name()),
        )
        .subcommand(
            Command::new("role")
                .about("Changes the role of an account")
                .arg(name())
                .arg(role(Arg::new("role")).required(true).help("The role")),
        )
        .subcommand(
            Command::new("suspend")
                .about("Suspends an account: closes its connections, stops its answers, and refuses its sessions until the suspension is lifted")
                .arg(name())
                .arg(Arg::new("reason").value_name("REASON").default_value("").help("The reason, which the user will read")),
        )
        .subcommand(Command::new("unsuspend").about("Lifts the suspension of an account").arg(name()))
        .subcommand(Command::new("remove").about("Removes an account with all its conversations permanently").arg(name()))
}

/// Runs the command.
pub(super) async fn run(matches: &ArgMatches, data: &Path) -> Result<(), UserError> {
    let Some((what, given)) = matches.subcommand() else { return Ok(()) };
    // The password is read before the folder is locked, because typing takes time.
    let chosen = if matches!(what, "add" | "passwd") { Some(Chosen::read(given.get_flag("stdin"))?) } else { None };
    let (store, held) = startup::open_store(data).await?;
    let mut done = act(&store, what, given, text(given, "name"), chosen).await;
    // A running server does this itself.
    if done.is_ok() && what == "remove" && held.is_some() {
        done = store.erase_all().await.map_err(UserError::from);
    }
    store.close().await;
    done
}

async fn act(store: &Store, what: &str, given: &ArgMatches, name: &str, chosen: Option<Chosen>) -> Result<(), UserError> {
    let repositories: Arc<dyn Repositories> = Arc::new(store.clone());
    let connections = Arc::new(FiledRevocations(repositories.clone()));
    let administration = Administration::new(repositories, Arc::new(Passwords::default()), connections);
    let (now, by) = (clock::now(), Actor::CommandLine);
    let role = || if text(given, "role") == "admin" { Role::Admin } else { Role::Member };
    match (what, &chosen) {
        ("list", _) => return list(store, given.get_flag("all")).await,
        ("add", Some(chosen)) => {
            let added = administration.add(by, name, chosen.password.clone(), role(), now).await;
            println!("{} was added.", added.map_err(|error| of_account(error, name))?.username);
            chosen.tell();
            return Ok(());
        }
        _ => {}
    }
    let user = store.user_by_name(name.trim()).await?.ok_or_else(|| UserError::Nobody(name.to_owned()))?.user;
    let (id, name) = (user.id, user.username.clone());
    let refused = |error| of_account(error, &name);
    match what {
        "passwd" => {
            let Some(chosen) = chosen else { return Ok(()) };
            administration.set_password(by, &user, chosen.password.clone(), now).await.map_err(refused)?;
            println!("{name} has another password and was signed out everywhere.");
            chosen.tell();
        }
        "reset-2fa" => {
            let was_on = administration.reset_two_factor(by, id).await.map_err(refused)?;
            println!("{name} {}", if was_on { "now signs in with the password alone." } else { "does not use two-factor authentication." });
        }
        "role" => {
            administration.set_role(by, id, role()).await.map_err(refused)?;
            println!("{name} now has the role {}.", text(given, "role"));
        }
        "suspend" => {
            let reason = SuspensionReason::new(text(given, "reason")).map_err(AccountError::from)?;
            administration.suspend(by, id, &reason, now).await.map_err(refused)?;
            println!("{name} is suspended.");
        }
        "unsuspend" => {
            administration.unsuspend(by, id, now).await.map_err(refused)?;
            println!("{name} is no longer suspended.");
        }
        "remove" => {
            administration.remove(by, id).await.map_err(refused)?;
            println!("{name} and all conversations were removed.");
        }
        _ => {}
    }
    Ok(())
}

/// Adds the account's name to an error, and the command that helps.
fn of_account(error: AccountError, name: &str) -> UserError {
    match error {
        error if error.is(Reason::NameTaken) => UserError::Taken(name.to_owned()),
        error if error.is(Reason::LastAdministrator) => UserError::LastAdmin(name.to_owned()),
        error if error.is(Reason::NotFound) => UserError::Nobody(name.to_owned()),
        error => UserError::Account(error),
    }
}

/// Returns an argument; empty if this command has no argument of that name.
fn text<'a>(given: &'a ArgMatches, name: &str) -> &'a str {
    given.try_get_one::<String>(name).ok().flatten().map(String::as_str).unwrap_or_default()
}

/// A new password, and whether it was generated.
struct Chosen {
    password: String,
    made: bool,
}

impl Chosen {
    /// Reads the password from the first line of stdin, or generates one.
    fn read(from_stdin: bool) -> Result<Self, UserError> {
        if !from_stdin {
            return Ok(Self { password: clock::fresh_password(), made: true });
        }
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(UserError::Stdin)?;
        Ok(Self { password: line.trim_end_matches(['\r', '\n']).to_owned(), made: false })
    }

    fn tell(&self) {
        if self.made {
            println!("Password: {}", self.password);
        }
    }
}

async fn list(store: &Store, guests: bool) -> Result<(), UserError> {
    let mut after = None;
    println!("{:<32} {:<7} {:<11} {:<11} {:>5}  SUSPENDED", "NAME", "ROLE", "SINCE", "LAST SEEN", "CHATS");
    loop {
        let page = store.people("", guests, after, 100).await?;
        for person in &page.people {
            println!("{}", line(person).trim_end());
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

fn line(person: &Person) -> String {
    let role = match person.role {
        Role::Guest => "guest",
        Role::Member => "member",
        Role::Admin => "admin",
    };
    let (since, used) = (day(person.created_at), person.used_at.map_or_else(|| "never".to_owned(), day));
    let suspended = person.suspended.as_deref().map(|reason| if reason.is_empty() { "yes" } else { reason }).unwrap_or_default();
    format!("{:<32} {role:<7} {since:<11} {used:<11} {:>5}  {suspended}", person.username, person.conversations)
}

fn day(at: Millis) -> String {
    let seconds = i64::try_from(at / 1000).unwrap_or(0);
    time::OffsetDateTime::from_unix_timestamp(seconds)
        .map_or_else(|_| "?".to_owned(), |time| format!("{:04}-{:02}-{:02}", time.year(), u8::from(time.month()), time.day()))
}
