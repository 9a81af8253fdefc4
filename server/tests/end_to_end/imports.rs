//! Limits on the cost of an import, under a memory limit. The files are made to cost as much as possible.

pub mod cases;
mod sources;

use std::{ops::Range, time::Duration};

use holdfast_protocol::{ApiError, Author, Code, ConversationId, api::SearchPage, transfer::MadeShare};
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    support::{Server, User, store},
    transfer::{counts, done, import, list, post, tree, zipped},
};

fn name(n: u128) -> Uuid {
    Uuid::from_u128(0x1234_5678_0000_4000_8000_0000_0000_0000 + n)
}

/// A message in Holdfast's own format.
fn message(n: u128, parent: Option<u128>, content: &str) -> Value {
    let role = if n.is_multiple_of(2) { "user" } else { "assistant" };
    let status = if role == "user" { "accepted" } else { "complete" };
    json!({"id": name(n), "conversation_id": name(0), "parent_id": parent.map(name), "role": role, "content": content, "status": status,
        "created_at": 1_700_000_000_000_u64 + n as u64, "rev": 1})
}

/// A conversation in Holdfast's own format.
fn conversation(n: u128, title: &str, messages: &[Value]) -> Value {
    json!({"id": name(n), "title": title, "created_at": 1_700_000_000_000_u64, "updated_at": 1_700_000_000_000_u64, "messages": messages})
}

/// Messages that follow each other.
fn chain(numbers: Range<u128>, text: impl Fn(u128) -> String) -> Vec<Value> {
    let first = numbers.start;
    numbers.map(|n| message(n, (n > first).then(|| n - 1), &text(n))).collect()
}

/// Returns the only conversation in a user's list.
async fn only(server: &Server, user: &User) -> ConversationId {
    let listed = list(server, user, "list").await;
    assert_eq!(listed.len(), 1, "{listed:?}");
    listed[0].1
}

