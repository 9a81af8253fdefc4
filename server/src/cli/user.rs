//! `holdfast user …`: users from the shell, whether the server runs or not.
//!
//! A running server is not asked: SQLite lets a second process in. What the server must do (end what
//! a user has open) is left in the store, where it looks four times a second.

use std::{
    io::{self, BufRead as _},
    path::Path,
};

use clap::{Arg, ArgAction, ArgMatches, Command};
use holdfast_protocol::{ApiError, UserId, api::Role, people::Person};

use crate::{
    auth::{
        password::{HashError, Passwords},
        rules::good_password,
    },
    startup::{self, StartError},
    state,
};
use holdfast_core::{
    clock::{self, Millis},
    names,
};
use holdfast_store::{Change, Store, StoreError};

/// Why a user was not changed.
#[derive(Debug, thiserror::Error)]
pub(super) enum UserError {
    /// The data can't be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A name or a password won't do.
    #[error("{}", .0.error)]
    Rule(#[from] ApiError),
    /// Nobody is called so.
    #[error("there is no account {0:?}. `holdfast user list` shows all accounts.")]
    Nobody(String),
    /// Somebody is called so.
    #[error("there is already an account {0:?}. Choose another name, or change its password with `holdfast user passwd`.")]
    Taken(String),
    /// Nobody would be left in charge.
    #[error("{0:?} is the only administrator. Make another account an administrator first: holdfast user role NAME admin.")]
    LastAdmin(String),
    /// No password came.
    #[error("no password came on stdin: {0}")]
    Stdin(io::Error),
    /// The machine gave nothing to hash with.
    #[error(transparent)]
    Hash(#[from] HashError),
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
                .about("Suspends an account: ends its sessions and prevents sign-in")
                .arg(name())
                .arg(Arg::new("reason").value_name("REASON").default_value("").help("The reason, which the user will read")),
        )
        .subcommand(Command::new("unsuspend").about("Lifts the suspension of an account").arg(name()))
        .subcommand(Command::new("remove").about("Removes an account with all its conversations permanently").arg(name()))
}

/// Does what is asked.
pub(super) async fn run(matches: &ArgMatches, data: &Path) -> Result<(), UserError> {
    let Some((what, given)) = matches.subcommand() else { return Ok(()) };
    // Before the folder is held: a person may take their time.
    let chosen =
        if matches!(what, "add" | "passwd") { Some(Chosen::read(given.get_flag("stdin"), text(given, "name")).await?) } else { None };
    let (store, held) = startup::open_store(data).await?;
    let mut done = act(&store, what, given, text(given, "name"), chosen).await;
    // A server that runs does that itself.
    if done.is_ok() && what == "remove" && held.is_some() {
        done = store.erase_all().await.map_err(UserError::from);
    }
    store.close().await;
    done
}

async fn act(store: &Store, what: &str, given: &ArgMatches, name: &str, chosen: Option<Chosen>) -> Result<(), UserError> {
    let now = clock::now();
    let role = || if text(given, "role") == "admin" { Role::Admin } else { Role::Member };
    match (what, &chosen) {
        ("list", _) => return list(store, given.get_flag("all")).await,
        ("add", Some(chosen)) => {
            let name = names::sign_in_name(name)?;
            let hash = Passwords::default().hash(chosen.password.clone()).await?;
            let user = store.add_member(UserId(clock::id()), &name, &hash, now).await?.ok_or_else(|| UserError::Taken(name.clone()))?;
            if role() == Role::Admin {
                store.set_role(user.id, Role::Admin).await?;
            }
            println!("{name} was added.");
            chosen.tell();
            return Ok(());
        }
        _ => {}
    }
    let user = store.user_by_name(name.trim()).await?.ok_or_else(|| UserError::Nobody(name.to_owned()))?.user;
    let (id, name) = (user.id, user.username);
    let done = |change: Change| match change {
        Change::Done => Ok(()),
        Change::Missing => Err(UserError::Nobody(name.clone())),
        Change::LastAdmin => Err(UserError::LastAdmin(name.clone())),
    };
    match what {
        "passwd" => {
            let Some(chosen) = chosen else { return Ok(()) };
            store.set_password(id, &Passwords::default().hash(chosen.password.clone()).await?).await?;
            store.revoke_sessions(id, None, now).await?;
            store.request_revocation(id, &state::signed_out_elsewhere().error).await?;
            println!("{name} has another password and was signed out everywhere.");
            chosen.tell();
        }
        "reset-2fa" => {
            let was_on = store.remove_second_factor(id).await?;
            println!("{name} {}", if was_on { "now signs in with the password alone." } else { "does not use two-factor authentication." });
        }
        "role" => {
            done(store.set_role(id, role()).await?)?;
            println!("{name} now has the role {}.", text(given, "role"));
        }
        "suspend" => {
            let reason = names::display_name("A reason", text(given, "reason"), 200)?;
            done(store.set_suspended(id, Some(&reason), now).await?)?;
            store.request_revocation(id, &state::suspended(&reason).error).await?;
            println!("{name} is suspended.");
        }
        "unsuspend" => {
            done(store.set_suspended(id, None, now).await?)?;
            println!("{name} is no longer suspended.");
        }
        "remove" => {
            done(store.remove_user(id).await?)?;
            store.request_revocation(id, &state::removed().error).await?;
            println!("{name} and all conversations were removed.");
        }
        _ => {}
    }
    Ok(())
}

/// An argument; empty where this command has none of that name.
fn text<'a>(given: &'a ArgMatches, name: &str) -> &'a str {
    given.try_get_one::<String>(name).ok().flatten().map(String::as_str).unwrap_or_default()
}

/// A password, and whether the person knows it.
struct Chosen {
    password: String,
    made: bool,
}

impl Chosen {
    /// For somebody of that name.
    async fn read(from_stdin: bool, name: &str) -> Result<Self, UserError> {
        if !from_stdin {
            return Ok(Self { password: clock::fresh_password(), made: true });
        }
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(UserError::Stdin)?;
        let password = line.trim_end_matches(['\r', '\n']).to_owned();
        good_password(&password, name).await?;
        Ok(Self { password, made: false })
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
