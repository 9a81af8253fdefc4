//! Search.

use holdfast_protocol::{
    ClientFrame, ServerFrame,
    api::{Piece, SearchPage, SearchResult},
    frame::Chat,
};
use serde::Deserialize;
use serde_json::json;

use crate::support::{Server, Socket, User, fresh_id};

async fn search(server: &Server, user: &User, query: &[(&str, &str)]) -> SearchPage {
    let url = reqwest::Url::parse_with_params("http://x/api/search", query).unwrap();
    let reply = server.as_user(user, "GET", &format!("{}?{}", url.path(), url.query().unwrap()), None).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

fn marked(pieces: &[Piece]) -> String {
    pieces.iter().map(|piece| if piece.found { format!("[{}]", piece.text) } else { piece.text.clone() }).collect()
}

fn titles(page: &SearchPage) -> Vec<String> {
    page.results.iter().map(|result| marked(&result.title)).collect()
}

#[tokio::test]
async fn search_finds_and_marks_words_in_titles_and_messages() {
    let server = Server::start().await;
    let user = server.guest().await;
    let tides = server.chat(&user, json!({"content": "How do the TIDES work?", "model": "echo"})).await;
    let cafe = server.chat(&user, json!({"content": "Where is the café by the sea?", "model": "echo"})).await;
    server.chat(&user, json!({"content": "Only the **moon** moves\n\n> the `water`", "conversation_id": tides.conversation_id})).await;

    let found = search(&server, &user, &[("q", "tides")]).await;
    assert_eq!(titles(&found), ["How do the [TIDES] work?"]);
    let SearchResult { conversation_id, message_id, place, .. } = &found.results[0];
    assert_eq!(
        (*conversation_id, *message_id, marked(place)),
        (tides.conversation_id, Some(tides.answer_id), "How do the [TIDES] work?".into())
    );
    assert_eq!(titles(&search(&server, &user, &[("q", "tid")]).await).len(), 1, "as one types");
    assert_eq!(titles(&search(&server, &user, &[("q", "CAFE")]).await), ["Where is the [café] by the sea?"]);
    let moon = search(&server, &user, &[("q", "moon water")]).await;
    assert_eq!(
        (titles(&moon), marked(&moon.results[0].place)),
        (vec!["How do the TIDES work?".into()], "Only the [moon] moves the [water]".into())
    );
    assert_eq!(titles(&search(&server, &user, &[("q", "the")]).await).len(), 2);
    assert!(search(&server, &user, &[("q", "moon café")]).await.results.is_empty(), "both, in one place");

    // Other titles, other words; and gone is gone.
    let path = format!("/api/conversations/{}", cafe.conversation_id);
    server.as_user(&user, "PATCH", &path, Some(json!({"title": "Harbours"}))).await;
    assert_eq!(titles(&search(&server, &user, &[("q", "harbour")]).await), ["[Harbours]"]);
    assert_eq!(server.as_user(&user, "DELETE", &path, None).await.status, 204);
    for gone in ["harbour", "cafe"] {
        assert!(search(&server, &user, &[("q", gone)]).await.results.is_empty(), "{gone}");
    }
}

#[tokio::test]
async fn text_without_spaces_is_found_anywhere_and_marked() {
    let server = Server::start().await;
    let user = server.guest().await;
    let texts = [
        "明天我们一起去图书馆借几本关于机器学习的书。",
        "今日は天気がいいので、公園を散歩しましょう。",
        "저는 매일 아침 한국어를 공부하고 커피를 마십니다.",
        "สวัสดีครับ ผมชื่อสมชาย วันนี้อากาศดีมาก",
        "Use GPT模型 for 第2章, please.",
    ];
    for text in texts {
        server.chat(&user, json!({"content": text, "model": "echo"})).await;
    }
    for (query, place) in [
        ("图书馆", "明天我们一起去[图书馆]借几本关于机器学习的书。"),
        ("学习", "明天我们一起去图书馆借几本关于机器[学习]的书。"),
        ("书 学习", "明天我们一起去图[书]馆借几本关于机器[学习]的[书]。"),
        ("散歩", "今日は天気がいいので、公園を[散歩]しましょう。"),
        ("天気 公園", "今日は[天気]がいいので、[公園]を散歩しましょう。"),
        ("국어", "저는 매일 아침 한[국어]를 공부하고 커피를 마십니다."),
        ("공부 커피", "저는 매일 아침 한국어를 [공부]하고 [커피]를 마십니다."),
        ("อากาศ", "สวัสดีครับ ผมชื่อสมชาย วันนี้[อากาศ]ดีมาก"),
        ("สวัสดี", "[สวัสดี]ครับ ผมชื่อสมชาย วันนี้อากาศดีมาก"),
        ("gpt模型", "Use [GPT模型] for 第2章, please."),
        ("2章 plea", "Use GPT模型 for 第[2章], [please]."),
    ] {
        let found = search(&server, &user, &[("q", query)]).await;
        let results: Vec<_> = found.results.iter().map(|result| (marked(&result.title), marked(&result.place))).collect();
        assert_eq!(results, [(place.to_owned(), place.to_owned())], "{query}");
    }
    for query in ["馆书", "習学", "공커"] {
        assert!(search(&server, &user, &[("q", query)]).await.results.is_empty(), "{query}: in this order");
    }

    // Other titles, other words.
    let id = search(&server, &user, &[("q", "散歩")]).await.results[0].conversation_id;
    server.as_user(&user, "PATCH", &format!("/api/conversations/{id}"), Some(json!({"title": "週末の計画"}))).await;
    assert_eq!(titles(&search(&server, &user, &[("q", "計画")]).await), ["週末の[計画]"]);
    assert_eq!(titles(&search(&server, &user, &[("q", "散歩")]).await), ["週末の計画"]);
}

/// Texts, and which of them a query must find: `S-` and a text's name; `title` and `title2` are titles.
#[derive(Deserialize)]
struct Cases {
    documents: std::collections::BTreeMap<String, String>,
    queries: Vec<(String, String)>,
}

#[tokio::test]
async fn words_are_found_in_other_spellings() {
    let server = Server::capped(&[("LIMIT_MESSAGES", "1000")]).await;
    let user = server.guest().await;
    let cases: Cases = serde_json::from_str(include_str!("search_cases.json")).unwrap();
    let texts = cases.documents.iter().map(|(name, text)| (format!("S-{name}"), text.as_str()));
    let titled = [("A Naïve Café".to_owned(), "Nothing of it"), ("机器翻译".to_owned(), "Nothing either")];
    for (title, text) in texts.chain(titled) {
        let begun = server.chat(&user, json!({"content": text, "model": "echo-1-0"})).await;
        let path = format!("/api/conversations/{}", begun.conversation_id);
        assert_eq!(server.as_user(&user, "PATCH", &path, Some(json!({"title": title}))).await.status, 200);
    }
    let mut wrong = Vec::new();
    for (query, expected) in &cases.queries {
        let page = search(&server, &user, &[("q", query)]).await;
        let name = |result: &SearchResult| {
            let title: String = result.title.iter().map(|piece| piece.text.as_str()).collect();
            match title.as_str() {
                "A Naïve Café" => "title".to_owned(),
                "机器翻译" => "title2".to_owned(),
                _ => title,
            }
        };
        let mut found: Vec<String> = page.results.iter().map(name).collect();
        found.sort();
        let mut expected: Vec<&str> = expected.split(' ').filter(|name| *name != "-").collect();
        expected.sort_unstable();
        // Where one writes for a program, or what else has the words.
        let is_all = match query.as_str() {
            "cafe" | "café" | "cafe\u{301}" | "user's" => expected.iter().all(|name| found.iter().any(|found| found == name)),
            "quick AND fox" => found == ["S-quote"],
            _ => found == expected,
        };
        let is_marked = |result: &SearchResult| result.place.iter().chain(&result.title).any(|piece| piece.found);
        if !is_all || !page.results.iter().all(is_marked) {
            wrong.push(format!(
                "{query}: {found:?} instead of {expected:?}; {:?}",
                page.results.iter().map(|it| marked(&it.place)).collect::<Vec<_>>()
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.queries.len(), wrong.join("\n"));
}

#[tokio::test]
async fn users_find_only_their_own_conversations() {
    let server = Server::start().await;
    let (user, other) = (server.guest().await, server.guest().await);
    server.chat(&user, json!({"content": "My secret harbour", "model": "echo"})).await;
    for query in ["secret", "harbour", &user.grant.user.id.0.simple().to_string()] {
        assert!(search(&server, &other, &[("q", query)]).await.results.is_empty(), "{query}");
    }
    assert_eq!(search(&server, &user, &[("q", "secret")]).await.results.len(), 1);
    assert_eq!(server.get("/api/search?q=secret").await.status, 401);
}

#[tokio::test]
async fn odd_queries_are_harmless() {
    let server = Server::start().await;
    let user = server.guest().await;
    server.chat(&user, json!({"content": "plain words; and 漢字 and \"quotes\"", "model": "echo"})).await;
    let long = "x".repeat(6_000);
    for odd in ["\"", "*", "\"*", "a OR", "NEAR(", "owner:x", "content : plain", "' --", "(", "{", "^", "\u{0}", "%", &long, "🦀"] {
        search(&server, &user, &[("q", odd)]).await;
    }
    for query in ["plain AND words", "\"quotes", "plain* words!", "漢字"] {
        let found = search(&server, &user, &[("q", query)]).await.results.len();
        assert_eq!(found, 1, "{query}");
    }
    assert!(search(&server, &user, &[("q", "")]).await.results.is_empty());
    assert_eq!(server.as_user(&user, "GET", "/api/search?q=x&cursor=nonsense", None).await.status, 400);
    assert_eq!(server.as_user(&user, "GET", "/api/search", None).await.status, 200);
}

#[tokio::test]
async fn many_results_are_paged_without_duplicates() {
    let server = Server::start().await;
    let user = server.guest().await;
    for n in 0..45 {
        server.chat(&user, json!({"content": format!("needle {n}"), "model": "echo-1-0"})).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut query = vec![("q", "needle")];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page = search(&server, &user, &query).await;
        seen.extend(page.results.iter().map(|result| result.conversation_id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let all = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!((all, seen.len()), (45, 45));
}

#[tokio::test]
async fn a_continued_answer_is_found_by_all_its_text() {
    let server = Server::start().await;
    let user = server.guest().await;
    let id = server.conversation(&user).await;
    let mut socket = Socket::ready(&server, &format!("/ws/conversations/{id}"), &user).await;
    let chat = Chat { model: Some("echo-40-5".into()), provider: Some("builtin".into()), ..Chat::new(fresh_id(), "go") };
    socket.chat(chat).await;
    let ServerFrame::Chunk { answer_id, .. } = socket.until(|frame| matches!(frame, ServerFrame::Chunk { .. })).await else {
        unreachable!()
    };
    socket.send(&ClientFrame::Stop { answer_id }).await;
    let stopped = socket.complete().await.full_response;
    socket.send(&ClientFrame::Continue { answer_id }).await;
    let whole = socket.complete().await.full_response;
    assert!(whole.len() > stopped.len());
    // The last word of the whole, and a word of the first part: each found once, in the text as it is now.
    for word in [whole.split_whitespace().next_back().unwrap(), stopped.split_whitespace().next().unwrap()] {
        let found = search(&server, &user, &[("q", word)]).await;
        assert_eq!(found.results.iter().map(|result| result.message_id).collect::<Vec<_>>(), [Some(answer_id)], "{word}");
    }
}
