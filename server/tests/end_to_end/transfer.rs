//! Taking conversations along: out as files, in from files.

use std::io::{Cursor, Read as _, Write as _};

use flate2::{Compression, write::GzEncoder};
use holdfast_protocol::{
    ApiError, Author, ClientFrame, Code, ConversationId, Message, MessageId, Reason, ServerFrame, Status, Step,
    api::{Conversation, ConversationPage, ConversationSummary, SearchPage},
    frame::Chat,
    message::{Source, Usage},
    step::{StepKind, StepState},
    transfer::{ImportLine, ImportReport},
    usage::{Cost, Currency},
};
use holdfast_providers::echo_text;
use serde_json::{Value, json};
use uuid::Uuid;
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::support::{Server, Socket, User, fresh_id};

/// What a call gives, as bytes, with the name of the file.
async fn export(server: &Server, user: &User, path: &str) -> (String, Vec<u8>) {
    let response = server.http.get(server.url(path)).bearer_auth(user.token()).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    let name = response.headers()["content-disposition"].to_str().unwrap().to_owned();
    (name, response.bytes().await.unwrap().to_vec())
}

pub async fn post(server: &Server, user: &User, file: Vec<u8>) -> reqwest::Response {
    server.http.post(server.url("/api/import")).bearer_auth(user.token()).body(file).send().await.unwrap()
}

pub async fn import(server: &Server, user: &User, file: impl Into<Vec<u8>>) -> ImportReport {
    done(post(server, user, file.into()).await).await
}

/// What comes of an import that has begun.
pub async fn done(response: reqwest::Response) -> ImportReport {
    assert_eq!(response.status(), 200);
    let text = response.text().await.unwrap();
    let last = text.lines().last().unwrap();
    let ImportLine::Done(report) = serde_json::from_str(last).unwrap() else { panic!("{text}") };
    report
}

pub fn counts(report: &ImportReport) -> (u32, u32, u32, u32) {
    (report.added, report.grown, report.same, report.left_out)
}

pub async fn list(server: &Server, user: &User, shelf: &str) -> Vec<(String, ConversationId)> {
    let page: ConversationPage = server.as_user(user, "GET", &format!("/api/conversations?shelf={shelf}"), None).await.json();
    page.conversations.into_iter().map(|it| (it.title, it.id)).collect()
}

pub fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn unzipped(bytes: &[u8]) -> Vec<(String, String)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut files = Vec::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        files.push((file.name().unwrap().into_owned(), text));
    }
    files
}

/// A tree as texts: each message with what it follows.
pub fn tree(conversation: &Conversation) -> Vec<(Author, String, Option<String>)> {
    let text = |id: Option<MessageId>| conversation.messages.iter().find(|it| Some(it.id) == id).map(|it| it.content.clone());
    conversation.messages.iter().map(|it| (it.role, it.content.clone(), text(it.parent_id))).collect()
}

