//! Long conversations are read, sent and shown in pieces, and a user who requests many of them does not slow others down.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _, future::join_all};
use holdfast_client::connection::Timing;
use holdfast_protocol::{
    ClientFrame, Code, ConversationId, Message, ServerFrame,
    api::{Conversation, Earlier, PollReply},
    frame::{Initial, Sync},
};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_tungstenite::{connect_async, tungstenite};

use crate::support::{Client, Server, Socket, User, fresh_id, store};

/// Creates a conversation with this many messages of this many bytes, and one more question with its answer.
async fn long(server: &Server, user: &User, messages: usize, bytes: usize) -> ConversationId {
    let chat = server.chat(user, json!({"content": "begin", "model": "echo"})).await;
    let words = "some words ";
    store::change(
        server,
        &format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {messages})
             INSERT INTO messages (id, owner_id, conversation_id, parent_id, role, content, status, created_at, rev)
             SELECT CAST(printf('%016d', i) AS BLOB), m.owner_id, m.conversation_id,
                    iif(i = 1, m.id, CAST(printf('%016d', i - 1) AS BLOB)), iif(i % 2 = 1, 'user', 'assistant'),
                    i || '. ' || replace(hex(zeroblob({})), '00', '{words}'), iif(i % 2 = 1, 'accepted', 'complete'),
                    m.created_at + i, m.rev + i
             FROM n, (SELECT * FROM messages WHERE content = 'begin' AND role = 'assistant') AS m",
            bytes / words.len()
        ),
    );
    store::change(server, "INSERT OR IGNORE INTO revisions SELECT conversation_id, rev FROM messages WHERE role = 'assistant'");
    store::change(server, "UPDATE conversations SET rev = (SELECT max(rev) FROM messages WHERE conversation_id = conversations.id)");
    chat.conversation_id
}

async fn sync(socket: &mut Socket) -> Sync {
    match socket.next().await {
        ServerFrame::Sync(sync) => sync,
        other => panic!("{other:?}"),
    }
}

/// Returns the pieces of a conversation after a cursor.
async fn pieces(server: &Server, user: &User, id: ConversationId, cursor: Option<u64>) -> Vec<Sync> {
    let mut socket = Socket::ready(server, "/ws", user).await;
    socket.follow(id, cursor).await;
    let mut pieces = vec![sync(&mut socket).await];
    while pieces.last().unwrap().more {
        pieces.push(sync(&mut socket).await);
    }
    pieces
}

fn texts(messages: &[Message]) -> Vec<String> {
    messages.iter().map(|message| message.content.clone()).collect()
}

#[tokio::test]
async fn a_long_conversation_is_sent_in_consecutive_pieces() {
    let server = Server::start().await;
    let user = server.guest().await;
    let id = long(&server, &user, 60, 50_000).await;
    let whole = server.show(&user, id).await;
    assert_eq!(whole.messages.len(), 62);
    assert!(whole.messages[61].content.starts_with("60. some words"));

    let all = pieces(&server, &user, id, None).await;
    assert!(all.len() > 5, "{}", all.len());
    let joined: Vec<Message> = all.iter().flat_map(|piece| piece.messages.clone()).collect();
    assert_eq!(joined, whole.messages);
    assert_eq!((all[0].since, all.last().unwrap().cursor), (0, whole.cursor));
    assert!(all.windows(2).all(|two| two[1].since == two[0].cursor));
    assert!(all.iter().all(|piece| ServerFrame::Sync(piece.clone()).to_json().len() < 400_000));

    // A client that was cut off continues from there.
    let rest = pieces(&server, &user, id, Some(all[3].cursor)).await;
    assert_eq!(rest[..], all[4..]);

    let (mut polled, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/conversations/{id}/poll?wait_ms=0{cursor}");
        let mut reply: PollReply = server.as_user(&user, "GET", &path, None).await.json();
        let Some(ServerFrame::Sync(piece)) = reply.frames.pop() else { break };
        cursor = format!("&cursor={}", piece.cursor);
        polled.push(piece);
    }
    assert_eq!(polled, all);

    let client = Client::start(&server.address, &user, Timing::default());
    client.follow(id);
    assert_eq!(texts(&client.settled(id, 62).await), texts(&whole.messages));
}

