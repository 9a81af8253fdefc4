//! A machine's clock that is wrong removes nothing.

use serde_json::json;

use crate::support::{Server, User, store};

async fn guest_who_wrote(server: &Server) -> (User, String) {
    let user = server.guest().await;
    let reply = server.chat(&user, json!({"content": "keep this", "provider": "builtin", "model": "echo"})).await;
    (user, reply.conversation_id.to_string())
}

/// By the cookie, as a browser comes back. The session goes on with what it has.
async fn come_back(server: &Server, user: &User) -> Result<User, String> {
    let reply = server.call("POST", "/api/auth/refresh", &[("cookie", &user.cookie)], None).await;
    let cookie = crate::support::server::cookie(&reply).unwrap_or_else(|| user.cookie.clone());
    if reply.status == 200 { Ok(User { grant: reply.json(), cookie }) } else { Err(reply.text) }
}

async fn assert_works(server: &Server, user: User, conversation: &str) -> User {
    let user = come_back(server, &user).await.unwrap();
    let kept = server.as_user(&user, "GET", &format!("/api/conversations/{conversation}"), None).await;
    assert_eq!(kept.status, 200, "{}", kept.text);
    let more = json!({"content": "and more", "conversation_id": conversation, "provider": "builtin", "model": "echo"});
    assert_eq!(server.chat(&user, more).await.full_response, "and more");
    user
}

#[tokio::test]
async fn a_clock_that_is_wrong_for_a_while_removes_no_guest() {
    let mut server = Server::start().await;
    let (mut user, conversation) = guest_who_wrote(&server).await;
    let gone = server.conversation(&user).await;
    assert_eq!(server.as_user(&user, "DELETE", &format!("/api/conversations/{gone}"), None).await.status, 204);
    server.stop().await;
    for clock in ["+40d", "+3650d", "-40d", "-20000d"] {
        server.start_again_by_clock(clock);
        // A browser that comes meanwhile is still who it was.
        user = assert_works(&server, user, &conversation).await;
        server.stop().await;
        let warned = server.log().contains(if clock.starts_with('+') { "far ahead of" } else { "is behind" });
        assert!(warned && server.log().contains("timedatectl"), "{clock}: {}", server.log());
        server.start_again();
        user = assert_works(&server, user, &conversation).await;
        let back = server.as_user(&user, "POST", &format!("/api/conversations/{gone}/restore"), None).await;
        assert!(back.status < 300, "{clock}: {} {}", back.status, back.text);
        assert_eq!(server.as_user(&user, "DELETE", &format!("/api/conversations/{gone}"), None).await.status, 204);
        server.stop().await;
    }
}

/// Counts the guest, the removed conversation, the ended link and the ended session that are old enough to be removed.
const OLD: &str = "select (select count(*) from users) + (select count(*) from conversations) + (select count(*) from shares)
    + (select count(*) from sessions)";

#[tokio::test]
async fn nothing_is_removed_in_the_first_hour() {
    let mut server = Server::start().await;
    let (user, conversation) = guest_who_wrote(&server).await;
    let shared = server.as_user(&user, "POST", &format!("/api/conversations/{conversation}/shares"), Some(json!({}))).await;
    assert_eq!(shared.status, 201, "{}", shared.text);
    server.stop().await;
    let long_ago = "(strftime('%s','now') - 40 * 86400) * 1000";
    for (table, columns) in [
        ("users", ["created_at"].as_slice()),
        ("sessions", &["created_at", "rotated_at", "expires_at", "revoked_at"]),
        ("conversations", &["removed_at"]),
        ("shares", &["expires_at"]),
    ] {
        for column in columns {
            store::change(&server, &format!("update {table} set {column} = {long_ago}"));
        }
    }
    server.start_again_by_clock("+0");
    // The server notes the time first and sweeps then: when it notes the time again, a sweep would be over.
    for clock in ["+50m", "+57m"] {
        server.turn_clock(clock);
        let minutes: i64 = clock[1..3].parse().unwrap();
        let noted = format!("select seen_at > (strftime('%s','now') + {minutes} * 60 - 60) * 1000 from clock");
        store::until(&server, &noted, "1").await;
    }
    assert_eq!(store::query(&server, OLD), "4");
    server.turn_clock("+65m");
    store::until(&server, OLD, "0").await;
}
