//! Starts and stops the server.

mod certificate;
pub(crate) mod check;
mod folder;
mod housekeeping;
mod port_owner;
mod signals;
mod timekeeping;

use std::{
    fs::File,
    io::{self, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum_server::Handle;
use tokio::time::Instant;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use self::{signals::Signals, timekeeping::Timekeeper};
use crate::config::{ConfigError, Settings, SigningSecret};
use crate::site::SITE;
use holdfast_blobs::Folder;
use holdfast_core::access::{ModelAccess, OffersError};
use holdfast_core::accounts::{Accounts, Administration, Policy};
use holdfast_core::answers::{Flusher, Hub, restart_error};
use holdfast_core::conversations::{Bounds, Chat};
use holdfast_core::materials::{self, Materials};
use holdfast_core::ports::{Repositories, StoreError};
use holdfast_core::spending::Spending;
use holdfast_core::{address::Listen, clock, disk::Disk};
use holdfast_core::{
    auth::{
        file_sealing::FileSealing,
        opaque::OpaqueToken,
        password::Passwords,
        sealing::{SealError, Sealing},
        second_factor::SecondFactors,
        token::Tokens,
    },
    limits::{Limits, reading::ReadingBudget},
};
use holdfast_oidc::Oidc;
use holdfast_providers::{Providers, SettingsError};
use holdfast_reading::ChildReader;
use holdfast_store::{SqliteError, Store};
use holdfast_web::{
    App,
    files::Files,
    http::{self, rendering::Rendering},
    listener::{self, Addresses, Port, PortError},
    realtime::socket_protocol::Terms,
};

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// A setting is invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A provider's setting is invalid.
    #[error(transparent)]
    Providers(#[from] SettingsError),
    /// The store can't be opened.
    #[error(transparent)]
    Store(#[from] SqliteError),
    /// The stored prices can't be read.
    #[error(transparent)]
    Spending(#[from] StoreError),
    /// The encryption of keys can't be set up.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The stored provider settings can't be read.
    #[error(transparent)]
    ModelAccess(#[from] OffersError),
    /// The data folder can't be used.
    #[error("the data folder {folder} can't be used: {cause}. Choose another with --data, or fix its permissions.")]
    Data {
        /// The folder.
        folder: String,
        /// The reason.
        cause: io::Error,
    },
    /// Another server is using the data folder.
    #[error("the data folder {0} is in use by another Holdfast. Stop that one, or choose another folder with --data.")]
    InUse(String),
    /// The address is in use.
    #[error("the address {address} is already in use{by}. Stop the other program, or choose another address with {flag}.")]
    Occupied {
        /// The address.
        address: Listen,
        /// The process that uses it, if it is known.
        by: String,
        /// The flag of its setting.
        flag: &'static str,
    },
    /// The server can't listen there.
    #[error("can't listen on {address}: {cause}. Choose another address with {flag}.")]
    Listen {
        /// The address.
        address: Listen,
        /// The reason.
        cause: PortError,
        /// The flag of its setting.
        flag: &'static str,
    },
    /// The certificate is invalid.
    #[error("can't serve with the certificate {}: {cause}. tls_cert must be a PEM file with the certificate chain, tls_key a PEM file with its key.", cert.display())]
    Certificate {
        /// Its file.
        cert: PathBuf,
        /// The reason.
        cause: io::Error,
    },
    /// The HTTP client can't be created.
    #[error(transparent)]
    Oidc(#[from] holdfast_outbound::OutboundError),
    /// The runtime can't be created.
    #[error("the server could not start: {0}")]
    Runtime(io::Error),
}

/// How long sockets get to close at the end.
const GOODBYE: Duration = Duration::from_secs(5);

/// Serves until a signal arrives.
///
/// # Errors
/// Why the server could not start.
pub(crate) async fn serve(settings: Settings) -> Result<(), StartError> {
    // Before the server reports that it is ready. Until then, a signal ends the process immediately.
    let mut signals = Signals::listen().map_err(StartError::Runtime)?;
    signals::outlive_full_disks();
    // The usual limit of 1 024 open files is a tenth of what a small machine can serve.
    let files = Arc::new(Files::raise());
    if let Some(proxy) = settings.providers.outbound.shown_proxy() {
        info!(proxy, direct = settings.providers.outbound.direct.join(", "), "using a proxy for outbound requests");
    }
    let port = listen(&settings.listen, settings.socket_mode, &files, "--listen").await?;
    let certificate = match &settings.tls {
        Some(tls) => Some(
            listener::certificate(&tls.cert, &tls.key).await.map_err(|cause| StartError::Certificate { cert: tls.cert.clone(), cause })?,
        ),
        None => None,
    };
    let metrics = match &settings.metrics_listen {
        Some(address) => Some(listen(address, settings.socket_mode, &files, "--metrics-listen").await?),
        None => None,
    };
    let _lock = folder::hold(&settings.data)?;
    let disk = Arc::new(Disk::new(&settings.data, settings.min_free));
    let secret = match settings.secret.clone() {
        Some(secret) => secret,
        None => SigningSecret::keep(&settings.data)?,
    };
    let store = Store::open(&settings.data.join("holdfast.db")).await?;
    let interrupted = store.recover_answers(&restart_error(), clock::now()).await?;
    if interrupted > 0 {
        info!(interrupted, "answers cut by the last shutdown are marked as interrupted");
    }
    store.revocations_done(i64::MAX).await?; // there are no connections yet
    let started = Instant::now();
    let timekeeper = Timekeeper::begin(&store, clock::now(), started).await?;
    let hub = Arc::new(Hub::default());
    let repositories: Arc<dyn Repositories> = Arc::new(store.clone());
    let flusher = Arc::new(Flusher::default());
    let flushed = CancellationToken::new();
    let flushing = tokio::spawn(flusher.clone().run(repositories.clone(), hub.clone(), flushed.clone()));
    let providers = Arc::new(Providers::new(&settings.providers)?);
    let sealing = || Sealing::new(secret.bytes(), settings.secret_before.iter().map(SigningSecret::bytes));
    let second_factors = SecondFactors::new(sealing()?);
    seal_second_factors_anew(&store, &second_factors).await?;
    let oidc = Oidc::new(&settings.oidc, &settings.providers.outbound, Sealing::new(secret.bytes(), [])?)?;
    let model_access = Arc::new(ModelAccess::begin(repositories.clone(), providers.clone(), sealing()?).await?);
    let spending = Arc::new(Spending::begin(repositories.clone()).await?);
    let limits = Arc::new(Limits::new(settings.limits, store.limits().await?, settings.fixed_limits.clone()));
    if settings.limits {
        files.warn_if_low(limits.unauthenticated().saturating_add(settings.connections_per_address.unwrap_or_default()));
    }
    store.set_quotas(limits.quotas());
    let drain = Duration::from_millis(settings.drain);
    let file_sealing = FileSealing::new(secret.bytes(), settings.secret_before.iter().map(SigningSecret::bytes))?;
    let materials = Arc::new(Materials::new(
        repositories.clone(),
        Arc::new(Folder::new(settings.data.join("files"), file_sealing)),
        hub.clone(),
        limits.clone(),
        disk.clone(),
        materials::Bounds { page: settings.sizes.page },
    ));
    if let Err(cause) = materials.tidy_up().await {
        warn!(%cause, "could not look for bytes of files that an interrupted removal left behind; the next start tries again");
    }
    let node = settings.node.clone().unwrap_or_else(|| gethostname::gethostname().to_string_lossy().into_owned());
    let passwords = Arc::new(Passwords::default());
    let app = Arc::new(App {
        node,
        store: repositories.clone(),
        accounts: Accounts {
            store: repositories.clone(),
            hub: hub.clone(),
            limits: limits.clone(),
            tokens: Tokens::new(secret.bytes(), settings.token_life)
                .after(settings.secret_before.iter().map(SigningSecret::bytes), clock::now()),
            passwords: passwords.clone(),
            second_factors,
            policy: Policy { guests: settings.guests, sign_up: settings.signup, session_life: settings.session_life },
        },
        administration: Administration::new(repositories.clone(), passwords, hub.clone()),
        chat: Arc::new(Chat::new(
            repositories,
            hub,
            model_access.clone(),
            flusher,
            limits.clone(),
            spending.clone(),
            Bounds {
                message_bytes: settings.sizes.message,
                search_within: Duration::from_millis(settings.search_within),
                reading: ReadingBudget::new(settings.reading_mib),
                disk: disk.clone(),
            },
        )),
        materials,
        providers,
        model_access,
        spending,
        oidc,
        limits,
        refusals: Default::default(),
        socket_requests: Default::default(),
        disk,
        probes: Default::default(),
        redirects: Default::default(),
        pending: Default::default(),
        files,
        rendering: Rendering::new(Duration::from_millis(settings.render_within)),
        share_cache: Default::default(),
        imports: Default::default(),
        closing: CancellationToken::new(),
        sockets: TaskTracker::new(),
        settings: web_settings(&settings),
        site: SITE,
    });
    tokio::spawn(housekeeping::watch_clock_and_sweep(app.clone(), store.clone(), timekeeper, started));
    tokio::spawn(housekeeping::tidy_limits(app.clone()));
    tokio::spawn(housekeeping::erase_removed(app.clone(), store.clone()));
    tokio::spawn(housekeeping::sweep_files(app.clone()));
    let reader = Arc::new(ChildReader::new(PathBuf::from("/proc/self/exe"), holdfast_reading::Limits::default()));
    tokio::spawn(app.materials.clone().read_queued(reader, app.closing.clone()));
    tokio::spawn(housekeeping::index_texts(app.clone(), store.clone()));
    tokio::spawn(housekeeping::watch_revocations(app.clone()));
    tokio::spawn({
        let app = app.clone();
        async move { app.oidc.look().await }
    });

    let address = port.address().map_err(StartError::Runtime)?;
    let base = app.settings.base().to_owned();
    let timeouts =
        listener::Timeouts { read: Duration::from_millis(settings.read_within), stalled: Duration::from_millis(settings.stalled) };
    app.files.keep_own();
    let handle = Handle::new();
    let addresses = Addresses::new(settings.connections_per_address, settings.trusted_proxies.clone(), app.files.clone());
    let server = tokio::spawn(listener::serve(port, certificate, timeouts, addresses, handle.clone(), http::router(app.clone()), base));
    if let Some(port) = metrics {
        tokio::spawn(listener::serve_metrics(port, http::metrics_router(app.clone())));
    }
    let shown = shown(&app.settings, address);
    // The reader may have closed the pipe after the first line; that is no reason to stop.
    let _ = writeln!(io::stdout(), "Holdfast is ready: {shown}");
    match claim(&store).await {
        Ok(Some(path)) => {
            let at = if shown.starts_with("unix:") { "<address of your proxy>" } else { &shown };
            let _ = writeln!(io::stdout(), "No administrator exists yet. Open this link to become the administrator: {at}{path}");
        }
        Ok(None) => {}
        Err(cause) => warn!(%cause, "could not create a link for the first administrator; restart to try again"),
    }

    signals.received().await;
    info!("shutting down; send the signal again to exit immediately");
    tokio::spawn(async move {
        signals.received_again().await;
        std::process::exit(1);
    });
    app.chat.drain(drain).await;
    // Everything is sent before connections are closed.
    flushed.cancel();
    if flushing.await.is_err() {
        warn!("the last answers may not be saved");
    }
    app.closing.cancel();
    handle.graceful_shutdown(Some(GOODBYE));
    app.sockets.close();
    let _ = tokio::time::timeout(GOODBYE, app.sockets.wait()).await; // remaining connections are cut off
    let _ = tokio::time::timeout(GOODBYE, server).await;
    store.close().await;
    Ok(())
}

/// Opens the store of a data folder, for a command that works with or without a running server. Keep the returned file open until the
/// work is done.
///
/// If no server is running, the folder is locked meanwhile, so that none starts in the middle of a schema change. If one is running,
/// SQLite allows a second process beside it.
pub(crate) async fn open_store(data: &Path) -> Result<(Store, Option<File>), StartError> {
    folder::make(data)?;
    let path = data.join("holdfast.db");
    match folder::try_hold(data)? {
        Some(held) => Ok((Store::open(&path).await?, Some(held))),
        None => Ok((Store::open_beside(&path).await?, None)),
    }
}

/// Encrypts two-factor secrets with the current secret that were encrypted with an earlier one.
async fn seal_second_factors_anew(store: &Store, factors: &SecondFactors) -> Result<(), SqliteError> {
    let mut lost = 0;
    for (user, secret) in store.second_factors().await? {
        match factors.anew(user, &secret) {
            Ok(Some(secret)) => store.keep_second_factor(user, &secret).await?,
            Ok(None) => {}
            Err(_) => lost += 1,
        }
    }
    if lost > 0 {
        warn!(
            accounts = lost,
            "second factors can't be read because the secret was changed; recovery codes still work. Set the previous secret as HOLDFAST_SECRET_BEFORE, or reset two-factor authentication"
        );
    }
    Ok(())
}

async fn listen(address: &Listen, mode: u32, files: &Arc<Files>, flag: &'static str) -> Result<Port, StartError> {
    Port::bind(address, mode, files.clone()).await.map_err(|cause| refused_port(address, cause, flag))
}

/// Returns the start error for an address that can't be listened on. `flag` is the setting's flag.
fn refused_port(address: &Listen, cause: PortError, flag: &'static str) -> StartError {
    let address = address.clone();
    if !matches!(cause, PortError::Occupied { .. }) {
        return StartError::Listen { address, cause, flag };
    }
    let by = port_owner::owner(&address, &cause).map(|process| format!(" by {}", port_owner::named(process)));
    StartError::Occupied { address, by: by.unwrap_or_default(), flag }
}

/// Returns what the web server needs to know of the settings.
pub fn web_settings(settings: &Settings) -> holdfast_web::Settings {
    holdfast_web::Settings {
        listen: settings.listen.clone(),
        tls: settings.tls.is_some(),
        serves_metrics: settings.metrics_listen.is_none(),
        public_url: settings.public_url.clone(),
        allowed_origins: settings.allowed_origins.clone(),
        hosts: settings.hosts.clone(),
        machine: settings.machine.clone(),
        trusted_proxies: settings.trusted_proxies.clone(),
        guests: settings.guests,
        signup: settings.signup,
        oidc: settings.oidc.clone(),
        token_in_query: settings.token_in_query,
        read_within: settings.read_within,
        body_within: settings.body_within,
        stalled: settings.stalled,
        sizes: settings.sizes,
        terms: Terms { heartbeat: settings.heartbeat, frame: settings.sizes.frame, ..Terms::default() },
        data: settings.data.clone(),
    }
}

/// Returns the address at which users open the server. `address` is `None` for a Unix socket.
fn shown(settings: &holdfast_web::Settings, address: Option<SocketAddr>) -> String {
    let scheme = settings.own_scheme();
    match (&settings.public_url, address) {
        (Some(url), _) => format!("{}{}", url.origin, url.base),
        (None, None) => settings.listen.to_string(),
        // If it listens on all interfaces, this name works on this machine.
        (None, Some(address)) if address.ip().is_unspecified() => format!("{scheme}://localhost:{}", address.port()),
        (None, Some(address)) => format!("{scheme}://{address}"),
    }
}

/// Returns the link that makes the first administrator, or `None` if there is one. Each start creates a new link; only its hash is
/// stored.
async fn claim(store: &Store) -> Result<Option<String>, SqliteError> {
    if store.has_admin().await? {
        return Ok(None);
    }
    let secret = OpaqueToken::fresh();
    store.keep_claim(&secret.hash(), clock::now()).await?;
    Ok(Some(format!("/claim#{}", secret.expose())))
}
