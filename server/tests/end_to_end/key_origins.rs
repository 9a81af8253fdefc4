//! A provider's keys are sent only to the origin that they were entered for.

use std::sync::{Arc, Mutex};

use holdfast_protocol::{
    Code,
    providers::{ConnectionTest, KeyState, OwnKey, ProviderInfo},
};
use serde_json::{Value, json};

use crate::support::{Server, User, store};
use holdfast_testing::upstream::{Request, Step, Upstream, reply};

/// A provider that accepts any key, and the keys that it received.
struct Place {
    upstream: Upstream,
    came: Arc<Mutex<Vec<String>>>,
}

impl Place {
    async fn start() -> Self {
        let came = Arc::new(Mutex::new(Vec::new()));
        let seen = came.clone();
        let script = move |request: &Request| -> Vec<Step> {
            let given = request.headers.split("authorization: ").nth(1).map_or("nothing", |rest| rest.lines().next().unwrap().trim());
            seen.lock().unwrap().push(given.to_owned());
            if request.path().ends_with("/models") {
                let list = r#"{"object":"list","data":[{"id":"small","object":"model"}]}"#;
                return reply("200 OK", "content-type: application/json\r\n", list);
            }
            let text = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello.\"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
            reply("200 OK", "content-type: text/event-stream\r\n", text)
        };
        Self { upstream: Upstream::start(script).await, came }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.upstream.url())
    }

    /// Returns the keys received since the last call, without duplicates.
    fn keys(&self) -> Vec<String> {
        let mut keys = std::mem::take(&mut *self.came.lock().unwrap());
        keys.sort();
        keys.dedup();
        keys
    }
}