#[tokio::test]
async fn messages_written_while_pieces_are_sent_follow_them() {
    let server = Server::start().await;
    let user = server.guest().await;
    let id = long(&server, &user, 60, 50_000).await;
    // A client that writes without following it receives the conversation, and then the answer to its end.
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    let message = fresh_id();
    let chat = json!({"type": "chat", "message_id": message, "conversation_id": id, "content": "and now", "provider": "builtin", "model": "echo-40-5"});
    socket.send_text(&chat.to_string()).await;
    let complete = socket.complete().await;
    assert_eq!((complete.full_response.split_whitespace().count(), socket.text.as_str()), (40, complete.full_response.as_str()));

    let client = Client::start(&server.address, &user, Timing::default());
    client.follow(id);
    client.submit(holdfast_protocol::frame::Chat {
        conversation_id: Some(id),
        model: Some("echo-20-5".into()),
        ..holdfast_protocol::frame::Chat::new(fresh_id(), "and again")
    });
    let messages = client.settled(id, 66).await;
    assert_eq!(messages, server.show(&user, id).await.messages);
}

#[tokio::test]
async fn pages_and_files_of_a_long_conversation_are_made_of_parts() {
    let server = Server::start().await;
    let user = server.guest().await;
    let id = long(&server, &user, 180, 50_000).await;
    let page = async |query: &str| server.call("GET", &format!("/c/{id}{query}"), &[("cookie", &user.cookie)], None).await;
    let first = page("").await;
    assert_eq!((first.status, first.headers["holdfast-part"].to_str().unwrap()), (200, "end"));
    assert!(first.text.contains("180. some words") && !first.text.contains("100. some words"));
    assert!(first.text.len() < 4_000_000, "{}", first.text.len());
    for query in ["?all", "?cached"] {
        let whole = page(query).await;
        assert!(whole.status == 200 && whole.text.contains("100. some words") && whole.text.len() < 12_000_000, "{}", whole.text.len());
    }
    // Versions of a question stay together; if they are too long for a page, the connection delivers them.
    store::change(&server, "UPDATE messages SET parent_id = NULL WHERE content LIKE '%some words%'");
    let without = page("").await;
    assert_eq!((without.status, without.headers["holdfast-part"].to_str().unwrap()), (200, "none"));
    assert!(without.text.len() < 100_000);
    store::change(
        &server,
        "UPDATE messages SET parent_id = (SELECT before.id FROM messages AS before WHERE before.conversation_id = messages.conversation_id
             AND before.created_at < messages.created_at ORDER BY before.created_at DESC LIMIT 1) WHERE content LIKE '%some words%'",
    );

    let whole = server.show(&user, id).await;
    let (mut here, mut before) = (vec![whole.messages.last().unwrap().clone()], usize::MAX);
    while before > 0 {
        let path = format!("/api/conversations/{id}/earlier?before={}", here[0].id);
        let earlier: Earlier = server.as_user(&user, "GET", &path, None).await.json();
        assert!(earlier.before < before);
        before = earlier.before;
        here.splice(0..0, earlier.messages);
    }
    assert_eq!(here, whole.messages);

    let export = async |format: &str| server.as_user(&user, "GET", &format!("/api/conversations/{id}/export?format={format}"), None).await;
    let file: Value = export("json").await.json();
    let conversation: Conversation = serde_json::from_value(file["conversations"][0].clone()).unwrap();
    assert_eq!(conversation, whole);
    let text = export("md").await.text;
    assert!(text.starts_with("# begin\n") && text.matches("\n## ").count() == 182 && text.contains("\n180. some words"));
}

