//! Open WebUI's export of chats.

use super::{
    Foreign, Reader, Source,
    form::{self, IMAGE, Text},
    json::{Fields, Json},
    messages::{self, text_of},
    tree::Node,
    when::millis,
};

pub(super) const SOURCE: Source = Source {
    recognizes: |fields| {
        let chat = fields.get("chat").fields();
        chat.has("history") || chat.get("messages").is_list()
    },
    read,
};

fn read(fields: &Fields<'_>, reader: &mut Reader<'_>) {
    let chat = fields.get("chat").fields();
    let history = chat.get("history").fields();
    let mut foreign = Foreign {
        source: "open-webui",
        id: fields.get("id").name().or_else(|| chat.get("id").name()).unwrap_or_default(),
        title: fields.get("title").words().or_else(|| chat.get("title").words()),
        began: millis(fields.get("created_at")).or_else(|| millis(chat.get("timestamp"))),
        changed: millis(fields.get("updated_at")),
        pinned: fields.get("pinned").is_true(),
        archived: fields.get("archived").is_true(),
        model: chat.get("models").elements().next().and_then(Json::words),
        current: history.first(&["currentId", "current_id"]).name(),
        ..Foreign::default()
    };
    for (key, message) in history.get("messages").entries() {
        foreign.take(node(key.into_owned(), message, None));
    }
    if foreign.nodes.is_empty() {
        let mut before = None;
        for (at, message) in chat.get("messages").elements().enumerate() {
            let key = message.fields().get("id").name().unwrap_or_else(|| format!("#{at}"));
            foreign.take(node(key.clone(), message, before.replace(key)));
        }
    }
    foreign.nodes.sort_by(|one, other| one.key.cmp(&other.key));
    reader.take(foreign);
}

fn node(key: String, message: Json<'_>, before: Option<String>) -> Option<Node> {
    if !message.is_object() {
        return None;
    }
    let fields = message.fields();
    // Reasoning and tool calls are in `details` elements in the text.
    let mut text = text_of(&fields);
    let mut thoughts = Text::default();
    thoughts.extend(form::inside(&text, "<details type=\"reasoning\"", "</details>").into_iter().map(thought));
    for kind in ["reasoning", "tool_calls"] {
        text = form::without(&text, &format!("<details type=\"{kind}\""), "</details>");
    }
    let mut texts = Text::default();
    let (thought, answer) = form::split_thought(&text);
    thoughts.push(thought);
    texts.push(answer.trim());
    for file in fields.get("files").values() {
        let file = file.fields();
        if file.get("type").string().as_deref() == Some("image") {
            texts.push(IMAGE);
        } else {
            let name = file.get("name").words().or_else(|| file.get("file").fields().first(&["filename", "name"]).words());
            texts.extend(name.map(|name| form::missing(&name)));
        }
    }
    Some(Node {
        key,
        parent: fields.first(&["parentId", "parent_id"]).name().or(before),
        who: messages::speaker(&fields),
        text: texts.done(),
        thought: thoughts.done(),
        model: fields.first(&["model", "modelName"]).words(),
        at: millis(fields.get("timestamp")),
    })
}

/// Returns the reasoning in a `details` element: without its attributes, its summary and the marks of a quote.
fn thought(element: &str) -> String {
    let content = element.split_once('>').map_or("", |(_, content)| content);
    let content = content.split_once("</summary>").map_or(content, |(_, content)| content);
    let lines = content.trim().lines().map(|line| {
        let line = line.strip_prefix("&gt;").or_else(|| line.strip_prefix('>')).unwrap_or(line);
        line.strip_prefix(' ').unwrap_or(line)
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#x27;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_is_unquoted() {
        let element = " done=\"true\" duration=\"2\">\n<summary>Thought for 2 seconds</summary>\n> Is 3 &lt; 4?\n>\n&gt; Yes.\n";
        assert_eq!(thought(element), "Is 3 < 4?\n\nYes.");
    }
}
