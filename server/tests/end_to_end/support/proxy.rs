//! A TCP proxy that can misbehave.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

#[derive(Clone)]
pub struct Proxy {
    pub address: String,
    rules: Arc<Rules>,
}

/// How a gateway asks people to sign in.
#[derive(Clone, Copy, Debug)]
pub enum SignIn {
    /// It sends them elsewhere.
    Redirect,
    /// 401, with a page.
    Unauthorized,
    /// 200, with a page.
    Page,
}

impl SignIn {
    fn reply(self) -> String {
        let (head, body) = match self {
            Self::Redirect => ("302 Found\r\nlocation: https://idp.example/sign-in", ""),
            Self::Unauthorized => ("401 Unauthorized\r\ncontent-type: text/html", "<p>Who are you?"),
            Self::Page => ("200 OK\r\ncontent-type: text/html; charset=utf-8", "<p>Who are you?"),
        };
        format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
    }
}

struct Rules {
    /// Bytes from the server after which a connection is cut; `usize::MAX` is never.
    cut_after: AtomicUsize,
    /// The same for the next upgraded connection alone.
    cut_next: AtomicUsize,
    /// Bytes from the server on the upgraded connection that passed the most.
    upgraded_bytes: AtomicUsize,
    /// Nothing passes, and nothing is closed.
    stalled: AtomicBool,
    /// A request that asks for an upgrade is refused with 400, as by a proxy that knows none.
    no_upgrade: AtomicBool,
    /// A request that asks for an upgrade is never answered.
    swallow_upgrade: AtomicBool,
    /// Connections over which nothing came from the server for so long are cut, ms.
    idle_limit: AtomicUsize,
    /// How many were.
    idle_cuts: AtomicUsize,
    /// Every request is answered by a gateway that does not know the person.
    sign_in: Mutex<Option<SignIn>>,
    /// Upgraded connections live so long.
    upgraded_life: AtomicUsize,
    /// What event streams bring beyond so many bytes is held back to their end.
    hold_streams_after: AtomicUsize,
    generation: watch::Sender<u64>,
    server: String,
}

impl Proxy {
    pub async fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let rules = Arc::new(Rules {
            cut_after: AtomicUsize::new(usize::MAX),
            cut_next: AtomicUsize::new(usize::MAX),
            upgraded_bytes: AtomicUsize::new(0),
            stalled: AtomicBool::new(false),
            no_upgrade: AtomicBool::new(false),
            swallow_upgrade: AtomicBool::new(false),
            idle_limit: AtomicUsize::new(usize::MAX),
            idle_cuts: AtomicUsize::new(0),
            sign_in: Mutex::new(None),
            upgraded_life: AtomicUsize::new(usize::MAX),
            hold_streams_after: AtomicUsize::new(usize::MAX),
            generation: watch::Sender::new(0),
            server: server.to_owned(),
        });
        let proxy = Self { address: listener.local_addr().unwrap().to_string(), rules: rules.clone() };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, rules.clone()));
            }
        });
        proxy
    }

    /// Each connection is cut after so many bytes from the server.
    pub fn cut_after(&self, bytes: usize) {
        self.rules.cut_after.store(bytes, Ordering::Relaxed);
    }

    /// The next upgraded connection is cut after so many bytes from the server; those after it are not.
    pub fn cut_next_upgraded_after(&self, bytes: usize) {
        self.rules.cut_next.store(bytes, Ordering::Relaxed);
    }

    /// How much has come from the server on the upgraded connection that had the most.
    pub fn upgraded_bytes(&self) -> usize {
        self.rules.upgraded_bytes.load(Ordering::Relaxed)
    }

    /// Cuts what is open now.
    pub fn cut(&self) {
        self.rules.generation.send_modify(|generation| *generation += 1);
    }

    pub fn stall(&self, stalled: bool) {
        self.rules.stalled.store(stalled, Ordering::Relaxed);
    }

    pub fn no_upgrade(&self, on: bool) {
        self.rules.no_upgrade.store(on, Ordering::Relaxed);
    }

    pub fn swallow_upgrade(&self, on: bool) {
        self.rules.swallow_upgrade.store(on, Ordering::Relaxed);
    }

    /// Upgraded connections over which nothing came for so long are cut.
    pub fn cut_when_idle_for(&self, limit: Duration) {
        self.rules.idle_limit.store(limit.as_millis() as usize, Ordering::Relaxed);
    }

    pub fn idle_cuts(&self) -> usize {
        self.rules.idle_cuts.load(Ordering::Relaxed)
    }

    pub fn wants_sign_in(&self, how: Option<SignIn>) {
        *self.rules.sign_in.lock().unwrap() = how;
    }

    pub fn kill_upgraded_after(&self, life: Option<Duration>) {
        let ms = life.map_or(usize::MAX, |life| life.as_millis() as usize);
        self.rules.upgraded_life.store(ms, Ordering::Relaxed);
    }

    /// Event streams are held back to their end, from the first byte on.
    pub fn buffer_streams(&self, on: bool) {
        self.hold_streams_after(if on { 0 } else { usize::MAX });
    }

    /// What event streams bring beyond so many bytes is held back to their end.
    pub fn hold_streams_after(&self, bytes: usize) {
        self.rules.hold_streams_after.store(bytes, Ordering::Relaxed);
    }
}

