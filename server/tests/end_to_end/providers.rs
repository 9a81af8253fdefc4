//! Providers that administrators add, their visibility, and users' own keys.

use std::sync::{Arc, Mutex};

use holdfast_protocol::{
    Code,
    api::Model,
    providers::{ConnectionTest, KeyState, OwnKey, ProviderInfo, Visibility},
};
use serde_json::{Value, json};

use crate::support::{Server, User, store};
use holdfast_testing::upstream::{Request, Step, Upstream, reply};

/// A provider with the models `small` and `big` for these keys. It records the keys that it receives.
async fn upstream(keys: &[&str]) -> (Upstream, Arc<Mutex<Vec<String>>>) {
    let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    let used = Arc::new(Mutex::new(Vec::new()));
    let seen = used.clone();
    let script = move |request: &Request| -> Vec<Step> {
        let given = request.headers.split("authorization: bearer ").nth(1).map_or("", |rest| rest.split_whitespace().next().unwrap_or(""));
        if !keys.iter().any(|key| key == given) {
            return reply(
                "401 Unauthorized",
                "content-type: application/json\r\n",
                &format!(r#"{{"error":{{"message":"bad key {given}"}}}}"#),
            );
        }
        if request.path().ends_with("/models") {
            let list = r#"{"object":"list","data":[{"id":"small","object":"model"},{"id":"big","object":"model"}]}"#;
            return reply("200 OK", "content-type: application/json\r\n", list);
        }
        seen.lock().unwrap().push(given.to_owned());
        let text = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello from there.\"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
        reply("200 OK", "content-type: text/event-stream\r\n", text)
    };
    (Upstream::start(script).await, used)
}

async fn add(server: &Server, admin: &User, body: Value) -> ProviderInfo {
    let reply = server.as_user(admin, "POST", "/api/admin/providers", Some(body)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()
}

async fn models(server: &Server, user: &User) -> Vec<String> {
    let models: Vec<Model> = server.as_user(user, "GET", "/api/models", None).await.json();
    models.into_iter().filter(|model| model.provider != "builtin").map(|model| format!("{}/{}", model.provider, model.model)).collect()
}

async fn ask(server: &Server, user: &User, provider: &str, model: &str) -> Result<String, (Code, String)> {
    let body = json!({"content": "x", "provider": provider, "model": model});
    let reply = server.as_user(user, "POST", "/api/chat", Some(body)).await;
    if reply.value()["status"] == "complete" {
        Ok(reply.value()["full_response"].as_str().unwrap().to_owned())
    } else {
        Err((reply.api_error().code, reply.api_error().error))
    }
}

#[tokio::test]
async fn a_provider_is_added_tested_changed_and_removed_without_a_restart() {
    let mut server = Server::start().await;
    let admin = server.admin("Ada").await;
    let (upstream, used) = upstream(&["sk-good"]).await;
    let url = format!("{}/v1", upstream.url());
    let new = json!({"name": "groq", "kind": "openai", "url": url, "key": " sk-wrong\n"});
    let info = add(&server, &admin, new.clone()).await;
    assert_eq!((info.key, info.added, info.own_keys, info.visible_to), (KeyState::Stored, true, false, Visibility::Everyone));
    let fault = info.fault.unwrap().error;
    assert!(fault.contains("`groq`") && fault.contains("Settings → Providers") && !fault.contains("sk-wrong"), "{fault}");
    assert_eq!(server.as_user(&admin, "POST", "/api/admin/providers", Some(new)).await.status, 400, "the name is taken");

    let test_connection = || server.as_user(&admin, "POST", "/api/admin/providers/groq/test", None);
    let connection_test: ConnectionTest = test_connection().await.json();
    assert!(
        !connection_test.ok && connection_test.message.contains("refused") && !connection_test.message.contains("sk-wrong"),
        "{connection_test:?}"
    );
    let patch = |body: Value| server.as_user(&admin, "PATCH", "/api/admin/providers/groq", Some(body));
    let changed: ProviderInfo = patch(json!({"key": "sk-good"})).await.json();
    assert_eq!(changed.models.iter().map(|it| it.model.as_str()).collect::<Vec<_>>(), ["small", "big"]);
    let connection_test: ConnectionTest = test_connection().await.json();
    assert_eq!(
        (connection_test.ok, connection_test.message.as_str(), connection_test.model.as_deref()),
        (true, "Hello from there.", Some("small"))
    );

    let guest = server.guest().await;
    assert_eq!(models(&server, &guest).await, ["groq/small", "groq/big"]);
    assert_eq!(ask(&server, &guest, "groq", "small").await.as_deref(), Ok("Hello from there."));
    assert_eq!(*used.lock().unwrap(), ["sk-good", "sk-good"]);

    // The key can't be read anywhere, and is still stored after a restart.
    let list = server.as_user(&admin, "GET", "/api/admin/providers", None).await;
    assert!(!list.text.contains("sk-"), "{}", list.text);
    assert!(!store::query(&server, "select group_concat(name || hex(key)) from providers").contains(&hex("sk-good")));
    server.stop().await;
    server.start_again();
    assert_eq!(ask(&server, &guest, "groq", "big").await.as_deref(), Ok("Hello from there."));

    let path = "/api/admin/providers/groq";
    assert_eq!(server.as_user(&admin, "DELETE", path, None).await.status, 204);
    assert_eq!(server.as_user(&admin, "DELETE", path, None).await.status, 404);
    assert_eq!(models(&server, &guest).await, [""; 0]);
    assert_eq!(ask(&server, &guest, "groq", "big").await.unwrap_err().0, Code::ModelNotFound);
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02X}")).collect()
}

#[tokio::test]
async fn models_are_visible_only_to_their_users() {
    let server = Server::start().await;
    let admin = server.admin("Ada").await;
    let (upstream, _used) = upstream(&["sk-good"]).await;
    let new = json!({"name": "groq", "kind": "openai", "url": upstream.url(), "key": "sk-good", "visible_to": "accounts"});
    add(&server, &admin, new).await;
    let (guest, bob) = (server.guest().await, server.member("Bob").await);
    let nobody = server.get("/").await.text;
    assert!(!nobody.contains("groq"), "the page tells no more than the call");
    assert_eq!(models(&server, &guest).await, [""; 0]);
    assert_eq!(models(&server, &bob).await, ["groq/small", "groq/big"]);
    let (code, told) = ask(&server, &guest, "groq", "small").await.unwrap_err();
    let (_, missing) = ask(&server, &guest, "gone", "small").await.unwrap_err();
    assert_eq!((code, told.replace("groq", "gone")), (Code::ModelNotFound, missing), "it is as if it were not there");

    let patch = |name: &'static str, body: Value| {
        let (server, admin) = (&server, &admin);
        async move { server.as_user(admin, "PATCH", &format!("/api/admin/providers/{name}"), Some(body)).await }
    };
    let models_of = json!([{"model": "small", "visible_to": "everyone"}, {"model": "big", "visible_to": "administrators"}]);
    assert_eq!(patch("groq", json!({"models": models_of})).await.status, 200);
    assert_eq!(models(&server, &guest).await, ["groq/small"]);
    assert_eq!(models(&server, &bob).await, ["groq/small"]);
    assert_eq!(models(&server, &admin).await, ["groq/small", "groq/big"]);
    assert_eq!(ask(&server, &bob, "groq", "big").await.unwrap_err().0, Code::ModelNotFound);
    assert_eq!(ask(&server, &guest, "groq", "small").await.as_deref(), Ok("Hello from there."));
    let again = patch("groq", json!({"models": [{"model": "big", "visible_to": null}]})).await.json::<ProviderInfo>();
    assert_eq!(again.models.iter().map(|it| it.visible_to).collect::<Vec<_>>(), [Some(Visibility::Everyone), None]);
    assert_eq!(ask(&server, &bob, "groq", "big").await.as_deref(), Ok("Hello from there."));

    // Built-in models can have a visibility too, in all their forms; but they have no key and no address.
    assert_eq!(patch("builtin", json!({"models": [{"model": "echo", "visible_to": "accounts"}]})).await.status, 200);
    assert_eq!(ask(&server, &guest, "builtin", "echo-2-1").await.unwrap_err().0, Code::ModelNotFound);
    assert!(ask(&server, &bob, "builtin", "echo-2-1").await.is_ok());
    assert_eq!(patch("builtin", json!({"key": "sk-x"})).await.status, 403);
    assert_eq!(patch("gone", json!({"visible_to": "everyone"})).await.status, 404);
}

