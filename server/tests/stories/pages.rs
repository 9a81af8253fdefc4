//! The pages as they come from the server, before any script.

use serde_json::json;

use crate::support::Server;

#[tokio::test]
async fn a_conversation_can_be_read_without_scripts() {
    let server = Server::start().await;
    let user = server.guest().await;
    let reply = server.chat(&user, json!({"content": "say **this** and <b>that</b>", "model": "echo"})).await;
    let path = format!("/c/{}", reply.conversation_id);
    let page = server.call("GET", &path, &[("cookie", &user.cookie)], None).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("<title>say **this** and &lt;b&gt;that&lt;/b&gt; · Holdfast</title>"), "{}", page.text);
    assert!(page.text.contains("<strong>this</strong>"), "Markdown is rendered");
    assert!(!page.text.contains("<b>that</b>"), "and what people write is text");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(!policy.contains("unsafe-inline") && policy.contains("default-src 'none'"), "{policy}");
    let stranger = server.get(&path).await;
    assert_eq!(stranger.status, 404);
    assert!(!stranger.text.contains("<strong>this</strong>"));
}

#[tokio::test]
async fn looking_makes_no_user() {
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
async fn everything_lives_under_a_path_where_it_should() {
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
