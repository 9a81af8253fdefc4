//! Pages as the server sends them, before any script runs.

use std::time::Duration;

use holdfast_protocol::{ConversationId, ServerFrame};
use serde_json::json;
use tokio::{io::AsyncWriteExt as _, net::TcpStream, time::Instant};

use crate::support::{Server, Socket, User, store};

#[tokio::test]
async fn a_conversation_can_be_read_without_scripts() {
    let server = Server::start().await;
    let user = server.guest().await;
    let reply = server.chat(&user, json!({"content": "say **this** and <img>that</img>", "model": "echo"})).await;
    let path = format!("/c/{}", reply.conversation_id);
    let page = server.call("GET", &path, &[("cookie", &user.cookie)], None).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("<title>say this and &lt;img&gt;that&lt;/img&gt; · Holdfast</title>"), "{}", page.text);
    assert!(page.text.contains("<strong>this</strong>"), "Markdown is rendered");
    assert!(!page.text.contains("<img>that"), "and what people write is text");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(!policy.contains("unsafe-inline") && policy.contains("default-src 'none'"), "{policy}");
    let stranger = server.get(&path).await;
    assert_eq!(stranger.status, 404);
    assert!(!stranger.text.contains("<strong>this</strong>"));
}

#[tokio::test]
async fn opening_a_page_creates_no_user() {
    let server = Server::start().await;
    for path in ["/", "/signin", "/c/00000000-0000-0000-0000-000000000000", "/nowhere", "/health", "/api/openapi.json"] {
        let reply = server.get(path).await;
        assert!(!reply.headers.contains_key("set-cookie"), "{path}");
    }
    let users = std::process::Command::new("python3")
        .args(["-c", "import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute('select count(*) from users').fetchone()[0])"])
        .arg(server.data().join("holdfast.db"))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&users.stdout).trim(), "0");
}

#[tokio::test]
async fn under_a_base_path_every_address_has_it() {
    let server = Server::with(&[("LISTEN", "127.0.0.1:4871"), ("PUBLIC_URL", "http://127.0.0.1:4871/chat")]).await;
    let page = server.get("/chat/").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("\"/chat/pkg/holdfast"), "files are asked for under the path");
    assert!(page.text.contains("\"base\":\"/chat\""));
    assert_eq!(server.get("/chat/health").await.status, 200);
    assert_eq!(server.get("/chat/api/models").await.status, 401);
    assert_eq!(server.get("/chat/ws").await.status, 426);
    let moved = server.call("GET", "/c/1?x=1", &[("host", "other.example:4871")], None).await;
    assert_eq!((moved.status, moved.headers["location"].to_str().unwrap()), (307, "http://127.0.0.1:4871/chat/c/1?x=1"));
}

/// Creates a conversation whose answer has this many bytes and takes some time to render.
async fn long_answer(server: &Server, user: &User, bytes: usize) -> ConversationId {
    let chat = server.chat(user, json!({"content": "long", "model": "echo"})).await;
    let line = "some *words* and `code` with [a link](https://example.com/) in them\n\n";
    let content = format!("replace(hex(zeroblob({})), '00', '{line}')", bytes / line.len());
    store::change(server, &format!("update messages set content = {content} where role = 'assistant' and content = 'long'"));
    chat.conversation_id
}

#[tokio::test]
async fn a_page_that_takes_too_long_is_sent_without_its_messages() {
    let server = Server::with(&[("RENDER_SECONDS", "0")]).await;
    let user = server.guest().await;
    let id = long_answer(&server, &user, 1_000).await;
    let page = server.call("GET", &format!("/c/{id}"), &[("cookie", &user.cookie)], None).await;
    assert_eq!((page.status, page.headers["holdfast-part"].to_str().unwrap()), (200, "none"));
    assert!(page.text.contains("<title>long · Holdfast</title>"), "{}", page.text);
    assert!(!page.text.contains("some *words*") && page.text.contains("\"left_out\":true"), "{}", page.text);
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    socket.follow(id, None).await;
    let ServerFrame::Sync(sync) = socket.next().await else { panic!() };
    assert!(sync.messages[1].content.starts_with("some *words*"));
    // Pages without messages work.
    assert_eq!(server.call("GET", "/", &[("cookie", &user.cookie)], None).await.status, 200);
}