#[tokio::test]
async fn an_own_key_is_used_only_for_its_owner_and_removed_with_the_account() {
    let server = Server::start().await;
    let admin = server.admin("Ada").await;
    let (upstream, used) = upstream(&["sk-server", "sk-bob"]).await;
    let new = json!({"name": "groq", "kind": "openai", "url": upstream.url(), "key": "sk-server", "visible_to": "administrators"});
    add(&server, &admin, new).await;
    let (bob, cy, guest) = (server.member("Bob").await, server.member("Cy").await, server.guest().await);
    let keep = |user: &User, key: &str| {
        let (server, user, body) = (&server, user.clone(), json!({"key": key}));
        async move { server.as_user(&user, "POST", "/api/keys/groq", Some(body)).await }
    };
    assert_eq!(keep(&bob, "sk-bob").await.status, 404, "where it is not allowed there is nothing to bring one for");
    let allow = json!({"own_keys": true});
    assert_eq!(server.as_user(&admin, "PATCH", "/api/admin/providers/groq", Some(allow.clone())).await.status, 200);
    assert_eq!(keep(&guest, "sk-bob").await.api_error().code, Code::NotAllowed);
    for bad in ["", "two words", "line\nbreak"] {
        assert_eq!(keep(&bob, bad).await.status, 400, "{bad:?}");
    }
    assert_eq!(keep(&bob, "sk-bob").await.status, 204);
    assert_eq!(models(&server, &bob).await, ["groq/small", "groq/big"], "with a key of their own they need no leave");
    assert_eq!(models(&server, &cy).await, [""; 0]);
    assert!(ask(&server, &bob, "groq", "small").await.is_ok() && ask(&server, &admin, "groq", "small").await.is_ok());
    assert_eq!(*used.lock().unwrap(), ["sk-bob", "sk-server"]);
    let own = server.as_user(&bob, "GET", "/api/keys", None).await;
    assert_eq!(own.json::<Vec<OwnKey>>(), [OwnKey { provider: "groq".into(), key: KeyState::Stored, origin: None }]);
    let connection_test = |user: &User| {
        let (server, user) = (&server, user.clone());
        async move { server.as_user(&user, "POST", "/api/keys/groq/test", None).await }
    };
    assert_eq!(connection_test(&bob).await.json::<ConnectionTest>().message, "Hello from there.");
    assert_eq!(connection_test(&cy).await.status, 404);
    assert_eq!(keep(&cy, "sk-cy").await.status, 204);
    let told = connection_test(&cy).await.json::<ConnectionTest>();
    assert!(!told.ok && told.message.starts_with("Your key for `groq` was refused") && !told.message.contains("sk-cy"), "{told:?}");

    // Forbidden again: the key is not used, although it is still stored.
    let forbid = json!({"own_keys": false});
    assert_eq!(server.as_user(&admin, "PATCH", "/api/admin/providers/groq", Some(forbid)).await.status, 200);
    assert_eq!(models(&server, &bob).await, [""; 0]);
    assert_eq!(ask(&server, &bob, "groq", "small").await.unwrap_err().0, Code::ModelNotFound);
    assert_eq!(server.as_user(&admin, "PATCH", "/api/admin/providers/groq", Some(allow)).await.status, 200);
    assert!(ask(&server, &bob, "groq", "small").await.is_ok());

    assert_eq!(server.as_user(&cy, "DELETE", "/api/keys/groq", None).await.status, 204);
    assert_eq!(store::query(&server, "select count(*) from own_keys"), "1");
    let gone = server.as_user(&bob, "POST", "/api/auth/remove", Some(json!({"password": "correct horse"}))).await;
    assert_eq!((gone.status, store::query(&server, "select count(*) from own_keys").as_str()), (204, "0"));
}

