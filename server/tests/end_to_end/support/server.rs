//! The real binary, on a port and a folder of its own.

use std::{
    io::{BufRead as _, BufReader},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use holdfast_protocol::{
    ApiError, ConversationId,
    api::{ChatReply, Conversation, ConversationSummary, Grant},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::volume::Volume;

pub struct Server {
    /// Before the folder, which is removed after it.
    _guard: Option<Writable>,
    child: Child,
    pub address: String,
    data: TempDir,
    settings: Vec<(String, String)>,
    memory_cap: Option<u64>,
    /// Where its log is kept, if not with the data.
    log: Option<TempDir>,
    said: Said,
    pub http: reqwest::Client,
}

/// A folder and its files that can be written again at the end, so that they can be removed.
struct Writable(PathBuf);

impl Drop for Writable {
    fn drop(&mut self) {
        set_writable(&self.0, true);
    }
}

/// What the server has written to stdout after it was ready.
type Said = std::sync::Arc<std::sync::Mutex<String>>;

/// Somebody signed in.
#[derive(Clone, Debug)]
pub struct User {
    pub grant: Grant,
    pub cookie: String,
}

impl User {
    pub fn token(&self) -> &str {
        &self.grant.access_token
    }
}

/// What a call gave.
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    /// Why a call was refused, or why the answer that it gave has failed.
    pub fn api_error(&self) -> ApiError {
        let value = self.value();
        let api_error = if value["error"].is_object() { value["error"].clone() } else { value };
        serde_json::from_value(api_error).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    pub fn value(&self) -> Value {
        self.json()
    }
}

impl Server {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With settings, as variables without their prefix.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let data = folder(&std::env::temp_dir());
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>();
        let (child, address, said) = spawn(command(), data.path(), &settings, "127.0.0.1:0");
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { _guard: None, child, address, data, settings, memory_cap: None, log: None, said, http }
    }

    /// As an operator runs it: with all limits in force, and with [`MEMORY_CAP`] as the most memory it can get. An allocation beyond
    /// that fails and ends the process, so a request that costs too much is seen as a server that is gone. For tests of cost.
    pub async fn capped(settings: &[(&str, &str)]) -> Self {
        let data = folder(&std::env::temp_dir());
        let settings: Vec<(String, String)> =
            [("LIMITS", "on")].iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (child, address, said) = spawn(command_capped(MEMORY_CAP), data.path(), &settings, "127.0.0.1:0");
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { _guard: None, child, address, data, settings, memory_cap: Some(MEMORY_CAP), log: None, said, http }
    }

    /// With its data in a folder of a volume, and with its log elsewhere: see `log`.
    pub async fn on(volume: &Volume, settings: &[(&str, &str)]) -> Self {
        let data = folder(volume.path());
        let log = tempfile::tempdir().unwrap();
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>();
        let mut command = command();
        command.env("NO_COLOR", "1").stderr(std::fs::File::create(log.path().join("log")).unwrap());
        let (child, address, said) = spawn(command, data.path(), &settings, "127.0.0.1:0");
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { _guard: None, child, address, data, settings, memory_cap: None, log: Some(log), said, http }
    }

    /// Whether the process runs. False after a crash, or when the memory cap ended it.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// The most resident memory that the process had at any time, KiB.
    pub fn peak_kib(&self) -> u64 {
        self.status_kib("VmHWM:")
    }

    /// With its log kept: see `log`.
    pub async fn with_log(settings: &[(&str, &str)]) -> Self {
        let mut server = Self::with(settings).await;
        server.stop().await;
        let mut command = command();
        command.stderr(std::fs::File::create(server.log_file()).unwrap());
        (server.child, server.address, server.said) = spawn(command, server.data.path(), &server.settings, &server.address);
        server
    }

    /// Started by a command that replaces itself by the server, such as `prlimit` with its arguments; with its log kept.
    pub async fn under(launcher: &[&str], settings: &[(&str, &str)]) -> Self {
        let mut server = Self::with(settings).await;
        server.stop().await;
        let mut command = Command::new(launcher[0]);
        command.args(&launcher[1..]);
        let mut command = without_settings(command, &[binary().into()]);
        command.stderr(std::fs::File::create(server.log_file()).unwrap());
        (server.child, server.address, server.said) = spawn(command, server.data.path(), &server.settings, &server.address);
        server
    }

    fn log_file(&self) -> PathBuf {
        self.log.as_ref().map_or(self.data(), TempDir::path).join("log")
    }

    /// What it has logged, if its log is kept.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// One to whom the permissions of files apply, whoever runs the tests: root's process is left without root's powers.
    pub async fn without_powers() -> Self {
        let mut server = Self::start().await;
        server.kill();
        let mut powerless = Command::new("setpriv");
        powerless.args(["--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"]);
        let command = if is_root() { without_settings(powerless, &[binary().into()]) } else { command() };
        (server.child, server.address, server.said) = spawn(command, server.data.path(), &server.settings, "127.0.0.1:0");
        server._guard = Some(Writable(server.data.path().to_owned()));
        server
    }

    /// Takes the permission to write the data away, or gives it back.
    pub fn set_writable(&self, writable: bool) {
        set_writable(self.data.path(), writable);
    }

    pub fn data(&self) -> &Path {
        self.data.path()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Ends it at once, without a word.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Tells it to end, and waits.
    pub async fn stop(&mut self) -> std::process::ExitStatus {
        terminate(&self.child);
        self.stop_waiting().await
    }

    /// Waits for its end.
    pub async fn stop_waiting(&mut self) -> std::process::ExitStatus {
        for _ in 0..3_000 {
            if let Some(status) = self.child.try_wait().unwrap() {
                // A turn for the client, to notice that its connections have ended: it must not use them for the next server.
                tokio::time::sleep(Duration::from_millis(1)).await;
                return status;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the server does not end");
    }

    /// Tells it to end, without waiting.
    pub fn terminate(&self) {
        terminate(&self.child);
    }

    /// Sends it a signal, such as `HUP`.
    pub fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Another setting, from the next start on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    /// The same port, the same data.
    pub fn start_again(&mut self) {
        let command = self.memory_cap.map_or_else(command, command_capped);
        let (child, address, said) = spawn(command, self.data.path(), &self.settings, &self.address);
        (self.child, self.address, self.said) = (child, address, said);
    }

    /// The same port, the same data, with its log kept anew: see `log`.
    pub fn start_again_with_log(&mut self) {
        let mut command = command();
        command.env("NO_COLOR", "1").stderr(std::fs::File::create(self.log_file()).unwrap());
        (self.child, self.address, self.said) = spawn(command, self.data.path(), &self.settings, &self.address);
    }

    /// The same port, the same data, by another clock: what libfaketime reads as `FAKETIME`, such as `+40d`. Its log is kept: see `log`.
    pub fn start_again_by_clock(&mut self, clock: &str) {
        let library = std::fs::read_dir("/usr/lib").unwrap().flatten().map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
        let library = library.into_iter().find(|path| path.exists()).expect("tools/setup test installs faketime");
        let mut command = command();
        self.turn_clock(clock);
        command.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", self.clock_file()).env("FAKETIME_NO_CACHE", "1");
        command.stderr(std::fs::File::create(self.log_file()).unwrap());
        (self.child, self.address, self.said) = spawn(command, self.data.path(), &self.settings, &self.address);
    }

    /// Another clock for a server that was started by one: all its clocks go on from there.
    pub fn turn_clock(&self, clock: &str) {
        // Renamed, so that it is never read half.
        let fresh = self.data().join("clock.new");
        std::fs::write(&fresh, clock).unwrap();
        std::fs::rename(fresh, self.clock_file()).unwrap();
    }

    fn clock_file(&self) -> PathBuf {
        self.data().join("clock")
    }

    /// The process's resident memory, KiB.
    pub fn resident_kib(&self) -> u64 {
        self.status_kib("VmRSS:")
    }

    /// Processor time that the process has taken so far.
    pub fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // After the name, which may hold anything; in ticks, of which Linux tells 100 a second on every machine (proc(5)).
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks = |at: usize| fields[at].parse::<u64>().unwrap();
        Duration::from_millis(10 * (ticks(11) + ticks(12)))
    }

    fn status_kib(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    pub async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Reply {
        let mut request = self.http.request(method.parse().unwrap(), self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.unwrap();
        Reply { status: response.status().as_u16(), headers: response.headers().clone(), text: response.text().await.unwrap() }
    }

    pub async fn as_user(&self, user: &User, method: &str, path: &str, body: Option<Value>) -> Reply {
        let bearer = format!("Bearer {}", user.token());
        self.call(method, path, &[("authorization", &bearer)], body).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call("GET", path, &[], None).await
    }

    pub async fn guest(&self) -> User {
        self.sign_in("/api/auth/guest", None).await
    }

    pub async fn member(&self, name: &str) -> User {
        self.sign_in("/api/auth/signup", Some(json!({"username": name, "password": "correct horse"}))).await
    }

    /// The token of the link that the server prints while nobody administers it.
    pub async fn claim_token(&self) -> String {
        for _ in 0..500 {
            if let Some((_, token)) = self.said.lock().unwrap().split_once("/claim#") {
                return token.trim().to_owned();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the server prints no link");
    }

    /// What it wrote after it was ready.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// The first administrator.
    pub async fn admin(&self, name: &str) -> User {
        let token = self.claim_token().await;
        self.sign_in("/api/auth/claim", Some(json!({"token": token, "username": name, "password": "correct horse"}))).await
    }

    pub async fn sign_in(&self, path: &str, body: Option<Value>) -> User {
        let reply = self.call("POST", path, &[], body).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        User { grant: reply.json(), cookie: cookie(&reply).unwrap() }
    }

    pub async fn conversation(&self, user: &User) -> ConversationId {
        let reply = self.as_user(user, "POST", "/api/conversations", Some(json!({}))).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.json::<ConversationSummary>().id
    }

    pub async fn show(&self, user: &User, id: ConversationId) -> Conversation {
        let reply = self.as_user(user, "GET", &format!("/api/conversations/{id}"), None).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    }

    pub async fn chat(&self, user: &User, body: Value) -> ChatReply {
        let reply = self.as_user(user, "POST", "/api/chat", Some(body)).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The session cookie that a reply sets, as it is sent back.
pub fn cookie(reply: &Reply) -> Option<String> {
    let set = reply.headers.get_all("set-cookie").iter().find_map(|value| value.to_str().ok())?;
    set.split(';').next().map(str::to_owned)
}

pub fn binary() -> PathBuf {
    env!("CARGO_BIN_EXE_holdfast").into()
}

/// The binary with an environment of its own, and none of this one's settings.
pub fn command() -> Command {
    without_settings(Command::new(binary()), &[])
}

/// The address space of a server under a memory cap, bytes.
pub const MEMORY_CAP: u64 = 4 << 30;

/// The same with an address space of at most `bytes`. `prlimit` replaces itself by the binary, so the process is the server's.
fn command_capped(bytes: u64) -> Command {
    let mut prlimit = Command::new("prlimit");
    prlimit.arg(format!("--as={bytes}")).arg("--");
    without_settings(prlimit, &[binary().into()])
}

fn without_settings(mut command: Command, arguments: &[std::ffi::OsString]) -> Command {
    command.args(arguments);
    for (name, _) in std::env::vars() {
        if name.starts_with("HOLDFAST_")
            || ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"].contains(&name.to_uppercase().as_str())
            || holdfast_providers::SETTINGS.iter().any(|setting| setting.variable == name)
        {
            command.env_remove(name);
        }
    }
    command
}

/// A fresh folder that its owner alone can read, as the server makes it.
fn folder(place: &Path) -> TempDir {
    tempfile::Builder::new().permissions(std::fs::Permissions::from_mode(0o700)).tempdir_in(place).unwrap()
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

fn set_writable(folder: &Path, writable: bool) {
    let set = |path: &Path, mode| match std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {} // SQLite takes files of its own away again
        done => done.unwrap(),
    };
    if writable {
        set(folder, 0o700);
    }
    for file in std::fs::read_dir(folder).unwrap() {
        set(&file.unwrap().path(), if writable { 0o600 } else { 0o400 });
    }
    if !writable {
        set(folder, 0o500);
    }
}

fn spawn(mut command: Command, data: &Path, settings: &[(String, String)], listen: &str) -> (Child, String, Said) {
    command.env("HOLDFAST_LISTEN", listen).env("HOLDFAST_DATA", data).env("HOLDFAST_DISCOVER", "false").env("HOLDFAST_LIMITS", "off");
    command.current_dir(data);
    for (name, value) in settings {
        command.env(format!("HOLDFAST_{name}"), value);
    }
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let said = Said::default();
    let heard = said.clone();
    std::thread::spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            heard.lock().unwrap().push_str(&format!("{line}\n"));
        }
    });
    let url = line.trim().strip_prefix("Holdfast is ready: ").unwrap_or_else(|| panic!("the server did not start: {line:?}"));
    // Where a public address is configured that is told instead; the port is then ours to choose.
    let address = url.strip_prefix("http://").and_then(|rest| rest.split('/').next());
    let chosen = settings.iter().find(|(name, _)| name == "LISTEN").map_or(listen, |(_, listen)| listen);
    let address = address.filter(|address| address.starts_with("127.0.0.1:")).unwrap_or(chosen).replace("0.0.0.0", "127.0.0.1");
    (child, address, said)
}

fn terminate(child: &Child) {
    signal(child, "TERM");
}

fn signal(child: &Child, name: &str) {
    let done = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(done.success());
}