#[tokio::test]
async fn slow_pages_delay_nobody() {
    let server = Server::with(&[("RENDER_SECONDS", "2")]).await;
    let (user, other) = (server.guest().await, server.guest().await);
    let id = long_answer(&server, &user, 240_000).await;
    let path = format!("/c/{id}");
    let cookie = [("cookie", user.cookie.as_str())];
    let pages = futures::future::join_all((0..12).map(|_| server.call("GET", &path, &cookie, None)));
    let calls = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..40 {
            let since = Instant::now();
            assert_eq!(server.as_user(&other, "GET", "/api/auth/me", None).await.status, 200);
            slowest = slowest.max(since.elapsed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        slowest
    };
    let (pages, slowest) = tokio::join!(pages, calls);
    assert!(slowest < Duration::from_millis(500), "{slowest:?}");
    for page in pages {
        match page.status {
            200 => assert!(page.text.contains("</html>")),
            503 => assert!(page.headers.contains_key("retry-after") && page.text.contains("The server is busy")),
            other => panic!("{other}: {}", page.text),
        }
    }
}

#[tokio::test]
async fn pages_whose_visitors_leave_cost_almost_nothing() {
    let server = Server::with(&[("RENDER_SECONDS", "60")]).await;
    let user = server.guest().await;
    let id = long_answer(&server, &user, 240_000).await;
    let before = server.processor_time();
    assert_eq!(server.call("GET", &format!("/c/{id}"), &[("cookie", &user.cookie)], None).await.status, 200);
    let once = server.processor_time() - before;
    let before = server.processor_time();
    let mut visitors = Vec::new();
    for _ in 0..30 {
        let mut visitor = TcpStream::connect(&server.address).await.unwrap();
        let request = format!("GET /c/{id} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n", server.address, user.cookie);
        visitor.write_all(request.as_bytes()).await.unwrap();
        visitors.push(visitor);
    }
    server.get("/health").await;
    drop(visitors);
    let page = server.call("GET", &format!("/c/{id}"), &[("cookie", &user.cookie)], None).await;
    assert!(page.status == 200 && page.text.contains("<em>words</em>"));
    let left = server.processor_time() - before;
    assert!(left < once * 6, "one visit {once:?}, thirty who leave and one who stays {left:?}");
}

/// Some proxies replace e-mail addresses and remove comments from scripts. Responses forbid that, and contain nothing of the kind.
#[tokio::test]
async fn a_page_contains_nothing_that_proxies_change() {
    let server = Server::start().await;
    let user = server.guest().await;
    let text = "Write to ada@example.com or [Bob](mailto:bob@example.com), `eve@example.com`; see https://example.com/*a*/ <!-- b -->";
    let reply = server.chat(&user, json!({"content": text, "model": "echo"})).await;
    let id = reply.conversation_id;
    let link = server.as_user(&user, "POST", &format!("/api/conversations/{id}/shares"), Some(json!({"days": 1}))).await;
    let link = link.value()["path"].as_str().unwrap().to_owned();
    for path in ["/".to_owned(), format!("/c/{id}"), "/settings/account".to_owned(), link, "/offline".to_owned(), "/api/redoc".to_owned()] {
        let page = server.call("GET", &path, &[("cookie", &user.cookie)], None).await;
        assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"), "{path}");
        assert!(page.headers["cache-control"].to_str().unwrap().ends_with("no-transform"), "{path}");
        assert!(
            !page.text.contains('@'),
            "{path}: {:?}",
            page.text.split_once('@').map(|(before, _)| &before[before.len().saturating_sub(80)..])
        );
        if path.starts_with("/c/") {
            assert!(page.text.contains("ada&#64;example.com"), "it is there to be read");
            let data = page.text.split_once("id=\"page-data\">").unwrap().1.split_once("</script>").unwrap().0;
            let found = ["//", "/*", "<", ">", "--\u{3e}"].into_iter().find(|sign| data.contains(sign));
            assert_eq!(found, None, "{data}");
            assert!(data.contains("ada\\u0040example.com"), "{data}");
        }
    }
    for path in ["/worker.js", "/lib/rescue.js"] {
        let file = server.get(path).await;
        if file.status == 200 {
            assert!(file.headers["cache-control"].to_str().unwrap().ends_with("no-transform"), "{path}");
        }
    }
}