/// Reads up to this many bytes of a conversation over a socket, without parsing them. Returns how the socket ended, or how many arrived.
async fn read_over_socket(server: &Server, user: &User, id: ConversationId, most: usize) -> Result<usize, u16> {
    let (mut socket, _) = connect_async(format!("ws://{}/ws/conversations/{id}", server.address)).await.unwrap();
    let initial = ClientFrame::Initial(Initial { token: user.token().into(), ..Initial::default() });
    socket.send(tungstenite::Message::text(initial.to_json())).await.unwrap();
    let mut bytes = 0;
    loop {
        match tokio::time::timeout(Duration::from_secs(120), socket.next()).await.unwrap().unwrap().unwrap() {
            tungstenite::Message::Text(text) if text.starts_with("{\"type\":\"sync\"") => {
                bytes += text.len();
                if bytes >= most || !text.ends_with("\"more\":true}") {
                    return Ok(bytes);
                }
            }
            tungstenite::Message::Close(frame) => return Err(frame.map_or(1005, |frame| frame.code.into())),
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_user_who_reads_long_conversations_in_many_ways_does_not_slow_others() {
    let mut server = Server::capped(&[("CONNECTIONS_PER_ADDRESS", "0")]).await;
    let (user, other) = (server.member("ada").await, server.member("ben").await);
    let id = long(&server, &user, 480, 65_536).await;
    let rest = server.resident_kib();
    let short = server.chat(&other, json!({"content": "hello", "model": "echo"})).await.conversation_id;

    let sockets = join_all((0..16).map(|n| read_over_socket(&server, &user, id, if n < 2 { usize::MAX } else { 2_000_000 })));
    let get = async |path: String| {
        let mut response =
            server.http.get(server.url(&path)).bearer_auth(user.token()).header("cookie", &user.cookie).send().await.unwrap();
        let (status, is_told) = (response.status().as_u16(), response.headers().contains_key("retry-after"));
        let mut bytes = 0;
        while let Some(piece) = response.chunk().await.unwrap() {
            bytes += piece.len();
        }
        (path, status, is_told, bytes)
    };
    let paths = [
        "/c/{id}",
        "/c/{id}?all",
        "/api/conversations/{id}",
        "/api/conversations/{id}/export",
        "/api/conversations/{id}/export?format=md",
        "/api/conversations/{id}/poll",
        "/api/export",
    ];
    let gets = join_all((0..3).flat_map(|_| paths).map(|path| get(path.replace("{id}", &id.to_string()))));
    let calls = async {
        let mut took = Vec::new();
        for _ in 0..60 {
            let since = Instant::now();
            assert_eq!(server.as_user(&other, "GET", &format!("/api/conversations/{short}"), None).await.status, 200);
            took.push(since.elapsed());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        took.sort_unstable();
        took[took.len() - 2]
    };
    let (sockets, gets, slow) = tokio::join!(sockets, gets, calls);
    for ended in &sockets {
        assert!(matches!(ended, Ok(2_000_000..) | Err(1013)), "{ended:?}");
    }
    assert!(sockets.iter().filter(|ended| ended.is_ok()).count() > 8, "{sockets:?}");
    for (path, status, is_told, bytes) in &gets {
        match status {
            200 => assert!(
                path.starts_with("/c/") || path.ends_with("/poll") || *path == "/api/export" || *bytes > 31_000_000,
                "{path} {bytes}"
            ),
            503 => assert!(is_told, "{path}"),
            other => panic!("{path} {other}"),
        }
    }
    assert!(gets.iter().filter(|(_, status, ..)| *status == 200).count() > 10, "{gets:?}");
    let above = server.peak_kib().saturating_sub(rest);
    assert!(server.is_running() && above < 1024 * 1024, "{} MiB above rest", above / 1024);
    assert!(slow < Duration::from_secs(5), "{slow:?}");
}

/// A provider is sent up to 16 MiB of a conversation.
#[tokio::test]
async fn answers_in_long_conversations_use_the_memory_budget() {
    let mut server = Server::capped(&[("READING_MIB", "64")]).await;
    let user = server.member("ada").await;
    let id = long(&server, &user, 240, 65_536).await;
    let rest = server.peak_kib();
    let say = || {
        let asked = json!({"content": "and?", "conversation_id": id, "provider": "builtin", "model": "echo-1-0"});
        server.as_user(&user, "POST", "/api/chat", Some(asked))
    };
    // As many as one user may start at once: each waits for the one before.
    let replies = join_all((0..4).map(|_| say())).await;
    for reply in &replies {
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.value()["status"], "complete", "{}", reply.text);
    }
    let above = server.peak_kib().saturating_sub(rest);
    assert!(server.is_running() && above < 96 * 1024, "{} MiB above rest", above / 1024);
}

#[tokio::test]
async fn a_full_conversation_refuses_messages_and_can_be_read() {
    let server = Server::start().await;
    let user = server.guest().await;
    let id = long(&server, &user, 70, 1_000_000).await;
    let refused = server.as_user(&user, "POST", "/api/chat", Some(json!({"content": "more", "conversation_id": id}))).await;
    assert_eq!((refused.status, refused.api_error().code), (413, Code::TooLarge));
    assert!(refused.text.contains("Start a new conversation"), "{}", refused.text);
    let answer = server.show(&user, id).await.messages.last().unwrap().id;
    let again = json!({"answer_id": fresh_id()});
    assert_eq!(server.as_user(&user, "POST", &format!("/api/messages/{answer}/regenerate"), Some(again)).await.status, 413);
    assert!(read_over_socket(&server, &user, id, usize::MAX).await.unwrap() > 69_000_000);
    let page = server.call("GET", &format!("/c/{id}"), &[("cookie", &user.cookie)], None).await;
    assert!(page.status == 200 && page.text.contains("70. some words"));
}
