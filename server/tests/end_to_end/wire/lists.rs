//! Lists of models in all forms that servers send, and in none.

use std::time::Duration;

use holdfast_protocol::{api::Model, providers::ProviderInfo};
use serde_json::json;
use tokio::time::Instant;

use super::Wire;
use crate::support::{Server, User};

/// No call waits longer because of a list that does not come: 30 s would be the server's own.
const AT_ONCE: Duration = Duration::from_secs(2);

async fn add(server: &Server, admin: &User, wire: &Wire, form: &str) -> ProviderInfo {
    let new = json!({"name": format!("m-{form}"), "kind": "openai", "url": wire.url(&format!("/m-{form}/v1"))});
    let reply = server.as_user(admin, "POST", "/api/admin/providers", Some(new)).await;
    assert_eq!(reply.status, 201, "{form}: {}", reply.text);
    reply.json()
}

async fn listed(server: &Server, user: &User) -> Vec<Model> {
    server.as_user(user, "GET", "/api/models", None).await.json()
}

/// The models of a form; those that can't chat with a dash before them.
fn of(models: &[Model], form: &str) -> Vec<String> {
    let of_form = models.iter().filter(|model| model.provider == format!("m-{form}"));
    of_form.map(|model| format!("{}{}", if model.chats { "" } else { "-" }, model.model)).collect()
}

#[tokio::test]
async fn lists_are_read_in_all_forms_and_a_name_can_be_given_without_one() {
    let wire = Wire::start().await;
    let server = Server::capped(&[("LIMITS", "off")]).await;
    let (admin, user) = (server.admin("Ada").await, server.guest().await);
    let given = ["bare", "none", "onebad", "huge", "html", "429", "some", "gone"];
    let own = ["405", "501", "empty", "broken", "texts", "10000", "more", "token", "same", "kinds"];
    for form in given.into_iter().chain(own) {
        let info = add(&server, &admin, &wire, form).await;
        assert_eq!(info.has_no_list, matches!(form, "none" | "405" | "501" | "empty"), "{form}: {info:?}");
        assert_eq!(info.fault.is_some(), matches!(form, "html" | "429" | "broken"), "{form}: {:?}", info.fault);
        assert_eq!(info.listed_at.is_some(), info.fault.is_none() && !info.has_no_list, "{form}");
    }
    let models = listed(&server, &user).await;
    for (form, names) in [
        ("bare", vec!["bare-chat"]),
        ("onebad", vec!["good-chat"]),
        ("texts", vec!["text-chat", "other-chat"]),
        ("more", vec!["chat-1", "chat-2"]),
        ("token", vec!["chat-1", "chat-2"]),
        ("same", vec!["chat-1"]),
        ("kinds", vec!["chat-a", "-embed-a", "-whisper-a", "-draw", "-order"]),
        ("none", vec![]),
        ("html", vec![]),
    ] {
        assert_eq!(of(&models, form), names, "{form}");
    }
    let some = of(&models, "some");
    for name in
        ["plain-chat", "google/gemini-flash-image", "gpt-4o-audio-preview", "my-audiobook-writer", "-o1-pro", "-gpt-3.5-turbo-instruct"]
    {
        assert!(some.contains(&name.to_owned()), "{name} in {some:?}");
    }
    assert_eq!((of(&models, "huge").len(), of(&models, "10000").len()), (1_000, 1_000));
    // A name is asked for whether or not it is listed, and whatever became of the list.
    for form in ["none", "405", "501", "empty", "html", "429", "broken", "bare", "10000", "some", "kinds"] {
        for model in ["typed-by-hand", "vendor/model:online", "whisper-a", "model-09999"] {
            let reply = server.chat(&user, json!({"content": "x", "provider": format!("m-{form}"), "model": model})).await;
            assert_eq!(reply.full_response, "All fine.", "{form}/{model}: {reply:?}");
        }
    }
    let reply = server.chat(&user, json!({"content": "x", "model": "m-none/sonar-pro"})).await;
    assert_eq!(reply.full_response, "All fine.", "{reply:?}");
    let refused = server.as_user(&user, "POST", "/api/chat", Some(json!({"content": "x", "model": "sonar-pro"}))).await.api_error();
    assert!(refused.error.contains("`m-none/sonar-pro`"), "{}", refused.error);
}

