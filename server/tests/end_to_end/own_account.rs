//! Changes of an account by its owner.

use std::time::Duration;

use holdfast_protocol::{Code, api::Grant, people::SessionInfo};
use serde_json::json;
use tokio::time::Instant;

use crate::support::{Server, Socket, User, server::cookie, store};

/// Signs in as the same user in another browser.
async fn browser(server: &Server, name: &str, agent: &str) -> User {
    let body = json!({"username": name, "password": "correct horse"});
    let reply = server.call("POST", "/api/auth/login", &[("user-agent", agent)], Some(body)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    User { grant: reply.json(), cookie: cookie(&reply).unwrap() }
}

async fn sessions(server: &Server, user: &User) -> Vec<SessionInfo> {
    server.as_user(user, "GET", "/api/auth/sessions", None).await.json()
}

/// Checks that the socket is closed with a reason within a second.
async fn ends_soon(socket: &mut Socket, since: Instant) {
    let ended = socket.ended().await;
    assert_eq!((ended.code, ended.error), (1008, Some(Code::SessionRevoked)));
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
}

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0";

#[tokio::test]
async fn a_new_name_signs_in_and_the_old_one_is_free() {
    let server = Server::start().await;
    let ada = server.member("Ada").await;
    server.member("Bob").await;
    let patch = |name: &str, password: &str| json!({"username": name, "current_password": password});
    let rename = |body| server.as_user(&ada, "PATCH", "/api/auth/me", Some(body));
    let wrong = rename(patch("Eve", "wrong horse")).await;
    assert_eq!((wrong.status, wrong.api_error().code), (403, Code::NotAllowed));
    assert_eq!(rename(patch("bOb", "correct horse")).await.status, 409);
    assert_eq!(rename(patch(" ", "correct horse")).await.status, 400);
    let done = rename(patch("Countess", "correct horse")).await;
    assert_eq!((done.status, done.value()["username"].as_str()), (200, Some("Countess")));
    let me = server.as_user(&ada, "GET", "/api/auth/me", None).await;
    assert_eq!(me.value()["username"], "Countess", "the token that was there says so too");
    browser(&server, "countess", FIREFOX).await;
    server.member("Ada").await;
    let guest = server.guest().await;
    let no = server.as_user(&guest, "PATCH", "/api/auth/me", Some(json!({"username": "Guest 2"}))).await;
    assert_eq!((no.status, no.api_error().code), (403, Code::NotAllowed));
}

#[tokio::test]
async fn guessing_the_current_password_with_a_stolen_token_is_delayed() {
    let server = Server::with(&[("LIMITS", "on")]).await;
    let ada = server.member("Ada").await;
    let bearer = format!("Bearer {}", ada.token());
    // All at once, each from elsewhere: what is under way counts like a failure.
    let attempts = (0..7).map(|from| {
        let (server, bearer) = (&server, &bearer);
        async move {
            let since = Instant::now();
            let from = format!("198.51.100.{from}");
            let body = json!({"username": "Eve", "current_password": "wrong horse"});
            let headers = [("authorization", bearer.as_str()), ("x-forwarded-for", &from)];
            assert_eq!(server.call("PATCH", "/api/auth/me", &headers, Some(body)).await.status, 403);
            since.elapsed()
        }
    });
    let slowest = futures::future::join_all(attempts).await.into_iter().max().unwrap();
    assert!(slowest >= Duration::from_secs(2), "{slowest:?}");
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions_and_their_sockets() {
    let server = Server::start().await;
    let here = server.member("Ada").await;
    let there = browser(&server, "Ada", FIREFOX).await;
    let mut own = Socket::ready(&server, "/ws", &here).await;
    let mut other = Socket::ready(&server, "/ws", &there).await;
    let body = json!({"password": "battery staple", "current_password": "correct horse"});
    let since = Instant::now();
    assert_eq!(server.as_user(&here, "PATCH", "/api/auth/me", Some(body)).await.status, 200);
    ends_soon(&mut other, since).await;
    own.send(&holdfast_protocol::ClientFrame::Ping).await;
    own.until(|frame| matches!(frame, holdfast_protocol::ServerFrame::Pong)).await;
    assert_eq!(server.call("POST", "/api/auth/refresh", &[("cookie", &there.cookie)], None).await.status, 401);
    assert_eq!(server.call("POST", "/api/auth/refresh", &[("cookie", &here.cookie)], None).await.status, 200);
    for (password, status) in [("correct horse", 401), ("battery staple", 201)] {
        let reply = server.call("POST", "/api/auth/login", &[], Some(json!({"username": "Ada", "password": password}))).await;
        assert_eq!(reply.status, status, "{password}");
    }
}

#[tokio::test]
async fn signing_in_again_leaves_no_session_behind() {
    let server = Server::start().await;
    let first = server.member("Ada").await;
    let body = |name: &str| json!({"username": name, "password": "correct horse"});
    let sign_in = async |held: &str, path: &str, name: &str| {
        let reply = server.call("POST", path, &[("cookie", held), ("user-agent", FIREFOX)], Some(body(name))).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        User { grant: reply.json(), cookie: cookie(&reply).unwrap() }
    };
    let refresh = async |user: &User| server.call("POST", "/api/auth/refresh", &[("cookie", &user.cookie)], None).await.status;

    // As the same user it is the same session, with another cookie: other tabs of the browser go on.
    let mut socket = Socket::ready(&server, "/ws", &first).await;
    let before = sessions(&server, &first).await;
    let again = sign_in(&first.cookie, "/api/auth/login", "Ada").await;
    let after = sessions(&server, &first).await;
    assert_eq!((after.len(), after[0].id, after[0].device.as_str()), (1, before[0].id, "Firefox on Linux"));
    assert!(after[0].created_at > before[0].created_at && after[0].current);
    assert_eq!((refresh(&first).await, refresh(&again).await), (401, 200), "the cookie before is worth nothing");
    socket.send(&holdfast_protocol::ClientFrame::Ping).await;
    socket.until(|frame| matches!(frame, holdfast_protocol::ServerFrame::Pong)).await;

    // As somebody else it is another, and the one before ends with its sockets. A browser without it is another browser.
    let elsewhere = browser(&server, "Ada", FIREFOX).await;
    let since = Instant::now();
    let again = sign_in(&again.cookie, "/api/auth/signup", "Bob").await;
    ends_soon(&mut socket, since).await;
    assert_eq!(server.as_user(&first, "GET", "/api/auth/me", None).await.status, 401);
    assert_eq!(sessions(&server, &elsewhere).await.len(), 1);
    assert_eq!((sessions(&server, &again).await.len(), refresh(&again).await), (1, 200));
}

#[tokio::test]
async fn sessions_are_listed_with_their_device_and_end_one_by_one_or_all() {
    let server = Server::start().await;
    let here = server.member("Ada").await;
    let there = browser(&server, "Ada", FIREFOX).await;
    let third = browser(&server, "Ada", "curl/8.5.0").await;
    let stranger = server.member("Bob").await;
    let list = sessions(&server, &there).await;
    let mut devices: Vec<_> = list.iter().map(|it| (it.device.as_str(), it.current)).collect();
    devices.sort();
    assert_eq!(devices, [("Firefox on Linux", true), ("Unknown device", false), ("curl", false)]);
    assert!(list.iter().all(|it| it.used_at >= it.created_at && it.created_at > 0));

    let mut socket = Socket::ready(&server, "/ws", &there).await;
    let firefox = list.iter().find(|it| it.current).unwrap().id;
    let path = format!("/api/auth/sessions/{firefox}");
    let foreign = server.as_user(&stranger, "DELETE", &path, None).await;
    let missing = server.as_user(&here, "DELETE", "/api/auth/sessions/nonsense", None).await;
    assert_eq!((foreign.status, foreign.text), (404, missing.text), "somebody else's is told as none");
    let since = Instant::now();
    assert_eq!(server.as_user(&here, "DELETE", &path, None).await.status, 204);
    ends_soon(&mut socket, since).await;
    assert_eq!(server.as_user(&here, "DELETE", &path, None).await.status, 404);
    assert_eq!(sessions(&server, &here).await.len(), 2);

    let mut one = Socket::ready(&server, "/ws", &here).await;
    let mut other = Socket::ready(&server, "/ws", &third).await;
    let since = Instant::now();
    let reply = server.as_user(&here, "DELETE", "/api/auth/sessions", None).await;
    assert_eq!(reply.status, 204);
    assert!(reply.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    ends_soon(&mut one, since).await;
    ends_soon(&mut other, since).await;
    for user in [&here, &there, &third] {
        let refused = server.as_user(user, "GET", "/api/auth/me", None).await;
        assert_eq!((refused.status, refused.api_error().code), (401, Code::SessionRevoked));
    }
    assert_eq!(server.as_user(&stranger, "GET", "/api/auth/me", None).await.status, 200);
}

#[tokio::test]
async fn removing_an_account_removes_all_its_data() {
    let server = Server::start().await;
    let ada = server.member("Ada").await;
    let mut socket = Socket::ready(&server, "/ws", &ada).await;
    let kept = server.chat(&ada, json!({"content": "the-secret-word", "model": "echo"})).await;
    // And one that is still being written.
    socket
        .chat(holdfast_protocol::frame::Chat {
            model: Some("echo-100000-5".into()),
            ..holdfast_protocol::frame::Chat::new(crate::support::fresh_id(), "another-secret-word")
        })
        .await;
    socket.until(|frame| matches!(frame, holdfast_protocol::ServerFrame::Chunk { .. })).await;
    let indexed = ["select count(*) from search_index_docsize", "select count(*) from search_parts_docsize"];
    for rows in indexed {
        store::until(&server, &rows.replace("count(*)", "count(*) >= 3"), "1").await;
    }
    let wrong = server.as_user(&ada, "POST", "/api/auth/remove", Some(json!({"password": "wrong horse"}))).await;
    assert_eq!((wrong.status, wrong.api_error().code), (403, Code::NotAllowed));
    let since = Instant::now();
    let reply = server.as_user(&ada, "POST", "/api/auth/remove", Some(json!({"password": "correct horse"}))).await;
    assert_eq!(reply.status, 204, "{}", reply.text);
    ends_soon(&mut socket, since).await;
    let path = format!("/api/conversations/{}", kept.conversation_id);
    assert_eq!(server.as_user(&ada, "GET", &path, None).await.api_error().code, Code::SessionRevoked);
    assert_eq!(server.call("POST", "/api/auth/refresh", &[("cookie", &ada.cookie)], None).await.status, 401);
    for table in ["users", "sessions", "conversations", "revisions", "messages", "titles"] {
        assert_eq!(store::query(&server, &format!("select count(*) from {table}")), "0", "{table}");
    }
    for rows in indexed {
        store::until(&server, rows, "0").await;
    }
    // The name is free, and the server is well.
    let again = server.member("Ada").await;
    assert_eq!(server.chat(&again, json!({"content": "hello", "model": "echo"})).await.full_response, "hello");
}

#[tokio::test]
async fn a_guest_is_removed_without_a_password() {
    let server = Server::start().await;
    let guest = server.guest().await;
    assert_eq!(server.as_user(&guest, "POST", "/api/auth/remove", Some(json!({}))).await.status, 204);
    assert_eq!(store::query(&server, "select count(*) from users"), "0");
}

#[tokio::test]
async fn guests_that_are_unused_for_30_days_are_removed() {
    let mut server = Server::start().await;
    let (idle, used, member) = (server.guest().await, server.guest().await, server.member("Ada").await);
    for user in [&idle, &used, &member] {
        server.chat(user, json!({"content": "hello", "model": "echo"})).await;
    }
    server.stop().await;
    let long_ago = "(strftime('%s','now') - 31 * 86400) * 1000";
    store::change(&server, &format!("update users set created_at = {long_ago}"));
    store::change(&server, &format!("update sessions set rotated_at = {long_ago}, created_at = {long_ago}"));
    store::change(
        &server,
        "update sessions set rotated_at = strftime('%s','now') * 1000 where user_id = (select user_id from sessions order by id limit 1 offset 1)",
    );
    // The clock is 40 days ahead, and makes nobody older.
    server.start_again_by_clock("+40d");
    server.turn_clock(&format!("+{}", 40 * 86_400 + 65 * 60));
    store::until(&server, "select count(*) from users", "2").await;
    let idle_again = server.call("POST", "/api/auth/refresh", &[("cookie", &idle.cookie)], None).await;
    assert_eq!(idle_again.status, 401, "{}", idle_again.text);
    server.stop().await;
    server.start_again();
    assert_eq!(server.as_user(&idle, "GET", "/api/auth/me", None).await.status, 401);
    for user in [&used, &member] {
        let me = server.as_user(user, "GET", "/api/conversations", None).await;
        assert_eq!(me.value()["conversations"].as_array().unwrap().len(), 1);
    }
    assert_eq!(store::query(&server, "select count(*) from conversations"), "2");
}

#[tokio::test]
async fn a_stolen_cookie_ends_the_session_and_its_sockets() {
    let server = Server::start().await;
    let user = server.member("Ada").await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    let first = server.call("POST", "/api/auth/refresh", &[("cookie", &user.cookie)], None).await;
    let fresh = cookie(&first).unwrap();
    // A minute later the one before has no business any more.
    store::change(&server, "update sessions set rotated_at = rotated_at - 61000");
    let page = server.call("GET", "/settings/account", &[("cookie", &user.cookie)], None).await;
    assert!(!page.text.contains("Ada"), "an old cookie shows nothing");
    let since = Instant::now();
    let stolen = server.call("POST", "/api/auth/refresh", &[("cookie", &user.cookie)], None).await;
    assert_eq!((stolen.status, stolen.api_error().code), (401, Code::SessionRevoked));
    ends_soon(&mut socket, since).await;
    let robbed = server.call("POST", "/api/auth/refresh", &[("cookie", &fresh)], None).await;
    assert_eq!(robbed.status, 401, "nobody can tell which of the two is the thief");
    let grant: Grant = first.json();
    let token = format!("Bearer {}", grant.access_token);
    assert_eq!(server.call("GET", "/api/auth/me", &[("authorization", &token)], None).await.status, 401);
}

#[tokio::test]
async fn a_session_expires_even_if_it_is_used_and_says_so() {
    let server = Server::start().await;
    let (ada, guest) = (server.member("Ada").await, server.guest().await);
    let refresh = async |user: &User| server.call("POST", "/api/auth/refresh", &[("cookie", &user.cookie)], None).await;
    // Used yesterday, and begun 89 days ago.
    store::change(&server, "update sessions set created_at = created_at - 89 * 86400000, rotated_at = rotated_at - 86400000");
    let reply = refresh(&ada).await;
    assert_eq!(reply.status, 200);
    let ada = User { grant: reply.json(), cookie: cookie(&reply).unwrap() };
    let longest = "select expires_at - sessions.created_at from sessions join users on users.id = user_id where role = 'member'";
    assert_eq!(store::query(&server, longest), (90_u64 * 86_400_000).to_string());
    // Two days later.
    store::change(&server, "update sessions set created_at = created_at - 2 * 86400000, rotated_at = rotated_at - 2 * 86400000");
    let over = refresh(&ada).await;
    assert_eq!((over.status, over.api_error().code), (401, Code::SessionRevoked));
    assert!(over.api_error().error.contains("has expired"), "{}", over.text);
    let call = server.as_user(&ada, "GET", "/api/auth/me", None).await;
    assert_eq!((call.status, call.api_error().error), (401, over.api_error().error), "a token that is left is of no use");
    let mut socket = Socket::open(&server, "/ws").await;
    socket.initial(ada.token()).await;
    let (ended, words) = socket.ended_with_words().await;
    assert_eq!((ended.code, ended.error), (1008, Some(Code::SessionRevoked)));
    assert!(words.contains("has expired"), "{words}");
    for path in ["/", "/signin"] {
        let page = server.call("GET", path, &[("cookie", &ada.cookie)], None).await.text;
        assert!(page.contains("Your sign-in has expired") && !page.contains("Ada"), "{path}: {page}");
    }
    assert_eq!(refresh(&guest).await.status, 200, "a guest could not sign in again");
    assert!(!server.get("/").await.text.contains("has expired"));
    browser(&server, "Ada", FIREFOX).await;
}
