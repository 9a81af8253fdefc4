//! Chat completions, from upstreams of every kind.

use std::time::Duration;

use holdfast_protocol::Code;
use serde_json::{Value, json};

use holdfast_testing::upstream::*;

use super::*;
use crate::ProviderSettings;
use holdfast_outbound::OutboundSettings;

const KEY: &str = "sk-test-do-not-show";

fn settings(upstream: &Upstream) -> ProviderSettings {
    ProviderSettings { services: service(Kind::Openai, Some(KEY), Some(format!("{}/v1", upstream.url()))), ..ProviderSettings::default() }
}

/// With deadlines that a test can wait for, and that a busy machine still meets.
fn hasty(upstream: &Upstream) -> ProviderSettings {
    ProviderSettings { first_token_timeout: Duration::from_secs(3), idle_timeout: Duration::from_secs(2), ..settings(upstream) }
}

/// Asks an upstream that answers a prompt with `steps`.
async fn answered(steps: Vec<Step>) -> Outcome {
    answered_with(settings, steps).await
}

async fn answered_with(settings: fn(&Upstream) -> ProviderSettings, steps: Vec<Step>) -> Outcome {
    let upstream =
        Upstream::start(move |request| if request.path() == "/v1/models" { json(r#"{"data":[{"id":"m"}]}"#) } else { steps.clone() }).await;
    let providers = Providers::new(&settings(&upstream)).unwrap();
    let outcome = ask(&*provider(&providers, "openai").await, prompt("m", "hi")).await;
    if let Some(fault) = &outcome.fault {
        assert!(!fault.detail().contains("sk-test") && !fault.api_error.error.contains("sk-test"), "{fault}");
        assert!(fault.api_error.error.ends_with('.') && fault.detail().ends_with('.'), "{fault}");
        for secret in ["127.0.0.1", "/v1", "OPENAI_", &upstream.port.to_string()] {
            assert!(!fault.api_error.error.contains(secret), "{}", fault.api_error.error);
        }
    }
    outcome
}

fn delta(text: &str) -> String {
    format!(
        "data: {}\n\n",
        json!({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]})
    )
}

const STOP: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":9,\"prompt_tokens_details\":{\"cached_tokens\":5},\"completion_tokens_details\":{\"reasoning_tokens\":4}}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

fn whole(text: &str) -> Outcome {
    Outcome { text: text.into(), usage: None, fault: None }
}

fn code(outcome: &Outcome) -> Option<Code> {
    outcome.fault.as_ref().map(|fault| fault.code())
}

#[tokio::test]
async fn a_usual_answer_with_its_cost() {
    let text = " Grüße, 漢字 und 🦀\n\n```\n  x\t\\ \"q\"\n```  ";
    let stream = [delta(""), text.split_inclusive(' ').map(delta).collect(), STOP.into(), USAGE.into(), DONE.into()].concat();
    let outcome = answered(in_chunks(stream.as_bytes(), stream.len())).await;
    assert_eq!(
        outcome,
        Outcome {
            usage: Some(Usage { input_tokens: 7, output_tokens: 9, cached_tokens: Some(5), reasoning_tokens: Some(4), ..Usage::default() }),
            ..whole(text)
        }
    );
}

#[tokio::test]
async fn chunks_of_any_size_split_characters_and_lines() {
    let text = "é漢🦀 \r\n ключ";
    let stream = format!("\u{feff}: hi\r\n\r\n{}{STOP}{DONE}", text.split_inclusive(' ').map(delta).collect::<String>());
    for size in [1, 2, 3, 5, 7] {
        assert_eq!(answered(in_chunks(stream.as_bytes(), size)).await, whole(text), "in chunks of {size}");
    }
    let crlf = stream.replace('\n', "\r\n");
    assert_eq!(answered(in_chunks(crlf.as_bytes(), 3)).await, whole(text));
}

#[tokio::test]
async fn comments_blank_lines_and_unknown_things_say_nothing() {
    let other = "data: {\"choices\":null}\n\ndata: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"NO\"}}]}\n\nevent: x\nid: 1\n\n";
    let stream = format!(
        "\n\n: keep-alive\n\n{}:\n:: \n\n{other}{}{STOP}{DONE}data: {{\"choices\":[{{\"delta\":{{\"content\":\"late\"}}}}]}}\n\n",
        delta("a"),
        delta("b")
    );
    assert_eq!(answered(in_chunks(stream.as_bytes(), 11)).await, whole("ab"));
}

#[tokio::test]
async fn reasoning_is_not_part_of_the_text() {
    let stream = format!(
        "data: {}\n\ndata: {}\n\ndata: {}\n\n{}{STOP}{DONE}",
        json!({"choices": [{"delta": {"role": "assistant", "content": null, "reasoning_content": "hm"}}]}),
        json!({"choices": [{"delta": {"content": "", "reasoning": "hm"}}]}),
        json!({"choices": [{"delta": {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "o"}]}}]}),
        delta("k")
    );
    assert_eq!(answered(in_chunks(stream.as_bytes(), 50)).await, whole("ok"));
}

