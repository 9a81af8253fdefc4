//! Limits that administrators set.

use std::{collections::BTreeMap, time::Duration};

use holdfast_protocol::{
    Code, MessageId,
    api::ConversationPage,
    frame::{Accepted, Chat},
    limits::{Limit, LimitNumbers, LimitsInfo},
};
use serde_json::json;

use crate::support::{Server, Socket, fresh_id};

#[tokio::test]
async fn limits_can_be_changed_while_the_server_runs_and_persist() {
    let mut server = Server::with(&[("LIMITS", "on")]).await;
    let admin = server.admin("Ada").await;
    let bob = server.member("Bob").await;
    let show = server.as_user(&admin, "GET", "/api/admin/limits", None).await;
    assert_eq!(show.json::<LimitsInfo>(), LimitsInfo { on: true, numbers: LimitNumbers::USUAL, fixed: BTreeMap::new() });
    for bad in [json!({"answers": 0}), json!({"messages": 1_000_001}), json!({"sockets": -1}), json!({"sign_in": "many"})] {
        assert_eq!(server.as_user(&admin, "PATCH", "/api/admin/limits", Some(bad)).await.status, 400);
    }
    let patch = json!({"messages": 2, "sockets": 1});
    let set = server.as_user(&admin, "PATCH", "/api/admin/limits", Some(patch)).await.json::<LimitsInfo>();
    assert_eq!(set.numbers, LimitNumbers { messages: 2, sockets: 1, ..LimitNumbers::USUAL });

    for start in 0..2 {
        if start == 1 {
            server.stop().await;
            server.start_again();
        }
        let say = || server.as_user(&bob, "POST", "/api/chat", Some(json!({"content": "x", "model": "echo"})));
        assert_eq!((say().await.status, say().await.status), (200, 200));
        let third = say().await;
        assert_eq!((third.status, third.api_error().code), (429, Code::RateLimited));
        let first = Socket::ready(&server, "/ws", &bob).await;
        let mut second = Socket::open(&server, "/ws").await;
        second.initial(bob.token()).await;
        let (ended, words) = second.ended_with_words().await;
        assert_eq!((ended.code, ended.error), (1013, Some(Code::Busy)));
        assert!(words.contains("(1). Close a tab"), "{words}");
        drop(first);
    }
}

#[tokio::test]
async fn sizes_are_those_of_the_configuration() {
    let server = Server::with(&[("MESSAGE_KIB", "2"), ("FRAME_KIB", "3"), ("BODY_KIB", "4"), ("PAGE_SIZE", "2")]).await;
    let ada = server.member("Ada").await;
    let say = |bytes: usize| server.as_user(&ada, "POST", "/api/chat", Some(json!({"content": "x".repeat(bytes), "model": "echo"})));
    assert_eq!(say(2048).await.status, 200);
    let long = say(2049).await;
    assert_eq!((long.status, long.api_error().code), (413, Code::TooLarge));
    assert_eq!(long.api_error().error, "The message has 2049 bytes. The maximum is 2048. Send it in parts.");
    assert_eq!(say(5000).await.status, 413);
    let mut socket = Socket::ready(&server, "/ws", &ada).await;
    socket.chat(Chat { model: Some("echo".into()), ..Chat::new(fresh_id(), "x".repeat(2049)) }).await;
    assert_eq!(socket.api_error().await, Code::TooLarge);
    socket.chat(Chat::new(fresh_id(), "x".repeat(4000))).await;
    assert_eq!(socket.ended().await.code, 1009);

    for _ in 0..2 {
        server.conversation(&ada).await;
    }
    let page: ConversationPage = server.as_user(&ada, "GET", "/api/conversations", None).await.json();
    assert_eq!((page.conversations.len(), page.next.is_some()), (2, true));
}

