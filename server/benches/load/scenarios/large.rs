//! A user with 100 000 messages: list, search, open and send, compared with a user with a hundred. And how others are affected while that
//! user reads long conversations in every way at once.

use std::{net::SocketAddr, path::Path, time::Duration};

use holdfast_protocol::{ClientFrame, ConversationId, ServerFrame, UserId, api::SearchPage, frame::Initial};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::Instant,
};
use uuid::Uuid;

use super::{ANYWHERE, SETTLE, fresh};
use crate::{
    http,
    plan::Plan,
    process::Server,
    reading::Words,
    report::{Aim, Figure, percentile, remark},
    wire::{BenchError, Socket},
};

/// Number of conversations of the user, and of messages in each.
const MANY: (u32, u32) = (900, 100);
/// Number of messages in one long conversation.
const LONG: u32 = 10_000;
/// A conversation with much text: number of messages, and bytes of each.
const BOOKS: (u32, u32) = (480, 65_536);
/// The same for the small user.
const FEW: (u32, u32) = (5, 20);
const ROUNDS: usize = 200;
/// Time limit for building the index.
const LONGEST_BUILDING: Duration = Duration::from_secs(600);
/// Number of sockets, and of calls, of the user who reads everything at once.
const GREEDY: usize = 12;

/// Searches: for words in one message, in some, in a tenth and in all messages, and for prefixes.
const QUERIES: [&str; 8] = ["rare4242", "seldom7", "common3", "common3 seldom9", "the tide", "que", "no", "t"];

/// A user of the measurements.
struct Someone {
    token: String,
    id: UserId,
    /// Number of the user, for generated ids.
    number: u32,
}

impl Someone {
    async fn new(server: &Server, number: u32, token: String) -> Result<Self, BenchError> {
        let (_, ready) = Socket::enter(server.address, Initial { token: token.clone(), ..Initial::default() }).await?;
        Ok(Self { token, id: ready.user_id, number })
    }

    fn conversation(&self, n: u32) -> ConversationId {
        let text = format!("{:04}{n:06}{:06}", self.number, 0);
        ConversationId(Uuid::from_slice(text.as_bytes()).unwrap_or_default())
    }
}

pub(super) async fn run(plan: &Plan) -> Result<(), BenchError> {
    let (folder, server) = fresh(plan).await?;
    let mut users = Vec::new();
    for (number, token) in (1..).zip(http::guests(server.address, 2).await?) {
        users.push(Someone::new(&server, number, token).await?);
    }
    server.end().await?;
    let [large, small] = &users[..] else { return Err(BenchError::Late("two users")) };
    let began = Instant::now();
    let filled = fill(&folder.path().join("data/holdfast.db"), large, small).await;
    filled.map_err(|error| BenchError::Wrong(format!("the store could not be filled: {error}")))?;
    remark(&format!("{} messages of one user were there, made in {:.0} s", MANY.0 * MANY.1 + LONG, began.elapsed().as_secs_f64()));
    let server = Server::holdfast(&plan.holdfast, folder.path(), ANYWHERE, None).await?;
    indexed(&server, large, small).await?;
    tokio::time::sleep(SETTLE).await;

    let (list, floor) = (list(&server, large).await?, list(&server, small).await?);
    print("list of conversations", list, floor, 50.0);
    let (found, floor) = (search(&server, large).await?, search(&server, small).await?);
    print("search", found, floor, 50.0);
    let floor = open(&server, small, FEW.0).await?;
    print("open a conversation", open(&server, large, MANY.0).await?, floor.clone(), 50.0);
    print(&format!("open one of {LONG} messages, to its first part"), open(&server, large, 0).await?, floor, 50.0);
    let (sent, floor) = (send(&server, large).await?, send(&server, small).await?);
    print("send a message, to its answer's end", sent, floor, 50.0);
    crowded(&server, large, small).await?;
    server.end().await
}

fn print(what: &str, mut times: Vec<u32>, mut floor: Vec<u32>, aim: f64) {
    let ms = |times: &mut Vec<u32>, share| percentile(times, share) / 1000.0;
    Figure::new(format!("{what}, p50"), ms(&mut times, 0.5), "ms").floor(ms(&mut floor, 0.5)).print();
    Figure::new(format!("{what}, p99"), ms(&mut times, 0.99), "ms").floor(ms(&mut floor, 0.99)).aim(Aim::Most(aim)).print();
}

fn micros(since: Instant) -> u32 {
    u32::try_from(since.elapsed().as_micros()).unwrap_or(u32::MAX)
}

async fn get(address: SocketAddr, token: &str, path: &str) -> Result<u32, BenchError> {
    let since = Instant::now();
    http::succeed(address, &format!("GET {path}"), &[format!("authorization: Bearer {token}")], "").await?;
    Ok(micros(since))
}

