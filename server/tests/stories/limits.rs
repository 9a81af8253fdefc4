//! Limits that administrators set.

use std::collections::BTreeMap;

use holdfast_protocol::{
    Code,
    limits::{Limit, LimitNumbers, LimitsInfo},
};
use serde_json::json;

use crate::support::{Server, Socket};

#[tokio::test]
async fn limits_are_set_while_the_server_runs_and_stay_set() {
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
        assert_eq!((third.status, third.refusal().code), (429, Code::RateLimited));
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
async fn what_the_configuration_gives_wins_over_the_page_and_says_so() {
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
    assert_eq!((refused.status, refused.refusal().code), (409, Code::NotAllowed));
    assert!(refused.refusal().error.contains("HOLDFAST_LIMIT_MESSAGES"), "{}", refused.text);
    // A form sends all of them back: what is as it was is no change.
    let set = patch(&server, json!({"messages": 1, "answers": 2})).await.json::<LimitsInfo>();
    assert_eq!((set.numbers.messages, set.numbers.answers), (1, 2));
    let bob = server.member("Bob").await;
    let say = || server.as_user(&bob, "POST", "/api/chat", Some(json!({"content": "x", "model": "echo"})));
    assert_eq!((say().await.status, say().await.status), (200, 429));

    // Taken away again, what was set on the page is back.
    server.stop().await;
    server.set("LIMIT_MESSAGES", "");
    std::fs::remove_file(server.data().join("holdfast.toml")).unwrap();
    server.start_again();
    let info = server.as_user(&admin, "GET", "/api/admin/limits", None).await.json::<LimitsInfo>();
    assert_eq!(info.numbers, LimitNumbers { messages: 7, answers: 2, ..LimitNumbers::USUAL });
    assert!(info.fixed.is_empty());
}