#[tokio::test]
async fn an_end_without_done_is_an_end() {
    // With a reason: however the connection ends.
    let said = format!("{}{STOP}", delta("ok"));
    assert_eq!(answered(in_chunks(said.as_bytes(), 9)).await, whole("ok"));
    assert_eq!(answered(vec![events(), chunk(said.as_bytes())]).await, whole("ok"));
    assert_eq!(answered(vec![events_until_close(), Step::Send(said.clone().into_bytes())]).await, whole("ok"));
    // The blank line behind the last event is missing.
    assert_eq!(answered(in_chunks(said.trim_end().as_bytes(), 9)).await, whole("ok"));
    // Without a reason it takes the mark.
    assert_eq!(answered(in_chunks(format!("{}{DONE}", delta("ok")).as_bytes(), 9)).await, whole("ok"));
}

#[tokio::test]
async fn a_hang_after_the_end_holds_nothing_up() {
    let done = format!("{}{STOP}{DONE}", delta("ok"));
    assert_eq!(answered(vec![events(), chunk(done.as_bytes()), Step::Hang]).await, whole("ok"));
    let stop = format!("{}{STOP}", delta("ok"));
    assert_eq!(answered(vec![events(), chunk(stop.as_bytes()), Step::Hang]).await, whole("ok"));
}

#[tokio::test]
async fn a_cut_keeps_what_came_and_says_so() {
    let cut_in_line = [delta("one ").as_bytes(), &delta("two").as_bytes()[..20]].concat();
    for steps in [
        vec![events(), chunk(delta("one ").as_bytes())],
        vec![events(), chunk(&cut_in_line)],
        vec![events_until_close(), Step::Send(delta("one ").into_bytes())],
        // The chunks end well, but in the middle of an event, or of the answer.
        vec![events(), chunk(&cut_in_line), end()],
        vec![events(), chunk(delta("one ").as_bytes()), end()],
    ] {
        let outcome = answered(steps).await;
        assert_eq!((outcome.text.as_str(), code(&outcome)), ("one ", Some(Code::ProviderUnavailable)));
        assert!(!outcome.fault.unwrap().retryable);
    }
    // Before the first word too: what was read may be charged.
    let outcome = answered(vec![events(), chunk(b": hi\n\n")]).await;
    assert_eq!((outcome.text.as_str(), outcome.fault.unwrap().retryable), ("", false));
}

#[tokio::test]
async fn hangs_end() {
    let before_the_head = answered_with(hasty, vec![Step::Hang]).await;
    let before_a_word = answered_with(hasty, vec![events(), Step::Hang]).await;
    // Comments do not count as a beginning.
    let comments = std::iter::once(events()).chain((0..100).flat_map(|_| [chunk(b": wait\n\n"), pause(100)])).collect();
    let only_comments = answered_with(hasty, comments).await;
    let in_the_middle = answered_with(hasty, vec![events(), chunk(delta("one").as_bytes()), Step::Hang]).await;
    assert_eq!(in_the_middle.text, "one");
    for outcome in [before_the_head, before_a_word, only_comments, in_the_middle] {
        assert_eq!(code(&outcome), Some(Code::ProviderUnavailable));
        assert!(!outcome.fault.unwrap().retryable, "the prompt was read");
    }
}

