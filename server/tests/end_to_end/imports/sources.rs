//! Exports of programs that are not among the cases, and the other ways in which those write theirs.

use holdfast_protocol::Author;
use serde_json::{Value, json};

use super::cases::{Outcome, added, no_marks, outcome, pair, said, sentence, shown};
use crate::{
    support::Server,
    transfer::{counts, import, list, zipped},
};

async fn of(server: &Server, file: &Value) -> Outcome {
    outcome(server, file.to_string().into()).await
}

/// A conversation of ChatGPT: messages that follow each other, as `(role, content, metadata)`.
fn chatgpt(id: &str, messages: &[(&str, Value, Value)]) -> Value {
    let nodes: serde_json::Map<String, Value> = messages
        .iter()
        .enumerate()
        .map(|(at, (role, content, metadata))| {
            let message = json!({"author": {"role": role}, "create_time": 1_750_000_000 + at, "content": content, "metadata": metadata, "recipient": "all"});
            (format!("n{at:03}"), json!({"parent": at.checked_sub(1).map(|at| format!("n{at:03}")), "message": message}))
        })
        .collect();
    json!({"title": id, "conversation_id": id, "create_time": 1_750_000_000, "mapping": nodes})
}

fn text(text: &str) -> Value {
    json!({"content_type": "text", "parts": [text]})
}

