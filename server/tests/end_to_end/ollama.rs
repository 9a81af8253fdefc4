//! Ollama's own API: the context window to keep, the messages that are left out, and what Ollama sends.

use std::sync::{Arc, Mutex};

use holdfast_protocol::{Message, Status};
use serde_json::{Value, json};

use crate::support::{Server, User};
use holdfast_testing::upstream::{Request, Step, Upstream, json as document, reply};

/// The bodies of requests for answers.
type Asked = Arc<Mutex<Vec<Value>>>;

/// How it treats a prompt that is longer than the window.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    /// It truncates the prompt, whatever it is told.
    Old,
    /// It refuses the prompt if it is told not to truncate.
    New,
}

/// A word is a token here, but for one model each byte is one.
fn words(body: &Value) -> u64 {
    let is_dense = body["model"] == "dense:1b";
    let count = |message: &Value| {
        let text = message["content"].as_str().unwrap();
        if is_dense { text.len() as u64 } else { text.split_whitespace().count() as u64 }
    };
    body["messages"].as_array().unwrap().iter().map(count).sum()
}

fn lines(documents: &[Value]) -> Vec<Step> {
    let body: String = documents.iter().map(|document| format!("{document}\n")).collect();
    reply("200 OK", "content-type: application/x-ndjson\r\n", &body)
}

fn piece(content: &str) -> Value {
    json!({"model": "m", "created_at": "2026-11-30T00:00:00Z", "message": {"role": "assistant", "content": content}, "done": false})
}

fn done(reason: &str, prompt: u64) -> Value {
    json!({"model": "m", "created_at": "2026-11-30T00:00:00Z", "message": {"role": "assistant", "content": ""}, "done": true,
        "done_reason": reason, "total_duration": 5, "load_duration": 1, "prompt_eval_count": prompt, "eval_count": 3})
}

/// Returns the reply to a prompt, by the model's name.
fn answer(body: &Value) -> Vec<Step> {
    let tokens = words(body);
    match body["model"].as_str().unwrap() {
        "thinker:8b" => {
            let mut thought = piece("");
            thought["message"]["thinking"] = "Hm, so.".into();
            lines(&[thought, piece("Yes."), done("stop", tokens)])
        }
        "endless:1b" => lines(&[piece("and on "), piece("and on"), done("length", tokens)]),
        "dies:1b" => lines(&[piece("Half a sent"), json!({"error": "an error was encountered while running the model: CUDA error"})]),
        "crash:1b" => lines(&[piece("Half a sent"), piece("")]),
        "crash-first:1b" => lines(&[piece("")]),
        "torn:1b" => {
            let body = format!("{}\n{}", piece("Half a sent"), &piece("ence.").to_string()[..40]);
            reply("200 OK", "content-type: application/x-ndjson\r\n", &body)
        }
        "old:1b" => lines(&[piece("Yes."), json!({"model": "m", "done": true, "prompt_eval_count": 1, "eval_count": 1})]),
        "let-go:1b" => lines(&[piece("Half a sent"), done("unload", tokens)]),
        "let-go-first:1b" => lines(&[done("unload", 0)]),
        "fails:1b" => lines(&[json!({"error": "llama runner process has terminated: exit status 2"})]),
        "none:1b" => {
            let error = json!({"error": "model 'none:1b' not found"});
            reply("404 Not Found", "content-type: application/json\r\n", &error.to_string())
        }
        "cut:1b" => lines(&[piece("Half a sent")]),
        "idle:1b" => lines(&[done("load", 0)]),
        "big:70b" => {
            let error = json!({"error": "model requires more system memory (9.7 GiB) than is available (7.1 GiB)"});
            reply("500 Internal Server Error", "content-type: application/json\r\n", &error.to_string())
        }
        _ => lines(&[piece("All "), piece("fine."), done("stop", tokens)]),
    }
}

