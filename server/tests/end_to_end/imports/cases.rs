//! Exports of other programs as users have them: `server/tests/cases/import`. The expected results are described there in words, and
//! checked here.

use std::{collections::BTreeMap, path::PathBuf};

use holdfast_protocol::{
    ApiError, Author,
    api::Conversation,
    rules::branches::{Choices, path},
    step::{StepKind, StepState},
    transfer::ImportReport,
};

use crate::{
    support::Server,
    transfer::{done, list, post},
};

/// The result of an import.
pub struct Outcome {
    /// Why the file was refused as a whole.
    pub api_error: Option<String>,
    pub report: ImportReport,
    /// The conversations by title.
    pub conversations: BTreeMap<String, Conversation>,
}

impl Outcome {
    /// Returns all sentences of the report.
    pub fn sentences(&self) -> String {
        self.api_error.iter().chain(&self.report.problems).map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    /// Returns the only conversation.
    pub fn only(&self) -> Result<&Conversation, String> {
        match (self.conversations.len(), self.conversations.values().next()) {
            (1, Some(conversation)) => Ok(conversation),
            (count, _) => Err(format!("{count} conversations")),
        }
    }

    /// Returns author and text of the only conversation's messages, in order of creation.
    pub fn said(&self) -> Result<Vec<(Author, &str)>, String> {
        Ok(said(self.only()?))
    }

    /// Returns the answers of the only conversation.
    pub fn answers(&self) -> Result<String, String> {
        Ok(self
            .said()?
            .into_iter()
            .filter(|(role, _)| *role == Author::Assistant)
            .map(|(_, text)| text)
            .collect::<Vec<_>>()
            .join("\n---\n"))
    }

    /// Returns all text of all conversations.
    /// What the models thought.
    fn thoughts(&self) -> Vec<String> {
        let steps = self.conversations.values().flat_map(|conversation| conversation.messages.iter().flat_map(|it| &it.steps));
        steps.filter(|step| step.kind == StepKind::Reasoning && step.state == StepState::Done).map(|step| step.content.clone()).collect()
    }

    fn text(&self) -> String {
        let texts = self.conversations.values().flat_map(|conversation| conversation.messages.iter().map(|it| it.content.as_str()));
        texts.collect::<Vec<_>>().join("\n---\n")
    }
}

pub fn said(conversation: &Conversation) -> Vec<(Author, &str)> {
    conversation.messages.iter().map(|message| (message.role, message.content.as_str())).collect()
}

/// Returns the path that is shown at first.
pub fn shown(conversation: &Conversation) -> Vec<&str> {
    path(&conversation.messages, &Choices::default()).into_iter().map(|step| step.message.content.as_str()).collect()
}

/// Imports a file as a new user.
pub async fn outcome(server: &Server, file: Vec<u8>) -> Outcome {
    let user = server.guest().await;
    let response = post(server, &user, file).await;
    if response.status() != 200 {
        let api_error: ApiError = serde_json::from_slice(&response.bytes().await.expect("all of it")).expect("a refusal");
        return Outcome { api_error: Some(api_error.error), report: ImportReport::default(), conversations: BTreeMap::new() };
    }
    let report = done(response).await;
    let mut conversations = BTreeMap::new();
    for (title, id) in list(server, &user, "list").await {
        conversations.insert(title, server.show(&user, id).await);
    }
    Outcome { api_error: None, report, conversations }
}

type Checked = Result<(), String>;

pub fn must(is_so: bool, what: &str) -> Checked {
    if is_so { Ok(()) } else { Err(what.to_owned()) }
}

/// Checks that this many conversations are new, and nothing was left out.
pub fn added(outcome: &Outcome, count: u32) -> Checked {
    must((outcome.report.added, outcome.report.left_out) == (count, 0), &format!("{count} added, nothing left out"))
}

/// Checks that the file was refused with these words, without a position in the JSON.
pub fn sentence(outcome: &Outcome, words: &[&str]) -> Checked {
    let told = outcome.sentences();
    must(outcome.report.added == 0 && !told.is_empty(), "nothing is taken, and it is said why")?;
    words.iter().try_for_each(|word| must(told.contains(word), &format!("it says {word}")))?;
    must(!told.contains(" column "), "no place in the JSON")
}

/// Checks that there are two messages, a question and an answer.
pub fn pair(outcome: &Outcome, question: &str, answer: &str) -> Checked {
    added(outcome, 1)?;
    must(outcome.said()? == [(Author::User, question), (Author::Assistant, answer)], &format!("{question} – {answer}"))
}

/// Checks that no citation marks of ChatGPT are left.
pub fn no_marks(text: &str) -> Checked {
    let mark = |c: char| ('\u{e000}'..='\u{f8ff}').contains(&c) || matches!(c, '【' | '】' | '†');
    must(!text.contains(mark), "no marks")
}

/// Checks a file with one invalid field: both conversations are there, with everything that can be read.
fn odd(outcome: &Outcome) -> Checked {
    must(outcome.report.added == 2, "both conversations")?;
    let odd = outcome.conversations.iter().find(|(title, _)| title.starts_with("Odd")).ok_or("the odd one has its title")?.1;
    must(said(odd)[0].0 == Author::User && said(odd)[0].1.starts_with("the question"), "the question")?;
    let answer = said(odd).last().copied();
    must(answer.is_some_and(|(role, text)| role == Author::Assistant && text.starts_with("the answer")), "the answer")?;
    must(odd.messages.iter().all(|message| message.created_at > 1_600_000_000_000), "not of 1970")
}

/// Checks the result of a file.
fn check(file: &str, outcome: &Outcome) -> Checked {
    let report = &outcome.report;
    match file {
        "a01-newest-no-metadata.json" => {
            pair(outcome, "How high is the tower?", "It is 57 metres high.")?;
            must(outcome.only()?.messages[1].model.as_deref() == Some("gpt-5-thinking"), "the default model")
        }
        "a02-numbered.zip" => added(outcome, 3),
        "a03-privacy-portal.zip" => added(outcome, 3),
        "a04-null-times-title.json" => {
            pair(outcome, "No dates here", "None at all")?;
            let only = outcome.only()?;
            must(only.summary.title == "No dates here", "a title")?;
            let times = only.messages.iter().map(|it| it.created_at).chain([only.summary.created_at, only.summary.updated_at]);
            must(times.into_iter().all(|at| at > 1_600_000_000_000), "not of 1970")
        }
        "a05-circle-orphan.json" => {
            let texts = outcome.text();
            let all = ["first of circle", "second of circle", "orphan question", "orphan answer"];
            must(all.iter().all(|text| texts.contains(text)), "all four")
        }
        "a05b-only-circle.json" => must(["alpha", "beta"].iter().all(|text| outcome.text().contains(text)), "both"),
        "a06-current-node.json" | "a06b-current-node-later.json" => {
            must(shown(outcome.only()?) == ["Name a colour", "blue", "Why blue?", "Because of the sky"], "the path that was open")
        }
        "a06c-current-node-leaf.json" => must(shown(outcome.only()?) == ["Name a colour", "blue"], "the answer that was open"),
        "a07-code-run.json" => {
            added(outcome, 1)?;
            let answer = outcome.answers()?;
            must(outcome.said()?.len() == 2, "one answer")?;
            ["print((1+2+3)/3)", "2.0", "The mean is 2.", "image"]
                .iter()
                .try_for_each(|word| must(answer.contains(word), &format!("it has {word}")))
        }
        "a08-voice-images.json" => {
            added(outcome, 1)?;
            let said = outcome.said()?;
            let has = |at: usize, words: &[&str]| words.iter().all(|word| said.get(at).is_some_and(|(_, text)| text.contains(word)));
            must(said.len() == 4, "two and two")?;
            must(has(0, &["image", "What is on it?", "notes.pdf"]), "picture and file")?;
            must(has(2, &["And now I am speaking."]), "what was spoken")?;
            must(has(3, &["I can hear you.", "image"]), "what was heard, and the picture")
        }
        "a09-thoughts.json" => {
            pair(outcome, "Is 91 prime?", "No: 7 · 13.")?;
            must(!outcome.text().contains("7*13"), "the thinking is not in the text")?;
            must(outcome.thoughts() == ["**Dividing**\n\n7*13=91"], "it is a step")
        }
        "a10-old-citations.json" => {
            added(outcome, 1)?;
            let answer = outcome.answers()?;
            no_marks(&answer)?;
            must(answer.starts_with("It was built in 1900") && answer.contains(" by a guild") && answer.ends_with('.'), "the sentence")?;
            must(answer.contains("](https://example.com/tower)"), "the source")
        }
        "a11-new-citations.json" => {
            added(outcome, 1)?;
            let answer = outcome.answers()?;
            no_marks(&answer)?;
            must(answer.contains("says A. Smithson. More "), "the name")?;
            must(answer.contains("[Iron](https://example.com/iron)"), "the link")?;
            must(answer.contains("[Ghost](https://example.com/ghost)"), "the link that only the results tell")?;
            must(answer.contains("and a marked span ends. Ghost "), "the span, with its spaces")
        }
        "a12-canvas.json" => {
            added(outcome, 1)?;
            let answers = outcome.answers()?;
            ["Letter", "Dear all,\n\nhello.", "I wrote the letter.", "Done."]
                .iter()
                .try_for_each(|word| must(answers.contains(word), &format!("it has {word}")))?;
            must(!answers.contains("Successfully") && !answers.contains("pattern"), "nothing of the tool")
        }
        _ if file.starts_with("a13-") => odd(outcome),
        "a14-custom-system.json" => pair(outcome, "hello", "hi"),
        "a16-claude-blocks.json" => claude_blocks(outcome),
        "a18-claude-empty-name.json" => {
            added(outcome, 1)?;
            must(report.problems.is_empty(), "no problem")?;
            must(outcome.only()?.summary.title == "A question that could be a title", "a title from the question")
        }
        "a19-claude-manifest.json" => sentence(outcome, &["conversations-000.zip"]),
        "a20-claude-projects.json" => sentence(outcome, &["no conversations"]),
        "a20b-claude.zip" => added(outcome, 1),
        "a21-openwebui.json" => {
            added(outcome, 1)?;
            let only = outcome.only()?;
            let models: Vec<&str> = only.messages.iter().filter_map(|message| message.model.as_deref()).collect();
            must(only.messages.len() == 4 && models == ["llama3.2:latest", "qwen3"], "four messages, two versions, models")?;
            must(shown(only) == ["Name a river", "The Elbe.", "Another"], "without the thinking")?;
            must(outcome.thoughts().iter().any(|thought| thought == "rivers"), "which is a step")
        }
        "a22-librechat.json" => pair(outcome, "Hello", "Hi there"),
        "a25-jan.jsonl" => pair(outcome, "hey", "yo"),
        "a26-gemini-takeout.json" => pair(outcome, "What is a fjord?", "A fjord is an inlet."),
        "a26b-gemini.html" => {
            pair(outcome, "What is a fjord?", "A fjord is an inlet.")?;
            must(outcome.only()?.messages[0].created_at == 1_756_684_800_000, "its day")
        }
        "a27-deepseek.json" => {
            pair(outcome, "Why is the sea salty?", "Rivers bring salt.")?;
            must(outcome.only()?.messages[0].created_at == 1_743_281_377_018, "its time")
        }
        "a29-openai-messages.json" | "a29b-llamacpp.json" => pair(outcome, "Hi", "Hello"),
        "a30a-bom.json" | "a30b-utf16.json" | "a30h-lone-surrogate.json" | "a30i-nan.json" | "a30j-dup-key.json" => added(outcome, 3),
        "a30c-truncated.json" => must(report.added == 2 && report.problems.len() == 1, "two, and one problem"),
        "a30d-gzip.json.gz" => added(outcome, 3),
        "a30e-trailing-comma.json" => must(report.added == 3 && report.problems.len() == 1, "three, and one problem"),
        "a30g-single-conversation.json" => added(outcome, 1),
        "a30k-deep.json" => must(report.added >= 3, "the others are kept"),
        "a30l-empty.json" => sentence(outcome, &["empty"]),
        "a30m-emptylist.json" => sentence(outcome, &["no conversations"]),
        "a31-image-reply.json" => {
            added(outcome, 1)?;
            let said = outcome.said()?;
            must(said.len() == 2 && said[0].0 == Author::User && said[0].1.contains("image"), "a line for the picture")?;
            must(said[1] == (Author::Assistant, "A cat."), "the answer")
        }
        "a32-system-error.json" => pair(outcome, "Browse", "Found it."),
        "a33-no-parents-folder-pinned.json" => {
            must(report.added == 3, "three")?;
            let conversation = |title: &str| outcome.conversations.get(title).ok_or(title.to_owned());
            must(shown(conversation("No parents")?) == ["q1", "r1", "q2", "r2"], "told by the children alone")?;
            must(conversation("No children")?.messages.len() == 2 && conversation("Pinned")?.summary.pinned, "pinned")
        }
        other => Err(format!("no check for {other}")),
    }
}

fn claude_blocks(outcome: &Outcome) -> Checked {
    added(outcome, 1)?;
    let text = outcome.text();
    for word in [
        "Look at these",
        "PASTED TEXT",
        "photo.png",
        "I made a page.",
        "<h1>Hi</h1>",
        "https://example.com/report",
        "<h1>Hello all</h1>",
        "all the notes",
        "notes.md",
        "ATTACHMENT ONLY",
    ] {
        must(text.contains(word), &format!("it has {word}"))?;
    }
    must(text.matches("PASTED TEXT").count() == 1 && text.matches("paste.txt").count() == 1, "what was pasted, once")?;
    must(!text.contains("SECRET") && !text.contains("INJECTED") && !text.contains("not supported"), "nothing that was not shown")?;
    must(outcome.only()?.messages.len() == 8, "eight messages")
}

#[tokio::test]
async fn exports_of_other_programs_are_imported_as_expected() {
    let server = Server::capped(&[("LIMIT_SIGN_IN", "100000")]).await;
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/import");
    let expected: BTreeMap<String, String> =
        serde_json::from_str(&std::fs::read_to_string(folder.join("expected.json")).expect("there is one")).expect("it is JSON");
    let mut wrong = Vec::new();
    let mut files: Vec<String> =
        std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect();
    files.retain(|file| file != "expected.json");
    files.sort();
    for file in &files {
        let right = expected.get(file).unwrap_or_else(|| panic!("{file} has no line in expected.json"));
        let outcome = outcome(&server, std::fs::read(folder.join(file)).unwrap()).await;
        if let Err(what) = check(file, &outcome) {
            let all: Vec<_> = outcome.conversations.iter().map(|(title, it)| (title, said(it))).collect();
            wrong.push(format!("{file}: {right}\n  not so: {what}\n  {:?} {:?}\n  {all:?}", outcome.api_error, outcome.report));
        }
    }
    assert_eq!(files.len(), expected.len(), "each line of expected.json has its file");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