async fn list(server: &Server, user: &Someone) -> Result<Vec<u32>, BenchError> {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        times.push(get(server.address, &user.token, "/api/conversations").await?);
    }
    Ok(times)
}

/// Waits until the search index has all messages of the user. Meanwhile that user searches, and another user works normally.
async fn indexed(server: &Server, large: &Someone, small: &Someone) -> Result<(), BenchError> {
    let (began, bearer) = (Instant::now(), [format!("authorization: Bearer {}", large.token)]);
    let mut searches = Vec::new();
    let building = async {
        while began.elapsed() < LONGEST_BUILDING {
            let since = Instant::now();
            let reply = http::succeed(server.address, "GET /api/search?q=tide", &bearer, "").await?;
            searches.push(micros(since));
            if !serde_json::from_slice::<SearchPage>(&reply.body)?.building {
                return Ok(());
            }
            tokio::time::sleep(SETTLE).await;
        }
        Err(BenchError::Late("the search index"))
    };
    let (built, others, sent) = tokio::join!(building, apart(server.address, small), send(server, small));
    built?;
    let (mut others, mut sent) = (others?, sent?);
    remark(&format!("the search index of them was built in {:.0} s", began.elapsed().as_secs_f64()));
    let p99 = |times: &mut Vec<u32>| percentile(times, 0.99) / 1000.0;
    Figure::new("search while the index is built, p99", p99(&mut searches), "ms").print();
    Figure::new("another user's call meanwhile, p99", p99(&mut others), "ms").print();
    Figure::new("another user's message meanwhile, p99", p99(&mut sent), "ms").print();
    Ok(())
}

async fn search(server: &Server, user: &Someone) -> Result<Vec<u32>, BenchError> {
    let mut times = Vec::with_capacity(ROUNDS);
    for query in QUERIES.iter().cycle().take(ROUNDS) {
        times.push(get(server.address, &user.token, &format!("/api/search?q={}", query.replace(' ', "%20"))).await?);
    }
    Ok(times)
}

/// Opens conversations one after the other; 0 stands for the long one.
async fn open(server: &Server, user: &Someone, conversations: u32) -> Result<Vec<u32>, BenchError> {
    let mut times = Vec::with_capacity(ROUNDS);
    for n in (0..).take(ROUNDS) {
        let id = user.conversation(if conversations == 0 { MANY.0 + 1 } else { 1 + n % conversations });
        let since = Instant::now();
        let initial = Initial { token: user.token.clone(), conversation_id: Some(id), ..Initial::default() };
        let (mut socket, _) = Socket::enter(server.address, initial).await?;
        match ServerFrame::parse(&socket.hear().await?)? {
            ServerFrame::Sync(sync) if !sync.messages.is_empty() => times.push(micros(since)),
            _ => return Err(BenchError::Wrong("an opened conversation did not begin with its messages".into())),
        }
    }
    Ok(times)
}

async fn send(server: &Server, user: &Someone) -> Result<Vec<u32>, BenchError> {
    let words = Words::new(1, Duration::ZERO);
    let mut times = Vec::with_capacity(ROUNDS);
    for n in (1..).take(ROUNDS) {
        let initial = Initial { token: user.token.clone(), ..Initial::default() };
        let (mut socket, _) = Socket::enter(server.address, initial).await?;
        let mut chat = words.asked();
        chat.conversation_id = Some(user.conversation(1 + n % FEW.0));
        let since = Instant::now();
        socket.say(&ClientFrame::Chat(chat)).await?;
        loop {
            match ServerFrame::parse(&socket.hear().await?)? {
                ServerFrame::Complete(_) => break,
                ServerFrame::Error { code, error, .. } => return Err(BenchError::Refused(format!("{code}: {error}"))),
                _ => {}
            }
        }
        times.push(micros(since));
    }
    Ok(times)
}

/// Measures the calls of one user, without and with another one who reads as much as possible.
async fn crowded(server: &Server, large: &Someone, small: &Someone) -> Result<(), BenchError> {
    let usual = apart(server.address, small).await?;
    let mut greedy = JoinSet::new();
    let id = large.conversation(MANY.0 + 2);
    for n in 0..2 * GREEDY {
        let (address, token) = (server.address, large.token.clone());
        greedy.spawn_local(async move {
            loop {
                let read = if n % 2 == 0 { read_socket(address, &token, id).await } else { read_whole(address, &token, id).await };
                // A user who asks for so much may be told to try again.
                if read.is_err() {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        });
    }
    tokio::time::sleep(4 * SETTLE).await;
    let crowded = apart(server.address, small).await?;
    greedy.shutdown().await;
    let (mut usual, mut crowded) = (usual, crowded);
    let p99 = |times: &mut Vec<u32>| percentile(times, 0.99) / 1000.0;
    let floor = p99(&mut usual);
    Figure::new("another user's call while one reads long ones, p99", p99(&mut crowded), "ms").floor(floor).aim(Aim::Times(2.0)).print();
    Ok(())
}

/// Measures from a separate thread, so that the load of this generator does not count.
async fn apart(address: SocketAddr, user: &Someone) -> Result<Vec<u32>, BenchError> {
    let (token, path) = (user.token.clone(), format!("/api/conversations/{}", user.conversation(1)));
    let asking = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut times = Vec::with_capacity(ROUNDS);
            for _ in 0..ROUNDS {
                times.push(get(address, &token, &path).await?);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Ok(times)
        })
    });
    asking.await.unwrap_or_else(|error| Err(BenchError::Wrong(format!("a client of ours panicked: {error}"))))
}