async fn server_before(version: Version, context: u64, settings: &[(&str, &str)]) -> (Server, Upstream, Asked) {
    let asked = Asked::default();
    let log = asked.clone();
    let upstream = Upstream::start(move |request: &Request| {
        let body = || serde_json::from_str::<Value>(&request.body).unwrap();
        match request.path() {
            "/api/version" => document(&json!({"version": "0.13.0"}).to_string()),
            "/api/tags" => {
                let model = |name: &str, capability: &str| json!({"name": name, "model": name, "capabilities": [capability]});
                let models = [model("llama:latest", "completion"), model("thinker:8b", "completion"), model("vectors:1b", "embedding")];
                document(&json!({"models": models}).to_string())
            }
            "/api/show" => document(
                &json!({"model_info": {"general.architecture": "llama", "llama.context_length": context}, "capabilities": ["completion"]})
                    .to_string(),
            ),
            "/api/ps" => {
                let loaded = json!({"name": "loaded:1b", "model": "loaded:1b", "context_length": 16_384});
                document(&json!({"models": [loaded]}).to_string())
            }
            "/api/chat" => {
                let body = body();
                let window = body["options"]["num_ctx"].as_u64().unwrap_or(4_096);
                log.lock().unwrap().push(body.clone());
                if words(&body) > window && version == Version::New && body["truncate"] == false {
                    let error = json!({"error": "the input length exceeds the context length"});
                    return reply("400 Bad Request", "content-type: application/json\r\n", &error.to_string());
                }
                answer(&body)
            }
            _ => reply("404 Not Found", "", "404 page not found"),
        }
    })
    .await;
    let url = upstream.url();
    let settings: Vec<(&str, &str)> = [("OLLAMA_HOST", url.as_str())].iter().chain(settings).copied().collect();
    (Server::capped(&settings).await, upstream, asked)
}

/// Sends a message, and returns the answer.
async fn say(server: &Server, user: &User, model: &str, after: Option<&Message>, content: &str) -> Message {
    let conversation = match after {
        Some(message) => message.conversation_id,
        None => server.conversation(user).await,
    };
    let body = json!({"content": content, "conversation_id": conversation, "provider": "ollama", "model": model});
    server.as_user(user, "POST", "/api/chat", Some(body)).await;
    server.show(user, conversation).await.messages.pop().unwrap()
}

#[tokio::test]
async fn the_context_grows_with_the_conversation_and_left_out_messages_are_reported() {
    for version in [Version::Old, Version::New] {
        let (server, _upstream, asked) = server_before(version, 131_072, &[]).await;
        let user = server.guest().await;
        let mut last = say(&server, &user, "llama", None, "hello").await;
        assert_eq!((last.status, last.content.as_str(), last.left_out), (Status::Complete, "All fine.", 0));
        assert_eq!(last.usage.unwrap().input_tokens, 1);
        let long = "word ".repeat(3_500);
        for _ in 0..12 {
            last = say(&server, &user, "llama", Some(&last), &long).await;
            assert_eq!((last.status, &last.error), (Status::Complete, &None));
        }
        assert!(last.left_out > 0, "42 000 words are more than the largest window, 32 768");
        let asked = asked.lock().unwrap().clone();
        let windows: Vec<u64> = asked.iter().map(|body| body["options"]["num_ctx"].as_u64().unwrap()).collect();
        assert_eq!((windows[0], *windows.last().unwrap()), (8_192, 32_768));
        assert!(windows.is_sorted(), "it never shrinks: {windows:?}");
        let mut steps = windows.clone();
        steps.dedup();
        assert_eq!(steps, [8_192, 16_384, 32_768], "it grows in steps, for the model is loaded anew");
        for body in &asked {
            assert!(words(body) <= body["options"]["num_ctx"].as_u64().unwrap(), "nothing is cut without a word");
        }
        assert_eq!(asked.last().unwrap()["messages"].as_array().unwrap().len() + last.left_out as usize, 25);
    }
}

#[tokio::test]
async fn the_setting_fixes_the_context_up_to_the_model_s_maximum() {
    for (context, setting, most) in [(2_048, "32768", 2_048), (131_072, "12000", 12_000), (131_072, "4096", 4_096)] {
        let (server, _upstream, asked) = server_before(Version::New, context, &[("OLLAMA_CONTEXT", setting)]).await;
        let user = server.guest().await;
        let mut last = say(&server, &user, "llama", None, &"word ".repeat(1_200)).await;
        for _ in 0..12 {
            last = say(&server, &user, "llama", Some(&last), &"word ".repeat(1_200)).await;
            assert_eq!((last.status, &last.error), (Status::Complete, &None), "{context} {setting}");
        }
        assert!(last.left_out > 0, "{context} {setting}");
        assert!(asked.lock().unwrap().iter().all(|body| body["options"]["num_ctx"] == most), "{context} {setting}");
        let alone = say(&server, &user, "llama", Some(&last), &"word ".repeat(20_000)).await;
        assert_eq!(alone.error.unwrap().code.as_str(), "context_full");
    }
}