async fn patch(server: &Server, admin: &User, body: Value) -> ProviderInfo {
    let reply = server.as_user(admin, "PATCH", "/api/admin/providers/corp", Some(body)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

/// Sends a message. Returns whether there was an answer, and the reply.
async fn ask(server: &Server, user: &User) -> (bool, String) {
    let body = json!({"content": "x", "provider": "corp", "model": "small"});
    let reply = server.as_user(user, "POST", "/api/chat", Some(body)).await;
    (reply.value()["status"] == "complete", reply.text)
}

async fn own_key(server: &Server, user: &User) -> KeyState {
    let keys: Vec<OwnKey> = server.as_user(user, "GET", "/api/keys", None).await.json();
    // While a key waits, its owner sees the new origin, but nothing else of the address.
    let origin = keys[0].origin.as_deref();
    assert_eq!(origin.is_some(), keys[0].key == KeyState::Unconfirmed, "{origin:?}");
    assert!(origin.is_none_or(|origin| origin.starts_with("http") && origin.matches('/').count() == 2), "{origin:?}");
    keys[0].key
}

#[tokio::test]
async fn a_key_is_not_sent_to_another_origin() {
    let server = Server::start().await;
    let admin = server.admin("Ada").await;
    let (bob, eve) = (server.member("Bob").await, server.member("Eve").await);
    let (first, second) = (Place::start().await, Place::start().await);
    let new = json!({"name": "corp", "kind": "openai", "url": first.url("/v1"), "key": "sk-server", "own_keys": true});
    assert_eq!(server.as_user(&admin, "POST", "/api/admin/providers", Some(new)).await.status, 201);
    assert_eq!(server.as_user(&bob, "POST", "/api/keys/corp", Some(json!({"key": "sk-bob"}))).await.status, 204);
    assert_eq!((ask(&server, &bob).await.0, ask(&server, &eve).await.0), (true, true));
    assert_eq!(first.keys(), ["bearer sk-bob", "bearer sk-server"]);

    // Another path at the same origin changes nothing.
    let info = patch(&server, &admin, json!({"url": first.url("/other/v1")})).await;
    assert_eq!((info.key, own_key(&server, &bob).await), (KeyState::Stored, KeyState::Stored));
    assert_eq!((ask(&server, &bob).await.0, ask(&server, &eve).await.0), (true, true));
    assert_eq!(first.keys(), ["bearer sk-bob", "bearer sk-server"]);

    let info = patch(&server, &admin, json!({"url": second.url("/v1")})).await;
    assert_eq!(info.key, KeyState::None, "the server's key is forgotten");
    assert_eq!(own_key(&server, &bob).await, KeyState::Unconfirmed);
    let (answered, told) = ask(&server, &bob).await;
    assert!(!answered && told.contains("Settings → Models") && !told.contains("127.0.0.1"), "{told}");
    let connection_test: ConnectionTest = server.as_user(&bob, "POST", "/api/keys/corp/test", None).await.json();
    assert!(!connection_test.ok && connection_test.message.contains("Settings → Models"), "{connection_test:?}");
    assert!(ask(&server, &eve).await.0, "this one asks for no key");
    assert_eq!(server.as_user(&bob, "GET", "/api/models", None).await.status, 200);
    assert_eq!((second.keys(), first.keys()), (vec!["nothing".to_owned()], vec![]));

    // With the old origin, the key is valid again; users without a key have nothing to confirm.
    patch(&server, &admin, json!({"url": first.url("/v1")})).await;
    assert_eq!(own_key(&server, &bob).await, KeyState::Stored);
    patch(&server, &admin, json!({"url": second.url("/v1"), "key": "sk-second"})).await;
    let confirm = async |user| server.as_user(user, "POST", "/api/keys/corp/confirm", None).await;
    assert_eq!((confirm(&eve).await.status, confirm(&eve).await.api_error().code), (404, Code::NotFound));
    assert_eq!(confirm(&bob).await.status, 204);
    assert_eq!(own_key(&server, &bob).await, KeyState::Stored);
    first.keys();
    assert_eq!((ask(&server, &bob).await.0, ask(&server, &eve).await.0), (true, true));
    assert_eq!((second.keys(), first.keys()), (vec!["bearer sk-bob".to_owned(), "bearer sk-second".to_owned()], vec![]));
}

#[tokio::test]
async fn the_vendor_s_address_and_another_scheme_are_other_origins_also_after_a_restart() {
    let mut server = Server::start().await;
    let admin = server.admin("Ada").await;
    let bob = server.member("Bob").await;
    let place = Place::start().await;
    let new = json!({"name": "corp", "kind": "openai", "url": place.url("/v1"), "key": "sk-server", "own_keys": true});
    assert_eq!(server.as_user(&admin, "POST", "/api/admin/providers", Some(new)).await.status, 201);
    assert_eq!(server.as_user(&bob, "POST", "/api/keys/corp", Some(json!({"key": "sk-bob"}))).await.status, 204);
    for url in [String::new(), place.url("/v1").replace("http:", "https:"), place.url("/v1").replace("127.0.0.1", "localhost")] {
        let info = patch(&server, &admin, json!({"url": url})).await;
        assert_eq!((info.key, own_key(&server, &bob).await), (KeyState::None, KeyState::Unconfirmed), "{url}");
        server.stop().await;
        server.start_again();
        assert_eq!(own_key(&server, &bob).await, KeyState::Unconfirmed, "{url}");
        let info = patch(&server, &admin, json!({"url": place.url(""), "key": "sk-server"})).await;
        assert_eq!((info.key, own_key(&server, &bob).await), (KeyState::Stored, KeyState::Stored), "{url}");
    }
    // A new key belongs to the provider's current origin.
    patch(&server, &admin, json!({"url": place.url("/v1").replace("127.0.0.1", "localhost"), "key": "sk-new"})).await;
    assert_eq!(server.as_user(&bob, "POST", "/api/keys/corp", Some(json!({"key": "sk-bob-2"}))).await.status, 204);
    assert_eq!(own_key(&server, &bob).await, KeyState::Stored);
}

#[tokio::test]
async fn keys_without_an_origin_are_bound_to_that_of_their_provider() {
    let mut server = Server::start().await;
    let admin = server.admin("Ada").await;
    let bob = server.member("Bob").await;
    let (first, second) = (Place::start().await, Place::start().await);
    let new = json!({"name": "corp", "kind": "openai", "url": first.url("/v1"), "key": "sk-server", "own_keys": true});
    assert_eq!(server.as_user(&admin, "POST", "/api/admin/providers", Some(new)).await.status, 201);
    assert_eq!(server.as_user(&bob, "POST", "/api/keys/corp", Some(json!({"key": "sk-bob"}))).await.status, 204);
    server.stop().await;
    store::change(&server, "UPDATE own_keys SET origin = NULL");
    server.start_again();
    assert_eq!(own_key(&server, &bob).await, KeyState::Stored);
    assert!(ask(&server, &bob).await.0);
    assert!(first.keys().contains(&"bearer sk-bob".to_owned()));

    // A refused change changes no address and deletes no key.
    let wrong = json!({"url": second.url("/v1"), "models": [{"model": "", "visible_to": "everyone"}]});
    assert_eq!(server.as_user(&admin, "PATCH", "/api/admin/providers/corp", Some(wrong)).await.status, 400);
    let info = patch(&server, &admin, json!({})).await;
    assert_eq!((info.url.unwrap(), info.key, own_key(&server, &bob).await), (first.url("/v1"), KeyState::Stored, KeyState::Stored));

    patch(&server, &admin, json!({"url": second.url("/v1")})).await;
    server.stop().await;
    server.start_again();
    assert_eq!(own_key(&server, &bob).await, KeyState::Unconfirmed, "a start binds no key that is bound");
    assert!(!ask(&server, &bob).await.0);
    assert!(!second.keys().contains(&"bearer sk-bob".to_owned()));
}
