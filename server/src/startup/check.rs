//! Checks everything that a start needs, without starting: `holdfast check`.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use holdfast_protocol::{
    api::Role,
    limits::{Limit, LimitNumbers},
};

use super::{certificate, folder, port_owner, refused_port, timekeeping::shown};
use crate::config::{Settings, SigningSecret};
use holdfast_core::access::{Requester, Visibilities, opened};
use holdfast_core::auth::sealing::Sealing;
use holdfast_core::{
    age::ClockJump,
    clock::{self, Millis},
    disk::{self, Disk},
};
use holdfast_providers::Providers;
use holdfast_store::{Examined, SqliteError, Store};
use holdfast_web::{
    files::{Files, RAISE},
    listener::{Port, PortError},
};

/// A clock before this time is wrong: 2026-01-01.
const EARLIEST: Millis = 1_767_225_600_000;
/// Below this much free space, a start fails or the server soon stops saving, bytes.
const LEAST_ROOM: u64 = 16 * 1024 * 1024;
/// From this much free space on, there is enough for some time, bytes.
const SOME_ROOM: u64 = 1024 * 1024 * 1024;

/// The result of one check.
#[derive(Debug)]
pub(crate) struct Finding {
    /// The part of the server that was checked, as the report names it.
    pub(crate) name: String,
    /// The state.
    pub(crate) state: State,
    /// Details; for a problem, what is wrong and what to do.
    pub(crate) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Good,
    /// The server starts, but something is not as it should be.
    Doubtful,
    /// The server does not start.
    Wrong,
}

#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, state: State, name: impl Into<String>, text: impl Into<String>) {
        self.0.push(Finding { name: name.into(), state, text: text.into() });
    }

    fn good(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.add(State::Good, name, text);
    }

    fn doubtful(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.add(State::Doubtful, name, text);
    }

    fn wrong(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.add(State::Wrong, name, text);
    }
}

/// Runs all checks in the order of a start. Leaves no changes behind.
pub(crate) async fn look(settings: &Settings) -> Vec<Finding> {
    let mut findings = Findings::default();
    let folder = Folder::look(settings, &mut findings);
    ports(settings, &folder, &mut findings).await;
    if let Some(tls) = &settings.tls {
        let host = settings.public_url.as_ref().map(|url| url.origin.host().as_str().to_owned());
        match certificate::look(tls, host.as_deref(), clock::now()).await {
            Ok(text) => findings.good("Certificate", text),
            Err(certificate::Flaw::Doubtful(text)) => findings.doubtful("Certificate", text),
            Err(certificate::Flaw::Wrong(text)) => findings.wrong("Certificate", text),
        }
    }
    let examined = store(&settings.data, &mut findings).await;
    clock_of(examined.as_ref(), &mut findings);
    providers(settings, examined.as_ref(), &mut findings).await;
    findings.0
}

/// The data folder during the check.
struct Folder {
    lock: PathBuf,
    /// Whether the lock file existed before. If not, it is removed, because it would belong to the user who checks.
    had_lock: bool,
    /// Whether a Holdfast process is using it.
    is_in_use: bool,
    /// The lock, which prevents a start meanwhile.
    held: Option<File>,
    /// Folders that were created for the check, the outermost last.
    made: Vec<PathBuf>,
}