#[tokio::test]
async fn errors_of_ollama_are_recognized() {
    let (server, _upstream, asked) = server_before(Version::New, 8_192, &[]).await;
    let user = server.guest().await;
    for (model, status, text, code) in [
        ("thinker:8b", Status::Complete, "Yes.", None),
        ("endless:1b", Status::Interrupted, "and on and on", Some("length_limit")),
        ("dies:1b", Status::Interrupted, "Half a sent", Some("provider_unavailable")),
        ("crash:1b", Status::Interrupted, "Half a sent", Some("provider_unavailable")),
        ("crash-first:1b", Status::Failed, "", Some("provider_unavailable")),
        ("torn:1b", Status::Interrupted, "Half a sent", Some("provider_unavailable")),
        ("old:1b", Status::Complete, "Yes.", None),
        ("let-go:1b", Status::Interrupted, "Half a sent", Some("provider_unavailable")),
        ("let-go-first:1b", Status::Failed, "", Some("empty_answer")),
        ("fails:1b", Status::Failed, "", Some("provider_unavailable")),
        ("none:1b", Status::Failed, "", Some("model_not_found")),
        ("cut:1b", Status::Interrupted, "Half a sent", Some("provider_unavailable")),
        ("idle:1b", Status::Failed, "", Some("empty_answer")),
        ("big:70b", Status::Failed, "", Some("provider_unavailable")),
    ] {
        let before = asked.lock().unwrap().len();
        let message = say(&server, &user, model, None, "Tell me.").await;
        let told = message.error.as_ref().map(|error| error.code.as_str());
        assert_eq!((message.status, message.content.as_str(), told), (status, text, code), "{model}: {:?}", message.error);
        assert_eq!(asked.lock().unwrap().len() - before, 1, "{model} is asked once");
    }
    let thinker = say(&server, &user, "thinker:8b", None, "Think.").await;
    say(&server, &user, "thinker:8b", Some(&thinker), "Again.").await;
    let last = asked.lock().unwrap().last().unwrap().clone();
    assert!(!last["messages"].to_string().contains("Hm, so."), "what it thought is not sent back: {last}");
}

#[tokio::test]
async fn a_prompt_with_more_tokens_than_estimated_gets_a_larger_context_before_messages_are_left_out() {
    let (server, _upstream, asked) = server_before(Version::New, 131_072, &[]).await;
    let user = server.guest().await;
    let first = say(&server, &user, "dense:1b", None, &"x".repeat(5_000)).await;
    let second = say(&server, &user, "dense:1b", Some(&first), &"y".repeat(5_000)).await;
    assert_eq!((second.status, second.content.as_str(), second.left_out), (Status::Complete, "All fine.", 0));
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked.last().unwrap()["options"]["num_ctx"], 16_384);
    assert_eq!(asked.last().unwrap()["messages"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_model_that_is_loaded_with_a_larger_context_keeps_it() {
    let (server, _upstream, asked) = server_before(Version::New, 131_072, &[]).await;
    let user = server.guest().await;
    say(&server, &user, "loaded:1b", None, "hello").await;
    say(&server, &user, "llama", None, "hello").await;
    let windows: Vec<u64> = asked.lock().unwrap().iter().map(|body| body["options"]["num_ctx"].as_u64().unwrap()).collect();
    assert_eq!(windows, [16_384, 8_192]);
}

#[tokio::test]
async fn the_list_has_only_models_that_can_chat() {
    let (server, _upstream, _) = server_before(Version::New, 8_192, &[]).await;
    let user = server.guest().await;
    let models = server.as_user(&user, "GET", "/api/models", None).await.value();
    let all = models.as_array().unwrap().iter().filter(|model| model["provider"] == "ollama");
    let listed: Vec<(String, bool)> = all.map(|model| (model["model"].as_str().unwrap().to_owned(), model["chats"] != false)).collect();
    let expected = [("llama:latest", true), ("thinker:8b", true), ("vectors:1b", false)];
    assert_eq!(listed, expected.map(|(name, chats)| (name.to_owned(), chats)));
}
