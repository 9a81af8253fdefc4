//! Read-only links.

use holdfast_protocol::{
    Code,
    transfer::{MadeShare, Share},
};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::support::{Server, User, fresh_id, store};

async fn share(server: &Server, user: &User, id: impl std::fmt::Display, body: Value) -> MadeShare {
    let reply = server.as_user(user, "POST", &format!("/api/conversations/{id}/shares"), Some(body)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()
}

#[tokio::test]
async fn a_link_shows_its_conversation_to_anybody_until_it_is_withdrawn() {
    let server = Server::start().await;
    let user = server.guest().await;
    let first = server.chat(&user, json!({"content": "say **this** and <img>that</img>", "model": "echo"})).await;
    let made = share(&server, &user, first.conversation_id, json!({})).await;
    assert!(made.path.starts_with("/s/") && made.path.len() == 3 + 43, "{}", made.path);
    server.chat(&user, json!({"content": "a later secret", "conversation_id": first.conversation_id})).await;

    let page = server.get(&made.path).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("<strong>this</strong>") && !page.text.contains("<img>that"), "{}", page.text);
    assert!(page.text.contains("<title>say this and &lt;img&gt;that&lt;/img&gt; · Holdfast</title>"), "{}", page.text);
    assert!(!page.text.contains("a later secret"), "what is written later is not shown");
    assert!(!page.text.contains("<script") && !page.text.contains("onclick"), "{}", page.text);
    for (name, word) in [
        ("content-security-policy", "default-src 'none'"),
        ("referrer-policy", "no-referrer"),
        ("x-robots-tag", "noindex"),
        ("cache-control", "no-store, no-transform"),
    ] {
        assert!(page.headers[name].to_str().unwrap().contains(word), "{name}: {:?}", page.headers[name]);
    }
    assert!(!page.headers["content-security-policy"].to_str().unwrap().contains("script"));
    assert!(!page.headers.contains_key("set-cookie"));

    // Only a hash is stored, and the link is not logged.
    let token = made.path.strip_prefix("/s/").unwrap();
    assert_eq!(
        store::query(
            &server,
            &format!("select count(*) from shares where hex(hash) = hex('{token}') or instr(cast(hash as text), '{token}')")
        ),
        "0"
    );
    assert!(!server.said().contains(token));

    let links: Vec<Share> = server.as_user(&user, "GET", "/api/shares", None).await.json();
    assert_eq!(links, std::slice::from_ref(&made.share));
    let stranger = server.guest().await;
    assert_eq!(server.as_user(&stranger, "GET", "/api/shares", None).await.value(), json!([]));
    let path = format!("/api/shares/{}", made.share.id);
    let refused = server.as_user(&stranger, "DELETE", &path, None).await;
    assert_eq!((refused.status, refused.api_error().code), (404, Code::NotFound));
    assert_eq!(server.get(&made.path).await.status, 200);
    assert_eq!(server.as_user(&user, "DELETE", &path, None).await.status, 204);
    let ended = server.get(&made.path).await;
    assert_eq!(ended.status, 404);
    assert_eq!(ended.text, server.get("/s/nothing").await.text, "told like one that never was");
}

#[tokio::test]
async fn a_link_expires_and_ends_with_its_conversation() {
    let server = Server::start().await;
    let user = server.member("Ada").await;
    let chat = server.chat(&user, json!({"content": "hello", "model": "echo"})).await;
    let id = chat.conversation_id;
    let made = share(&server, &user, id, json!({"days": 1})).await;
    assert_eq!(made.share.expires_at - made.share.created_at, 86_400_000);
    let path = format!("/api/conversations/{id}");
    assert_eq!(server.as_user(&user, "DELETE", &path, None).await.status, 204);
    assert_eq!(server.get(&made.path).await.status, 404);
    assert_eq!(server.as_user(&user, "POST", &format!("{path}/restore"), None).await.status, 200);
    assert_eq!(server.get(&made.path).await.status, 200);

    let admin = server.admin("Root").await;
    let bar = |suspended: bool| json!({"suspended": suspended, "reason": "testing"});
    let who = format!("/api/admin/users/{}", user.grant.user.id);
    server.as_user(&admin, "PATCH", &who, Some(bar(true))).await;
    assert_eq!(server.get(&made.path).await.status, 404, "who is suspended shows nothing");
    server.as_user(&admin, "PATCH", &who, Some(bar(false))).await;
    assert_eq!(server.get(&made.path).await.status, 200);

    store::change(&server, "update shares set expires_at = 1");
    assert_eq!(server.get(&made.path).await.status, 404);
    assert_eq!(server.as_user(&user, "GET", "/api/shares", None).await.value(), json!([]));

    for (body, status) in [
        (json!({"days": 0}), 400),
        (json!({"days": 366}), 400),
        (json!({"message_id": fresh_id()}), 400),
        (json!({"message_id": chat.answer_id}), 201),
    ] {
        let reply = server.as_user(&user, "POST", &format!("{path}/shares"), Some(body.clone())).await;
        assert_eq!(reply.status, status, "{body}");
    }
    let empty = server.conversation(&user).await;
    assert_eq!(server.as_user(&user, "POST", &format!("/api/conversations/{empty}/shares"), Some(json!({}))).await.status, 400);
}

