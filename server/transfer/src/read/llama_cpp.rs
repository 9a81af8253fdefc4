//! The export of llama.cpp's own page: one conversation, or a list of them.

use super::{
    Foreign, Reader, Source, form,
    json::Fields,
    messages::{self, text_of},
    tree::Node,
    when::millis,
};

pub(super) const SOURCE: Source = Source { recognizes: |fields| fields.get("conv").is_object() && fields.has("messages"), read };

fn read(fields: &Fields<'_>, reader: &mut Reader<'_>) {
    let about = fields.get("conv").fields();
    let mut foreign = Foreign {
        source: "llama-cpp",
        id: about.get("id").name().unwrap_or_default(),
        title: about.get("name").words(),
        changed: millis(about.get("lastModified")),
        pinned: about.get("pinned").is_true(),
        current: about.get("currNode").name(),
        ..Foreign::default()
    };
    for message in fields.get("messages").elements() {
        let fields = message.fields();
        foreign.take(fields.get("id").name().map(|key| {
            let mut texts = form::Text::default();
            let text = text_of(&fields);
            let (thought, answer) = form::split_thought(&text);
            texts.push(answer);
            for extra in fields.get("extra").values() {
                let extra = extra.fields();
                let name = extra.get("name").words();
                // The text of a file that was sent to the model is part of the message.
                texts.extend(match extra.get("content").words() {
                    Some(text) => Some(form::document(name.as_deref(), name.as_deref().unwrap_or_default(), &text)),
                    None => name.map(|name| form::missing(&name)),
                });
            }
            Node {
                key,
                parent: fields.get("parent").name(),
                who: messages::speaker(&fields),
                text: texts.done(),
                thought: messages::thought_of(&fields).unwrap_or_else(|| thought.to_owned()),
                model: fields.get("model").words(),
                at: millis(fields.get("timestamp")),
            }
        }));
    }
    reader.take(foreign);
}