/// A conversation with two answers to its first message, and an edited second one.
async fn branched(server: &Server, user: &User) -> ConversationId {
    let first = server.chat(user, json!({"content": "the tides", "model": "echo"})).await;
    let id = first.conversation_id;
    let body = json!({"answer_id": fresh_id(), "model": "echo-3-0"});
    assert_eq!(server.as_user(user, "POST", &format!("/api/messages/{}/regenerate", first.answer_id), Some(body)).await.status, 202);
    let mut socket = Socket::ready(server, &format!("/ws/conversations/{id}"), user).await;
    socket.until(|frame| matches!(frame, ServerFrame::Complete(_) | ServerFrame::Sync(_))).await;
    loop {
        let answers = server.show(user, id).await.messages;
        if answers.len() == 3 && answers.iter().all(|it| it.status != Status::Streaming) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let second = fresh_id();
    socket.chat(Chat { parent_id: Some(first.answer_id), model: Some("echo".into()), ..Chat::new(second, "and the moon") }).await;
    socket.complete().await;
    socket.chat(Chat { edits: Some(second), model: Some("echo".into()), ..Chat::new(fresh_id(), "and the sun") }).await;
    socket.complete().await;
    id
}

#[tokio::test]
async fn an_export_is_imported_completely_and_never_twice() {
    let server = Server::start().await;
    let user = server.guest().await;
    let id = branched(&server, &user).await;
    let other = server.chat(&user, json!({"content": "Ünïcode / \"quotes\" 🦀", "model": "echo"})).await.conversation_id;
    server.as_user(&user, "PATCH", &format!("/api/conversations/{id}"), Some(json!({"pinned": true}))).await;
    server.as_user(&user, "PATCH", &format!("/api/conversations/{other}"), Some(json!({"archived": true}))).await;
    let before = server.show(&user, id).await;
    assert_eq!(before.messages.len(), 7);

    let (name, markdown) = export(&server, &user, &format!("/api/conversations/{id}/export?format=md")).await;
    let markdown = String::from_utf8(markdown).unwrap();
    assert!(name.starts_with("attachment; filename=\"2") && name.contains("the tides"), "{name}");
    assert!(markdown.starts_with("# the tides\n") && markdown.contains("and the sun") && !markdown.contains("and the moon"), "{markdown}");
    let (_, one) = export(&server, &user, &format!("/api/conversations/{id}/export")).await;
    let json: Value = serde_json::from_slice(&one).unwrap();
    assert_eq!(serde_json::from_value::<Conversation>(json["conversations"][0].clone()).unwrap().messages, before.messages);

    let (name, all) = export(&server, &user, "/api/export").await;
    assert!(name.contains("holdfast.zip"), "{name}");
    let files = unzipped(&all);
    assert_eq!(files.len(), 3, "everything, and each to read");
    assert_eq!(files[0].0, "conversations.json");
    assert!(files.iter().any(|(name, text)| name.starts_with("conversations/") && name.ends_with(".md") && text.contains("🦀")));

    assert_eq!(counts(&import(&server, &user, all.clone()).await), (0, 0, 2, 0), "all of it is here");
    let stranger = server.guest().await;
    assert_eq!(counts(&import(&server, &stranger, all.clone()).await), (2, 0, 0, 0));
    assert_eq!(counts(&import(&server, &stranger, all.clone()).await), (0, 0, 2, 0));
    assert_eq!(counts(&import(&server, &stranger, one).await), (0, 0, 1, 0), "however it comes");
    let (title, copied) = list(&server, &stranger, "pinned").await.remove(0);
    assert_eq!((title.as_str(), list(&server, &stranger, "archived").await.len()), ("the tides", 1));
    assert_ne!(copied, id, "it is a conversation of their own");
    let copy = server.show(&stranger, copied).await;
    assert_eq!(tree(&copy), tree(&before));
    assert_eq!((copy.summary.created_at, copy.summary.updated_at), (before.summary.created_at, before.summary.updated_at));
    assert_eq!(
        copy.messages.iter().map(|it| (&it.model, it.status)).collect::<Vec<_>>(),
        before.messages.iter().map(|it| (&it.model, it.status)).collect::<Vec<_>>()
    );
    let found: SearchPage = server.as_user(&stranger, "GET", "/api/search?q=moon", None).await.json();
    assert_eq!(found.results.len(), 1, "what came in is found");
    let more = server.chat(&stranger, json!({"content": "and on", "conversation_id": copied})).await;
    assert_eq!(more.full_response, "and on", "and can be gone on with");

    // What was deleted comes back by it.
    assert_eq!(server.as_user(&user, "DELETE", &format!("/api/conversations/{id}"), None).await.status, 204);
    assert_eq!(counts(&import(&server, &user, all).await), (0, 1, 1, 0));
    assert_eq!(tree(&server.show(&user, id).await), tree(&before));
}

#[tokio::test]
async fn an_answer_that_was_exported_unfinished_is_completed_by_the_next_import() {
    let server = Server::start().await;
    let (user, other) = (server.guest().await, server.guest().await);
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    let message = fresh_id();
    let chat = Chat { provider: Some("builtin".into()), model: Some("echo-400-3".into()), ..Chat::new(message, "go") };
    let id = ConversationId::created_by(user.grant.user.id, message);
    socket.send(&ClientFrame::Chat(Chat { conversation_id: Some(id), ..chat })).await;
    socket.until(|frame| matches!(frame, ServerFrame::Chunk { at: 100.., .. })).await;
    let (_, half) = export(&server, &user, "/api/export").await;
    socket.until(|frame| matches!(frame, ServerFrame::Complete(_))).await;
    let (_, whole) = export(&server, &user, "/api/export").await;

    assert_eq!(counts(&import(&server, &other, half.clone()).await), (1, 0, 0, 0));
    let (_, copied) = list(&server, &other, "list").await.remove(0);
    let cut = server.show(&other, copied).await.messages.remove(1);
    assert!(cut.status == Status::Interrupted && cut.content.len() >= 100, "{cut:?}");
    assert_eq!(counts(&import(&server, &other, whole).await), (0, 1, 0, 0));
    let answer = server.show(&other, copied).await.messages.remove(1);
    assert_eq!((answer.status, answer.content), (Status::Complete, echo_text(400)));
    assert_eq!(counts(&import(&server, &other, half).await), (0, 0, 1, 0), "and never less again");
}

fn chatgpt(with_more: bool) -> Value {
    let node = |id: &str, parent: Option<&str>, role: &str, text: &str, at: f64| {
        json!({"id": id, "parent": parent, "children": [], "message": {"id": id, "author": {"role": role}, "create_time": at, "recipient": "all",
            "content": {"content_type": "text", "parts": [text]}, "metadata": {"model_slug": "gpt-5"}}})
    };
    let mut mapping = json!({
        "root": {"id": "root", "parent": null, "children": [], "message": null},
        "sys": node("sys", Some("root"), "system", "You are kind.", 1.0),
        "q": node("q", Some("sys"), "user", "What is an <b>eddy</b>?", 1_700_000_000.5),
        "a1": node("a1", Some("q"), "assistant", "A whirl.", 1_700_000_001.0),
        "a2": node("a2", Some("q"), "assistant", "Let me look.", 1_700_000_002.0),
        "tool": node("tool", Some("a2"), "tool", "{}", 1_700_000_003.0),
        "a3": node("a3", Some("tool"), "assistant", "Water that turns back.", 1_700_000_004.0),
        "q2": node("q2", Some("a3"), "user", "Thanks", 1_700_000_005.0),
    });
    if with_more {
        mapping["a4"] = node("a4", Some("q2"), "assistant", "You are welcome.", 1_700_000_006.0);
    }
    json!({"title": "Eddies", "create_time": 1_700_000_000.0, "update_time": 1_700_000_005.0, "mapping": mapping, "current_node": "q2",
        "conversation_id": "c-1", "id": "c-1", "is_archived": false})
}

#[tokio::test]
async fn chatgpt_s_export_is_imported_with_its_branches_and_updated() {
    let server = Server::start().await;
    let user = server.guest().await;
    // In a ZIP, over two files, with what is of no use here beside them.
    let (first, second) =
        (json!([chatgpt(false)]).to_string(), json!([{"title": "Other", "mapping": {"x": {"parent": null, "message": null}}}]).to_string());
    let file =
        zipped(&[("conversations-000.json", &first), ("conversations-001.json", &second), ("user.json", "{}"), ("chat.html", "<html>")]);
    let report = import(&server, &user, file.clone()).await;
    assert_eq!((counts(&report), report.empty, report.problems.len()), ((1, 0, 0, 0), 1, 0), "an empty one is counted: {report:?}");
    let (title, id) = list(&server, &user, "list").await.remove(0);
    let here = server.show(&user, id).await;
    assert_eq!((title.as_str(), here.summary.created_at), ("Eddies", 1_700_000_000_000));
    let question = || Some("What is an <b>eddy</b>?".to_owned());
    let answer = "Let me look.\n\nWater that turns back.".to_owned();
    let expected = [
        (Author::User, question().unwrap(), None),
        (Author::Assistant, "A whirl.".to_owned(), question()),
        (Author::Assistant, answer.clone(), question()),
        (Author::User, "Thanks".to_owned(), Some(answer)),
    ];
    assert_eq!(tree(&here), expected);
    assert_eq!(here.messages[1].model.as_deref(), Some("gpt-5"));
    assert_eq!(counts(&import(&server, &user, file).await), (0, 0, 1, 0));
    let more = json!([chatgpt(true)]).to_string();
    assert_eq!(counts(&import(&server, &user, more).await), (0, 1, 0, 0), "a later export brings what is new");
    let here = server.show(&user, id).await;
    assert_eq!(tree(&here)[4], (Author::Assistant, "You are welcome.".to_owned(), Some("Thanks".to_owned())));
    let more = server.chat(&user, json!({"content": "and on", "conversation_id": id, "model": "echo"})).await;
    assert_eq!(more.full_response, "and on");
}

/// The kinds of messages that ChatGPT's exports have, one after another.
#[tokio::test]
async fn all_visible_parts_of_chatgpt_s_messages_are_imported() {
    let server = Server::start().await;
    let user = server.guest().await;
    let hidden = json!({"is_visually_hidden_from_conversation": true});
    let kinds = [
        // Who, to whom, what, and what is known of it.
        json!([null]),
        json!(["system", "all", {"content_type": "text", "parts": [""]}, hidden]),
        json!(["user", "all", {"content_type": "user_editable_context", "user_profile": "A sailor", "user_instructions": "Be brief"}, hidden]),
        json!(["user", "all", {"content_type": "user_editable_context", "user_profile": "A sailor", "user_instructions": "Be brief"}, {}]),
        json!(["user", "all", {"content_type": "multimodal_text", "parts": [
                {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-1", "size_bytes": 9, "width": 3, "height": 4, "fovea": null},
                {"content_type": "audio_transcription", "text": "And what I said", "direction": "in"},
                {"content_type": "real_time_user_audio_video_asset_pointer", "audio_asset_pointer": {}},
                null, "Plot this"]},
            {"attachments": [{"id": "file-1", "name": "sea.png", "mimeType": "image/png"}, {"id": "file-2", "name": "tides.csv", "mime_type": "text/csv"}]}]),
        json!(["assistant", "all", {"content_type": "thoughts", "thoughts": [{"summary": "Plotting", "content": "Let me think"}], "source_analysis_msg_id": "x"}, {}]),
        json!(["assistant", "all", {"content_type": "reasoning_recap", "content": "Thought for 8 seconds"}, {}]),
        json!(["assistant", "all", {"content_type": "text", "parts": ["I plot it."]}, {"model_slug": "gpt-5"}]),
        json!(["assistant", "python", {"content_type": "code", "language": "unknown", "response_format_name": null, "text": "print('```')"}, {}]),
        json!(["tool", "all", {"content_type": "execution_output", "text": "```\n"}, {"aggregate_result": {}}]),
        json!(["tool", "all", {"content_type": "multimodal_text", "parts": [{"content_type": "image_asset_pointer", "asset_pointer": "sediment://f"}, "a secret of the tool"]}, {}]),
        json!(["assistant", "browser", {"content_type": "code", "language": "unknown", "text": "search(\"tides\")"}, {}]),
        json!(["tool", "all", {"content_type": "tether_browsing_display", "result": "L0: tides", "summary": null, "assets": null}, {}]),
        json!(["tool", "all", {"content_type": "tether_quote", "url": "https://e.com", "domain": "e.com", "text": "quoted", "title": "E"}, {}]),
        json!(["tool", "all", {"content_type": "system_error", "name": "tool_error", "text": "Error"}, {}]),
        json!(["assistant", "canmore.create_textdoc", {"content_type": "code", "language": "json",
            "text": "{\"name\": \"tides.py\", \"type\": \"code/python\", \"content\": \"x = 1\"}"}, {}]),
        json!(["assistant", "all", {"content_type": "text", "parts": [
                "High at noon \u{e200}cite\u{e202}turn0search0\u{e201}, low at six\u{e200}cite\u{e202}turn0search1\u{e201}."]},
            {"content_references": [{"matched_text": "\u{e200}cite\u{e202}turn0search0\u{e201}", "alt": "([e.com](https://e.com))"}, {"matched_text": " ", "alt": "never"}]}]),
        json!(["user", "all", null, {}]),
        json!(["user", "all", {"content_type": "text", "parts": null}, {}]),
        json!(["user", "all", {"content_type": "text", "parts": ["Thanks"]}, null]),
    ];
    let mut mapping = serde_json::Map::new();
    for (n, kind) in kinds.iter().enumerate() {
        let message = (!kind[0].is_null()).then(|| {
            json!({"id": format!("n{n}"), "author": {"role": kind[0], "name": null, "metadata": {}}, "create_time": 1_700_000_000.0 + n as f64,
                "recipient": kind[1], "content": kind[2], "metadata": kind[3], "status": "finished_successfully", "weight": 1.0})
        });
        let parent = (n > 0).then(|| format!("n{}", n - 1));
        mapping.insert(
            format!("n{n}"),
            json!({"id": format!("n{n}"), "parent": parent, "children": [format!("n{}", n + 1)], "message": message}),
        );
    }
    let file = json!([{"title": "Tides", "create_time": 1_700_000_000.0, "update_time": null, "mapping": mapping, "current_node": "n19",
        "moderation_results": [], "plugin_ids": null, "conversation_id": "c-2", "gizmo_id": null, "is_archived": false, "safe_urls": []}]);
    let report = import(&server, &user, file.to_string()).await;
    assert_eq!(counts(&report), (1, 0, 0, 0), "{report:?}");
    let (_, id) = list(&server, &user, "list").await.remove(0);
    let said: Vec<(Author, String)> =
        server.show(&user, id).await.messages.into_iter().map(|message| (message.role, message.content)).collect();
    let question =
        "*[an image, which is not in this file]*\n\nAnd what I said\n\nPlot this\n\n*[attached: tides.csv, which is not in this file]*";
    let answer = "I plot it.\n\n```python\nprint('```')\n```\n\n````\n```\n````\n\n*[an image, which is not in this file]*\n\n\
        **tides.py**\n\n```python\nx = 1\n```\n\nHigh at noon ([e.com](https://e.com)), low at six.";
    let expected = [(Author::User, question.to_owned()), (Author::Assistant, answer.to_owned()), (Author::User, "Thanks".to_owned())];
    assert_eq!(said, expected);
}

/// The kinds of parts that Claude's exports have.
#[tokio::test]
async fn texts_documents_and_attachments_of_claude_s_messages_are_imported() {
    let server = Server::start().await;
    let user = server.guest().await;
    let root = "00000000-0000-4000-8000-000000000000";
    let message = |uuid: &str, parent: &str, sender: &str, rest: Value| {
        let mut message = json!({"uuid": uuid, "text": "", "content": [], "sender": sender, "created_at": "2026-01-02T03:04:05.678901Z",
            "updated_at": "2026-01-02T03:04:05.678901Z", "attachments": [], "files": [], "parent_message_uuid": parent});
        message.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        message
    };
    let text =
        |text: &str| json!({"type": "text", "text": text, "start_timestamp": null, "stop_timestamp": null, "flags": null, "citations": []});
    let artifact = json!({"type": "tool_use", "name": "artifacts", "input": {"id": "a", "type": "application/vnd.ant.code", "language": "rust",
        "title": "main.rs", "command": "create", "content": "fn main() {}", "version_uuid": "v"}});
    let file = json!([{"uuid": "k1", "name": "", "summary": "", "account": {"uuid": "u"}, "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z",
    "chat_messages": [
        message("m1", root, "human", json!({"content": [text("Look")],
            "attachments": [{"file_name": "paste.txt", "file_size": 5, "file_type": "txt", "extracted_content": "a\n```\nb"}, {"file_name": "", "extracted_content": ""}],
            "files": [{"file_name": "sea.png", "file_uuid": "f"}]})),
        message("m2", "m1", "assistant", json!({"content": [
            {"type": "thinking", "thinking": "hm", "summaries": [], "cut_off": false}, text("Here:"), artifact,
            {"type": "tool_use", "name": "web_search", "input": {"query": "tides"}},
            {"type": "tool_result", "name": "web_search", "content": [{"type": "text", "text": "found"}], "is_error": false},
            {"type": "token_budget"}, text("Done.")]})),
        message("m3", "m1", "assistant", json!({"content": null, "text": "Another way", "attachments": null, "files": null})),
        message("m4", "m3", "human", json!({"content": [text("Thanks")]})),
    ]}]);
    let report = import(&server, &user, file.to_string()).await;
    assert_eq!(counts(&report), (1, 0, 0, 0), "{report:?}");
    let (_, id) = list(&server, &user, "list").await.remove(0);
    let question = "Look\n\n**paste.txt**\n\n````\na\n```\nb\n````\n\n*[attached: sea.png, which is not in this file]*".to_owned();
    let expected = [
        (Author::User, question.clone(), None),
        (Author::Assistant, "Here:\n\n**main.rs**\n\n```rust\nfn main() {}\n```\n\nDone.".to_owned(), Some(question.clone())),
        (Author::Assistant, "Another way".to_owned(), Some(question)),
        (Author::User, "Thanks".to_owned(), Some("Another way".to_owned())),
    ];
    assert_eq!(tree(&server.show(&user, id).await), expected);
}

#[tokio::test]
async fn claude_s_export_is_imported_despite_one_invalid_conversation() {
    let server = Server::start().await;
    let user = server.guest().await;
    let message = |id: &str, sender: &str, text: &str| {
        json!({"uuid": id, "sender": sender, "created_at": "2026-01-02T03:04:05.678901Z", "text": "", "attachments": [{"file_name": "tides.pdf"}],
            "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": text}]})
    };
    let good = |id: &str, name: &str| {
        json!({"uuid": id, "name": name, "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T04:00:00+01:00",
            "chat_messages": [message("m1", "human", "Hello"), message("m2", "assistant", "Hi")]})
    };
    let file = json!([good("k1", "First"), {"uuid": "k2", "name": "Broken", "chat_messages": "none"}, 7, {"odd": true}, good("k3", "")])
        .to_string();
    let report = import(&server, &user, file.clone()).await;
    assert_eq!(counts(&report), (2, 0, 0, 3), "{report:?}");
    assert!(report.problems[0].starts_with("“Broken” was left out") && report.problems[2].contains("not a conversation"), "{report:?}");
    let titles: Vec<String> = list(&server, &user, "list").await.into_iter().map(|(title, _)| title).collect();
    assert!(titles.contains(&"First".to_owned()) && titles.contains(&"Hello".to_owned()), "{titles:?}");
    let (_, id) = list(&server, &user, "list").await.into_iter().find(|(title, _)| title == "First").unwrap();
    let here = server.show(&user, id).await;
    assert_eq!(here.messages[0].content, "Hello\n\n*[attached: tides.pdf, which is not in this file]*");
    assert_eq!((here.messages[0].created_at, here.summary.updated_at), (1_767_323_045_678, 1_767_322_800_000));
    assert_eq!(here.messages[1].parent_id, Some(here.messages[0].id));

    // Cut off in the middle: what came before it is kept.
    let cut = json!([good("k8", "Kept"), good("k9", "Lost")]).to_string();
    let report = import(&server, &user, &cut.as_bytes()[..cut.len() - 40]).await;
    assert_eq!((counts(&report), report.problems[0].contains("after 1 conversations")), ((1, 0, 0, 1), true), "{report:?}");
    for (bad, word) in [
        (zipped(&[("a.txt", "x")]), "no conversations.json"),
        (b"PK\x03\x04nonsense".to_vec(), "can't be read"),
        (b"{}".to_vec(), "no conversations"),
    ] {
        let report = import(&server, &user, bad).await;
        assert!(report.problems[0].contains(word), "{report:?}");
    }
    for bad in [&b"plain text"[..], b""] {
        let response = post(&server, &user, bad.to_vec()).await;
        assert_eq!(response.status(), 400);
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_before_it_is_read() {
    let server = Server::start().await;
    let user = server.guest().await;
    // Larger than other calls may be, and none too large.
    let padded = format!("{}{{\"conversations\": []}}", " ".repeat(50));
    assert_eq!(counts(&import(&server, &user, padded).await), (0, 0, 0, 0));
    let big = format!("{{\"padding\": \"{}\", \"conversations\": []}}", "x".repeat(5 * 1024 * 1024));
    assert_eq!(counts(&import(&server, &user, big).await), (0, 0, 0, 0));
    let mut raw = tokio::net::TcpStream::connect(&server.address).await.unwrap();
    let head = format!(
        "POST /api/import HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-length: 300000000\r\n\r\n",
        server.address,
        user.token()
    );
    tokio::io::AsyncWriteExt::write_all(&mut raw, head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut raw, &mut answer).await.unwrap();
    assert_eq!(String::from_utf8(answer).unwrap(), "HTTP/1.1 413");
}

#[tokio::test]
async fn importing_never_takes_conversations_of_others() {
    let server = Server::start().await;
    let (user, stranger) = (server.guest().await, server.guest().await);
    let id = server.chat(&user, json!({"content": "secret", "model": "echo"})).await.conversation_id;
    let reply = server.as_user(&stranger, "GET", &format!("/api/conversations/{id}/export"), None).await;
    assert_eq!((reply.status, reply.api_error().code), (404, Code::ConversationNotFound));
    let (_, all) = export(&server, &stranger, "/api/export").await;
    assert_eq!(unzipped(&all).len(), 1);
    // A file that claims another's ids makes conversations of one's own, and tells nothing of the other's.
    let (_, theirs) = export(&server, &user, "/api/export").await;
    assert_eq!(counts(&import(&server, &stranger, theirs).await), (1, 0, 0, 0));
    assert_ne!(list(&server, &stranger, "list").await[0].1, id);
    assert_eq!(server.show(&user, id).await.messages.len(), 2);
}

/// A conversation in which each field of a message is used, in each way in which an answer ends.
fn with_every_field() -> Conversation {
    let id = ConversationId(Uuid::from_u128(0xc0));
    let named = |n: u128| MessageId(Uuid::from_u128(0xa0 + n));
    let fault = |code, retry_after_ms| {
        Some(ApiError {
            code,
            error: format!("{} — “why” 🦀", code.as_str()),
            retry_after_ms,
            ..Reason::ProviderFailed.with("provider", "groq").with("status", 500_u32)
        })
    };
    let usage = Some(Usage {
        input_tokens: u32::MAX,
        output_tokens: 7,
        cached_tokens: Some(5),
        reasoning_tokens: Some(3),
        estimated: true,
        cost: Some(Cost { nanos: 9, currency: Currency::parse("EUR").unwrap() }),
    });
    let source = |location: Option<&str>, score| Source {
        title: "Tides.pdf".to_owned(),
        location: location.map(str::to_owned),
        excerpt: "The *moon*\n\npulls.".to_owned(),
        score,
        ..Source::default()
    };
    let endings = [
        (Status::Complete, None, "words\r\n\twith `ends`  \n\n", usage, vec![source(Some("page 12"), 0.25), source(None, 1.0)], 0),
        (Status::Stopped, None, "half", Some(Usage::default()), vec![], 3),
        (Status::Interrupted, fault(Code::LengthLimit, None), "cut", usage, vec![], 1),
        (Status::Interrupted, fault(Code::ContentFiltered, None), "filtered", None, vec![], 0),
        (Status::Interrupted, fault(Code::Restarted, None), "restarted", None, vec![], u32::MAX),
        (Status::Interrupted, fault(Code::ProviderUnavailable, Some(90_000)), "broke", None, vec![], 0),
        (Status::Interrupted, None, "without a reason", None, vec![], 0),
        (Status::Failed, fault(Code::ContentFiltered, None), "", None, vec![], 0),
        (Status::Failed, fault(Code::ModelRefused, None), "", usage, vec![], 0),
        (Status::Failed, fault(Code::EmptyAnswer, None), "", usage, vec![], 2),
        (Status::Failed, fault(Code::ContextFull, None), "", None, vec![], 0),
        (Status::Failed, fault(Code::ProviderRefused, Some(1)), "", None, vec![source(None, 0.0)], 0),
        (Status::Failed, fault(Code::Internal, None), "", None, vec![], 0),
    ];
    let made = 1_700_000_000_000;
    let thought = Step {
        state: StepState::Done,
        content: "Tides: \u{0}the *moon*".to_owned(),
        ended_at: Some(made + 9),
        ..Step::started(0, StepKind::Reasoning, 0, made)
    };
    let called = Step {
        index: 1,
        kind: StepKind::Tool,
        after: 3,
        state: StepState::Failed,
        name: Some("moon".to_owned()),
        input: Some(serde_json::json!({"phase": ["full", 1.5, null]})),
        error: fault(Code::ToolFailed, None),
        ..thought.clone()
    };
    let steps = vec![thought, called];
    // Every field by its name: a new one has to be thought of here.
    let question = |n: u128, parent: Option<u128>, content: &str| Message {
        id: named(n),
        conversation_id: id,
        parent_id: parent.map(named),
        role: Author::User,
        content: content.to_owned(),
        status: Status::Accepted,
        provider: None,
        model: None,
        created_at: made + u64::try_from(n).unwrap(),
        rev: 1,
        at: 0,
        error: None,
        usage: None,
        sources: Vec::new(),
        steps: Vec::new(),
        attachments: Vec::new(),
        left_out: 0,
        ignored: Vec::new(),
    };
    // An edited question, and answers beside each other to the second version of it.
    let mut messages = vec![question(0, None, "first way"), question(1, None, "second way, \u{0}with odd \u{2028} characters")];
    for (n, (status, error, content, usage, sources, left_out)) in (2..).zip(endings) {
        messages.push(Message {
            role: Author::Assistant,
            status,
            provider: Some(format!("provider {n}")),
            model: (n % 2 == 0).then(|| format!("model:{n}")),
            error,
            usage,
            sources,
            steps: if n < 4 { steps.clone() } else { Vec::new() },
            left_out,
            ..question(n, Some(1), content)
        });
    }
    messages.push(question(50, Some(4), "and on"));
    messages.push(question(51, Some(4), "and on, edited"));
    Conversation {
        summary: ConversationSummary {
            id,
            title: "Every “field”".to_owned(),
            created_at: made,
            updated_at: made + 1_000,
            answering: false,
            pinned: true,
            archived: true,
            provider: Some("provider 2".to_owned()),
            model: Some("model:2".to_owned()),
            project_id: None,
        },
        cursor: 1,
        messages,
    }
}

/// A conversation without what is another in each store: ids and revisions. A message is known by when it was made.
fn without_ids(conversation: &Conversation) -> (ConversationSummary, Vec<(Message, Option<u64>)>) {
    let nil = (ConversationId(Uuid::nil()), MessageId(Uuid::nil()));
    let made = |id: MessageId| conversation.messages.iter().find(|it| it.id == id).map(|it| it.created_at);
    let messages = conversation
        .messages
        .iter()
        .map(|it| (Message { id: nil.1, conversation_id: nil.0, parent_id: None, rev: 0, ..it.clone() }, it.parent_id.and_then(made)));
    (ConversationSummary { id: nil.0, ..conversation.summary.clone() }, messages.collect())
}

#[tokio::test]
async fn every_field_of_every_message_survives_export_and_import() {
    let server = Server::start().await;
    let before = with_every_field();
    let expected = without_ids(&before);
    let mut file = json!({"conversations": [before]}).to_string().into_bytes();
    // From hand to hand: as one conversation, and as all of them.
    for path in ["/api/export".to_owned(), "one".to_owned(), "/api/export".to_owned()] {
        let user = server.guest().await;
        assert_eq!(counts(&import(&server, &user, file.clone()).await), (1, 0, 0, 0));
        let (_, id) = list(&server, &user, "archived").await.remove(0);
        let here = server.show(&user, id).await;
        let found = without_ids(&here);
        assert_eq!(found.0, expected.0);
        for (found, expected) in found.1.iter().zip(&expected.1) {
            assert_eq!(found, expected);
        }
        assert_eq!(found.1.len(), expected.1.len());
        let path = if path == "one" { format!("/api/conversations/{id}/export") } else { path };
        file = export(&server, &user, &path).await.1;
        assert_eq!(counts(&import(&server, &user, file.clone()).await), (0, 0, 1, 0), "and it is known where it came from");
    }
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[tokio::test]
async fn a_gzip_export_is_imported_like_an_uncompressed_one() {
    let mut server = Server::capped(&[]).await;
    let user = server.guest().await;
    let list = json!([{"role": "user", "content": "What are tides?"}, {"role": "assistant", "content": "The moon."}]);
    let lines =
        |from: u32| -> String { (from..from + 3).map(|n| json!({"messages": list, "title": n.to_string()}).to_string() + "\n").collect() };
    let zip = zipped(&[("conversations.json", &json!([chatgpt(false)]).to_string())]);
    let within = {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in
            [("a/x.json.gz", json!({"messages": list, "title": "within"}).to_string()), ("a/notes.txt.gz", "[1]".to_owned())]
        {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(&gzipped(text.as_bytes())).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    let joined = [gzipped(lines(0).as_bytes()), gzipped(lines(3).as_bytes())].concat();
    for (what, file, expected) in [
        ("a list", gzipped(json!([chatgpt(true)]).to_string().as_bytes()), (1, 0, 0, 0)),
        ("a ZIP", gzipped(&zip), (0, 0, 1, 0)),
        ("two that were joined", joined, (6, 0, 0, 0)),
        ("within a ZIP", within, (1, 0, 0, 0)),
    ] {
        let report = import(&server, &user, file).await;
        assert_eq!(counts(&report), expected, "{what}: {report:?}");
    }

    // What it holds is told for what it is, and what was read before it breaks off stays.
    let tar = [&b"conversations.json"[..], &[0; 239], b"ustar\x0000", &[0; 300]].concat();
    let whole = gzipped(lines(6).repeat(1_000).as_bytes());
    for (file, added, sentence) in [
        (gzipped(&gzipped(b"[]")), 0, "compressed more than once"),
        (gzipped(&tar), 0, "tar archive"),
        (gzipped(b"plain text"), 0, "neither JSON nor a ZIP"),
        (gzipped(b""), 0, "empty"),
        (vec![0x1f, 0x8b, 8, 0, 1, 2, 3], 0, "can't be unpacked"),
        (whole[..whole.len() / 2].to_vec(), 3, "can't be read any further"),
    ] {
        let report = import(&server, &user, file).await;
        assert!(report.added == added && report.problems.iter().any(|problem| problem.contains(sentence)), "{sentence}: {report:?}");
    }

    // What unfolds to a thousand times its size is read no further than a ZIP would be.
    let bomb = [gzipped(b"["), gzipped(&[b' '; 1024 * 1024]).repeat(1024)].concat();
    let report = import(&server, &user, bomb).await;
    assert!(report.problems.iter().any(|problem| problem.contains("unfolds to far more than its size")), "{report:?}");
    assert!(server.is_running() && server.peak_kib() < 256 * 1024, "{} KiB", server.peak_kib());
}