async fn read_socket(address: SocketAddr, token: &str, id: ConversationId) -> Result<(), BenchError> {
    let initial = Initial { token: token.to_owned(), conversation_id: Some(id), ..Initial::default() };
    let (mut socket, _) = Socket::enter(address, initial).await?;
    while socket.hear().await?.ends_with("\"more\":true}") {}
    Ok(())
}

async fn read_whole(address: SocketAddr, token: &str, id: ConversationId) -> Result<(), BenchError> {
    let mut stream = TcpStream::connect(address).await?;
    let call =
        format!("GET /api/conversations/{id} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n");
    stream.write_all(call.as_bytes()).await?;
    let (mut buffer, mut bytes) = (vec![0; 256 * 1024], 0);
    loop {
        match stream.read(&mut buffer).await? {
            0 => break,
            more => bytes += more,
        }
    }
    if bytes > 1024 * 1024 { Ok(()) } else { Err(BenchError::Refused(format!("a whole conversation came as {bytes} bytes"))) }
}

/// Creates the data as the server would have created it.
async fn fill(store: &Path, large: &Someone, small: &Someone) -> Result<(), sqlx::Error> {
    let mut store = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(store)).await?;
    sqlx::query("BEGIN").execute(&mut store).await?;
    let words = "'In the notes of that week, the tide and common' || (at % 10) || ' are beside seldom' || (at % 997) || ' and rare' || at
        || '. What does question' || (at % 100) || ' mean for it, and why does nobody say so when the water is low?'";
    let much = format!("{words} || replace(hex(zeroblob({})), '00', 'some words ')", BOOKS.1 / 11);
    conversations(&mut store, large, 1, MANY.0, MANY.1, words).await?;
    conversations(&mut store, large, MANY.0 + 1, MANY.0 + 1, LONG, words).await?;
    conversations(&mut store, large, MANY.0 + 2, MANY.0 + 2, BOOKS.0, &much).await?;
    conversations(&mut store, small, 1, FEW.0, FEW.1, words).await?;
    sqlx::query("COMMIT").execute(&mut store).await?;
    store.close().await
}

/// Creates the conversations `from` to `to` with this many messages each; their texts depend on `at`, the number of a message.
async fn conversations(
    store: &mut SqliteConnection,
    user: &Someone,
    from: u32,
    to: u32,
    messages: u32,
    text: &str,
) -> Result<(), sqlx::Error> {
    const NUMBERS: &str = "WITH RECURSIVE
        number (n) AS (SELECT ?2 UNION ALL SELECT n + 1 FROM number WHERE n < ?3),
        place (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM place WHERE k < ?4)";
    let id = |k: &str| format!("CAST(printf('%04d%06d%06d', ?5, n, {k}) AS BLOB)");
    let statements = [
        format!(
            "{NUMBERS} INSERT INTO conversations (id, user_id, title, rev, created_at, updated_at)
             SELECT {}, ?1, 'Notes of week ' || n, ?6 + ?4, ?6, ?6 + n FROM number",
            id("0")
        ),
        format!(
            "{NUMBERS} INSERT INTO revisions (conversation_id, rev)
             SELECT {}, ?6 + k FROM number CROSS JOIN place WHERE k % 2 = 0 OR k = ?4",
            id("0")
        ),
        format!(
            "{NUMBERS} INSERT INTO messages (id, owner_id, conversation_id, parent_id, role, content, status, created_at, rev)
             SELECT {}, ?1, {}, iif(k = 1, NULL, {}), iif(k % 2 = 1, 'user', 'assistant'), {text},
                 iif(k % 2 = 1, 'accepted', 'complete'), ?6 + k, ?6 + k
             FROM (SELECT n, k, n * 100 + k AS at FROM number CROSS JOIN place)",
            id("k"),
            id("0"),
            id("k - 1")
        ),
    ];
    for statement in statements {
        let statement = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(user.id.0).bind(from).bind(to).bind(messages);
        statement.bind(user.number).bind(1_700_000_000_000_i64).execute(&mut *store).await?;
    }
    Ok(())
}
