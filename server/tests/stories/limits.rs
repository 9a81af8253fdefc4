//! Limits that administrators set.

use holdfast_protocol::{
    Code,
    limits::{LimitNumbers, LimitsInfo},
};
use serde_json::json;

use crate::support::{Server, Socket};

#[tokio::test]
async fn limits_are_set_while_the_server_runs_and_stay_set() {
    let mut server = Server::with(&[("LIMITS", "on")]).await;
    let admin = server.admin("Ada").await;
    let bob = server.member("Bob").await;
    let show = server.as_user(&admin, "GET", "/api/admin/limits", None).await;
    assert_eq!(show.json::<LimitsInfo>(), LimitsInfo { on: true, numbers: LimitNumbers::USUAL });
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