#[tokio::test]
async fn a_list_that_takes_half_a_minute_blocks_nothing() {
    let wire = Wire::start().await;
    reqwest::get(wire.url("/_set?slow_s=30")).await.unwrap();
    let slow = wire.url("/m-slow/v1");
    let mut server = Server::capped(&[("LIMITS", "off"), ("OPENAI_BASE_URL", &slow), ("DEFAULT_MODEL", "openai/slow-chat")]).await;
    let (admin, user) = (server.admin("Ada").await, server.guest().await);
    add(&server, &admin, &wire, "bare").await;
    for start in 0..2 {
        if start == 1 {
            server.stop().await;
            let began = Instant::now();
            server.start_again();
            assert!(began.elapsed() < Duration::from_secs(10), "a start waits: {:?}", began.elapsed());
        }
        for _ in 0..2 {
            let began = Instant::now();
            let models = listed(&server, &user).await;
            assert!(began.elapsed() < AT_ONCE, "the list: {:?}", began.elapsed());
            assert!(models.iter().any(|model| model.model == "slow-chat" && model.default), "the default is there: {models:?}");
            let began = Instant::now();
            assert_eq!(server.call("GET", "/", &[("cookie", &user.cookie)], None).await.status, 200);
            assert!(began.elapsed() < AT_ONCE, "the page: {:?}", began.elapsed());
            for body in [
                json!({"content": "x", "provider": "builtin", "model": "echo-1-0"}),
                json!({"content": "x", "provider": "m-bare", "model": "bare-chat"}),
                json!({"content": "x", "model": "bare-chat"}),
                json!({"content": "x", "provider": "openai", "model": "slow-chat"}),
                json!({"content": "x"}),
            ] {
                let began = Instant::now();
                let reply = server.chat(&user, body.clone()).await;
                assert_eq!(reply.status, holdfast_protocol::Status::Complete, "{body}: {reply:?}");
                assert!(began.elapsed() < AT_ONCE, "{body}: {:?}", began.elapsed());
            }
        }
    }
}

#[tokio::test]
async fn azure_is_requested_at_its_own_addresses_with_its_own_header() {
    let wire = Wire::start().await;
    let endpoint = wire.url("/az");
    let settings = [
        ("LIMITS", "off"),
        ("AZURE_OPENAI_ENDPOINT", endpoint.as_str()),
        ("AZURE_OPENAI_API_KEY", "azkey"),
        ("AZURE_OPENAI_API_VERSION", "2024-06-01"),
        ("AZURE_OPENAI_DEPLOYMENT", "gpt, mini"),
    ];
    let server = Server::capped(&settings).await;
    let (admin, user) = (server.admin("Ada").await, server.guest().await);
    let models: Vec<String> = listed(&server, &user).await.into_iter().filter(|it| it.provider == "azure").map(|it| it.model).collect();
    assert_eq!(models, ["gpt", "mini"]);
    for (name, url) in [
        ("az-resource", wire.url("/az/")),
        ("az-call", wire.url("/az/openai/deployments/gpt/chat/completions?api-version=2024-02-01")),
        ("az-v1", wire.url("/az/openai/v1/?api-version=preview")),
    ] {
        let new = json!({"name": name, "kind": "azure", "url": url, "key": "azkey"});
        let reply = server.as_user(&admin, "POST", "/api/admin/providers", Some(new)).await;
        assert_eq!(reply.status, 201, "{name}: {}", reply.text);
    }
    for (provider, path, version) in [
        ("azure", "/az/openai/deployments/gpt/chat/completions", "2024-06-01"),
        ("az-resource", "/az/openai/deployments/gpt/chat/completions", "2024-10-21"),
        ("az-call", "/az/openai/deployments/gpt/chat/completions", "2024-02-01"),
        ("az-v1", "/az/openai/v1/chat/completions", "preview"),
    ] {
        reqwest::get(wire.url("/_clear")).await.unwrap();
        let reply = server.chat(&user, json!({"content": "x", "provider": provider, "model": "gpt"})).await;
        assert_eq!(reply.full_response, "All fine.", "{provider}: {reply:?}");
        let log = wire.log().await;
        let asked = log.iter().find(|entry| entry["method"] == "POST").unwrap();
        assert_eq!((asked["path"].as_str(), asked["query"]["api-version"].as_str()), (Some(path), Some(version)), "{provider}");
        assert!(asked["headers"]["authorization"].is_null() && asked["body"]["model"] == "gpt", "{asked}");
    }
    let elsewhere = server.chat(&user, json!({"content": "x", "provider": "azure", "model": "../../x"})).await;
    assert_eq!(elsewhere.error.unwrap().code, holdfast_protocol::Code::ModelNotFound);
    let new = json!({"name": "az-nowhere", "kind": "azure", "key": "azkey"});
    let refused = server.as_user(&admin, "POST", "/api/admin/providers", Some(new)).await;
    assert!(refused.status == 400 && refused.text.contains("openai.azure.com"), "{}", refused.text);
}
