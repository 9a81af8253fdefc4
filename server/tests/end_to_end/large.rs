//! Users with very much data, under a memory limit: other users are not affected.

use std::time::Duration;

use futures::future::join_all;
use holdfast_protocol::{Code, api::SearchPage};
use serde_json::json;
use tokio::time::Instant;

use crate::support::{Server, User, fresh_id, store};

/// Makes usual calls, and returns the duration of the slowest.
async fn slowest_of_usual_calls(server: &Server, user: &User) -> Duration {
    let mut slowest = Duration::ZERO;
    for path in ["/api/auth/sessions", "/api/conversations", "/api/models", "/health"] {
        let since = Instant::now();
        let reply = server.as_user(user, "GET", path, None).await;
        slowest = slowest.max(since.elapsed());
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    }
    slowest
}

#[tokio::test]
async fn a_search_in_ten_thousand_messages_delays_nobody() {
    let mut server = Server::capped(&[]).await;
    let (user, other) = (server.guest().await, server.guest().await);
    store::fill(&server, &user, 10_000, 200).await;
    let search = || server.as_user(&user, "GET", "/api/search?q=a", None);
    // The reply says that results are missing; what is indexed is found.
    let early: SearchPage = search().await.json();
    assert!(early.building && !early.results.is_empty(), "{early:?}");
    store::indexed(&server).await;
    assert!(!search().await.json::<SearchPage>().building);
    let one = {
        let since = Instant::now();
        assert_eq!(search().await.status, 200);
        since.elapsed()
    };
    // Five at once, and five more after each, like a user who is typing.
    let searches = async {
        let since = Instant::now();
        let mut count = 0;
        while since.elapsed() < Duration::from_secs(3) {
            for reply in join_all((0..5).map(|_| search())).await {
                assert!([200, 429].contains(&reply.status), "{}", reply.text);
                if reply.status == 200 {
                    let page: SearchPage = reply.json();
                    assert!(page.results.len() == 20 && page.next.is_some() && page.results[0].place.iter().any(|piece| piece.found));
                    count += 1;
                }
            }
        }
        count
    };
    let others = async {
        let (mut slowest, since) = (Duration::ZERO, Instant::now());
        while since.elapsed() < Duration::from_secs(3) {
            slowest = slowest.max(slowest_of_usual_calls(&server, &other).await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(server.chat(&other, json!({"content": "still here", "model": "echo"})).await.full_response, "still here");
        slowest
    };
    let (count, slowest) = tokio::join!(searches, others);
    assert!(count > 0 && one < Duration::from_secs(3), "{count} searches; one takes {one:?}");
    assert!(slowest < Duration::from_millis(500), "the slowest call of another took {slowest:?}; a search takes {one:?}");
    assert!(server.is_running() && server.peak_kib() < 512 * 1024, "{} KiB", server.peak_kib());
}

#[tokio::test]
async fn a_search_that_takes_too_long_is_interrupted_and_reported() {
    let mut server = Server::capped(&[("SEARCH_SECONDS", "0")]).await;
    let (user, other) = (server.guest().await, server.guest().await);
    store::fill(&server, &user, 1_000, 200).await;
    // More times than there are connections: each connection is returned.
    for _ in 0..20 {
        let reply = server.as_user(&user, "GET", "/api/search?q=a", None).await;
        let api_error = reply.api_error();
        assert_eq!((reply.status, api_error.code), (503, Code::Busy), "{}", reply.text);
        assert!(api_error.error.contains("longer word") && reply.headers.contains_key("retry-after"), "{}", reply.text);
    }
    let page = server.call("GET", "/search?q=a", &[("cookie", &user.cookie)], None).await;
    assert_eq!((page.status, &page.headers["content-type"]), (503, &"text/html; charset=utf-8".parse().unwrap()), "{}", page.text);
    assert!(page.text.contains("The server is busy"), "{}", page.text);
    slowest_of_usual_calls(&server, &other).await;
    server.stop().await;
    server.set("SEARCH_SECONDS", "10");
    server.start_again();
    let reply = server.as_user(&user, "GET", "/api/search?q=a", None).await;
    assert_eq!((reply.status, reply.json::<SearchPage>().results.len()), (200, 10));
}

/// Removes a user with many messages while another user writes, with a crash in between.
#[tokio::test]
async fn a_user_with_much_data_is_removed_while_others_write() {
    // About five hundred steps: far more than fit between the call and the crash.
    const MESSAGES: usize = 30_000;
    let mut server = Server::capped(&[("LIMIT_MESSAGES", "100000")]).await;
    let (user, other) = (server.member("mia").await, server.guest().await);
    let mine = server.chat(&other, json!({"content": "mine", "model": "echo"})).await.conversation_id;
    store::fill(&server, &user, MESSAGES, 0).await;
    let since = Instant::now();
    let removed = server.as_user(&user, "POST", "/api/auth/remove", Some(json!({"password": "correct horse"}))).await;
    assert_eq!(removed.status, 204, "{}", removed.text);
    assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
    // The user disappears immediately, and the name is free.
    assert_eq!(server.as_user(&user, "GET", "/api/conversations", None).await.status, 401);
    let login = json!({"username": "mia", "password": "correct horse"});
    assert_eq!(server.call("POST", "/api/auth/login", &[], Some(login)).await.status, 401);
    let again = server.member("mia").await;
    let found: SearchPage = server.as_user(&again, "GET", "/api/search?q=tide", None).await.json();
    assert!(found.results.is_empty());

    let left = || store::query(&server, "SELECT count(*) FROM messages").parse::<usize>().unwrap();
    let mut waits = Vec::new();
    for _ in 0..60 {
        let since = Instant::now();
        let sent = server.as_user(&other, "POST", &format!("/api/conversations/{mine}/messages"), Some(message())).await;
        waits.push(since.elapsed());
        assert_eq!(sent.status, 202, "{}", sent.text);
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    waits.sort();
    assert!(waits[54] < Duration::from_millis(250) && waits[59] < Duration::from_secs(1), "{waits:?}");
    let after_a_while = left();
    assert!(after_a_while < MESSAGES, "it goes on meanwhile");
    server.kill();
    server.start_again();
    store::until_within(&server, "SELECT count(*) FROM users WHERE removed = 1", "0", Duration::from_secs(150)).await;
    let rest = "SELECT count(*) FROM messages JOIN conversations ON conversations.id = conversation_id WHERE title LIKE 'About a tide%'";
    assert_eq!(store::query(&server, rest), "0");
    store::indexed(&server).await;
    let rest = "SELECT count(*) < 1000 FROM search_index_docsize";
    assert_eq!(store::query(&server, rest), "1", "what was erased has left the index");
    assert!(server.show(&other, mine).await.messages.len() >= 122);
    assert!(server.is_running() && server.peak_kib() < 512 * 1024, "{} KiB", server.peak_kib());
}

fn message() -> serde_json::Value {
    json!({"message_id": fresh_id(), "content": "and on", "provider": "builtin", "model": "echo-1-0"})
}

#[tokio::test]
async fn many_searches_wait_for_their_turn() {
    let server = Server::capped(&[]).await;
    let (user, other) = (server.guest().await, server.guest().await);
    store::fill(&server, &user, 10_000, 200).await;
    store::indexed(&server).await;
    let crowd = join_all((0..60).map(|_| server.as_user(&user, "GET", "/api/search?q=a", None)));
    let others = async {
        let since = Instant::now();
        let found = server.as_user(&other, "GET", "/api/search?q=a", None).await;
        (found.status, since.elapsed())
    };
    let (replies, (status, took)) = tokio::join!(crowd, others);
    for reply in replies {
        assert!(reply.status == 200 || (reply.status == 429 && reply.api_error().code == Code::RateLimited), "{}", reply.text);
    }
    assert!(status == 200 && took < Duration::from_secs(2), "another's search: {status} after {took:?}");
}