/// Waits until the store returns this value.
async fn until(server: &Server, sql: &str) {
    for _ in 0..2_000 {
        if store::query(server, sql) == "1" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {sql}");
}

#[tokio::test]
async fn messages_that_follow_each_other_in_a_circle_are_read_like_any_others() {
    let mut server = Server::capped(&[]).await;
    let user = server.guest().await;
    let long = "round and round ".repeat(1_000);
    let circle = [message(2, Some(4), &long), message(3, Some(2), "three"), message(4, Some(3), "four"), message(5, Some(4), "five")];
    let itself = [message(12, Some(12), "alone"), message(13, Some(12), "thirteen")];
    let node = |parent: &str, role: &str| json!({"parent": parent, "message": {"author": {"role": role}, "content": {"content_type": "text", "parts": [role]}}});
    let foreign = json!({"title": "Foreign", "conversation_id": "c", "mapping":
        {"a": node("c", "user"), "b": node("a", "assistant"), "c": node("b", "user"), "d": node("d", "user")}});
    let file = json!([conversation(1, "Circle", &circle), conversation(11, "Itself", &itself), foreign]).to_string();
    assert_eq!(counts(&import(&server, &user, file.clone()).await), (3, 0, 0, 0));
    assert_eq!(counts(&import(&server, &user, file).await), (0, 0, 3, 0));
    for (title, id) in list(&server, &user, "list").await {
        let shown = server.show(&user, id).await;
        let count = if title == "Itself" { 2 } else { 4 };
        assert_eq!(shown.messages.len(), count, "{title}: nothing is left out");
        assert!(tree(&shown).iter().any(|(.., parent)| parent.is_none()), "{title}: something is first");
        for message in &shown.messages {
            let path = format!("/api/conversations/{id}/shares");
            let made = server.as_user(&user, "POST", &path, Some(json!({"message_id": message.id}))).await;
            assert_eq!(made.status, 201, "{}", made.text);
            let page = server.get(&made.json::<MadeShare>().path).await;
            assert_eq!(page.status, 200);
            assert!(page.text.len() < 100 * 1024, "{title}: each message is shown once: {} bytes", page.text.len());
        }
        for path in [format!("/api/conversations/{id}/export?format=md"), format!("/c/{id}")] {
            assert_eq!(
                server
                    .call("GET", &path, &[("authorization", &format!("Bearer {}", user.token())), ("cookie", &user.cookie)], None)
                    .await
                    .status,
                200
            );
        }
        let more = server.chat(&user, json!({"content": "and on", "conversation_id": id, "model": "echo"})).await;
        assert_eq!(more.full_response, "and on");
    }
    assert!(server.is_running() && server.peak_kib() < 256 * 1024, "{} KiB", server.peak_kib());
}

#[tokio::test]
async fn imports_that_are_crafted_to_never_end_end() {
    let mut server = Server::capped(&[]).await;
    let text = |parts: Vec<String>, references: Vec<Value>| {
        json!({"author": {"role": "assistant"}, "recipient": "all", "content": {"content_type": "text", "parts": parts},
            "metadata": {"content_references": references}})
    };
    let marks: Vec<Value> = (0..9_000).map(|n| json!({"matched_text": format!("\u{e200}cite{n}\u{e201}"), "alt": ""})).collect();
    let cites: String = (0..9_000).map(|n| format!("\u{e200}cite{n}\u{e201}")).collect();
    let messages = [
        text(vec!["\u{e200}".repeat(100_000)], vec![]),
        text(vec!["\u{e200}\u{e201}".repeat(50_000)], vec![]),
        text(vec!["\u{e200}x\n".repeat(50_000)], vec![]),
        text(vec![cites], marks),
        text(vec!["`\n".repeat(100_000), format!("{}x", " ".repeat(100_000))], vec![]),
    ];
    let conversations: Vec<Value> = messages
        .iter()
        .enumerate()
        .map(|(n, message)| {
            let nodes = json!({"q": {"message": {"author": {"role": "user"}, "content": {"content_type": "text", "parts": ["q"]}}}, "a": {"parent": "q", "message": message}});
            json!({"title": "Marks", "conversation_id": format!("m{n}"), "mapping": nodes})
        })
        .collect();
    let file = json!(conversations).to_string();
    let mut users = Vec::new();
    for _ in 0..4 {
        users.push(server.guest().await);
    }
    // Four at once, which used up all memory in an earlier version.
    let all = futures::future::join_all(users.iter().map(|user| import(&server, user, file.clone())));
    let other = server.guest().await;
    let (reports, reply) = tokio::join!(
        async { tokio::time::timeout(Duration::from_secs(120), all).await.expect("they end") },
        server.chat(&other, json!({"content": "still here", "model": "echo"}))
    );
    assert_eq!(reply.full_response, "still here");
    for report in reports {
        assert_eq!(counts(&report), (5, 0, 0, 0), "{report:?}");
    }
    assert!(server.is_running() && server.peak_kib() < 256 * 1024, "{} KiB", server.peak_kib());
}

#[tokio::test]
async fn a_large_conversation_takes_memory_in_proportion_to_its_size() {
    let mut server = Server::capped(&[]).await;
    let user = server.guest().await;
    let rest = server.resident_kib();
    let padded = |begin: &str, piece: &str, end: &str, size: usize| format!("{begin}{}{end}", piece.repeat(size / piece.len()));
    let chatgpt = r#"[{"title":"Large","conversation_id":"c","mapping":{"a":{"message":{"author":{"role":"user"},"content":{"content_type":"text","parts":["kept""#;
    let claude = r#"[{"uuid":"c","name":"Large","chat_messages":[{"uuid":"a","sender":"human","text":"kept","content":[{}"#;
    for (file, is_whole) in [
        // Two bytes of these took a hundred in memory in an earlier version.
        (padded(chatgpt, ",1", "]}}}}}]", 31 << 20), false),
        (padded(&format!("{chatgpt}]}},\"metadata\":{{\"attachments\":[{{}}"), ",{}", "]}}}}}]", 5 << 20), true),
        (padded(&format!("{chatgpt}]}}}}}}"), ",\"b\":{}", "}}]", 5 << 20), false),
        (padded(claude, ",{}", "]}]}]", 5 << 20), true),
        // Parts that are not read may have any size.
        (padded(&format!("{chatgpt}]}},\"unknown\":[0"), ",[]", "]}}}}]", 5 << 20), true),
    ] {
        assert!(serde_json::from_str::<serde::de::IgnoredAny>(&file).is_ok(), "{}", &file[..300]);
        let report = import(&server, &user, file).await;
        assert_eq!((report.added + report.same + report.grown, report.left_out), (1, 0), "{report:?}");
        assert_eq!(report.problems.len(), usize::from(!is_whole), "{report:?}");
    }
    let peak = server.peak_kib() - rest;
    assert!(server.is_running() && peak < 128 * 1024, "{peak} KiB");
}

#[tokio::test]
async fn every_field_of_an_import_is_limited() {
    let mut server = Server::capped(&[]).await;
    let user = server.guest().await;
    let huge = "a name that never ends ".repeat(20_000);
    let source = json!({"title": huge, "location": huge, "excerpt": huge, "score": 1e30});
    let answer = |n: u128| {
        let mut answer = message(n, Some(n - 1), "the answer");
        let more = json!({"status": "failed", "provider": huge, "model": huge, "error": {"code": "internal", "error": huge},
            "sources": if n == 3 { vec![source.clone(); 3] } else { vec![json!({"title": "", "excerpt": "", "score": 0.5}); 5_000] }});
        answer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        answer
    };
    let mut messages: Vec<Value> = (1..4).flat_map(|n| [message(2 * n, (n > 1).then(|| 2 * n - 1), "?"), answer(2 * n + 1)]).collect();
    messages[0]["model"] = json!(huge);
    let mut one = conversation(1, &huge, &messages);
    one["provider"] = json!(huge);
    one["model"] = json!(huge);
    let file = json!([one]).to_string();
    let zip = zipped(&[("conversations.json", &file)]);
    assert!(file.len() > 8 << 20 && zip.len() < 1 << 20, "{} bytes in {}", file.len(), zip.len());
    let report = import(&server, &user, zip).await;
    assert_eq!(counts(&report), (1, 0, 0, 0), "{report:?}");
    let id = only(&server, &user).await;
    let reply = server.as_user(&user, "GET", &format!("/api/conversations/{id}"), None).await;
    assert!(reply.status == 200 && reply.text.len() < 2 << 20, "{} bytes", reply.text.len());
    let shown = server.show(&user, id).await;
    assert!(shown.messages.iter().all(|it| it.sources.len() <= 50 && it.model.as_ref().is_none_or(|model| model.len() < 300)));
    // Everything that is stored, whether it is shown or not.
    let longest =
        "SELECT max(max(length(CAST(coalesce(details, '') AS BLOB)), length(coalesce(model, '')), length(coalesce(provider, ''))))
        FROM messages";
    assert!(store::query(&server, longest).parse::<usize>().unwrap() < 500 * 1024);
    let named = "SELECT max(length(title), length(provider), length(model)) < 300 FROM conversations";
    assert_eq!(store::query(&server, named), "1");
    for path in ["/api/conversations", "/api/search?q=name", "/api/models", "/api/export"] {
        assert_eq!(server.as_user(&user, "GET", path, None).await.status, 200, "{path}");
    }
    assert!(server.is_running() && server.peak_kib() < 400 * 1024, "{} KiB", server.peak_kib());
}

#[tokio::test]
async fn others_write_while_a_large_conversation_is_imported() {
    let server = Server::capped(&[]).await;
    let (user, other) = (server.guest().await, server.guest().await);
    let text = |n| format!("{n} {}", "the tide comes in and goes out again ".repeat(50));
    let file = json!([conversation(1, "Large", &chain(2..602, text))]).to_string();
    let began = Instant::now();
    let running = tokio::spawn(done(post(&server, &user, file.into()).await));
    let mut slowest = Duration::ZERO;
    let mut count = 0;
    while !running.is_finished() && count < 25 {
        let since = Instant::now();
        server.chat(&other, json!({"content": "and I", "model": "echo-1-0"})).await;
        slowest = slowest.max(since.elapsed());
        count += 1;
    }
    assert_eq!(counts(&running.await.unwrap()), (1, 0, 0, 0));
    let took = began.elapsed();
    assert!(count >= 3 && slowest < took / 2, "the slowest of {count} took {slowest:?}, the import {took:?}");
    let id = only(&server, &user).await;
    assert_eq!(server.show(&user, id).await.messages.len(), 600);
}

#[tokio::test]
async fn an_interrupted_import_shows_no_partial_conversations_and_continues() {
    let mut server = Server::capped(&[]).await;
    let user = server.guest().await;
    let text = |n| format!("{n} {}", "ebbing ".repeat(200));
    let file = json!([conversation(1, "Half", &chain(2..1_502, text))]).to_string();
    let mut before = 0;
    for is_killed in [true, false] {
        let running = post(&server, &user, file.clone().into()).await;
        until(&server, &format!("SELECT count(*) > {before} FROM messages")).await;
        if is_killed {
            server.kill();
        } else {
            // The server stops soon, without reading the whole file.
            server.terminate();
            let since = Instant::now();
            assert!(server.stop_waiting().await.success());
            assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
        }
        drop(running);
        let written: usize = store::query(&server, "SELECT count(*) FROM messages").parse().unwrap();
        assert!((before + 1..1_500).contains(&written), "{written}");
        before = written;
        server.start_again();
        assert!(list(&server, &user, "list").await.is_empty());
        for (method, path, status) in [("GET", "", 404), ("POST", "/restore", 404), ("GET", "/export", 404), ("DELETE", "", 404)] {
            let id = store::query(&server, "SELECT lower(hex(id)) FROM conversations").parse::<Uuid>().unwrap();
            let reply = server.as_user(&user, method, &format!("/api/conversations/{id}{path}"), None).await;
            assert_eq!(reply.status, status, "{method} {path}: {}", reply.text);
        }
        let found: SearchPage = server.as_user(&user, "GET", "/api/search?q=ebbing", None).await.json();
        assert!(found.results.is_empty());
    }
    assert_eq!(counts(&import(&server, &user, file.clone()).await), (1, 0, 0, 0));
    let shown = server.show(&user, only(&server, &user).await).await;
    assert!(shown.messages.len() == 1_500 && shown.messages.windows(2).all(|two| two[1].parent_id == Some(two[0].id)));
    assert_eq!((shown.messages[0].role, shown.messages[1_499].content.split(' ').next()), (Author::User, Some("1501")));
    assert_eq!(counts(&import(&server, &user, file).await), (0, 0, 1, 0));
}

#[tokio::test]
async fn a_user_imports_one_file_at_a_time_and_it_ends_with_its_sender() {
    let server = Server::capped(&[]).await;
    let (user, other) = (server.guest().await, server.guest().await);
    let text = |n| format!("{n} {}", "flowing ".repeat(200));
    let conversations: Vec<Value> =
        (0..200).map(|n| conversation(100_000 + n, "One of many", &chain(n * 20 + 2..n * 20 + 12, text))).collect();
    let file = json!(conversations).to_string();
    let small = || json!([conversation(1, "Small", &chain(50_002..50_004, text))]).to_string().into_bytes();
    let running = post(&server, &user, file.clone().into()).await;
    let refused = post(&server, &user, small()).await;
    assert_eq!((refused.status().as_u16(), refused.headers().contains_key("retry-after")), (503, true));
    let api_error: ApiError = serde_json::from_str(&refused.text().await.unwrap()).unwrap();
    assert!(api_error.code == Code::Busy && api_error.error.contains("of yours"), "{api_error:?}");
    assert_eq!(counts(&import(&server, &other, small()).await), (1, 0, 0, 0), "that of another is none of theirs");
    until(&server, "SELECT count(*) > 3 FROM conversations").await;
    drop(running);
    // The client does not read the result: the import ends, and the next one can start.
    let report = loop {
        let response = post(&server, &user, small()).await;
        if response.status() == 200 {
            break response.text().await.unwrap();
        }
        assert_eq!(response.status(), 503);
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(report.contains(r#""added":1"#), "{report}");
    let here = store::query(&server, "SELECT count(*) FROM conversations").parse::<u32>().unwrap() - 2;
    assert!((1..200).contains(&here), "{here}");
    let report = import(&server, &user, file).await;
    assert_eq!((report.added + report.same, report.left_out), (200, 0));
    assert!(report.same + 1 >= here, "{report:?} of {here}");
}