#[tokio::test]
async fn every_source_is_read() {
    let server = Server::capped(&[("LIMIT_SIGN_IN", "100000")]).await;
    let lobe = json!({"exportType": "all", "version": 7, "state": {
        "sessions": [{"id": "s1", "meta": {"title": "Session"}}],
        "topics": [{"id": "t1", "title": "Topic", "favorite": true, "createdAt": 1_750_000_000_000_u64}],
        "messages": [
            {"id": "1", "role": "user", "content": "in a topic", "topicId": "t1", "sessionId": "s1", "createdAt": 1_750_000_000_000_u64},
            {"id": "2", "role": "assistant", "content": "yes", "parentId": "1", "topicId": "t1", "sessionId": "s1", "extra": {"fromModel": "gpt-4o"}, "createdAt": 1_750_000_001_000_u64},
            {"id": "3", "role": "user", "content": "outside", "sessionId": "s1", "createdAt": 1_750_000_002_000_u64}]}});
    let lobed = of(&server, &lobe).await;
    assert_eq!(added(&lobed, 2), Ok(()), "{:?}", lobed.report);
    let topic = &lobed.conversations["Topic"];
    assert_eq!(said(topic), [(Author::User, "in a topic"), (Author::Assistant, "yes")]);
    assert!(topic.summary.pinned && topic.messages[1].model.as_deref() == Some("gpt-4o"));
    assert_eq!(said(&lobed.conversations["Session"]), [(Author::User, "outside")]);

    let database = json!({"mode": "pglite", "schemaHash": "x", "data": {"messages": [{"id": "1", "role": "user", "content": "hi", "topic_id": "t", "created_at": "2025-07-10T14:53:58Z"}, {"id": "2", "role": "assistant", "content": "ho", "topic_id": "t", "created_at": "2025-07-10T14:53:59Z"}], "topics": [{"id": "t", "title": "T"}]}});
    let chat_ui = json!([{"_id": {"$oid": "c1"}, "title": "Hugging", "model": "meta-llama/Llama-3", "createdAt": "2025-01-01T00:00:00Z", "messages": [
        {"id": "s", "from": "system", "content": "", "ancestors": [], "children": ["a"]},
        {"id": "a", "from": "user", "content": "hi", "ancestors": ["s"], "children": ["b"]},
        {"id": "b", "from": "assistant", "content": "<think>hm</think>ho", "ancestors": ["s", "a"], "children": []}]}]);
    let grok = json!({"conversations": [{"conversation": {"id": "g1", "title": "Grok", "create_time": "2025-03-01T00:00:00Z"}, "responses": [
        {"response": {"_id": "r1", "sender": "human", "message": "hi", "create_time": {"$date": {"$numberLong": "1740787200000"}}}},
        {"response": {"_id": "r2", "sender": "ASSISTANT", "message": "ho<grok:render type=\"citation\"><argument>1</argument></grok:render>", "model": "grok-3", "parent_response_id": "r1"}}]}], "projects": [], "tasks": []});
    let llama = json!([{"conv": {"id": "c", "name": "L", "lastModified": 1_750_000_000_000_u64, "currNode": "m2"}, "messages": [
        {"id": "m1", "convId": "c", "type": "text", "timestamp": 1_750_000_000_000_u64, "role": "user", "content": "hi", "parent": null},
        {"id": "m2", "convId": "c", "type": "text", "timestamp": 1_750_000_000_001_u64, "role": "assistant", "content": "ho", "thinking": "hm", "parent": "m1"}]}]);
    let tree = json!({"conversationId": "l", "title": "Libre", "recursive": true, "messagesTree": [{"messageId": "1", "parentMessageId": "00000000-0000-0000-0000-000000000000", "isCreatedByUser": true, "text": "hi", "children": [
        {"messageId": "2", "parentMessageId": "1", "isCreatedByUser": false, "text": "", "content": [{"type": "think", "think": "hm"}, {"type": "text", "text": {"value": "ho"}}], "children": []}]}]});
    let share_gpt = json!([{"id": "x", "conversations": [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "ho"}]}]);
    let parts = json!({"model": "gpt-4o", "messages": [{"role": "developer", "content": "be kind"}, {"role": "user", "content": [{"type": "text", "text": "hi"}]}, {"role": "assistant", "content": "ho"}]});
    let bare = json!([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]);
    let deepseek = json!([{"id": "d", "title": "Deep", "inserted_at": "2025-03-30T04:49:36.5+08:00", "mapping": {"root": {"id": "root", "parent": null, "children": ["1"], "message": null},
        "1": {"id": "1", "parent": "root", "children": ["2"], "message": {"role": "USER", "content": "hi"}}, "2": {"id": "2", "parent": "1", "message": {"role": "ASSISTANT", "content": "ho"}}}}]);
    let web_ui = json!([{"id": "w", "chat": {"title": "Web", "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]}}]);
    let gemini = json!([{"header": "Gemini-Apps", "title": "Eingegebener Prompt: hi", "time": "2025-09-01T10:00:00Z", "products": ["Gemini-Apps"], "safeHtmlItem": [{"html": "<p>ho</p>"}]}]);
    for (what, file) in [
        ("LobeChat's database", database),
        ("chat-ui", chat_ui),
        ("Grok", grok),
        ("llama.cpp", llama),
        ("LibreChat", tree),
        ("ShareGPT", share_gpt),
        ("OpenAI", parts),
        ("a list of messages", bare),
        ("DeepSeek", deepseek),
        ("Open WebUI", web_ui),
        ("Gemini", gemini),
    ] {
        let outcome = of(&server, &file).await;
        assert_eq!(pair(&outcome, "hi", "ho"), Ok(()), "{what}: {:?} {:?}", outcome.sentences(), outcome.said());
    }
    let one = &of(&server, &share_gpt_of("a", "b")).await;
    assert_eq!(pair(one, "a", "b"), Ok(()), "an object of ShareGPT by itself");
}

fn share_gpt_of(question: &str, answer: &str) -> Value {
    json!({"id": "y", "conversations": [{"from": "human", "value": question}, {"from": "gpt", "value": answer}]})
}

#[tokio::test]
async fn lines_of_json_are_conversations_or_messages() {
    let server = Server::capped(&[("LIMIT_SIGN_IN", "100000")]).await;
    let line = |text: &str| json!({"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "ok"}]}).to_string();
    let lines = outcome(&server, format!("{}\n{}\n\n{}\n", line("one"), line("two"), line("one")).into()).await;
    assert_eq!((lines.report.added, lines.report.same, lines.report.left_out), (2, 1, 0), "{:?}", lines.report);
    let message = |thread: &str, role: &str, text: &str| {
        json!({"id": format!("{thread}{role}"), "object": "thread.message", "thread_id": thread, "role": role, "content": [{"type": "text", "text": {"value": text, "annotations": []}}], "created_at": 1_750_000_000}).to_string()
    };
    let threads = [message("a", "user", "hi"), message("a", "assistant", "ho"), message("b", "user", "other")].join("\n");
    let threads = outcome(&server, threads.into()).await;
    assert_eq!(added(&threads, 2), Ok(()), "{:?}", threads.report);
    assert_eq!(said(&threads.conversations["hi"]), [(Author::User, "hi"), (Author::Assistant, "ho")]);
    // Packed as a folder, with what stands beside them.
    let zip = zipped(&[
        ("threads/a/thread.json", r#"{"id":"a","object":"thread","title":"A"}"#),
        ("threads/a/messages.jsonl", &message("a", "user", "hi")),
        ("notes.txt", "x"),
    ]);
    assert_eq!(added(&outcome(&server, zip).await, 1), Ok(()));
}

#[tokio::test]
async fn unreadable_parts_are_named() {
    let server = Server::capped(&[("LIMIT_SIGN_IN", "100000")]).await;
    for (file, words) in [
        (json!({"chunkedPrompt": {"chunks": []}, "runSettings": {}}), vec!["Google AI Studio", "can't be read yet"]),
        (json!([{"uuid": "u", "full_name": "A", "email_address": "a@example.com"}]), vec!["account", "no conversations"]),
        (json!({"anything": [1, 2]}), vec!["no conversations", "ChatGPT"]),
        (json!([7, "x", null]), vec!["no conversations"]),
        (
            json!([{"header": "YouTube", "title": "Watched x", "time": "2025-09-01T10:00:00Z", "products": ["YouTube"]}]),
            vec!["another Google product"],
        ),
    ] {
        let outcome = of(&server, &file).await;
        assert_eq!(sentence(&outcome, &words), Ok(()), "{}", outcome.sentences());
    }
    for (file, words) in [
        (&b"Rar!\x1a\x07"[..], vec!["no ZIP"]),
        (b"<html><title>ChatGPT Data Export</title>", vec!["web page", "JSON"]),
        (b"Conversation,Time\nx,y", vec!["CSV"]),
        (b"\xff\xfe", vec!["empty"]),
        (b"{\"title\": tru", vec![]),
    ] {
        let outcome = outcome(&server, file.to_vec()).await;
        assert_eq!(sentence(&outcome, &words), Ok(()), "{}", outcome.sentences());
    }
    let html = zipped(&[("Takeout/My Activity/Gemini Apps/MyActivity.html", "<html>")]);
    assert_eq!(sentence(&outcome(&server, html).await, &["Gemini", "JSON"]), Ok(()));
}

#[tokio::test]
async fn zips_in_zips_are_opened_and_other_files_skipped() {
    let server = Server::capped(&[("LIMIT_SIGN_IN", "100000")]).await;
    let conversation =
        |id: &str| json!([chatgpt(id, &[("user", text("hi"), json!({})), ("assistant", text("ho"), json!({}))])]).to_string();
    let inner = zipped(&[("conversations.json", &conversation("inner")), ("user.json", "{}")]);
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in [("report.html", &b"x"[..]), ("a/Conversations_1.zip", &inner), ("a/Files_1.zip", b"PK\x03\x04broken")] {
        std::io::Write::write_all(
            &mut {
                zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
                &mut zip
            },
            bytes,
        )
        .unwrap();
    }
    let nested = outcome(&server, zip.finish().unwrap().into_inner()).await;
    assert_eq!((nested.report.added, nested.report.left_out), (1, 1), "{:?}", nested.report);
    assert!(nested.sentences().contains("Files_1.zip"), "{}", nested.sentences());
    // A folder with one conversation in each file.
    let folder = zipped(&[
        ("a/one.json", &conversation("one")),
        ("a/two.json", &conversation("two")),
        ("a/settings.json", "{\"theme\": 1}"),
        ("a/broken.json", "{oops"),
    ]);
    let folder = outcome(&server, folder).await;
    assert_eq!((folder.report.added, folder.report.left_out), (2, 0), "{:?}", folder.report);
    for (zip, words) in
        [(zipped(&[("a.json", "{\"theme\": 1}")]), "no conversations in this ZIP"), (zipped(&[("a.txt", "x")]), "no conversations.json")]
    {
        assert_eq!(sentence(&outcome(&server, zip).await, &[words]), Ok(()));
    }
}

#[tokio::test]
async fn an_invalid_part_is_named_and_does_not_affect_the_others() {
    let server = Server::capped(&[("LIMIT_SIGN_IN", "100000")]).await;
    let long = "tide ".repeat(300_000);
    let file = json!([
        chatgpt("Long", &[("user", text(&long), json!({})), ("assistant", text("ho"), json!({}))]),
        chatgpt("Good", &[("user", text("hi"), json!({}))]),
        chatgpt("Empty", &[]),
        chatgpt("Nothing", &[("user", text("  "), json!({}))]),
        {"uuid": "c", "name": "Half", "chat_messages": [{"uuid": "m1", "sender": "human", "text": "kept", "created_at": {"odd": 1}}, 7, {"uuid": "m2", "sender": "assistant", "text": "too", "content": "odd", "attachments": 5, "files": {"a": {"file_name": "x.pdf"}}}]},
    ]);
    let odd = of(&server, &file).await;
    assert_eq!((odd.report.added, odd.report.empty, odd.report.left_out), (3, 2, 0), "{:?}", odd.report);
    let problems = odd.sentences();
    assert!(
        problems.contains("“Long” was imported without the end of 1 message")
            && problems.contains("“Half” was imported without 1 message that can't be read"),
        "{problems}"
    );
    assert_eq!(odd.report.problems.len(), 2, "{problems}");
    assert!(said(&odd.conversations["Long"])[0].1.starts_with("tide tide") && said(&odd.conversations["Long"]).len() == 2);
    assert_eq!(
        said(&odd.conversations["Half"]),
        [(Author::User, "kept"), (Author::Assistant, "odd\n\n*[attached: x.pdf, which is not in this file]*")]
    );

    // One that is larger than may be is kept as far as it goes, and what follows it as a whole.
    let huge = chatgpt("Huge", &[("user", text("hi"), json!({}))]).to_string();
    let file = format!(
        "[{},\"pad\":\"{}\"}}, {}]",
        &huge[..huge.len() - 1],
        "x".repeat(65 << 20),
        chatgpt("After", &[("user", text("hi"), json!({}))])
    );
    let outcome = outcome(&server, file.into()).await;
    assert_eq!(added(&outcome, 2), Ok(()), "{:?}", outcome.report);
    assert!(outcome.sentences().contains("“Huge” was imported without what comes after its first 64 MB"), "{}", outcome.sentences());
}

#[tokio::test]
async fn times_titles_and_current_messages_of_all_kinds_are_read() {
    let server = Server::capped(&[("LIMIT_SIGN_IN", "100000")]).await;
    let nodes = json!({"a": {"message": {"author": {"role": "user"}, "create_time": "NaN", "content": {"content_type": "text", "parts": ["# First *words*"]}}},
        "b": {"parent": "a", "message": {"author": {"role": "assistant"}, "content": {"parts": ["one"]}, "create_time": 1_750_000_000}},
        "c": {"parent": "a", "message": {"author": {"role": "assistant"}, "content": {"parts": ["two"]}, "create_time": 1_750_000_009}}});
    for current in [json!(null), json!("gone"), json!(7), json!({"x": 1}), json!("b"), json!("a"), json!("c")] {
        for (title, time) in
            [(json!(null), json!(null)), (json!(7), json!("2025-07-10")), (json!(""), json!(-1)), (json!({"a": 1}), json!("1e999"))]
        {
            let file =
                json!([{"title": title, "create_time": time, "update_time": time, "current_node": current, "id": "x", "mapping": nodes}]);
            let outcome = of(&server, &file).await;
            assert_eq!(added(&outcome, 1), Ok(()), "{file}");
            let only = outcome.only().unwrap();
            assert!(only.summary.title.contains("First"), "{}", only.summary.title);
            assert!(only.messages.iter().all(|it| it.created_at > 1_700_000_000_000), "{file}");
            let open = if current == json!("b") { "one" } else { "two" };
            assert_eq!(shown(only), ["# First *words*", open], "{file}");
        }
    }
}

#[tokio::test]
async fn marks_of_all_generations_become_words() {
    let server = Server::capped(&[("LIMIT_SIGN_IN", "100000")]).await;
    for (written, metadata, read) in [
        (
            "a【3†source】.",
            json!({"citations": [{"metadata": {"title": "T", "url": "https://t.com", "extra": {"cited_message_idx": 3}}}]}),
            "a ([T](https://t.com)).",
        ),
        ("a【11†L3-L9】 b【2:1†plan.pdf】", json!({}), "a b (plan.pdf)"),
        (
            "a \u{e200}cite\u{e202}turn0view0\u{e201}",
            json!({"content_references": [{"matched_text": "\u{e200}cite\u{e202}turn0view0\u{e201}", "alt": null, "items": [{"title": "V", "url": "https://v.com"}]}]}),
            "a ([V](https://v.com))",
        ),
        ("\u{e200}entity\u{e202}[\"city\",\"Oslo\",\"Norway\"]\u{e201} is far", json!({}), "Oslo is far"),
        ("see \u{e200}url\u{e202}this page\u{e202}https://p.com\u{e201}", json!({}), "see [this page](https://p.com)"),
        ("\u{e200}image_group\u{e202}{\"layout\":\"carousel\",\"query\":[\"x\"]}\u{e201}\nA cat.", json!({}), "\nA cat."),
        ("cut \u{e200}cite\u{e202}turn0sear", json!({}), "cut "),
    ] {
        let file = json!([chatgpt("m", &[("user", text("q"), json!({})), ("assistant", text(written), metadata)])]);
        let outcome = of(&server, &file).await;
        let answer = outcome.answers().unwrap();
        assert_eq!((answer.trim(), no_marks(&answer)), (read.trim(), Ok(())));
    }
}

#[tokio::test]
async fn gemini_s_activity_page_holds_what_its_json_holds() {
    let server = Server::capped(&[]).await;
    let user = server.guest().await;
    let cell = |title: &str, time: &str, answer: &str| {
        format!(
            "<div class=\"outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp\"><div class=\"mdl-grid\"><div class=\"header-cell mdl-cell mdl-cell--12-col\"><p class=\"mdl-typography--title\">Gemini Apps<br></p></div><div class=\"content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1\">{title}<br>{time}<br>{answer}</div><div class=\"content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1 mdl-typography--text-right\"></div><div class=\"content-cell mdl-cell mdl-cell--12-col mdl-typography--caption\"><b>Products:</b><br>&emsp;Gemini Apps<br></div></div></div>"
        )
    };
    let page = format!(
        "<html><head><title>My Activity History</title><style>{}</style></head><body><div class=\"mdl-grid\">{}{}{}{}</div></body></html>",
        "a{color:red}".repeat(2_000),
        cell(
            "Prompted&nbsp;What is a fjord?",
            "Sep 1, 2025, 1:23:45\u{202f}PM UTC",
            "<p>A <b>narrow</b> inlet.</p><pre><code class=\"language-sh\">ls &lt; a</code></pre>"
        ),
        cell("Eingegebener Prompt: Was ist<br>ein Watt?", "01.09.2025, 15:24:00 MESZ", "<ul><li>Schlick</li></ul>"),
        cell("Used an Assistant feature", "Sep 1, 2025, 1:00:00 PM UTC", ""),
        cell("Prompted One <i>that</i> is cut", "Sep 2, 2025, 1:00:00 PM UTC", "<p>half"),
    );
    for (file, counted) in
        [(page.clone().into_bytes(), (3, 0, 0, 0)), (zipped(&[("Takeout/My Activity/Gemini Apps/My Activity.html", &page)]), (0, 0, 3, 0))]
    {
        let report = import(&server, &user, file).await;
        assert_eq!((counts(&report), report.empty), (counted, 1), "{report:?}");
    }
    let json = json!([{"header": "Gemini Apps", "title": "Prompted What is a fjord?", "time": "2025-09-01T13:23:45.678Z", "products": ["Gemini Apps"],
        "safeHtmlItem": [{"html": "<p>A <b>narrow</b> inlet.</p>"}]}]);
    assert_eq!(counts(&import(&server, &user, json.to_string()).await), (0, 0, 1, 0), "the JSON has the same one");
    let of = |title: &str| {
        let (server, user, title) = (&server, &user, title.to_owned());
        async move {
            let (_, id) = list(server, user, "list").await.into_iter().find(|(it, _)| *it == title).unwrap();
            let messages = server.show(user, id).await.messages;
            (messages[0].created_at, messages.into_iter().map(|message| message.content).collect::<Vec<_>>())
        }
    };
    assert_eq!(
        of("What is a fjord?").await,
        (1_756_733_025_000, vec!["What is a fjord?".to_owned(), "A **narrow** inlet.\n\n```sh\nls < a\n```".to_owned()])
    );
    assert_eq!(of("Was ist ein Watt?").await, (1_756_733_040_000, vec!["Was ist\nein Watt?".to_owned(), "- Schlick".to_owned()]));
    assert_eq!(of("One that is cut").await.1[1], "half");

    // Of other products, and other pages: it is said what they are.
    let other = page.replace("Gemini Apps", "YouTube");
    assert_eq!(sentence(&outcome(&server, other.into_bytes()).await, &["another Google product"]), Ok(()));
    assert_eq!(sentence(&outcome(&server, b"<!doctype html><p>hello".to_vec()).await, &["web page", "JSON"]), Ok(()));
}
