//! Taking conversations along: out as files, in from files.

use std::io::{Cursor, Read as _, Write as _};

use holdfast_protocol::{
    Code, ConversationId, MessageId, Role, ServerFrame, Status,
    api::{Conversation, ConversationPage, SearchPage},
    exchange::{ImportLine, ImportReport},
    frame::Chat,
};
use serde_json::{Value, json};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::support::{Server, Socket, User, fresh_id};

/// What a call gives, as bytes, with the name of the file.
async fn export(server: &Server, user: &User, path: &str) -> (String, Vec<u8>) {
    let response = server.http.get(server.url(path)).bearer_auth(user.token()).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    let name = response.headers()["content-disposition"].to_str().unwrap().to_owned();
    (name, response.bytes().await.unwrap().to_vec())
}

async fn post(server: &Server, user: &User, file: Vec<u8>) -> reqwest::Response {
    server.http.post(server.url("/api/import")).bearer_auth(user.token()).body(file).send().await.unwrap()
}

async fn import(server: &Server, user: &User, file: impl Into<Vec<u8>>) -> ImportReport {
    let response = post(server, user, file.into()).await;
    assert_eq!(response.status(), 200);
    let text = response.text().await.unwrap();
    let last = text.lines().last().unwrap();
    let ImportLine::Done(report) = serde_json::from_str(last).unwrap() else { panic!("{text}") };
    report
}

fn counts(report: &ImportReport) -> (u32, u32, u32, u32) {
    (report.added, report.grown, report.same, report.left_out)
}

async fn list(server: &Server, user: &User, shelf: &str) -> Vec<(String, ConversationId)> {
    let page: ConversationPage = server.as_user(user, "GET", &format!("/api/conversations?shelf={shelf}"), None).await.json();
    page.conversations.into_iter().map(|it| (it.title, it.id)).collect()
}

fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
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
fn tree(conversation: &Conversation) -> Vec<(Role, String, Option<String>)> {
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
async fn what_goes_out_comes_in_again_whole_elsewhere_and_never_twice() {
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
async fn chatgpt_s_export_comes_in_with_its_branches_and_grows() {
    let server = Server::start().await;
    let user = server.guest().await;
    // In a ZIP, over two files, with what is of no use here beside them.
    let (first, second) =
        (json!([chatgpt(false)]).to_string(), json!([{"title": "Other", "mapping": {"x": {"parent": null, "message": null}}}]).to_string());
    let file =
        zipped(&[("conversations-000.json", &first), ("conversations-001.json", &second), ("user.json", "{}"), ("chat.html", "<html>")]);
    let report = import(&server, &user, file.clone()).await;
    assert_eq!(
        (counts(&report), report.problems.as_slice()),
        ((1, 0, 0, 1), ["“Other” was left out: it holds no messages.".to_owned()].as_slice())
    );
    let (title, id) = list(&server, &user, "list").await.remove(0);
    let here = server.show(&user, id).await;
    assert_eq!((title.as_str(), here.summary.created_at), ("Eddies", 1_700_000_000_000));
    let question = || Some("What is an <b>eddy</b>?".to_owned());
    let answer = "Let me look.\n\nWater that turns back.".to_owned();
    let expected = [
        (Role::User, question().unwrap(), None),
        (Role::Assistant, "A whirl.".to_owned(), question()),
        (Role::Assistant, answer.clone(), question()),
        (Role::User, "Thanks".to_owned(), Some(answer)),
    ];
    assert_eq!(tree(&here), expected);
    assert_eq!(here.messages[1].model.as_deref(), Some("gpt-5"));
    assert_eq!(counts(&import(&server, &user, file).await), (0, 0, 1, 1));
    let more = json!([chatgpt(true)]).to_string();
    assert_eq!(counts(&import(&server, &user, more).await), (0, 1, 0, 0), "a later export brings what is new");
    let here = server.show(&user, id).await;
    assert_eq!(tree(&here)[4], (Role::Assistant, "You are welcome.".to_owned(), Some("Thanks".to_owned())));
    let more = server.chat(&user, json!({"content": "and on", "conversation_id": id, "model": "echo"})).await;
    assert_eq!(more.full_response, "and on");
}

#[tokio::test]
async fn claude_s_export_comes_in_and_one_bad_conversation_spoils_nothing() {
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
    assert!(report.problems[0].starts_with("“Broken” was left out") && report.problems[2].contains("no conversation of"), "{report:?}");
    let titles: Vec<String> = list(&server, &user, "list").await.into_iter().map(|(title, _)| title).collect();
    assert!(titles.contains(&"First".to_owned()) && titles.contains(&"Imported conversation".to_owned()), "{titles:?}");
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
        (b"{}".to_vec(), "no list"),
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
async fn a_file_larger_than_may_be_is_refused_before_it_is_read() {
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
async fn nobody_takes_another_s_conversations() {
    let server = Server::start().await;
    let (user, stranger) = (server.guest().await, server.guest().await);
    let id = server.chat(&user, json!({"content": "secret", "model": "echo"})).await.conversation_id;
    let reply = server.as_user(&stranger, "GET", &format!("/api/conversations/{id}/export"), None).await;
    assert_eq!((reply.status, reply.refusal().code), (404, Code::ConversationNotFound));
    let (_, all) = export(&server, &stranger, "/api/export").await;
    assert_eq!(unzipped(&all).len(), 1);
    // A file that claims another's ids makes conversations of one's own, and tells nothing of the other's.
    let (_, theirs) = export(&server, &user, "/api/export").await;
    assert_eq!(counts(&import(&server, &stranger, theirs).await), (1, 0, 0, 0));
    assert_ne!(list(&server, &stranger, "list").await[0].1, id);
    assert_eq!(server.show(&user, id).await.messages.len(), 2);
}