#[tokio::test]
async fn invalid_providers_are_refused_with_the_reason() {
    let server = Server::with(&[("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")]).await;
    let admin = server.admin("Ada").await;
    for (name, url, key, word) in [
        ("Groq", "http://h/v1", "", "a-z"),
        ("", "http://h/v1", "", "a-z"),
        ("builtin", "http://h/v1", "", "already"),
        ("openai", "http://h/v1", "", "already"),
        ("groq", "ftp://h/v1", "", "http"),
        ("groq", "https://me:hidden@h/v1", "", "key as the key"),
        ("groq", "https://h/v1?key=hidden", "", "key as the key"),
        ("groq", "http://", "", "http"),
        ("groq", "http://h/v1", "two words", "space"),
    ] {
        let body = json!({"name": name, "kind": "openai", "url": url, "key": key});
        let reply = server.as_user(&admin, "POST", "/api/admin/providers", Some(body)).await;
        assert_eq!(reply.status, 400, "{name} {url}");
        let told = reply.api_error().error;
        assert!(told.contains(word) && !told.contains("hidden") && !told.contains("two words"), "{name} {url} {told}");
    }
    // A provider that is configured later takes precedence over one that was added.
    for (name, kind) in [("claude", "anthropic"), ("gem", "gemini"), ("lama", "ollama")] {
        let info = add(&server, &admin, json!({"name": name, "kind": kind, "url": "http://127.0.0.1:9"})).await;
        assert!(info.fault.unwrap().error.contains(&format!("`{name}`")));
    }
}

