//! Gemini's part of Google Takeout: `MyActivity.json`, where each entry has a prompt with its answer, or the page with the same content.

use super::{
    Foreign, Found, Reader, Source,
    form::{self, IMAGE},
    html,
    json::{Fields, Json},
    tree::{Node, Speaker},
    when::millis,
};

pub(super) const SOURCE: Source = Source { recognizes: |fields| fields.has("header") && fields.has("title") && fields.has("time"), read };

/// Prefixes that Takeout writes before a prompt, in some languages.
const PROMPTED: [&str; 8] =
    ["Prompted ", "Prompted: ", "Eingegebener Prompt: ", "Prompt: ", "Requête : ", "Said ", "Asked ", "Prompt eingegeben: "];

fn read(fields: &Fields<'_>, reader: &mut Reader<'_>) {
    let products = fields.get("products").elements().chain([fields.get("header")]).filter_map(Json::words);
    if !products.into_iter().any(|name| name.contains("Gemini") || name.contains("Bard")) {
        return reader.found.push(Found::Other("an activity of another Google product than Gemini".into()));
    }
    let title = fields.get("title").words().unwrap_or_default();
    let asked = PROMPTED.iter().find_map(|prefix| title.strip_prefix(prefix));
    let answers: Vec<String> = fields
        .get("safeHtmlItem")
        .values()
        .filter_map(|item| Some(html::markdown(&item.fields().get("html").words()?)))
        .filter(|answer| !answer.is_empty())
        .collect();
    if asked.is_none() && answers.is_empty() {
        return reader.found.push(Found::Empty); // a change of settings or the use of a tool, without a prompt
    }
    let at = millis(fields.get("time"));
    let question = asked.unwrap_or(&title).trim().to_owned();
    let mut texts = vec![question.clone()];
    texts.extend(fields.get("imageFile").words().map(|_| IMAGE.to_owned()));
    texts.extend(fields.get("attachedFiles").values().filter_map(Json::words).map(|name| form::missing(&name)));
    let node = |key: &str, parent: Option<&str>, who, text| Node {
        key: key.to_owned(),
        parent: parent.map(str::to_owned),
        who,
        text,
        at,
        ..Node::default()
    };
    reader.take(Foreign {
        source: "gemini",
        // The page gives times in seconds only.
        id: format!("{}/{question}", at.map_or_else(|| fields.get("time").name().unwrap_or_default(), |at| (at / 1000).to_string())),
        title: Some(form::line(&question, 60)),
        began: at,
        provider: Some("google"),
        nodes: vec![
            node("question", None, Speaker::User, texts.join("\n\n")),
            node("answer", Some("question"), Speaker::Assistant, answers.join("\n\n")),
        ],
        ..Foreign::default()
    });
}
