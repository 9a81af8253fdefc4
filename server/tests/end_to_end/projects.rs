//! Projects: what they decide about the answers in their conversations.

use holdfast_protocol::{
    Reason,
    api::{ChatReply, ConversationPage, ConversationSummary},
    files::FileInfo,
    projects::{Project, ProjectList},
    settings::{Level, SettingsInfo},
};
use serde_json::{Value, json};

use crate::{
    files::send_form,
    materials::read,
    support::{Server, User},
};

async fn add(server: &Server, user: &User, body: Value) -> Project {
    let reply = server.as_user(user, "POST", "/api/projects", Some(body)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()
}

#[tokio::test]
async fn a_project_decides_the_model_and_the_settings_of_its_conversations() {
    let server = Server::start().await;
    let user = server.member("Ada").await;
    let project = add(&server, &user, json!({"name": " Thesis ", "settings": {"seed": 5}, "model": "echo"})).await;
    assert_eq!(project.name, "Thesis");
    let path = format!("/api/projects/{}", project.id);

    // A conversation that begins in the project, and one that is moved into it.
    let first: ChatReply = server.chat(&user, json!({"content": "hello", "project_id": project.id})).await;
    assert!(first.full_response.contains("hello"), "{first:?}");
    let other: ChatReply = server.chat(&user, json!({"content": "another", "model": "echo"})).await;
    let path_of_other = format!("/api/conversations/{}", other.conversation_id);
    let moved = server.as_user(&user, "PATCH", &path_of_other, Some(json!({"project_id": project.id}))).await;
    assert_eq!(moved.json::<ConversationSummary>().project_id, Some(project.id));
    let list: ConversationPage = server.as_user(&user, "GET", &format!("/api/conversations?project_id={}", project.id), None).await.json();
    let ids: Vec<_> = list.conversations.iter().map(|it| it.id).collect();
    assert_eq!(ids, [other.conversation_id, first.conversation_id]);
    let settings = format!("/api/conversations/{}/settings", other.conversation_id);
    let info: SettingsInfo = server.as_user(&user, "GET", &settings, None).await.json();
    assert_eq!((info.effective.seed, info.from.get("seed"), info.project.as_deref()), (Some(5), Some(&Level::Project), Some("Thesis")));

    // `null` takes a value back, an absent field stays.
    let changed: Project =
        server.as_user(&user, "PATCH", &path, Some(json!({"model": null, "archived": true, "settings": {"seed": null}}))).await.json();
    assert_eq!((changed.name.as_str(), changed.model, changed.archived, changed.settings.seed), ("Thesis", None, true, None));
    assert_eq!(changed.conversations, 2);

    // Removed and restored, its conversations are in it again.
    assert_eq!(server.as_user(&user, "DELETE", &path, None).await.status, 204);
    let gone = server.as_user(&user, "GET", &path, None).await;
    assert!(gone.status == 404 && gone.api_error().is(Reason::ProjectNotFound), "{}", gone.text);
    assert!(server.as_user(&user, "GET", "/api/projects", None).await.json::<ProjectList>().projects.is_empty());
    let list: ConversationPage = server.as_user(&user, "GET", "/api/conversations", None).await.json();
    assert!(list.conversations.len() == 2 && list.conversations.iter().all(|it| it.project_id.is_none()), "{list:?}");
    let restored: Project = server.as_user(&user, "POST", &format!("{path}/restore"), None).await.json();
    assert_eq!(restored.conversations, 2);
    let out = json!({"project_id": null});
    let out = server.as_user(&user, "PATCH", &format!("/api/conversations/{}", first.conversation_id), Some(out)).await;
    assert_eq!(out.json::<ConversationSummary>().project_id, None);
}

#[tokio::test]
async fn a_project_of_somebody_else_takes_no_conversation_and_no_file() {
    let server = Server::start().await;
    let (ada, bob) = (server.member("Ada").await, server.member("Bob").await);
    let project = add(&server, &ada, json!({"name": "Thesis"})).await;
    let mine: ChatReply = server.chat(&bob, json!({"content": "hello", "model": "echo"})).await;
    let path = format!("/api/conversations/{}", mine.conversation_id);
    let refused = server.as_user(&bob, "PATCH", &path, Some(json!({"project_id": project.id}))).await;
    assert!(refused.status == 404 && refused.api_error().is(Reason::ProjectNotFound), "{}", refused.text);
    let begun =
        server.as_user(&bob, "POST", "/api/chat", Some(json!({"content": "hello", "project_id": project.id, "model": "echo"}))).await;
    assert!(begun.api_error().is(Reason::ProjectNotFound), "{}", begun.text);
    let file: FileInfo = send_form(&server, &ada, "notes.md", "text/markdown", b"# Notes").await.json();
    let refused = server.as_user(&bob, "POST", "/api/projects", Some(json!({"name": "Mine", "file_ids": [file.id]}))).await;
    assert_eq!(refused.status, 404);
    for name in ["", "  ", "a\nb"] {
        assert_eq!(server.as_user(&bob, "POST", "/api/projects", Some(json!({"name": name}))).await.status, 400, "{name:?}");
    }
}

#[tokio::test]
async fn conversations_of_a_project_are_answered_from_its_files() {
    let server = Server::start().await;
    let user = server.member("Ada").await;
    let text = "# Enzymes\n\nIsocitrate dehydrogenase releases carbon dioxide.\n";
    let file: FileInfo = send_form(&server, &user, "Enzymes.md", "text/markdown", text.as_bytes()).await.json();
    read(&server, &user, file.id).await;
    let project = add(&server, &user, json!({"name": "Biology", "file_ids": [file.id, file.id], "model": "quote"})).await;
    assert_eq!(project.file_ids, [file.id]);
    let question = "Which enzyme releases carbon dioxide?";
    let reply: ChatReply = server.chat(&user, json!({"content": question, "project_id": project.id})).await;
    assert!(reply.sources.iter().any(|source| source.used && source.file_id == Some(file.id)), "{reply:?}");
    let outside: ChatReply = server.chat(&user, json!({"content": question, "model": "quote"})).await;
    assert!(outside.sources.iter().all(|source| source.file_id.is_none()), "{outside:?}");
    // A removed file is no file of the project any more.
    assert_eq!(server.as_user(&user, "DELETE", &format!("/api/files/{}", file.id), None).await.status, 204);
    let project: Project = server.as_user(&user, "GET", &format!("/api/projects/{}", project.id), None).await.json();
    assert!(project.file_ids.is_empty());
}
