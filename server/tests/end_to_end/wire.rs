//! What model servers really send: a fake one sends raw bytes, one case for each name of a model, and `POST /api/chat` must tell what
//! became of it.
//!
//! `wire/upstream.py` and `wire/expected.json` are the cases that came with the project's requirements, unchanged;
//! `wire/siblings.py` and `wire/siblings.json` hold more of each kind.

mod lists;
mod pending;

use std::{
    collections::BTreeMap,
    process::{Child, Command, Stdio},
    time::Duration,
};

use futures::future::join_all;
use holdfast_protocol::{Code, Step, api::ChatReply, frame::Chat, step::StepKind};
use serde::Deserialize;
use serde_json::{Value, json};

use self::pending::PENDING;
use crate::support::{Server, Socket, User, fresh_id, manual::free_port};

/// What must become of a case.
#[derive(Clone, Debug, Default, Deserialize)]
struct Expected {
    status: String,
    code: Option<String>,
    text: Option<String>,
    /// For people. What it demands is in [`demands`], or for siblings in the fields below.
    #[allow(dead_code)]
    note: Option<String>,
    /// What the error must say.
    #[serde(default)]
    says: Vec<String>,
    /// What the error must not say.
    #[serde(default)]
    hides: Vec<String>,
    /// How often the model server may be asked.
    asked: Option<usize>,
    /// About when one may ask again, ms.
    retry_after_ms: Option<u64>,
    /// The whole of what was thought, where there is one step of reasoning.
    thought: Option<String>,
    /// How the text begins and ends, where it isn't given as a whole.
    #[serde(default)]
    begins: String,
    #[serde(default)]
    ends: String,
}

impl Expected {
    fn says(mut self, words: &str) -> Self {
        self.says.push(words.to_owned());
        self
    }

    fn hides(mut self, words: &str) -> Self {
        self.hides.push(words.to_owned());
        self
    }

    fn thought(mut self, words: &str) -> Self {
        self.thought = Some(words.to_owned());
        self
    }

    fn asked_once(mut self) -> Self {
        self.asked = Some(1);
        self
    }

    fn again_after(mut self, ms: u64) -> Self {
        self.retry_after_ms = Some(ms);
        self
    }

    fn between(mut self, begins: &str, ends: &str) -> Self {
        (self.begins, self.ends) = (begins.to_owned(), ends.to_owned());
        self
    }
}

/// What the notes of `expected.json` demand beside the fields.
fn demands(case: &str, it: Expected) -> Expected {
    match case {
        "a/claude-403" => it.says("This organization may not use this model"),
        "a/claude-thinks" => it.thought("hm"),
        "l/thinker:8b" => it.thought("Hm, so."),
        "o/reasoning-then-text" => it.thought("Let me see.Hm."),
        "a/claude-credit" => it.says("credit balance is too low"),
        "g/gemini-429" => it.says("You exceeded your current quota").says("38").again_after(38_000).asked_once(),
        "l/too-big:latest" => it.says("9.7 GiB").asked_once(),
        "o/400-words" => it.says("this endpoint takes at most 4 pictures"),
        "o/401-org" => it.says("You must be a member of an organization"),
        "o/402-afford" => it.says("can afford 1200"),
        "o/403-flagged" => it.says("flagged").hides("key"),
        "o/403-region" => it.says("Country, region, or territory not supported"),
        "o/404-responses" => it.says("v1/responses"),
        "o/429-20" => it.again_after(20_000),
        "o/429-day" => it.says("free-models-per-day").asked_once(),
        "o/big-markdown" => it.between("Here: ", ""),
        "o/err-first" => it.says("This model's maximum context length is 8192 tokens").asked_once(),
        "o/err-json-200" => it.says("The model is overloaded just now, come back at nine").asked_once(),
        "o/err-json-200-as-events" => it.says("Your group has no channel for this model").asked_once(),
        "o/err-line" => it.says("Context size has been exceeded"),
        "o/err-line-first" => it.says("exceeds the available context size").asked_once(),
        "o/err-mid" => it.says("Provider disconnected unexpectedly"),
        "o/err-plain" => it.says("Number of choices must be greater than 0"),
        "o/err-top" => it.says("CUDA out of memory while decoding"),
        "o/half-emoji" => it.between("Well done ", " and on"),
        "o/html-200" => it.says("web page"),
        "o/sk-words" => it.says("The task-queue is full"),
        _ => it,
    }
}

/// All cases, as `path/model`.
fn cases() -> BTreeMap<String, Expected> {
    let read = |text| serde_json::from_str::<BTreeMap<String, Expected>>(text).unwrap();
    let given = read(include_str!("wire/expected.json"));
    let mut all: BTreeMap<String, Expected> = given.into_iter().map(|(case, it)| (case.clone(), demands(&case, it))).collect();
    all.extend(read(include_str!("wire/siblings.json")));
    all
}

