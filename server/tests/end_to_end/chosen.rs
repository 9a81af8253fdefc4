//! Failure case 36: the model chosen for a conversation answers it, or none does.

use holdfast_protocol::Code;
use serde_json::{Value, json};

use crate::support::Server;
use holdfast_testing::upstream::{Request, Step, Upstream, reply};

async fn upstream(says: &'static str) -> Upstream {
    let script = move |request: &Request| -> Vec<Step> {
        if request.path().ends_with("/models") {
            return reply("200 OK", "content-type: application/json\r\n", r#"{"data":[{"id":"first"},{"id":"second"}]}"#);
        }
        let said = json!({"choices": [{"index": 0, "delta": {"content": says}, "finish_reason": "stop"}]});
        reply("200 OK", "content-type: text/event-stream\r\n", &format!("data: {said}\n\ndata: [DONE]\n\n"))
    };
    Upstream::start(script).await
}

#[tokio::test]
async fn a_conversation_is_never_answered_by_another_provider_than_its_own() {
    let (one, two) = (upstream("I am one.").await, upstream("I am two.").await);
    let mut server = Server::with(&[("OPENAI_BASE_URL", &one.url()), ("DEFAULT_MODEL", "openai/first")]).await;
    let (admin, user) = (server.admin("Ada").await, server.guest().await);
    let new = json!({"name": "groq", "kind": "openai", "url": two.url()});
    assert_eq!(server.as_user(&admin, "POST", "/api/admin/providers", Some(new.clone())).await.status, 201);
    let begun = server.chat(&user, json!({"content": "x", "provider": "groq", "model": "second"})).await;
    assert_eq!(begun.full_response, "I am two.");
    let id = begun.conversation_id;
    let say = |more: Value| {
        let mut body = json!({"content": "and now?", "conversation_id": id});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (server, user) = (&server, &user);
        async move { server.as_user(user, "POST", "/api/chat", Some(body)).await }
    };
    assert_eq!(say(json!({})).await.value()["full_response"], "I am two.");

    // A model that was removed or is not visible is refused by name, and nothing is sent to another one.
    let path = "/api/admin/providers/groq";
    let before = one.requests().iter().filter(|request| request.path().ends_with("completions")).count();
    for gone in ["offered", "removed"] {
        if gone == "offered" {
            let patch = json!({"visible_to": "administrators"});
            assert_eq!(server.as_user(&admin, "PATCH", path, Some(patch)).await.status, 200);
        } else {
            assert_eq!(server.as_user(&admin, "DELETE", path, None).await.status, 204);
        }
        let refused = say(json!({})).await.api_error();
        assert_eq!(refused.code, Code::ModelNotFound, "{gone}: {}", refused.error);
        assert!(
            refused.error.contains("`second` of the provider `groq`") && refused.error.contains("Choose another model"),
            "{}",
            refused.error
        );
        let path = format!("/api/messages/{}/regenerate", begun.message_id);
        let again = server.as_user(&user, "POST", &path, Some(json!({"answer_id": uuid::Uuid::new_v4()}))).await;
        assert!(again.api_error().error.contains("`groq`"), "{}", again.text);
    }
    assert_eq!(one.requests().iter().filter(|request| request.path().ends_with("completions")).count(), before, "another was asked");
    // An explicit choice is accepted.
    assert_eq!(say(json!({"provider": "openai", "model": "first"})).await.value()["full_response"], "I am one.");
    assert_eq!(say(json!({})).await.value()["full_response"], "I am one.");

    // A provider that is no longer configured is named as well.
    server.stop().await;
    server.set("OPENAI_BASE_URL", "");
    server.start_again();
    let refused = server.as_user(&user, "POST", "/api/chat", Some(json!({"content": "x", "conversation_id": id}))).await.api_error();
    assert_eq!(refused.code, Code::ProviderUnavailable, "{}", refused.error);
    assert!(refused.error.contains("`openai`") && refused.error.contains("Choose another model"), "{}", refused.error);
    let refused = server.as_user(&user, "POST", "/api/chat", Some(json!({"content": "x"}))).await.api_error();
    assert!(refused.error.contains("The default model `openai/first` can't be used"), "{}", refused.error);
    let models = server.as_user(&user, "GET", "/api/models", None).await.value();
    assert!(models.as_array().unwrap().iter().all(|model| model["default"] == false), "{models}");
}
