//! Prices, what answers cost, what users used in a month, and budgets.

use std::time::Duration;

use futures::future::join_all;
use holdfast_protocol::{
    Code, Status,
    api::ChatReply,
    usage::{BudgetUse, ConversationUsage, MonthUsage, Prices, UsersUsage},
};
use serde_json::{Value, json};

use crate::support::{Server, User};
use holdfast_testing::upstream::{Request, Step, Upstream, chunk, end, events, json as document, pause, reply};

/// A model that answers with so many words of one token, one by one, and counts them if it `counts`.
async fn model_server(words: usize, between_ms: u64, counts: bool) -> Upstream {
    Upstream::start(move |request: &Request| {
        if request.path().contains("/models") {
            return document(&json!({"object": "list", "data": [{"id": "tiny", "context_window": 8_000}, {"id": "gpt-4o"}]}).to_string());
        }
        let mut steps = vec![events()];
        let event = |value: Value| chunk(format!("data: {value}\n\n").as_bytes());
        for _ in 0..words {
            steps.push(event(json!({"choices": [{"index": 0, "delta": {"content": "word "}, "finish_reason": null}]})));
            steps.push(pause(between_ms));
        }
        steps.push(event(json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})));
        if counts {
            let usage = json!({"prompt_tokens": 10, "completion_tokens": words, "prompt_tokens_details": {"cached_tokens": 4}});
            steps.push(event(json!({"choices": [], "usage": usage})));
        }
        steps.extend([chunk(b"data: [DONE]\n\n"), end()]);
        steps
    })
    .await
}

/// A model that writes ten words and then nothing.
async fn silent_server() -> Upstream {
    Upstream::start(|request: &Request| {
        if request.path().contains("/models") {
            return document(&json!({"object": "list", "data": [{"id": "tiny"}]}).to_string());
        }
        let text = json!({"choices": [{"index": 0, "delta": {"content": "word ".repeat(10)}, "finish_reason": null}]});
        vec![events(), chunk(format!("data: {text}\n\n").as_bytes()), Step::Hang]
    })
    .await
}

async fn before(upstream: &Upstream) -> Server {
    let server = Server::with(&[("OPENAI_BASE_URL", &upstream.url())]).await;
    let guest = server.guest().await;
    let listed = async || server.as_user(&guest, "GET", "/api/models", None).await.text.contains("tiny");
    while !listed().await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server
}

/// A unit of the currency for each token, cached ones for half of it.
fn prices() -> Value {
    let tokens = json!({"input_nanos": 1_000_000_000_000_000_u64, "cached_input_nanos": 500_000_000_000_000_u64, "output_nanos": 1_000_000_000_000_000_u64});
    json!({"currency": "EUR", "prices": [{"provider": "openai", "model": "tiny", "tokens": tokens}]})
}

async fn set(server: &Server, admin: &User, path: &str, body: Value) {
    let reply = server.as_user(admin, "PUT", path, Some(body)).await;
    assert!(matches!(reply.status, 200 | 204), "{path}: {}", reply.text);
}

async fn say(server: &Server, user: &User, content: &str) -> ChatReply {
    server.chat(user, json!({"content": content, "provider": "openai", "model": "tiny"})).await
}

async fn month(server: &Server, user: &User) -> MonthUsage {
    server.as_user(user, "GET", "/api/usage", None).await.json()
}

async fn budget(server: &Server, user: &User) -> BudgetUse {
    month(server, user).await.budget.unwrap()
}