#[tokio::test]
async fn the_configuration_overrides_the_page_and_says_so() {
    let mut server = Server::with(&[("LIMITS", "on")]).await;
    let admin = server.admin("Ada").await;
    let patch = async |server: &Server, body| server.as_user(&admin, "PATCH", "/api/admin/limits", Some(body)).await;
    assert_eq!(patch(&server, json!({"messages": 7, "answers": 3})).await.status, 200);

    server.stop().await;
    server.set("LIMIT_MESSAGES", "1");
    std::fs::write(server.data().join("holdfast.toml"), "limit_sockets = 9\n").unwrap();
    server.start_again();
    let info = server.as_user(&admin, "GET", "/api/admin/limits", None).await.json::<LimitsInfo>();
    assert_eq!(info.numbers, LimitNumbers { messages: 1, answers: 3, sockets: 9, ..LimitNumbers::USUAL });
    assert_eq!(
        info.fixed,
        BTreeMap::from([(Limit::Messages, "HOLDFAST_LIMIT_MESSAGES".to_owned()), (Limit::Sockets, "holdfast.toml".to_owned())])
    );
    let refused = patch(&server, json!({"messages": 5, "answers": 5})).await;
    assert_eq!((refused.status, refused.api_error().code), (409, Code::NotAllowed));
    assert!(refused.api_error().error.contains("HOLDFAST_LIMIT_MESSAGES"), "{}", refused.text);
    // A form sends all fields; unchanged ones are not a change.
    let set = patch(&server, json!({"messages": 1, "answers": 2})).await.json::<LimitsInfo>();
    assert_eq!((set.numbers.messages, set.numbers.answers), (1, 2));
    let bob = server.member("Bob").await;
    let say = || server.as_user(&bob, "POST", "/api/chat", Some(json!({"content": "x", "model": "echo"})));
    assert_eq!((say().await.status, say().await.status), (200, 429));

    // Without the setting, the stored value applies again.
    server.stop().await;
    server.set("LIMIT_MESSAGES", "");
    std::fs::remove_file(server.data().join("holdfast.toml")).unwrap();
    server.start_again();
    let info = server.as_user(&admin, "GET", "/api/admin/limits", None).await.json::<LimitsInfo>();
    assert_eq!(info.numbers, LimitNumbers { messages: 7, answers: 2, ..LimitNumbers::USUAL });
    assert!(info.fixed.is_empty());
}

#[tokio::test]
async fn of_many_messages_at_once_only_the_limit_starts_answers() {
    let server = Server::with(&[("LIMITS", "on"), ("LIMIT_MESSAGES", "1000")]).await;
    let bob = server.member("Bob").await;
    let id = server.conversation(&bob).await;
    let path = format!("/api/conversations/{id}/messages");
    let post = || {
        let message: MessageId = fresh_id();
        server.as_user(&bob, "POST", &path, Some(json!({"message_id": message, "content": "x", "model": "echo-100000-20"})))
    };
    let replies = futures::future::join_all((0..30).map(|_| post())).await;
    let begun = replies.iter().filter(|reply| reply.status == 202).count();
    assert_eq!(begun, LimitNumbers::USUAL.answers as usize);
    assert!(replies.iter().filter(|reply| reply.status != 202).all(|reply| reply.api_error().code == Code::Busy));
    // Regenerating is limited as well.
    let message = replies.iter().find(|reply| reply.status == 202).unwrap().json::<Accepted>().message_id;
    let again = server.as_user(&bob, "POST", &format!("/api/messages/{message}/regenerate"), Some(json!({"answer_id": fresh_id()}))).await;
    assert_eq!((again.status, again.api_error().code), (503, Code::Busy));
    // When an answer ends, another one may start.
    let one = replies.iter().find(|reply| reply.status == 202).unwrap().json::<Accepted>().answer_id;
    assert_eq!(server.as_user(&bob, "POST", &format!("/api/answers/{one}/stop"), None).await.status, 202);
    let mut tries = 0;
    while post().await.status != 202 {
        tries += 1;
        assert!(tries < 500);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn continuing_counts_as_a_message_if_the_answer_starts_again() {
    let server = Server::with(&[("LIMITS", "on"), ("LIMIT_MESSAGES", "3")]).await;
    let bob = server.member("Bob").await;
    let id = server.conversation(&bob).await;
    let body = json!({"message_id": fresh_id(), "content": "x", "model": "echo-100000-20"});
    let posted = server.as_user(&bob, "POST", &format!("/api/conversations/{id}/messages"), Some(body)).await;
    let answer = posted.json::<Accepted>().answer_id;
    let act = async |what: &str| server.as_user(&bob, "POST", &format!("/api/answers/{answer}/{what}"), None).await;
    for round in 0..3 {
        // Continuing a running answer costs nothing.
        assert_eq!(act("continue").await.status, 202);
        assert_eq!(act("stop").await.status, 202);
        let mut tries = 0;
        while server.show(&bob, id).await.messages[1].status.is_unfinished() {
            tries += 1;
            assert!(tries < 500);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let more = act("continue").await;
        match round {
            0 | 1 => assert_eq!(more.status, 202),
            _ => assert_eq!((more.status, more.api_error().code), (429, Code::RateLimited)),
        }
    }
}