/// The fake model server.
struct Wire {
    child: Child,
    port: u16,
}

impl Wire {
    async fn start() -> Self {
        let port = free_port();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/end_to_end/wire/siblings.py");
        let child = Command::new("python3").args(["-B", script, &port.to_string()]).stdin(Stdio::null()).spawn().unwrap();
        for _ in 0..500 {
            if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { child, port }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The program, with this server as all of its providers.
    async fn server(&self) -> Server {
        Server::capped(&[
            ("LIMITS", "off"),
            ("OPENAI_BASE_URL", &self.url("/o/v1")),
            ("OPENAI_API_KEY", "sk-wire"),
            ("ANTHROPIC_BASE_URL", &self.url("/a/v1")),
            ("ANTHROPIC_API_KEY", "sk-ant-wire"),
            ("GEMINI_BASE_URL", &self.url("/g/v1beta/openai")),
            ("GEMINI_API_KEY", "AIwire"),
            ("OLLAMA_HOST", &self.url("/l")),
        ])
        .await
    }

    /// What was asked so far.
    async fn log(&self) -> Vec<Value> {
        serde_json::from_str(&reqwest::get(self.url("/_log")).await.unwrap().text().await.unwrap()).unwrap()
    }

    /// What was asked of this model.
    async fn asked(&self, case: &str) -> Vec<Value> {
        let (path, model) = case.split_once('/').unwrap();
        let mut log = self.log().await;
        log.retain(|entry| {
            // What is asked about a model is no question to it.
            let is_of_path = |at: &str| at.starts_with(&format!("/{path}/")) && !at.ends_with("/api/show");
            entry["path"].as_str().is_some_and(is_of_path) && entry["body"]["model"] == model
        });
        log
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What became of a case.
#[derive(Debug)]
struct Outcome {
    status: String,
    code: Option<String>,
    error: String,
    retry_after_ms: Option<u64>,
    text: String,
    steps: Vec<Step>,
}

/// The provider and the model of a case.
fn choice(case: &str) -> (&'static str, &str) {
    let (path, model) = case.split_once('/').unwrap();
    let provider = match path {
        "o" => "openai",
        "a" => "anthropic",
        "g" => "gemini",
        "l" => "ollama",
        other => panic!("no such path: {other}"),
    };
    (provider, model)
}

async fn ask(server: &Server, user: &User, case: &str) -> Outcome {
    let (provider, model) = choice(case);
    let body = json!({"content": "Tell me.", "provider": provider, "model": model});
    let reply = server.as_user(user, "POST", "/api/chat", Some(body)).await;
    let value = reply.value();
    // A call that was refused as a whole has the error's fields for itself.
    let (status, error) =
        if reply.status == 200 { (value["status"].as_str().unwrap_or_default(), &value["error"]) } else { ("refused", &value) };
    Outcome {
        status: status.to_owned(),
        code: error["code"].as_str().map(str::to_owned),
        error: error["error"].as_str().unwrap_or_default().to_owned(),
        retry_after_ms: error["retry_after_ms"].as_u64(),
        text: value["full_response"].as_str().unwrap_or_default().to_owned(),
        steps: serde_json::from_value(value["steps"].clone()).unwrap_or_default(),
    }
}

/// What is wrong with an outcome; empty where it is right.
fn faults(case: &str, expected: &Expected, outcome: &Outcome, asked: usize) -> Vec<String> {
    let mut faults = Vec::new();
    let mut must = |right: bool, what: String| {
        if !right {
            faults.push(format!("{case}: {what}, not {outcome:?}"));
        }
    };
    must(outcome.status == expected.status, format!("status {}", expected.status));
    // A code that is not given can be any.
    let code_is_right = match &expected.code {
        Some(code) => outcome.code.as_ref() == Some(code),
        None => outcome.code.is_some() == (outcome.status != "complete"),
    };
    must(code_is_right, format!("code {:?}", expected.code));
    if let Some(text) = &expected.text {
        must(outcome.text == *text, format!("text {text:?}"));
    }
    must(outcome.text.starts_with(&expected.begins) && outcome.text.ends_with(&expected.ends), format!("{:?}…", expected.begins));
    if let Some(thought) = &expected.thought {
        let is_right = matches!(&outcome.steps[..], [step] if step.content == *thought && step.kind == StepKind::Reasoning);
        must(is_right, format!("the step {thought:?}"));
    }
    must(outcome.steps.iter().all(|step| !step.state.is_unfinished()), "ended steps".to_owned());
    for words in &expected.says {
        must(outcome.error.contains(words), format!("the words {words:?}"));
    }
    for words in &expected.hides {
        must(!outcome.error.contains(words), format!("none of the words {words:?}"));
    }
    if let Some(times) = expected.asked {
        must(asked == times, format!("asked {times} times instead of {asked}"));
    }
    if let Some(ms) = expected.retry_after_ms {
        must(outcome.retry_after_ms.is_some_and(|told| told.abs_diff(ms) <= 2_000), format!("retry_after_ms near {ms}"));
    }
    faults
}

#[tokio::test]
async fn errors_of_model_servers_are_recognized() {
    let wire = Wire::start().await;
    let server = wire.server().await;
    let user = server.guest().await;
    let all = cases();
    let found = join_all(all.iter().map(async |(case, expected)| {
        let outcome = ask(&server, &user, case).await;
        (case.as_str(), faults(case, expected, &outcome, wire.asked(case).await.len()))
    }))
    .await;
    let mut wrong = Vec::new();
    for (case, faults) in found {
        match (PENDING.contains(&case), faults.is_empty()) {
            (false, false) => wrong.extend(faults),
            (true, true) => wrong.push(format!("{case}: it is right; take it out of PENDING")),
            (true, false) | (false, true) => {}
        }
    }
    wrong.extend(PENDING.iter().filter(|case| !all.contains_key(**case)).map(|case| format!("{case}: in PENDING, but no case")));
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

#[tokio::test]
async fn every_answer_that_is_not_complete_can_be_continued() {
    let wire = Wire::start().await;
    let server = wire.server().await;
    let user = server.guest().await;
    for (case, code) in [
        ("o/length", Some(Code::LengthLimit)),
        ("o/length-empty", Some(Code::LengthLimit)),
        ("o/filter-SAFETY", Some(Code::ContentFiltered)),
        ("o/filter-empty", Some(Code::ContentFiltered)),
        ("a/claude-refusal", Some(Code::ModelRefused)),
        ("o/empty-stop", Some(Code::EmptyAnswer)),
        ("o/window-first", Some(Code::ContextFull)),
        ("o/tool-after-text", Some(Code::ToolFailed)),
        ("o/err-mid", Some(Code::ProviderUnavailable)),
        ("o/403-region", Some(Code::ProviderRefused)),
        ("o/ok", None),
        ("o/refusal-field", None),
    ] {
        let (provider, model) = choice(case);
        let reply: ChatReply = server.chat(&user, json!({"content": "Tell me.", "provider": provider, "model": model})).await;
        assert_eq!(reply.error.map(|fault| fault.code), code, "{case}");
        let path = format!("/api/answers/{}/continue", reply.answer_id);
        let again = server.as_user(&user, "POST", &path, None).await;
        assert_eq!(again.status, if code.is_some() { 202 } else { 400 }, "{case}: {}", again.text);
    }
}

#[tokio::test]
async fn shown_text_is_never_removed() {
    let wire = Wire::start().await;
    let server = wire.server().await;
    let user = server.guest().await;
    let cases = cases();
    // Twice: the second time it is known what these models do.
    for _ in 0..2 {
        for case in cases.keys().filter(|case| case.contains("think") || case.contains("tag") || case.contains("err-mid")) {
            let (provider, model) = choice(case);
            let mut socket = Socket::ready(&server, "/ws", &user).await;
            let chat = Chat { provider: Some(provider.to_owned()), model: Some(model.to_owned()), ..Chat::new(fresh_id(), "Tell me.") };
            socket.chat(chat).await;
            let complete = socket.complete().await;
            assert_eq!(socket.text, complete.full_response, "{case}");
            if let (Some(text), false) = (&cases[case].text, PENDING.contains(&case.as_str())) {
                assert_eq!(complete.full_response, *text, "{case}");
            }
        }
    }
}

#[tokio::test]
async fn reasoning_without_tags_is_shown_once_and_never_sent_back() {
    let wire = Wire::start().await;
    let server = wire.server().await;
    let user = server.guest().await;
    let say = json!({"content": "Tell me.", "provider": "openai", "model": "leaks", "session_id": "one"});
    let first = server.chat(&user, say.clone()).await;
    assert_eq!(first.full_response, "Seven is prime.\n</think>\n\nAll fine.");
    let second = server.chat(&user, say).await;
    assert_eq!((second.conversation_id, second.full_response.as_str()), (first.conversation_id, "All fine."));
    let asked = wire.asked("o/leaks").await;
    assert_eq!(asked[1]["body"]["messages"][1], json!({"role": "assistant", "content": "All fine."}));
}