/// Creates a link to an answer of this many bytes that takes some time to render.
async fn long_share(server: &Server, user: &User, bytes: usize) -> MadeShare {
    let chat = server.chat(user, json!({"content": "long", "model": "echo"})).await;
    let made = share(server, user, chat.conversation_id, json!({})).await;
    let line = "some *words* and `code` with [a link](https://example.com/) in them | ";
    let content = format!("replace(hex(zeroblob({})), '00', '{line}')", bytes / line.len());
    store::change(server, &format!("update messages set content = {content} where role = 'assistant' and content = 'long'"));
    made
}

#[tokio::test]
async fn a_popular_link_is_rendered_once_for_each_language() {
    let server = Server::with(&[("RENDER_SECONDS", "60")]).await;
    let user = server.guest().await;
    let made = long_share(&server, &user, 300_000).await;
    let cost_of = async |visits: usize, language: &str| {
        let before = server.processor_time();
        let visit = || async { server.call("GET", &made.path, &[("accept-language", language)], None).await };
        for page in futures::future::join_all((0..visits).map(|_| visit())).await {
            assert_eq!(page.status, 200);
            assert!(page.text.contains("<em>words</em>") && page.text.contains(&format!("<html lang=\"{language}\"")), "{}", page.text);
        }
        server.processor_time() - before
    };
    let first = cost_of(1, "en").await;
    let many = cost_of(20, "en").await;
    assert!(many < first * 5, "one visit {first:?}, twenty more {many:?}");
    let at_once = cost_of(20, "de").await;
    assert!(at_once < first * 6, "one visit {first:?}, twenty at once {at_once:?}");

    // What it shows is never older than the conversation, and nothing is shown once it ended.
    store::change(&server, "update messages set content = 'short', rev = rev + 1 where content like 'some%'");
    store::change(&server, "update conversations set rev = rev + 1");
    assert!(server.get(&made.path).await.text.contains("short"));
    let title = json!({"title": "another name"});
    assert_eq!(
        server.as_user(&user, "PATCH", &format!("/api/conversations/{}", made.share.conversation_id), Some(title)).await.status,
        200
    );
    assert!(server.get(&made.path).await.text.contains("<h1 dir=\"auto\">another name<"));
    store::change(&server, "update shares set expires_at = 1");
    assert_eq!(server.get(&made.path).await.status, 404);
}

#[tokio::test]
async fn visitors_who_leave_cost_almost_nothing() {
    let server = Server::with(&[("RENDER_SECONDS", "60")]).await;
    let user = server.guest().await;
    let [first, second] = [long_share(&server, &user, 300_000).await, long_share(&server, &user, 300_000).await];
    let before = server.processor_time();
    assert_eq!(server.get(&first.path).await.status, 200);
    let once = server.processor_time() - before;

    let before = server.processor_time();
    let request = format!("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", second.path);
    let mut visitors = Vec::new();
    for _ in 0..30 {
        let mut visitor = TcpStream::connect(&server.address).await.unwrap();
        visitor.write_all(request.as_bytes()).await.unwrap();
        visitors.push(visitor);
    }
    // They all wait for one, or are that one.
    server.get("/health").await;
    drop(visitors);
    assert_eq!(server.get(&second.path).await.status, 200);
    let left = server.processor_time() - before;
    assert!(left < once * 5, "one visit {once:?}, thirty who leave and one who stays {left:?}");
}

#[tokio::test]
async fn text_that_takes_too_long_to_render_is_shown_as_source() {
    let server = Server::with(&[("RENDER_SECONDS", "0")]).await;
    let user = server.guest().await;
    let chat = server.chat(&user, json!({"content": "**say** <b>this</b>", "model": "echo"})).await;
    let made = share(&server, &user, chat.conversation_id, json!({})).await;
    for (language, why) in
        [("en", "Shown without formatting, because formatting took too long."), ("de", "weil das Formatieren zu lange dauerte.")]
    {
        let page = server.call("GET", &made.path, &[("accept-language", language)], None).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("class=\"plain-text\">**say** &lt;b&gt;this&lt;/b&gt;<"), "{}", page.text);
        assert!(page.text.contains(why) && !page.text.contains("<strong>"), "{}", page.text);
    }
}
