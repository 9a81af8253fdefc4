//! Servers on this machine, and programs that are none.

use std::time::Duration;

use holdfast_protocol::api::Model;

use holdfast_testing::upstream::*;

use super::*;
use crate::{Ports, ProviderSettings};

const OLLAMA: &str =
    r#"{"models":[{"name":"llama3.2:latest","model":"llama3.2:latest","details":{"family":"llama"}},{"name":"nomic-embed-text:latest"}]}"#;
const LLAMACPP: &str = r#"{"object":"list","data":[{"id":"qwen.gguf","object":"model","created":1,"owned_by":"llamacpp","meta":{}}]}"#;
const LMSTUDIO: &str = r#"{"object":"list","data":[{"id":"gemma","object":"model","type":"llm","state":"loaded"},{"id":"e5","object":"model","type":"embeddings"}]}"#;

/// A port where nobody listens.
async fn free() -> u16 {
    let upstream = Upstream::start(|_| vec![]).await;
    let port = upstream.port;
    drop(upstream);
    tokio::time::sleep(Duration::from_millis(20)).await;
    port
}

fn settings(ports: Ports) -> ProviderSettings {
    ProviderSettings {
        discover_ports: ports,
        discover_timeout: Duration::from_secs(2),
        discover_ttl: Duration::ZERO,
        list_ttl: Duration::ZERO,
        ..ProviderSettings::default()
    }
}

async fn names(providers: &Providers) -> Vec<String> {
    providers
        .models(&Requester::default())
        .await
        .into_iter()
        .map(|Model { provider, model, default, chats, .. }| {
            format!("{provider}/{model}{}{}", if default { "*" } else { "" }, if chats { "" } else { " (no chat)" })
        })
        .collect()
}

async fn serving(path: &'static str, body: &'static str) -> Upstream {
    let done = "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\ndata: [DONE]\n\n";
    let document = "{\"message\":{\"content\":\"hi\"},\"done\":true,\"done_reason\":\"stop\"}\n";
    Upstream::start(move |request| match request.path() {
        "/api/chat" => json(document),
        "/v1/chat/completions" => in_chunks(done.as_bytes(), 64),
        asked if asked == path => json(body),
        _ => reply("404 Not Found", "", ""),
    })
    .await
}

#[tokio::test]
async fn all_three_are_found_and_answer() {
    let (ollama, llamacpp, lmstudio) =
        (serving("/api/tags", OLLAMA).await, serving("/v1/models", LLAMACPP).await, serving("/api/v0/models", LMSTUDIO).await);
    let ports = Ports { ollama: ollama.port, llamacpp: llamacpp.port, lmstudio: lmstudio.port };
    let providers = Providers::new(&settings(ports)).unwrap();
    assert_eq!(
        names(&providers).await,
        [
            "ollama/llama3.2:latest*",
            "ollama/nomic-embed-text:latest (no chat)",
            "llamacpp/qwen.gguf",
            "lmstudio/gemma",
            "lmstudio/e5 (no chat)",
            "builtin/quote",
            "builtin/echo"
        ]
    );
    for (name, model) in [("ollama", "llama3.2"), ("llamacpp", "qwen.gguf"), ("lmstudio", "gemma")] {
        let (provider, model) = providers.choose(&Requester::default(), Some(name), Some(model)).await.unwrap();
        assert_eq!(ask(&*provider, prompt(&model, "hi")).await, Outcome { text: "hi".into(), ..Outcome::default() }, "{name}");
    }
}

#[tokio::test]
async fn other_programs_are_not_taken_for_servers() {
    for steps in [
        reply("200 OK", "content-type: text/html\r\n", "<html>Jenkins</html>"),
        json("{}"),
        json(r#"{"models":"many"}"#),
        json(r#"{"object":"list","data":[{"id":"gpt","object":"model","owned_by":"someone"}]}"#),
        reply("500 Oops", "", ""),
        vec![Step::Hang],
        vec![Step::Send(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()), Step::Hang],
        vec![events(), Step::Hang],
        vec![],
    ] {
        let upstream = Upstream::start(move |_| steps.clone()).await;
        let ports = Ports { ollama: upstream.port, llamacpp: upstream.port, lmstudio: upstream.port };
        let settings = ProviderSettings { discover_timeout: Duration::from_millis(300), ..settings(ports) };
        assert_eq!(names(&Providers::new(&settings).unwrap()).await, ["builtin/quote*", "builtin/echo"]);
    }
}

#[tokio::test]
async fn what_comes_later_is_noticed_and_what_goes_too() {
    let port = free().await;
    let ports = Ports { ollama: port, llamacpp: free().await, lmstudio: free().await };
    let providers = Providers::new(&settings(ports)).unwrap();
    assert_eq!(names(&providers).await, ["builtin/quote*", "builtin/echo"]);
    let upstream = Upstream::start_on(port, |_| json(OLLAMA)).await;
    assert_eq!(
        names(&providers).await,
        ["ollama/llama3.2:latest*", "ollama/nomic-embed-text:latest (no chat)", "builtin/quote", "builtin/echo"]
    );
    drop(upstream);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(names(&providers).await, ["builtin/quote*", "builtin/echo"]);
    let told = async |requester| providers.choose(&requester, Some("ollama"), None).await.err().unwrap().error;
    let admin = Requester { role: Some(holdfast_protocol::api::Role::Admin), ..Requester::default() };
    assert!(told(admin).await.contains("`ollama serve`"));
    let user = told(Requester::default()).await;
    assert!(user.contains("does not answer") && !user.contains("OLLAMA_HOST"), "{user}");
}

#[tokio::test]
async fn nothing_is_searched_where_a_provider_is_configured() {
    let ollama = serving("/api/tags", OLLAMA).await;
    let ports = Ports { ollama: ollama.port, llamacpp: ollama.port, lmstudio: ollama.port };
    let base = Some(format!("http://127.0.0.1:{}", free().await));
    let configured = ProviderSettings { services: service(Kind::Openai, Some("k"), base), ..settings(ports) };
    assert_eq!(names(&Providers::new(&configured).unwrap()).await, ["builtin/quote*", "builtin/echo"]);
    let off = ProviderSettings { discover: false, ..settings(ports) };
    assert_eq!(names(&Providers::new(&off).unwrap()).await, ["builtin/quote*", "builtin/echo"]);
    assert_eq!(ollama.requests().len(), 0);
}
