//! Storage quotas of guests, accounts and the server (rows 65 and 66 of the failure cases), under a memory limit.

use std::time::Duration;

use holdfast_protocol::{
    Code, ConversationId, ServerFrame, Status,
    frame::{Accepted, Chat},
    people::People,
    storage::{MIB, StorageInfo},
    transfer::ImportReport,
};
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    support::{Server, Socket, User, fresh_id, store},
    transfer::{import, list},
};

async fn stored(server: &Server, user: &User) -> StorageInfo {
    server.as_user(user, "GET", "/api/storage", None).await.json()
}

fn text(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 40);
    while text.len() < bytes {
        text.push_str(&format!("{} ", Uuid::new_v4().simple()));
    }
    text.truncate(bytes);
    text
}

/// Sends a message of this many bytes.
async fn send(server: &Server, user: &User, id: ConversationId, bytes: usize) -> Result<Accepted, Code> {
    let body = json!({"message_id": fresh_id(), "content": text(bytes), "model": "echo-1-0"});
    let reply = server.as_user(user, "POST", &format!("/api/conversations/{id}/messages"), Some(body)).await;
    if reply.status == 202 {
        return Ok(reply.json());
    }
    let api_error = reply.api_error();
    if api_error.code == Code::QuotaExceeded {
        assert_eq!(reply.status, 413);
        assert!(
            api_error.error.contains(" MB are used. Delete conversations") && api_error.retry_after_ms.is_none(),
            "{}",
            api_error.error
        );
    }
    Err(api_error.code)
}

/// Sends messages until one is refused. Returns how many were accepted.
async fn fill(server: &Server, user: &User, id: ConversationId, bytes: usize) -> usize {
    let mut taken = 0;
    loop {
        match send(server, user, id, bytes).await {
            Ok(_) => taken += 1,
            Err(Code::QuotaExceeded) => return taken,
            Err(Code::Busy) => tokio::time::sleep(Duration::from_millis(5)).await,
            Err(other) => panic!("{other}"),
        }
    }
}

/// Returns a file with conversations of this many bytes.
fn file(conversations: usize, bytes: usize) -> Vec<u8> {
    let one = |n: usize| {
        let message = |n: usize| {
            json!({"id": Uuid::new_v4(), "role": "user", "status": "accepted", "content": text(bytes / 8), "rev": 1, "parent_id": null,
                "conversation_id": Uuid::nil(), "created_at": 1_700_000_000_000_u64 + n as u64})
        };
        json!({"id": Uuid::new_v4(), "title": format!("No. {n}"), "created_at": 1_700_000_000_000_u64, "updated_at": 1_700_000_000_000_u64,
            "messages": (0..8).map(message).collect::<Vec<_>>()})
    };
    json!((0..conversations).map(one).collect::<Vec<Value>>()).to_string().into_bytes()
}

