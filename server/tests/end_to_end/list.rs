//! The list of conversations: pinned, archived, removed and restored ones.

use std::time::Duration;

use holdfast_protocol::{
    Code, ConversationId, ServerFrame,
    api::{ConversationPage, ConversationSummary, SearchPage},
    frame::{Chat, Listed},
};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{Server, Socket, User, fresh_id, store};

async fn shelf(server: &Server, user: &User, name: &str) -> Vec<String> {
    let reply = server.as_user(user, "GET", &format!("/api/conversations?shelf={name}"), None).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json::<ConversationPage>().conversations.into_iter().map(|it| it.title).collect()
}

async fn found(server: &Server, user: &User, word: &str) -> usize {
    server.as_user(user, "GET", &format!("/api/search?q={word}"), None).await.json::<SearchPage>().results.len()
}

async fn begin(server: &Server, user: &User, text: &str) -> ConversationId {
    server.chat(user, json!({"content": text, "model": "echo"})).await.conversation_id
}

async fn change(server: &Server, user: &User, id: ConversationId, patch: Value) -> ConversationSummary {
    let reply = server.as_user(user, "PATCH", &format!("/api/conversations/{id}"), Some(patch)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

/// Returns the next list entry that fits from a tab's socket.
async fn told(tab: &mut Socket, fits: impl Fn(&Listed) -> bool) -> Listed {
    let ServerFrame::Conversation(listed) = tab.until(|frame| matches!(frame, ServerFrame::Conversation(listed) if fits(listed))).await
    else {
        unreachable!()
    };
    listed
}

#[tokio::test]
async fn pinned_and_archived_conversations_are_the_same_on_every_device() {
    let server = Server::start().await;
    let user = server.guest().await;
    let (tides, harbours) = (begin(&server, &user, "tides").await, begin(&server, &user, "harbours").await);
    let mut tab = Socket::ready(&server, "/ws", &user).await;

    let summary = change(&server, &user, tides, json!({"pinned": true})).await;
    assert!(summary.pinned && summary.title == "tides", "and nothing else changed");
    let listed = told(&mut tab, |listed| listed.pinned).await;
    assert_eq!((listed.conversation_id, listed.updated_at), (tides, Some(summary.updated_at)));
    assert_eq!(shelf(&server, &user, "pinned").await, ["tides"]);
    assert_eq!(shelf(&server, &user, "list").await, ["harbours", "tides"], "newest first, as ever");

    change(&server, &user, tides, json!({"archived": true})).await;
    told(&mut tab, |listed| listed.archived).await;
    assert_eq!(shelf(&server, &user, "list").await, ["harbours"]);
    assert!(shelf(&server, &user, "pinned").await.is_empty());
    assert_eq!(shelf(&server, &user, "archived").await, ["tides"]);
    assert_eq!(found(&server, &user, "tides").await, 1, "the archived are found");
    assert_eq!(server.show(&user, tides).await.messages.len(), 2, "and read");

    change(&server, &user, tides, json!({"archived": false})).await;
    assert_eq!(shelf(&server, &user, "pinned").await, ["tides"], "as before");
    assert_eq!(server.as_user(&user, "GET", "/api/conversations?shelf=attic", None).await.status, 400);
    let stranger = server.guest().await;
    let path = format!("/api/conversations/{harbours}");
    assert_eq!(server.as_user(&stranger, "PATCH", &path, Some(json!({"pinned": true}))).await.status, 404);
}

#[tokio::test]
async fn a_removed_conversation_is_hidden_everywhere_and_restored_completely() {
    let server = Server::start().await;
    let user = server.guest().await;
    let first = server.chat(&user, json!({"content": "doomed", "model": "echo"})).await;
    let id = first.conversation_id;
    let before = server.show(&user, id).await;
    let mut tab = Socket::ready(&server, "/ws", &user).await;
    let path = format!("/api/conversations/{id}");

    assert_eq!(server.as_user(&user, "DELETE", &path, None).await.status, 204);
    told(&mut tab, |listed| listed.removed).await;
    assert_eq!(server.as_user(&user, "DELETE", &path, None).await.status, 404, "once");
    for (method, path, body) in [
        ("GET", path.clone(), None),
        ("PATCH", path.clone(), Some(json!({"title": "x"}))),
        ("GET", format!("{path}/poll?wait_ms=0"), None),
        ("POST", format!("{path}/messages"), Some(json!({"message_id": fresh_id(), "content": "x", "model": "echo"}))),
        ("POST", format!("/api/answers/{}/stop", first.answer_id), None),
        ("POST", format!("/api/messages/{}/regenerate", first.answer_id), Some(json!({"answer_id": fresh_id(), "model": "echo"}))),
    ] {
        let reply = server.as_user(&user, method, &path, body).await;
        assert_eq!((reply.status, reply.api_error().code), (404, Code::ConversationNotFound), "{method} {path}");
    }
    assert!(shelf(&server, &user, "list").await.is_empty());
    assert_eq!(found(&server, &user, "doomed").await, 0);

    let since = Instant::now();
    let back = server.as_user(&user, "POST", &format!("{path}/restore"), None).await;
    let listed = told(&mut tab, |listed| !listed.removed).await;
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
    assert_eq!((back.status, listed.title.as_str()), (200, "doomed"));
    assert_eq!(server.show(&user, id).await.messages, before.messages);
    assert_eq!(found(&server, &user, "doomed").await, 1);
    let again = server.as_user(&user, "POST", &format!("{path}/restore"), None).await;
    assert_eq!(again.status, 200, "bringing back what is there changes nothing");
}

#[tokio::test]
async fn a_restored_conversation_has_the_text_of_its_interrupted_answer() {
    let server = Server::start().await;
    let user = server.guest().await;
    let id = server.conversation(&user).await;
    let mut tab = Socket::ready(&server, &format!("/ws/conversations/{id}"), &user).await;
    tab.chat(Chat { model: Some("echo-5000-5".into()), ..Chat::new(fresh_id(), "go") }).await;
    tab.until(|frame| matches!(frame, ServerFrame::Chunk { .. })).await;
    let path = format!("/api/conversations/{id}");
    assert_eq!(server.as_user(&user, "DELETE", &path, None).await.status, 204);
    assert_eq!(server.as_user(&user, "POST", &format!("{path}/restore"), None).await.status, 200);
    let listed = told(&mut tab, |listed| !listed.removed && !listed.answering).await;
    assert_eq!(listed.conversation_id, id);
    let mut reader = Socket::ready(&server, &format!("/ws/conversations/{id}"), &user).await;
    let ServerFrame::Sync(sync) = reader.until(|frame| matches!(frame, ServerFrame::Sync(_))).await else { unreachable!() };
    assert!(!sync.messages[1].content.is_empty(), "{sync:?}");
}

#[tokio::test]
async fn a_removed_conversation_is_deleted_after_a_day() {
    let mut server = Server::start().await;
    let user = server.guest().await;
    let (old, fresh) = (begin(&server, &user, "old").await, begin(&server, &user, "fresh").await);
    for id in [old, fresh] {
        assert_eq!(server.as_user(&user, "DELETE", &format!("/api/conversations/{id}"), None).await.status, 204);
    }
    server.stop().await;
    store::change(&server, "update conversations set removed_at = removed_at - 86400000 where title = 'old'");
    server.start_again_by_clock("+0");
    server.turn_clock("+65m");
    store::until(&server, "select count(*) from conversations", "1").await;
    assert_eq!(store::query(&server, "select count(*) from messages"), "2");
    server.stop().await;
    server.start_again();
    let restore = |id| server.as_user(&user, "POST", format!("/api/conversations/{id}/restore").leak(), None);
    assert_eq!((restore(old).await.status, restore(fresh).await.status), (404, 200));
}

#[tokio::test]
async fn a_session_id_starts_a_new_conversation_after_its_old_one_was_removed() {
    let server = Server::start().await;
    let user = server.guest().await;
    let lecture = || json!({"content": "hello", "session_id": "lecture", "model": "echo"});
    let first = server.chat(&user, lecture()).await;
    server.chat(&user, lecture()).await;
    assert_eq!(server.as_user(&user, "DELETE", &format!("/api/conversations/{}", first.conversation_id), None).await.status, 204);
    let again = server.chat(&user, lecture()).await;
    assert_eq!(again.conversation_id, first.conversation_id);
    assert_eq!(server.show(&user, again.conversation_id).await.messages.len(), 2);
}
