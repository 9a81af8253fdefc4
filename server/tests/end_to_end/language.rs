//! Pages in another language.

use serde_json::json;

use crate::support::{Server, server::Reply};

const GERMAN: &[(&str, &str)] = &[("accept-language", "de-AT,de;q=0.9,en;q=0.5")];

/// Returns English texts of the page with at least three words that German does not share.
fn english() -> Vec<&'static str> {
    const ENGLISH: &str = include_str!("../../../app/src/strings/en.rs");
    const GERMAN: &str = include_str!("../../../app/src/strings/de.rs");
    let pieces = ENGLISH.split('"').skip(1).step_by(2).flat_map(|text| text.split(['{', '}'])).map(str::trim);
    let pieces: Vec<_> = pieces.filter(|text| text.split_whitespace().count() > 2 && !GERMAN.contains(text)).collect();
    assert!(pieces.len() > 150, "{pieces:?}");
    pieces
}

fn expect_german(page: &Reply, path: &str, english: &[&str]) {
    assert!(page.text.contains("<html lang=\"de\">"), "{path}");
    assert_eq!(page.headers["content-language"], "de", "{path}");
    assert!(page.headers.get_all("vary").iter().any(|it| it == "accept-language, cookie"), "{path}");
    let left: Vec<_> = english.iter().filter(|text| page.text.contains(**text)).collect();
    assert!(left.is_empty(), "{path} says in English: {left:?}");
}

#[tokio::test]
async fn no_page_shows_english_to_german_users() {
    let server = Server::start().await;
    let admin = server.admin("Ada").await;
    let reply =
        server.chat(&admin, json!({"content": "- [x] this\n\n```rust\nlet a = 1;\n```\n\n> [!NOTE]\n> that", "model": "echo"})).await;
    let id = reply.conversation_id;
    let share = server.as_user(&admin, "POST", &format!("/api/conversations/{id}/shares"), Some(json!({"days": 1}))).await;
    let shared = share.value()["path"].as_str().unwrap().to_owned();
    let english = english();
    let conversation = format!("/c/{id}");
    let sections =
        ["account", "data", "models", "connection", "people", "providers", "limits", "activity"].map(|it| format!("/settings/{it}"));
    let others =
        ["/", "/signin", "/signup", "/join", "/claim", "/password", "/search", "/search?q=nothing", "/archived", "/offline", "/s/none"];
    let paths = [conversation.as_str(), shared.as_str(), "/c/00000000-0000-0000-0000-000000000000", "/nowhere"];
    for path in paths.into_iter().chain(others).chain(sections.iter().map(String::as_str)) {
        expect_german(&server.call("GET", path, GERMAN, None).await, path, &english);
        let with_cookie = [GERMAN[0], ("cookie", admin.cookie.as_str())];
        expect_german(&server.call("GET", path, &with_cookie, None).await, path, &english);
    }
    // Checks that the search below would find such texts.
    let page = server.get("/nowhere").await;
    assert!(english.iter().filter(|text| page.text.contains(**text)).count() > 1);
    assert_eq!(page.headers["content-language"], "en");
}

#[tokio::test]
async fn the_chosen_language_applies_to_pages_and_not_to_calls() {
    let server = Server::start().await;
    let chosen = [GERMAN[0], ("cookie", "holdfast_language=en")];
    for path in ["/", "/signin", "/offline", "/s/none"] {
        let page = server.call("GET", path, &chosen, None).await;
        assert!(page.text.contains("<html lang=\"en\">"), "{path}");
    }
    let german = server.call("GET", "/worker.js", GERMAN, None).await;
    let english = server.call("GET", "/worker.js", &chosen, None).await;
    assert_ne!(german.text, english.text, "a worker keeps pages of one language");
    let login = Some(json!({"username": "nobody", "password": "wrong horse"}));
    let refused = server.call("POST", "/api/auth/login", GERMAN, login).await;
    assert_eq!(refused.api_error().error, "Name or password is wrong.");
}