#[tokio::test]
async fn a_guest_at_the_quota_is_refused_and_others_are_not() {
    let server = Server::capped(&[
        ("GUEST_STORAGE_MIB", "3"),
        ("LIMIT_MESSAGES", "100000"),
        ("LIMIT_CONVERSATIONS", "100000"),
        ("LIMIT_ANSWERS", "8"),
    ])
    .await;
    let (guest, other) = (server.guest().await, server.guest().await);
    let until = Instant::now() + Duration::from_secs(5);
    // On a machine that has much to do it takes longer.
    let is_over = |refused: usize| Instant::now() > until && (refused > 0 || until.elapsed() > Duration::from_secs(60));
    let over_http = async {
        let id = server.conversation(&guest).await;
        let mut refused = 0;
        while !is_over(refused) {
            refused += usize::from(send(&server, &guest, id, 30_000).await == Err(Code::QuotaExceeded));
        }
        refused
    };
    let over_sockets = async {
        let mut socket = Socket::ready(&server, "/ws", &guest).await;
        let mut refused = 0;
        while !is_over(refused) {
            socket.chat(Chat { model: Some("echo-9000-0".into()), ..Chat::new(fresh_id(), text(20_000)) }).await;
            let told = socket.until(|frame| matches!(frame, ServerFrame::Accepted(_) | ServerFrame::Error { .. })).await;
            refused += usize::from(matches!(told, ServerFrame::Error { code: Code::QuotaExceeded, .. }));
        }
        refused
    };
    let by_imports = async {
        let mut refused = 0;
        while !is_over(refused) {
            let request = server.http.post(server.url("/api/import")).bearer_auth(guest.token()).body(file(4, 300_000));
            let response = request.send().await.unwrap();
            let (status, text) = (response.status(), response.text().await.unwrap());
            let told = text.contains("storage is full");
            assert!(status == 200 || status == 413 && told || status == 503, "{status} {text}");
            refused += usize::from(told);
        }
        refused
    };
    let in_titles = async {
        let mut refused = 0;
        while !is_over(refused) {
            let reply = server.as_user(&guest, "POST", "/api/conversations", Some(json!({"title": "ä".repeat(200)}))).await;
            refused += usize::from(reply.status == 413 && reply.api_error().code == Code::QuotaExceeded);
        }
        refused
    };
    let unaffected = async {
        let id = server.conversation(&other).await;
        while Instant::now() < until {
            assert!(send(&server, &other, id, 100).await.is_ok());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let (http, sockets, imports, titles, ()) = tokio::join!(over_http, over_sockets, by_imports, in_titles, unaffected);
    assert!(http > 0 && sockets > 0 && imports > 0 && titles > 0, "{http} {sockets} {imports} {titles}");
    let now = stored(&server, &guest).await;
    // An answer is looked at every 64 KiB.
    assert!((2 * MIB..3 * MIB + 8 * 70_000).contains(&now.used_bytes), "{now:?}");
    assert_eq!(now.quota_bytes, Some(3 * MIB));
    assert!(stored(&server, &other).await.used_bytes < 200_000);
    let size = std::fs::metadata(server.data().join("holdfast.db")).unwrap().len();
    assert!(size < 60 * MIB, "{size} bytes");
}

#[tokio::test]
async fn deleting_frees_the_quota_at_once_and_the_deleted_can_be_restored_while_there_is_space() {
    let server = Server::capped(&[("GUEST_STORAGE_MIB", "1"), ("LIMIT_MESSAGES", "100000")]).await;
    let guest = server.guest().await;
    let (old, full) = (server.conversation(&guest).await, server.conversation(&guest).await);
    for _ in 0..5 {
        send(&server, &guest, old, 20_000).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let taken = fill(&server, &guest, full, 20_000).await;
    assert!(taken > 30, "{taken}");
    let act = async |method: &str, path: String| server.as_user(&guest, method, &path, None).await.status;
    // Undone, it is full as before.
    assert_eq!(act("DELETE", format!("/api/conversations/{old}")).await, 204);
    assert!(stored(&server, &guest).await.used_bytes < MIB - 90_000);
    assert_eq!(act("POST", format!("/api/conversations/{old}/restore")).await, 200);
    assert_eq!(send(&server, &guest, full, 20_000).await.unwrap_err(), Code::QuotaExceeded);
    // Deleted, there is room at once, and what was deleted makes way for what is new.
    assert_eq!(act("DELETE", format!("/api/conversations/{full}")).await, 204);
    let next = server.conversation(&guest).await;
    assert!(send(&server, &guest, next, 1_000).await.is_ok());
    assert_eq!(act("POST", format!("/api/conversations/{full}/restore")).await, 200, "it still fits");
    assert_eq!(act("DELETE", format!("/api/conversations/{full}")).await, 204);
    assert!(fill(&server, &guest, next, 20_000).await > 20);
    assert_eq!(act("POST", format!("/api/conversations/{full}/restore")).await, 404, "it made way");
    let all: u64 = store::query(&server, "SELECT max(bytes) FROM storage").parse().unwrap();
    assert!(all <= MIB + 100_000, "{all}");
    assert_eq!(store::query(&server, "SELECT sum(removed_bytes) FROM storage"), "0");
}

#[tokio::test]
async fn an_answer_that_reaches_the_quota_keeps_its_text_and_can_continue() {
    let server = Server::capped(&[("USER_STORAGE_MIB", "1"), ("LIMIT_MESSAGES", "100000")]).await;
    let user = server.member("Ada").await;
    let (ballast, id) = (server.conversation(&user).await, server.conversation(&user).await);
    while stored(&server, &user).await.used_bytes < 900_000 {
        while send(&server, &user, ballast, 100_000).await == Err(Code::Busy) {}
    }
    let body = json!({"message_id": fresh_id(), "content": "long", "model": "echo-60000-0"});
    let path = format!("/api/conversations/{id}/messages");
    let begun = server.as_user(&user, "POST", &path, Some(body)).await.json::<Accepted>();
    let end = async || {
        loop {
            let shown = server.show(&user, id).await;
            if !shown.messages[1].status.is_unfinished() {
                return shown.messages[1].clone();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let cut = end().await;
    let error = cut.error.as_ref().unwrap();
    assert_eq!((cut.status, error.code), (Status::Interrupted, Code::QuotaExceeded));
    assert!(error.error.contains("Your account's storage is full") && error.error.contains(" of 1 MB"), "{}", error.error);
    assert!(cut.content.len() > 60_000 && holdfast_providers::echo_text(60_000).starts_with(&cut.content));
    let go_on = async || server.as_user(&user, "POST", &format!("/api/answers/{}/continue", begun.answer_id), None).await;
    let refused = go_on().await;
    assert_eq!((refused.status, refused.api_error().code), (413, Code::QuotaExceeded));
    let again = json!({"answer_id": fresh_id(), "model": "echo-1-0"});
    let refused = server.as_user(&user, "POST", &format!("/api/messages/{}/regenerate", begun.message_id), Some(again)).await;
    assert_eq!((refused.status, refused.api_error().code), (413, Code::QuotaExceeded));
    assert_eq!(server.as_user(&user, "DELETE", &format!("/api/conversations/{ballast}"), None).await.status, 204);
    assert_eq!(go_on().await.status, 202);
    let whole = end().await;
    assert_eq!((whole.status, whole.content), (Status::Complete, holdfast_providers::echo_text(60_000)));
}

#[tokio::test]
async fn signing_up_raises_the_quota_and_administrators_see_and_set_it() {
    let server = Server::capped(&[("LIMIT_MESSAGES", "100000")]).await;
    let admin = server.admin("Ada").await;
    let set = async |body: Value| server.as_user(&admin, "PATCH", "/api/admin/limits", Some(body)).await.status;
    assert_eq!(set(json!({"guest_storage_mib": 1, "user_storage_mib": 2})).await, 200);
    let guest = server.guest().await;
    let id = server.conversation(&guest).await;
    assert!(fill(&server, &guest, id, 50_000).await > 10);
    let bearer = format!("Bearer {}", guest.token());
    let body = json!({"username": "Bob", "password": "correct horse"});
    let reply = server.call("POST", "/api/auth/signup", &[("authorization", &bearer)], Some(body)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let bob = User { grant: reply.json(), cookie: String::new() };
    assert_eq!(stored(&server, &bob).await.quota_bytes, Some(2 * MIB));
    assert!(fill(&server, &bob, id, 50_000).await > 10);
    let seen = server.as_user(&admin, "GET", "/api/admin/users?search=bob", None).await.json::<People>();
    let used = stored(&server, &bob).await.used_bytes;
    // The last answer may end in between.
    assert!(seen.people[0].stored_bytes.abs_diff(used) < 2_000 && used > 1_900_000, "{seen:?} {used}");
    assert_eq!(set(json!({"user_storage_mib": 0})).await, 200);
    assert!(send(&server, &bob, id, 50_000).await.is_ok());
    assert_eq!(stored(&server, &bob).await.quota_bytes, None);
}

#[tokio::test]
async fn an_import_stops_at_the_quota_without_partial_conversations() {
    let server = Server::capped(&[("GUEST_STORAGE_MIB", "1")]).await;
    let guest = server.guest().await;
    let report: ImportReport = import(&server, &guest, file(6, 300_000)).await;
    assert_eq!((report.added, report.left_out), (3, 1), "{report:?}");
    let problem = report.problems.last().unwrap();
    assert!(problem.contains("stopped at “No. 3”") && problem.contains("Your storage is full"), "{problem}");
    assert_eq!(list(&server, &guest, "list").await.len(), 3);
    assert_eq!(store::query(&server, "SELECT count(*) FROM conversations"), "3");
    let used = stored(&server, &guest).await.used_bytes;
    assert!((900_000..MIB).contains(&used), "{used}");
}

#[tokio::test]
async fn the_server_has_a_quota_of_its_own() {
    let server = Server::capped(&[("SERVER_STORAGE_MIB", "3"), ("LIMIT_MESSAGES", "100000"), ("LIMIT_CONVERSATIONS", "1000")]).await;
    let (one, two) = (server.guest().await, server.guest().await);
    let (id, other) = (server.conversation(&one).await, server.conversation(&two).await);
    assert!(fill(&server, &one, id, 100_000).await > 5);
    assert_eq!(send(&server, &two, other, 200_000).await.unwrap_err(), Code::QuotaExceeded);
    let refused = server.as_user(&two, "POST", "/api/conversations", Some(json!({"title": "x".repeat(200)}))).await;
    assert!(refused.status == 201 || refused.api_error().error.contains("The server's storage is full"), "{}", refused.text);
    // What one deletes makes room for all; and it goes for good when that is needed.
    assert_eq!(server.as_user(&one, "DELETE", &format!("/api/conversations/{id}"), None).await.status, 204);
    assert!(fill(&server, &two, other, 100_000).await > 5);
    assert_eq!(server.as_user(&one, "POST", &format!("/api/conversations/{id}/restore"), None).await.status, 404);
    let all: u64 = store::query(&server, "SELECT bytes FROM storage_total").parse().unwrap();
    assert!(all <= 3 * MIB + 100_000, "{all}");
}

#[tokio::test]
async fn new_conversations_links_and_other_changes_have_rate_limits() {
    let server = Server::capped(&[("LIMIT_CONVERSATIONS", "3"), ("LIMIT_SHARES", "2"), ("LIMIT_CHANGES", "5")]).await;
    let (user, other) = (server.member("Ada").await, server.member("Bob").await);
    let id = server.chat(&user, json!({"content": "x", "model": "echo-1-0"})).await.conversation_id;
    let call = async |method: &str, path: String, body: Value| server.as_user(&user, method, &path, Some(body)).await;
    let limited = async |method: &str, path: String, body: Value, most: usize, status: u16| {
        for _ in 0..most {
            assert_eq!(call(method, path.clone(), body.clone()).await.status, status, "{method} {path}");
        }
        let more = call(method, path.clone(), body).await;
        assert_eq!((more.status, more.api_error().code), (429, Code::RateLimited), "{method} {path}");
        assert!(more.headers.contains_key("retry-after") && more.api_error().retry_after_ms.is_some());
    };
    limited("POST", "/api/conversations".into(), json!({"title": "x"}), 3, 201).await;
    let mut named = Socket::open(&server, "/ws/chat/fourth").await;
    named.initial(user.token()).await;
    let ended = named.ended().await;
    assert_eq!((ended.code, ended.error), (1013, Some(Code::RateLimited)), "a name that is new begins one, too");
    limited("POST", format!("/api/conversations/{id}/shares"), json!({}), 2, 201).await;
    limited("PATCH", format!("/api/conversations/{id}"), json!({"title": "y"}), 5, 200).await;
    // All other changes are one kind, each user's own; reading, writing and leaving go on.
    for (method, path) in [("DELETE", format!("/api/conversations/{id}")), ("POST", format!("/api/conversations/{id}/restore"))] {
        assert_eq!(call(method, path, Value::Null).await.status, 429);
    }
    assert_eq!(call("PATCH", "/api/auth/me".into(), json!({"username": "Eve"})).await.status, 429);
    server.conversation(&other).await;
    server.show(&user, id).await;
    server.chat(&user, json!({"content": "x", "model": "echo-1-0", "conversation_id": id})).await;
    assert_eq!(call("POST", "/api/auth/logout".into(), Value::Null).await.status, 204);
}