#[tokio::test]
async fn pauses_are_no_hangs() {
    let mut steps = vec![events(), pause(800)];
    steps.extend(["a", "b", "c"].iter().flat_map(|text| [chunk(delta(text).as_bytes()), pause(800)]));
    steps.extend([chunk(DONE.as_bytes()), end()]);
    assert_eq!(answered_with(hasty, steps).await, whole("abc"));
}

#[tokio::test]
async fn what_is_no_event_stream_is_an_error() {
    let good = delta("ok");
    for (bad, text) in [
        ("<!doctype html><html>\n<body>\n".to_owned(), ""),
        ("{\"error\":{\"message\":\"x\"}}\n\n".to_owned(), ""),
        ("data: {\"choices\":[{\n\n".to_owned(), ""),
        (format!("{good}data: not json\n\n"), "ok"),
        (format!("{good}rubbish\n\n"), "ok"),
        ("rubbish".to_owned(), ""),
        (String::new(), ""),
        (": only a comment\n\n".to_owned(), ""),
    ] {
        let outcome = answered(in_chunks(bad.as_bytes(), 64)).await;
        assert_eq!((outcome.text.as_str(), code(&outcome)), (text, Some(Code::ProviderUnavailable)), "{bad}");
    }
}

#[tokio::test]
async fn ten_megabytes_without_a_line_end_are_not_kept() {
    let mut steps = vec![events(), chunk(delta("ok").as_bytes())];
    steps.extend((0..160).map(|_| chunk(&[b'x'; 64 * 1024])));
    let outcome = answered(steps).await;
    assert_eq!((outcome.text.as_str(), code(&outcome)), ("ok", Some(Code::ProviderUnavailable)));
}

#[tokio::test]
async fn an_error_in_the_stream_is_passed_on_without_secrets() {
    let stream = format!("{}data: {}\n\n", delta("one"), json!({"error": {"message": "context is\nfull", "code": 500}}));
    let outcome = answered(in_chunks(stream.as_bytes(), 30)).await;
    assert_eq!((outcome.text.as_str(), code(&outcome)), ("one", Some(Code::ProviderUnavailable)));
    assert!(outcome.fault.unwrap().detail().contains("“context is full”"));
    let stream = format!("data: {}\n\n", json!({"error": {"message": format!("bad {KEY}")}}));
    assert!(answered(in_chunks(stream.as_bytes(), 30)).await.fault.unwrap().api_error.error.contains("failed: “bad …”"));
}