impl Folder {
    fn look(settings: &Settings, findings: &mut Findings) -> Self {
        let data = &settings.data;
        let path = data.display();
        let missing = data.ancestors().filter(|path| !path.as_os_str().is_empty() && !path.exists());
        let (lock, made) = (data.join("lock"), missing.map(Path::to_owned).collect());
        let mut folder = Self { had_lock: lock.exists(), lock, is_in_use: false, held: None, made };
        match folder::make(data).and_then(|()| folder::try_hold(data)) {
            Ok(held) => (folder.is_in_use, folder.held) = (held.is_none(), held),
            Err(error) => {
                findings.wrong("Data folder", error.to_string());
                return folder;
            }
        }
        if let Some((what, cause)) = unwritable(data) {
            findings.wrong("Data folder", format!("{} can't be written: {}", what.display(), fix(&cause, data)));
        } else if folder.is_in_use {
            findings.good("Data folder", format!("{path} can be written. A Holdfast runs with it"));
        } else if folder.made.is_empty() {
            findings.good("Data folder", format!("{path} can be written"));
        } else {
            findings.good("Data folder", format!("{path} will be made at the start"));
        }
        match disk::free_bytes(data) {
            Ok(free) if free < LEAST_ROOM.max(settings.min_free) => {
                findings.wrong(
                    "Free space",
                    format!("the disk of {path} has {} left. Make room on it, or give another folder with --data.", megabytes(free)),
                );
            }
            Ok(free) if free < SOME_ROOM => {
                findings.doubtful(
                    "Free space",
                    format!("the disk of {path} has only {} left. Make room on it before it is full.", megabytes(free)),
                );
            }
            Ok(free) => findings.good("Free space", megabytes(free)),
            Err(error) => findings.doubtful("Free space", format!("the disk of {path} does not tell how much is free: {error}.")),
        }
        if settings.secret.is_none() {
            match SigningSecret::look(data) {
                Ok(true) => findings.good("Secret", "it is kept in the data folder"),
                Ok(false) => findings.good("Secret", "it will be made at the start"),
                Err(error) => findings.wrong("Secret", error.to_string()),
            }
        }
        folder
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Leave the folder as it was.
        if self.held.is_some() && !self.had_lock {
            let _ = fs::remove_file(&self.lock);
        }
        for folder in &self.made {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Returns the first file in the folder that can't be written, and why.
fn unwritable(data: &Path) -> Option<(PathBuf, io::Error)> {
    if let Err(error) = Disk::new(data, 0).probe() {
        return Some((data.to_owned(), error));
    }
    ["holdfast.db", "holdfast.db-wal", "holdfast.db-shm"].iter().find_map(|name| {
        let path = data.join(name);
        match File::options().write(true).open(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Some((path, error)),
            _ => None,
        }
    })
}

fn fix(cause: &io::Error, data: &Path) -> String {
    let what = match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "Make room on its disk".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "Mount its disk so that it can be written, or give another folder with --data".to_owned(),
        _ => format!("Give it to the user that runs Holdfast (chown -R USER {}), or give another folder with --data", data.display()),
    };
    format!("{cause}. {what}.")
}

fn megabytes(bytes: u64) -> String {
    let mb = bytes / 1_000_000;
    if mb >= 10_000 { format!("{} GB", mb / 1_000) } else { format!("{mb} MB") }
}

async fn ports(settings: &Settings, folder: &Folder, findings: &mut Findings) {
    let files = Arc::new(Files::raise());
    let strangers = settings.fixed_limits.get(&Limit::Unauthenticated).map_or(LimitNumbers::USUAL.unauthenticated, |(number, _)| *number);
    let connections = if settings.limits { strangers as usize + settings.connections_per_address.unwrap_or_default() } else { 0 };
    if let Some(needed) = files.shortage(connections) {
        let limit = files.limit();
        findings.doubtful(
            "Open files",
            format!("{limit} may be open, and the settings allow connections that need {needed}. Raise the limit ({RAISE})."),
        );
    } else {
        findings.good("Open files", format!("{} may be open", files.limit()));
    }
    // Both are kept until both are checked, because they must not be the same.
    let mut held = Vec::new();
    let all = [Some((&settings.listen, "--listen")), settings.metrics_listen.as_ref().map(|at| (at, "--metrics-listen"))];
    for (at, flag) in all.into_iter().flatten() {
        let name = format!("Address {at}");
        match Port::bind(at, settings.socket_mode, files.clone()).await {
            Ok(port) => {
                held.push(port);
                findings.good(name, "it is free");
            }
            Err(cause) => {
                let owner = port_owner::owner(at, &cause);
                let is_ours = folder.is_in_use
                    && matches!(cause, PortError::Occupied { .. })
                    && owner.is_none_or(|process| port_owner::holds(process, &folder.lock));
                if is_ours {
                    let process = owner.map(|process| format!(": {}", port_owner::named(process))).unwrap_or_default();
                    findings.good(name, format!("the Holdfast that runs with this data folder listens there{process}"));
                } else {
                    findings.wrong(name, refused_port(at, cause, flag).to_string());
                }
            }
        }
    }
}

/// Returns `None` if there is no store yet, or if it can't be read.
async fn store(data: &Path, findings: &mut Findings) -> Option<Examined> {
    let path = data.join("holdfast.db");
    match Store::examine(&path).await {
        Ok(None) => {
            findings.good("Store", "it will be made at the start");
            None
        }
        Ok(Some(examined)) if examined.step > examined.known => {
            let newer = SqliteError::Newer { path: path.display().to_string(), step: examined.step, known: examined.known };
            findings.wrong("Store", newer.to_string());
            Some(examined)
        }
        Ok(Some(examined)) if examined.step < examined.known => {
            let Examined { step, known, .. } = examined;
            findings.good("Store", format!("the start brings its schema from step {step} to {known}. Copy the data folder before that"));
            Some(examined)
        }
        Ok(Some(examined)) => {
            findings.good("Store", format!("its schema has step {}, as this version wants it", examined.step));
            Some(examined)
        }
        Err(error) => {
            findings.wrong(
                "Store",
                format!("{} can't be read: {error}. Put it back from a backup, or give another folder with --data.", path.display()),
            );
            None
        }
    }
}

fn clock_of(examined: Option<&Examined>, findings: &mut Findings) {
    const SET: &str = "Set the clock: timedatectl set-ntp true";
    let now = clock::now();
    let says = shown(now);
    let newest = examined.and_then(|examined| examined.seen_at);
    match newest {
        _ if now < EARLIEST => findings.wrong("Clock", format!("it says {says}, which is before this program was made. {SET}.")),
        Some(newest) if now + 3_600_000 < newest => {
            findings.doubtful("Clock", format!("it says {says}, and the newest entry in the store is of {}. {SET}.", shown(newest)));
        }
        Some(newest) if ClockJump::between(newest, now).is_some_and(|jump| jump.days() >= 3) => findings.doubtful(
            "Clock",
            format!(
                "it says {says}, days after the newest entry in the store ({}). If the server was not off for so long: {SET}.",
                shown(newest)
            ),
        ),
        _ => findings.good("Clock", says),
    }
}

/// Returns what decrypts the keys in the store, or `None` if there is no secret. Creates none.
fn sealing(settings: &Settings) -> Option<Sealing> {
    let is_kept = || SigningSecret::look(&settings.data).is_ok_and(|is_there| is_there);
    let kept = || if is_kept() { SigningSecret::keep(&settings.data).ok() } else { None };
    let secret = settings.secret.clone().or_else(kept)?;
    Sealing::new(secret.bytes(), settings.secret_before.iter().map(SigningSecret::bytes)).ok()
}

async fn providers(settings: &Settings, examined: Option<&Examined>, findings: &mut Findings) {
    let providers = match Providers::new(&settings.providers) {
        Ok(providers) => providers,
        Err(error) => return findings.wrong("Providers", error.to_string()),
    };
    // Like a start: with the keys that the secret decrypts.
    let sealing = sealing(settings);
    let added = examined.map(|examined| examined.providers.clone()).unwrap_or_default();
    providers.take(added.into_iter().map(|stored| opened(stored, sealing.as_ref())).collect(), Visibilities::default());
    let all = providers.all_asked().await;
    for listed in all.iter().filter(|listed| listed.name != "builtin") {
        let name = format!("Provider {}", listed.name);
        match &listed.fault {
            Some(cause) => findings.wrong(name, cause.error.clone()),
            None if listed.has_none => findings.good(name, "it answers, and lists no models: each is used by its name"),
            None if listed.models.is_empty() => findings.doubtful(name, "it answers, and has no model. Load one there."),
            None => findings.good(name, format!("it lists {} models", listed.models.len() + listed.unlisted)),
        }
    }
    if all.len() == 1 {
        findings.doubtful("Providers", "none is configured and none was found on this machine: the built-in one quotes the manual. Set a key such as OPENAI_API_KEY, or start Ollama.");
    }
    let Some(wanted) = &settings.providers.default_model else { return };
    let name = format!("Default model {wanted}");
    let requester = Requester { role: Some(Role::Admin), ..Requester::default() };
    match providers.choose(&requester, None, None).await {
        Ok((provider, model)) => {
            let listed = all.iter().find(|listed| listed.name == provider.name());
            let is_silent = listed.is_some_and(|listed| listed.fault.is_some());
            let lists = listed.is_some_and(|listed| listed.models.iter().any(|entry| entry.name == model));
            if lists {
                findings.good(name, format!("the provider {} lists it", provider.name()));
            } else if is_silent {
                findings.doubtful(name, format!("the provider {} could not be asked for it. See there.", provider.name()));
            } else {
                findings.doubtful(name, format!("the provider {} does not list it. It is asked for it all the same.", provider.name()));
            }
        }
        Err(api_error) => findings.wrong(name, format!("{} Set default_model to provider/model.", api_error.error)),
    }
}