async fn pass(mut client: TcpStream, rules: Arc<Rules>) {
    let Ok(mut server) = TcpStream::connect(&rules.server).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let mut generation = rules.generation.subscribe();
    generation.mark_unchanged();
    let mut passed = 0;
    let mut own_limit = usize::MAX;
    let mut is_upgraded = false;
    let (mut up, mut down) = ([0; 16 * 1024], [0; 16 * 1024]);
    let mut life = Duration::from_secs(3_600);
    let mut first = true;
    let mut held = Vec::new();
    let mut held_after = usize::MAX;
    let began = tokio::time::Instant::now();
    loop {
        while rules.stalled.load(Ordering::Relaxed) {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(5)) => {}
                _ = generation.changed() => return,
            }
        }
        // What comes from the client alone is rare enough to count as well.
        let idle_limit = Duration::from_millis(rules.idle_limit.load(Ordering::Relaxed).min(3_600_000) as u64);
        tokio::select! {
            _ = generation.changed() => return,
            () = tokio::time::sleep_until(began + life) => return,
            () = tokio::time::sleep(idle_limit), if is_upgraded => {
                rules.idle_cuts.fetch_add(1, Ordering::Relaxed);
                return;
            }
            read = client.read(&mut up) => {
                let Ok(n @ 1..) = read else { return };
                let head = String::from_utf8_lossy(&up[..n]).to_lowercase();
                let sign_in = *rules.sign_in.lock().unwrap();
                if let Some(sign_in) = sign_in.filter(|_| head.contains(" http/1.1\r\n")) {
                    let _ = client.write_all(sign_in.reply().as_bytes()).await;
                    return;
                }
                if first && head.contains("\r\nupgrade: websocket") {
                    if rules.no_upgrade.load(Ordering::Relaxed) {
                        let _ = client.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
                        return;
                    }
                    if rules.swallow_upgrade.load(Ordering::Relaxed) {
                        let _ = generation.changed().await;
                        return;
                    }
                    is_upgraded = true;
                    own_limit = rules.cut_next.swap(usize::MAX, Ordering::Relaxed);
                    life = Duration::from_millis(rules.upgraded_life.load(Ordering::Relaxed).min(3_600_000) as u64);
                }
                if head.starts_with("get ") {
                    // A connection that is kept open carries other requests too.
                    let is_stream = head.lines().next().is_some_and(|line| line.contains("/events"));
                    let limit = if is_stream { rules.hold_streams_after.load(Ordering::Relaxed) } else { usize::MAX };
                    held_after = limit.saturating_add(passed);
                }
                first = false;
                while rules.stalled.load(Ordering::Relaxed) {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                if server.write_all(&up[..n]).await.is_err() { return }
            }
            read = server.read(&mut down) => {
                let Ok(n) = read else { return };
                if n == 0 {
                    let _ = client.write_all(&held).await;
                    return;
                }
                if passed + n > held_after || !held.is_empty() {
                    held.extend_from_slice(&down[..n]);
                    continue;
                }
                let left = rules.cut_after.load(Ordering::Relaxed).min(own_limit).saturating_sub(passed);
                let whole = n.min(left);
                if client.write_all(&down[..whole]).await.is_err() || whole < n { return }
                passed += whole;
                if is_upgraded {
                    rules.upgraded_bytes.fetch_max(passed, Ordering::Relaxed);
                }
            }
        }
    }
}