#[tokio::test]
async fn an_answer_keeps_the_cost_of_its_day_and_counts_in_the_month() {
    let upstream = model_server(20, 0, true).await;
    let server = before(&upstream).await;
    let (admin, user) = (server.admin("owner").await, server.member("ada").await);
    let free = say(&server, &user, "before there are prices").await;
    assert_eq!((free.usage.unwrap().output_tokens, free.usage.unwrap().cost), (20, None));
    set(&server, &admin, "/api/admin/prices", prices()).await;
    let paid = say(&server, &user, "how much?").await;
    let cost = paid.usage.unwrap().cost.unwrap();
    assert_eq!((cost.nanos, cost.currency.as_str()), (28_000_000_000, "EUR"), "6 + 4 × ½ + 20");
    assert!(!paid.usage.unwrap().estimated);
    // Another price, and one of the future.
    let mut dearer = prices();
    let tokens = json!({"input_nanos": 0, "output_nanos": 2_000_000_000_000_000_u64});
    let future =
        json!({"provider": "openai", "model": "tiny", "since": 4_000_000_000_000_u64, "tokens": {"input_nanos": 0, "output_nanos": 0}});
    dearer["prices"] = json!([{"provider": "openai", "tokens": tokens}, future]);
    set(&server, &admin, "/api/admin/prices", dearer).await;
    let kept: ConversationUsage =
        server.as_user(&user, "GET", &format!("/api/conversations/{}/usage", paid.conversation_id), None).await.json();
    assert_eq!((kept.total.costs[0].nanos, kept.answers[&paid.answer_id]), (28_000_000_000, paid.usage.unwrap()));
    assert_eq!(say(&server, &user, "and now?").await.usage.unwrap().cost.unwrap().nanos, 40_000_000_000, "the price of the provider");

    let mine = month(&server, &user).await;
    assert_eq!((mine.models.len(), mine.total.answers, mine.total.output_tokens, mine.total.cached_tokens), (2, 3, 60, 12));
    assert_eq!((mine.total.costs.len(), mine.total.costs[0].nanos), (1, 68_000_000_000));
    assert!(mine.budget.is_none());
    let earlier: MonthUsage = server.as_user(&user, "GET", "/api/usage?month=2020-01", None).await.json();
    assert_eq!((earlier.month.as_str(), earlier.total.answers), ("2020-01", 0));
    assert_eq!(server.as_user(&user, "GET", "/api/usage?month=1", None).await.api_error().reason, "month_invalid");

    let all: UsersUsage = server.as_user(&admin, "GET", "/api/admin/usage", None).await.json();
    assert_eq!((all.users.len(), all.users[0].username.as_str(), &all.users[0].total), (1, "ada", &mine.total));
    let csv = server.as_user(&admin, "GET", "/api/admin/usage/csv", None).await;
    assert!(csv.headers["content-disposition"].to_str().unwrap().contains(&format!("usage-{}.csv", mine.month)));
    assert!(csv.text.contains(",ada,member,openai,tiny,2,20,8,40,0,68.000000000,EUR,0\r\n"), "{}", csv.text);

    // A removed conversation gives nothing back, and an imported one costs nothing.
    let export = server.as_user(&user, "GET", &format!("/api/conversations/{}/export", paid.conversation_id), None).await;
    assert!(export.text.contains(r#""cost":{"nanos":28000000000,"currency":"EUR"}"#), "{}", export.text);
    let path = format!("/api/conversations/{}", paid.conversation_id);
    assert_eq!(server.as_user(&user, "DELETE", &path, None).await.status, 204);
    let other = server.member("ben").await;
    let reply = server.as_user(&other, "POST", "/api/import", Some(serde_json::from_str(&export.text).unwrap())).await;
    assert!(reply.text.contains(r#""imported":1"#) || reply.status == 200, "{}", reply.text);
    assert_eq!((month(&server, &user).await.total, month(&server, &other).await.total.answers), (mine.total, 0));
}

#[tokio::test]
async fn tokens_that_a_provider_does_not_count_are_estimated() {
    let upstream = model_server(20, 0, false).await;
    let server = before(&upstream).await;
    let (admin, user) = (server.admin("owner").await, server.guest().await);
    set(&server, &admin, "/api/admin/prices", prices()).await;
    let usage = say(&server, &user, "how many?").await.usage.unwrap();
    assert_eq!((usage.output_tokens, usage.estimated), (25, true), "100 bytes");
    assert!(usage.input_tokens > 0 && usage.cost.is_some());
    assert_eq!(month(&server, &user).await.total.estimated, 1);
    // The built-in models have no tokens.
    let builtin = server.chat(&user, json!({"content": "x", "provider": "builtin", "model": "echo"})).await;
    assert_eq!((builtin.usage, month(&server, &user).await.total.answers), (None, 1));
}

#[tokio::test]
async fn the_list_of_models_says_what_each_accepts_and_costs() {
    let upstream = model_server(1, 0, true).await;
    let server = before(&upstream).await;
    let admin = server.admin("owner").await;
    set(&server, &admin, "/api/admin/prices", prices()).await;
    let models = server.as_user(&admin, "GET", "/api/models", None).await.value();
    let of = |name: &str| models.as_array().unwrap().iter().find(|model| model["model"] == name).unwrap().clone();
    let tiny = of("tiny");
    assert_eq!((&tiny["context_tokens"], &tiny["price"]["currency"]), (&json!(8_000), &json!("EUR")));
    assert_eq!(tiny["accepts"], json!({"images": false, "files": true, "tools": false, "reasoning": false}));
    assert_eq!(of("gpt-4o")["accepts"], json!({"images": true, "files": true, "tools": true, "reasoning": false}));
    assert_eq!((&of("gpt-4o")["price"], &of("echo")["accepts"]["files"]), (&Value::Null, &json!(false)));
    assert_eq!(of("quote")["accepts"]["files"], true);
}

#[tokio::test]
async fn invalid_prices_and_budgets_are_refused() {
    let server = Server::start().await;
    let admin = server.admin("owner").await;
    let one = json!({"provider": "p", "tokens": {"input_nanos": 1, "output_nanos": 1}});
    let other = json!({"provider": "p", "tokens": {"input_nanos": 1, "output_nanos": 2}});
    for (bad, reason) in [
        (json!({"prices": [one]}), "prices_invalid"),
        (json!({"currency": "EUR", "prices": [one, other]}), "prices_invalid"),
        (json!({"currency": "EUR", "prices": [{"provider": " ", "tokens": {"input_nanos": 1, "output_nanos": 1}}]}), "prices_invalid"),
        (
            json!({"currency": "EUR", "prices": [{"provider": "p", "tokens": {"input_nanos": 1, "output_nanos": u64::MAX}}]}),
            "prices_invalid",
        ),
        (json!({"currency": "euro", "prices": []}), "body_invalid"),
    ] {
        let reply = server.as_user(&admin, "PUT", "/api/admin/prices", Some(bad.clone())).await;
        assert_eq!((reply.status, &*reply.api_error().reason), (400, reason), "{bad}");
    }
    let prices: Prices = server.as_user(&admin, "GET", "/api/admin/prices", None).await.json();
    assert_eq!(prices, Prices::default());
    let reply = server.as_user(&admin, "PUT", "/api/admin/budgets", Some(json!({"guest": {"tokens": u64::MAX}}))).await;
    assert_eq!(reply.api_error().reason, "budget_too_large");
    let nobody = format!("/api/admin/users/{}/budget", uuid::Uuid::from_u128(7));
    assert_eq!(server.as_user(&admin, "PUT", &nobody, Some(json!({"tokens": 1}))).await.status, 404);
}

#[tokio::test]
async fn a_budget_warns_refuses_and_is_ones_own_or_the_default() {
    let upstream = model_server(20, 0, true).await;
    let server = before(&upstream).await;
    let (admin, guest, user) = (server.admin("owner").await, server.guest().await, server.member("ada").await);
    set(&server, &admin, "/api/admin/budgets", json!({"guest": {"tokens": 1_000}, "account": {"tokens": 2_000}})).await;
    assert_eq!((budget(&server, &guest).await.percent, budget(&server, &user).await.budget.tokens), (0, Some(2_000)));
    let own = format!("/api/admin/users/{}/budget", guest.grant.user.id);
    say(&server, &guest, "hi").await;
    set(&server, &admin, &own, json!({"tokens": 37})).await;
    assert_eq!((budget(&server, &guest).await.used_tokens, budget(&server, &guest).await.percent), (30, 81));
    // What is left is too little for the prompt and one token.
    let small = say(&server, &guest, "once more").await;
    let error = small.error.unwrap();
    assert_eq!((small.status, error.code, &*error.reason), (Status::Failed, Code::QuotaExceeded, "budget_too_small"));
    assert_eq!(budget(&server, &guest).await.used_tokens, 30);
    set(&server, &admin, &own, json!({"tokens": 30})).await;
    let refused = server.as_user(&guest, "POST", "/api/chat", Some(json!({"content": "hi", "provider": "openai", "model": "tiny"}))).await;
    let error = refused.api_error();
    assert_eq!((refused.status, &*error.reason), (429, "budget_used_up"));
    assert!(error.error.contains("-01. Until then"), "{}", error.error);
    // Models that are free go on.
    assert_eq!(server.chat(&guest, json!({"content": "x", "provider": "builtin", "model": "echo"})).await.status, Status::Complete);
    assert_eq!(server.as_user(&admin, "DELETE", &own, None).await.status, 204);
    assert_eq!(say(&server, &guest, "hi").await.status, Status::Complete);
}

/// Asks fifty times at once, and waits until no answer is being written any more.
async fn fifty(server: &Server, user: &User) -> Vec<Option<ChatReply>> {
    join_all((0..50).map(async |n| {
        let body = json!({"content": format!("question {n}"), "provider": "openai", "model": "tiny"});
        let reply = server.as_user(user, "POST", "/api/chat", Some(body)).await;
        (reply.status == 200).then(|| reply.json())
    }))
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_answers_at_once_never_overspend() {
    let upstream = model_server(200, 1, true).await;
    let server = before(&upstream).await;
    let admin = server.admin("owner").await;
    set(&server, &admin, "/api/admin/prices", prices()).await;
    for (budget_of, most) in [(json!({"tokens": 3_000}), 3_000), (json!({"nanos": 3_000_000_000_000_u64}), 3_000)] {
        let user = server.guest().await;
        set(&server, &admin, &format!("/api/admin/users/{}/budget", user.grant.user.id), budget_of).await;
        let replies = fifty(&server, &user).await;
        let complete = replies.iter().flatten().filter(|reply| reply.status == Status::Complete).count();
        let cut = replies.iter().flatten().filter(|reply| reply.status == Status::Interrupted).count();
        let used = budget(&server, &user).await;
        let spent = month(&server, &user).await.total;
        let amount = if used.budget.tokens.is_some() { used.used_tokens } else { used.used_nanos.div_ceil(1_000_000_000) };
        assert!(amount <= most + 1, "{amount} of {most} used, {complete} complete, {cut} cut");
        assert!(amount > most / 2, "{amount} of {most} used, {complete} complete, {cut} cut");
        assert!(complete + cut > 0 && complete < 50, "{complete} complete, {cut} cut");
        // Nothing is reserved any more.
        assert_eq!(used.used_tokens, spent.input_tokens + spent.output_tokens);
        for reply in replies.iter().flatten().filter(|reply| reply.status != Status::Complete) {
            assert_eq!(reply.error.as_ref().unwrap().code, Code::QuotaExceeded, "{reply:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_releases_what_was_reserved_for_interrupted_answers() {
    let upstream = silent_server().await;
    let mut server = before(&upstream).await;
    let (admin, user) = (server.admin("owner").await, server.guest().await);
    set(&server, &admin, "/api/admin/budgets", json!({"guest": {"tokens": 3_000}})).await;
    let mut ids = Vec::new();
    for n in 0..50 {
        let conversation = server.conversation(&user).await;
        let body = json!({"content": format!("question {n}"), "provider": "openai", "model": "tiny"});
        let reply = server.as_user(&user, "POST", &format!("/api/conversations/{conversation}/messages"), Some(body)).await;
        if reply.status == 202 {
            ids.push(conversation);
        }
    }
    // All that could be reserved is, and what is written is visible.
    loop {
        let mut written = 0;
        for id in &ids {
            let answer = server.show(&user, *id).await.messages.pop().unwrap();
            written += usize::from(!answer.content.is_empty() || answer.status == Status::Failed);
        }
        if written == ids.len() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let reserved = budget(&server, &user).await;
    assert!(reserved.used_tokens <= 3_000 && reserved.percent > 80, "{reserved:?}");
    server.kill();
    server.start_again();
    let after = budget(&server, &user).await;
    let mut known = 0;
    for id in &ids {
        let usage: ConversationUsage = server.as_user(&user, "GET", &format!("/api/conversations/{id}/usage"), None).await.json();
        known += usage.total.input_tokens + usage.total.output_tokens;
    }
    assert!(after.used_tokens > 0 && after.used_tokens < reserved.used_tokens / 2, "{after:?}");
    assert_eq!(after.used_tokens, known, "by what is written of each");
    assert_eq!(month(&server, &user).await.total.estimated, month(&server, &user).await.total.answers);
}

/// A document in place of a stream, which holds more than the budget.
#[tokio::test]
async fn an_answer_in_one_piece_is_cut_where_the_budget_ends() {
    let upstream = Upstream::start(|request: &Request| {
        if request.path().contains("/models") {
            return document(&json!({"object": "list", "data": [{"id": "tiny"}]}).to_string());
        }
        let message = json!({"role": "assistant", "content": "word ".repeat(1_000)});
        let body = json!({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]});
        reply("200 OK", "content-type: application/json\r\n", &body.to_string())
    })
    .await;
    let server = before(&upstream).await;
    let (admin, user) = (server.admin("owner").await, server.guest().await);
    set(&server, &admin, "/api/admin/budgets", json!({"guest": {"tokens": 300}})).await;
    let cut = say(&server, &user, "at length").await;
    assert_eq!((cut.status, &*cut.error.unwrap().reason), (Status::Interrupted, "budget_used_up"));
    assert!((500..2_000).contains(&cut.full_response.len()), "{}", cut.full_response.len());
    assert!(budget(&server, &user).await.used_tokens <= 300);
}