#[tokio::test]
async fn statuses_have_their_codes() {
    let body = |message: &str| json!({"error": {"message": message}}).to_string();
    let key_named = body(&format!("Incorrect API key provided: {KEY}."));
    for (status, headers, body, code, retryable, after, says) in [
        ("401 Unauthorized", "", key_named.clone(), Code::ProviderRefused, false, None, "The key that OPENAI_API_KEY holds was refused"),
        ("401 Unauthorized", "", "{}".into(), Code::ProviderRefused, false, None, "The key that OPENAI_API_KEY holds was refused"),
        ("403 Forbidden", "", key_named.clone(), Code::ProviderRefused, false, None, "The key that OPENAI_API_KEY holds was refused"),
        ("403 Forbidden", "", body("not in your region"), Code::ProviderRefused, false, None, "status 403: “not in your region”"),
        ("404 Not Found", "", body("no"), Code::ModelNotFound, false, None, "no model `m`"),
        ("429 Too Many Requests", "Retry-After: 2\r\n", body("slow"), Code::ProviderRefused, true, Some(2000), "Try again in 2 s"),
        (
            "429 Too Many Requests",
            "retry-after-ms: 1500\r\nretry-after: 2\r\n",
            body("slow"),
            Code::ProviderRefused,
            true,
            Some(1500),
            "in 2 s",
        ),
        ("429 Too Many Requests", "Retry-After: -1\r\n", body("slow"), Code::ProviderRefused, true, None, "Try again"),
        ("429 Too Many Requests", "", body("100 requests per day"), Code::ProviderRefused, false, None, "Try again"),
        ("429 Too Many Requests", "", String::new(), Code::ProviderRefused, true, None, "Try again"),
        ("429 Too Many Requests", "", body("Try again in 6m0s"), Code::ProviderRefused, true, Some(360_000), "Try again in 6 min."),
        ("429 Too Many Requests", "", "{\"error\":{\"code\":\"insufficient_quota\"}}".into(), Code::ProviderRefused, false, None, "quota"),
        ("400 Bad Request", "", body("too\r\nlong."), Code::ProviderRefused, false, None, "“too long”"),
        ("400 Bad Request", "", body("the task-queue is full"), Code::ProviderRefused, false, None, "“the task-queue is full”"),
        ("400 Bad Request", "", key_named, Code::ProviderRefused, false, None, "The key that OPENAI_API_KEY holds was refused"),
        (
            "400 Bad Request",
            "",
            "[{\"error\":{\"status\":\"API_KEY_INVALID\"}}]".into(),
            Code::ProviderRefused,
            false,
            None,
            "OPENAI_API_KEY",
        ),
        ("500 Internal Server Error", "", "<html>".into(), Code::ProviderUnavailable, false, None, "status 500: it sent a web page"),
        ("504 Gateway Timeout", "Retry-After: 1\r\n", body("late"), Code::ProviderUnavailable, false, Some(1000), "status 504: “late”"),
        ("503 Service Unavailable", "Retry-After: 1\r\n", body("busy"), Code::ProviderUnavailable, true, Some(1000), "“busy”"),
        ("302 Found", "Location: http://127.0.0.1:1/\r\n", String::new(), Code::ProviderUnavailable, false, None, "OPENAI_BASE_URL"),
    ] {
        let fault = answered(reply(status, headers, &body)).await.fault.unwrap();
        assert_eq!((fault.code(), fault.retryable, fault.api_error.retry_after_ms), (code, retryable, after), "{status}: {fault}");
        assert!(fault.detail().contains(says), "{status}: {fault}");
    }
}

#[tokio::test]
async fn nobody_there_is_told_with_the_fix() {
    let upstream = Upstream::start(|_| vec![]).await;
    let mut settings = settings(&upstream);
    settings.services = service(Kind::Openai, None, Some(format!("{}/v1", upstream.url().replace("http://", "http://me:hidden@"))));
    drop(upstream);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let providers = Providers::new(&settings).unwrap();
    let fault = ask(&*provider(&providers, "openai").await, prompt("m", "hi")).await.fault.unwrap();
    assert_eq!((fault.code(), fault.retryable), (Code::ProviderUnavailable, true));
    let detail = fault.detail();
    assert!(detail.contains("127.0.0.1") && detail.contains("OPENAI_BASE_URL") && !detail.contains("hidden"), "{fault}");
    assert!(fault.api_error.error.contains("can't be reached") && !fault.api_error.error.contains("127.0.0.1"), "{fault:?}");
}

#[tokio::test]
async fn what_whoever_asked_can_fix_is_told_to_them() {
    for (body, code, says) in [
        (
            "{\"error\":{\"code\":\"context_length_exceeded\",\"message\":\"at http://10.0.0.1/v1\"}}",
            Code::ContextFull,
            "as long as this one",
        ),
        ("{\"error\":{\"message\":\"maximum context length is 8192 tokens.\"}}", Code::ContextFull, "this one: “maximum context length is"),
        ("{\"error\":{\"code\":\"content_policy_violation\"}}", Code::ContentFiltered, "rules on content"),
        ("{\"error\":{\"message\":\"no route to 10.0.0.1\"}}", Code::ProviderRefused, "status 400: “no route to …”"),
    ] {
        let fault = answered(reply("400 Bad Request", "", body)).await.fault.unwrap();
        assert_eq!(fault.code(), code, "{fault}");
        assert!(fault.api_error.error.contains(says) && !fault.api_error.error.contains("10.0"), "{}", fault.api_error.error);
    }
}

