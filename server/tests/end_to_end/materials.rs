//! From an uploaded file to a cited answer: reading, search, quotes with their places (rows 41, 44, 46 and 48 of the failure cases).

use std::time::Duration;

use holdfast_protocol::{
    Code, FileId,
    api::{ChatReply, Conversation, SearchPage},
    files::{FileInfo, FileState},
    materials::Page,
};
use serde_json::json;

use crate::{
    files::{send_form, upload},
    support::{Server, User, server::Reply},
};

const CYCLE: &str = "# Citric acid cycle\n\nThe cycle oxidises acetyl groups.\n\n## Oxidative decarboxylation\n\n\
    Isocitrate dehydrogenase catalyses the oxidative decarboxylation of isocitrate, releasing carbon dioxide and reducing NAD. \
    The product remains bound until the second proton has left.\n\n## Regulation\n\nThe yeast enzyme is an octamer of two kinds of subunit. \
    In mammals the heterotetramer is found only in the matrix.\n\n## Rechnung\n\nDie Energiebilanz ergibt zehn Moleküle ATP.\n";

/// Waits until a file is read.
pub async fn read(server: &Server, user: &User, id: FileId) -> FileInfo {
    for _ in 0..3_000 {
        let file: FileInfo = server.as_user(user, "GET", &format!("/api/files/{id}"), None).await.json();
        if matches!(file.state, FileState::Ready | FileState::Failed) {
            return file;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the file is not read within 30 s");
}

async fn lecture(server: &Server, user: &User) -> FileInfo {
    let sent = send_form(server, user, "Lecture 7.md", "text/markdown", CYCLE.as_bytes()).await;
    let file = read(server, user, sent.json::<FileInfo>().id).await;
    assert_eq!(file.state, FileState::Ready, "{file:?}");
    file
}

async fn ask(server: &Server, user: &User, question: &str, files: &[FileId]) -> Reply {
    server.as_user(user, "POST", "/api/chat", Some(json!({"content": question, "attachments": files, "model": "quote"}))).await
}

#[tokio::test]
async fn a_question_about_a_file_is_answered_with_its_words_and_where_they_are() {
    let server = Server::start().await;
    let (user, other) = (server.member("Ada").await, server.member("Bob").await);
    let file = lecture(&server, &user).await;
    assert!(file.pages.is_some() && file.problems.is_empty(), "{file:?}");
    let first: Page = server.as_user(&user, "GET", &format!("/api/files/{}/pages/1", file.id), None).await.json();
    assert!(first.text.contains("acetyl groups"), "{first:?}");

    let reply: ChatReply = ask(&server, &user, "Which enzyme releases carbon dioxide?", &[file.id]).await.json();
    let used: Vec<_> = reply.sources.iter().filter(|source| source.used).collect();
    assert!(!used.is_empty() && used.iter().all(|source| source.file_id == Some(file.id) && source.title == "Lecture 7.md"), "{reply:?}");
    let cited = used.iter().find(|source| source.quote.as_ref().is_some_and(|quote| quote.contains("releasing carbon dioxide")));
    let cited = cited.unwrap_or_else(|| panic!("{reply:?}"));
    assert!(reply.full_response.contains(&format!("[{}]", cited.n)) && cited.page.is_some() && cited.score > 0.0, "{reply:?}");
    // Every passage that was given is there, used or not.
    assert!(reply.sources.iter().zip(1..).all(|(source, n)| source.n == n));

    // The message says what was attached, and the next question is about the same file.
    let path = format!("/api/conversations/{}", reply.conversation_id);
    let conversation: Conversation = server.as_user(&user, "GET", &path, None).await.json();
    assert_eq!(conversation.messages[0].attachments[0].name, "Lecture 7.md");
    let body = json!({"content": "What of the octamer?", "conversation_id": reply.conversation_id, "model": "quote"});
    let next: ChatReply = server.as_user(&user, "POST", "/api/chat", Some(body)).await.json();
    assert!(next.full_response.contains("The yeast enzyme is an octamer"), "{next:?}");
    let nothing: ChatReply = ask(&server, &user, "When did Lübeck join the Hanseatic League?", &[file.id]).await.json();
    assert!(nothing.full_response.contains("Nothing in them fits") && nothing.sources.iter().all(|source| !source.used), "{nothing:?}");

    // Another user's files do not exist, for whatever they are named.
    let refused = ask(&server, &other, "Which enzyme?", &[file.id]).await;
    assert_eq!((refused.status, refused.api_error().code), (404, Code::NotFound));
    let found = server.as_user(&other, "GET", &format!("/api/search?in=materials&q=enzyme&files={}", file.id), None).await;
    assert_eq!(found.json::<SearchPage>().sources, []);

    // What was quoted stays when the file is gone.
    assert_eq!(server.as_user(&user, "DELETE", &format!("/api/files/{}", file.id), None).await.status, 204);
    let conversation: Conversation = server.as_user(&user, "GET", &path, None).await.json();
    assert_eq!(conversation.messages[1].sources, reply.sources);
    assert_eq!(server.as_user(&user, "GET", "/api/search?in=materials&q=enzyme", None).await.json::<SearchPage>().sources, []);
}

#[tokio::test]
async fn passages_and_files_are_switched_off() {
    let server = Server::start().await;
    let user = server.member("Ada").await;
    let file = lecture(&server, &user).await;
    let first: ChatReply = ask(&server, &user, "Which enzyme releases carbon dioxide?", &[file.id]).await.json();
    let cited = first.sources.iter().find(|source| source.used).unwrap_or_else(|| panic!("{first:?}")).clone();

    let again = async |model: &str, settings: serde_json::Value| {
        let question = "Which enzyme releases carbon dioxide?";
        let body = json!({"content": question, "conversation_id": first.conversation_id, "model": model, "settings": settings});
        server.as_user(&user, "POST", "/api/chat", Some(body)).await
    };
    let without: ChatReply = again("quote", json!({"without_passages": [{"answer_id": first.answer_id, "n": cited.n}]})).await.json();
    assert!(without.sources.len() == first.sources.len() - 1, "{without:?}");
    assert!(without.sources.iter().zip(1..).all(|(source, n)| source.n == n && source.excerpt != cited.excerpt), "{without:?}");
    assert!(!without.full_response.contains("releasing carbon dioxide"), "{without:?}");

    let of_others: ChatReply = again("echo", json!({"materials": [uuid::Uuid::from_u128(7)]})).await.json();
    let from_knowledge: ChatReply = again("echo", json!({"materials": []})).await.json();
    for reply in [of_others, from_knowledge] {
        assert!(reply.sources.iter().all(|source| source.file_id.is_none()), "{reply:?}");
    }
    let narrowed: ChatReply = again("echo", json!({"materials": [file.id]})).await.json();
    assert_eq!(narrowed.sources.len(), first.sources.len());

    let refused = again("echo", json!({"materials": vec![file.id; 101]})).await;
    assert!(refused.status == 400 && refused.api_error().reason == "settings_invalid");
}

#[tokio::test]
async fn materials_are_found_by_any_word_best_first() {
    let server = Server::start().await;
    let user = server.member("Ada").await;
    let file = lecture(&server, &user).await;
    let filler: String = (0..400).map(|n| format!("Paragraph {n} is about the weather of day {n}.\n\n")).collect();
    let weather = send_form(&server, &user, "weather.txt", "text/plain", filler.as_bytes()).await.json::<FileInfo>();
    read(&server, &user, weather.id).await;
    let find = async |q: &str, more: &str| {
        let reply = server.as_user(&user, "GET", &format!("/api/search?in=materials&q={q}{more}"), None).await;
        reply.json::<SearchPage>().sources
    };
    let found = find("which%20octamer%20is%20in%20yeast", "").await;
    assert!(found[0].file_id == Some(file.id) && found[0].score == 1.0 && found[0].excerpt.contains("octamer"), "{found:?}");
    // A part of a compound word.
    assert!(find("Bilanz", "").await[0].excerpt.contains("Energiebilanz"));
    assert!(find("octamer", &format!("&files={}", weather.id)).await.is_empty());
    assert!(!find("weather", "").await.is_empty() && find("", "").await.is_empty());
}

#[tokio::test]
async fn reading_goes_on_behind_the_last_page_after_a_crash() {
    let mut server = Server::start().await;
    let user = server.member("Ada").await;
    let text: String = (0..40_000).map(|n| format!("Line {n} says what line {n} says, and nothing else.\n")).collect();
    let file = upload(&server, &user, "long.txt", text.as_bytes()).await;
    let mut kills = 0;
    for _ in 0..2_000 {
        let now: FileInfo = server.as_user(&user, "GET", &format!("/api/files/{}", file.id), None).await.json();
        if now.state == FileState::Ready {
            break;
        }
        if now.page.unwrap_or(0) > kills * 3 && kills < 3 {
            kills += 1;
            server.kill();
            tokio::time::sleep(Duration::from_millis(1)).await;
            server.start_again();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let file = read(&server, &user, file.id).await;
    let (mut all, pages) = (String::new(), file.pages.unwrap());
    for page in 1..=pages {
        let read: Page = server.as_user(&user, "GET", &format!("/api/files/{}/pages/{page}", file.id), None).await.json();
        assert_eq!(read.number, page);
        all.push_str(read.text.trim_end());
        all.push('\n');
    }
    assert_eq!(all.lines().filter(|line| line.starts_with("Line ")).count(), 40_000, "nothing is missing, and nothing twice");
    assert!(kills > 0);
}