#[tokio::test]
async fn of_very_many_models_the_first_are_listed_and_the_others_are_found_by_name() {
    let list: Vec<_> = (0..60_000).map(|n| json!({"id": format!("model-{n:05}"), "object": "model"})).collect();
    let body = json!({"object": "list", "data": list}).to_string();
    let upstream = Upstream::start(move |request| {
        if request.path().ends_with("/models") {
            return reply("200 OK", "content-type: application/json\r\n", &body);
        }
        let said = json!({"choices": [{"index": 0, "delta": {"content": "here"}, "finish_reason": "stop"}]});
        reply("200 OK", "content-type: text/event-stream\r\n", &format!("data: {said}\n\ndata: [DONE]\n\n"))
    })
    .await;
    let url = format!("{}/v1", upstream.url());
    let server = Server::with(&[("OPENAI_BASE_URL", url.as_str()), ("DEFAULT_MODEL", "openai/model-15000")]).await;
    let (admin, user) = (server.admin("Root").await, server.guest().await);
    let models = async || server.as_user(&user, "GET", "/api/models", None).await.json::<Vec<Model>>();
    let mut listed = models().await;
    // Nobody waits for such a long list.
    for _ in 0..200 {
        if listed.len() >= 1_000 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        listed = models().await;
    }
    assert!((1_000..1_100).contains(&listed.len()), "{}", listed.len());
    assert!(listed.iter().any(|model| model.model == "model-15000" && model.default), "it is configured");
    let page = server.call("GET", "/", &[("cookie", &user.cookie)], None).await;
    assert!(page.status == 200 && page.text.len() < 200_000, "{}", page.text.len());

    let infos: Vec<ProviderInfo> = server.as_user(&admin, "GET", "/api/admin/providers", None).await.json();
    let info = infos.iter().find(|info| info.name == "openai").unwrap();
    assert_eq!((info.models.len(), info.unlisted), (1_001, 18_999));
    let offer = json!({"models": [{"model": "model-14000", "visible_to": "everyone"}]});
    assert_eq!(server.as_user(&admin, "PATCH", "/api/admin/providers/openai", Some(offer)).await.status, 200);
    assert!(models().await.iter().any(|model| model.model == "model-14000"), "it is named");

    let chat = |model: &str| json!({"content": "hello", "provider": "openai", "model": model});
    assert_eq!(server.chat(&user, chat("model-59999")).await.full_response, "here");
    assert_eq!(server.chat(&user, chat("model-60000")).await.full_response, "here", "a provider may know more than it lists");
}