#[tokio::test]
async fn a_field_that_is_refused_is_left_out_and_never_sent_again() {
    let refused = json!({"object": "error", "message": {"detail": [{"loc": ["body", "stream_options", "include_usage"], "msg": "Extra inputs are not permitted"}]}});
    let upstream = Upstream::start(move |request| match request.body.contains("stream_options") {
        true => reply("422 Unprocessable Entity", "", &refused.to_string()),
        false => in_chunks(format!("{}{STOP}{DONE}", delta("ok")).as_bytes(), 99),
    })
    .await;
    let providers = Providers::new(&settings(&upstream)).unwrap();
    let openai = provider(&providers, "openai").await;
    for asked in [2, 3] {
        assert_eq!(ask(&*openai, prompt("m", "hi")).await, whole("ok"));
        assert_eq!(upstream.requests().iter().filter(|request| request.line.starts_with("POST")).count(), asked);
    }
    // Another model of the same server may take it.
    ask(&*openai, prompt("n", "hi")).await;
    assert_eq!(upstream.requests().iter().filter(|request| request.line.starts_with("POST")).count(), 5);
}

#[tokio::test]
async fn the_request_is_what_the_api_wants() {
    let upstream = Upstream::start(|_| in_chunks(DONE.as_bytes(), 99)).await;
    let providers = Providers::new(&settings(&upstream)).unwrap();
    let mut asked = prompt("m", "hi");
    asked.system = Some("be short".into());
    asked.turns.insert(0, Turn { role: Author::Assistant, content: "é".into() });
    let openai = provider(&providers, "openai").await;
    ask(&*openai, asked).await;
    let request = upstream.requests().pop().unwrap();
    assert_eq!(request.line, "POST /v1/chat/completions HTTP/1.1");
    assert!(
        request.headers.contains(&format!("authorization: bearer {KEY}")) && request.headers.contains("content-type: application/json")
    );
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let messages =
        json!([{"role": "system", "content": "be short"}, {"role": "assistant", "content": "é"}, {"role": "user", "content": "hi"}]);
    assert_eq!((&body["messages"], &body["model"], &body["stream"]), (&messages, &json!("m"), &json!(true)));
}

#[tokio::test]
async fn instructions_that_a_model_takes_in_no_role_of_their_own_stand_in_the_first_message_from_then_on() {
    let upstream = Upstream::start(|request| {
        if request.body.contains("\"system\"") {
            let error = json!({"error": {"message": "System role not supported", "type": "BadRequestError", "code": 400}}).to_string();
            return reply("400 Bad Request", "content-type: application/json\r\n", &error);
        }
        in_chunks(DONE.as_bytes(), 99)
    })
    .await;
    let providers = Providers::new(&settings(&upstream)).unwrap();
    let openai = provider(&providers, "openai").await;
    let mut asked = prompt("m", "hi");
    asked.system = Some("be short".into());
    for _ in 0..2 {
        ask(&*openai, asked.clone()).await;
    }
    let bodies: Vec<Value> = upstream
        .requests()
        .iter()
        .filter(|request| request.line.starts_with("POST"))
        .map(|request| serde_json::from_str(&request.body).unwrap())
        .collect();
    assert_eq!(bodies.len(), 3, "refused once, and then known");
    for body in &bodies[1..] {
        assert_eq!(body["messages"], json!([{"role": "user", "content": "be short\n\nhi"}]));
    }
}

#[tokio::test]
async fn letting_go_of_an_answer_closes_the_connection() {
    let (closed, mut told) = tokio::sync::mpsc::channel::<()>(1);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let closed = closed.clone();
            tokio::spawn(async move {
                use tokio::io::{AsyncReadExt, AsyncWriteExt};
                let mut bytes = [0; 4096];
                let _ = stream.read(&mut bytes).await;
                if !bytes.starts_with(b"POST") {
                    return;
                }
                for step in [events(), chunk(delta("one").as_bytes())] {
                    if let Step::Send(bytes) = step {
                        let _ = stream.write_all(&bytes).await;
                    }
                }
                while stream.read(&mut bytes).await.is_ok_and(|n| n > 0) {}
                let _ = closed.send(()).await;
            });
        }
    });
    let settings = ProviderSettings { services: service(Kind::Openai, None, Some(url)), ..ProviderSettings::default() };
    let providers = Providers::new(&settings).unwrap();
    let mut answer = provider(&providers, "openai").await.answer(prompt("m", "hi")).await.unwrap();
    assert_eq!(answer.next().await, Some(Ok(Piece::Text("one".into()))));
    drop(answer);
    tokio::time::timeout(Duration::from_secs(5), told.recv()).await.unwrap();
}

#[tokio::test]
async fn a_proxy_is_used_but_not_for_this_machine() {
    let proxy = Upstream::start(|_| in_chunks(format!("{}{DONE}", delta("by proxy")).as_bytes(), 99)).await;
    let upstream = Upstream::start(|_| in_chunks(format!("{}{DONE}", delta("direct")).as_bytes(), 99)).await;
    for (base, text) in [("http://model.example/v1".to_owned(), "by proxy"), (upstream.url(), "direct")] {
        let outbound = OutboundSettings { proxy: Secret::new(&proxy.url()), ..OutboundSettings::default() };
        let settings = ProviderSettings { outbound, services: service(Kind::Openai, Some(KEY), Some(base)), ..settings(&upstream) };
        let providers = Providers::new(&settings).unwrap();
        assert_eq!(ask(&*provider(&providers, "openai").await, prompt("m", "hi")).await, whole(text));
    }
    assert!(proxy.requests().iter().any(|request| request.line == "POST http://model.example/v1/chat/completions HTTP/1.1"));
}

#[tokio::test]
async fn a_model_that_is_only_in_the_responses_api_is_asked_there() {
    let upstream = Upstream::start(|request| match request.path() {
        "/v1/models" => json(r#"{"data":[{"id":"m"}]}"#),
        "/v1/chat/completions" => {
            let words = "This model is only supported in v1/responses and not in v1/chat/completions.";
            reply("404 Not Found", "content-type: application/json\r\n", &json!({"error": {"message": words}}).to_string())
        }
        _ => {
            let text = json!({"type": "response.output_text.delta", "delta": "Hello"});
            let usage = json!({"input_tokens": 7, "output_tokens": 9});
            let end = json!({"type": "response.completed", "response": {"status": "completed", "usage": usage}});
            in_chunks(format!("data: {text}\n\ndata: {end}\n\n").as_bytes(), 64)
        }
    })
    .await;
    let providers = Providers::new(&settings(&upstream)).unwrap();
    let provider = provider(&providers, "openai").await;
    for _ in 0..2 {
        let outcome = ask(&*provider, Prompt { system: Some("Be brief.".into()), ..prompt("m", "hi") }).await;
        let usage = Some(Usage { input_tokens: 7, output_tokens: 9, ..Usage::default() });
        assert_eq!(outcome, Outcome { text: "Hello".into(), usage, fault: None });
    }
    let requests: Vec<_> = upstream.requests().into_iter().filter(|request| request.line.starts_with("POST")).collect();
    let paths: Vec<&str> = requests.iter().map(|request| request.path()).collect();
    assert_eq!(paths, ["/v1/chat/completions", "/v1/responses", "/v1/responses"], "what was learned is remembered");
    let body: Value = serde_json::from_str(&requests[1].body).unwrap();
    let input = json!([{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}]);
    assert_eq!(body, json!({"model": "m", "input": input, "instructions": "Be brief.", "stream": true, "store": false}));
    assert_eq!(provider.ignored("m", &Default::default()), ["seed", "stop"]);
}
