//! Messages that stand in a file one by one, without a conversation around them: lines of JSON, or a list.

use super::{json::Json, messages};

/// Messages of one conversation, collected until another one begins.
#[derive(Debug, Default)]
pub(crate) struct Loose {
    thread: Option<String>,
    /// `{"id": …, "messages": [`, and what was collected.
    text: String,
}

impl Loose {
    /// The thread that a value is a message of; none if it is no message. Empty where the message does not tell its thread.
    fn thread(value: Json<'_>) -> Option<String> {
        let fields = value.fields();
        let is_one = messages::is_message(&fields) && !fields.get("messages").is_list();
        is_one.then(|| fields.first(&["thread_id", "chatId", "conversation_id", "conversationId", "convId"]).name().unwrap_or_default())
    }

    /// Takes a message. False if the value is none, or one of another conversation, or there is no room: at most `most` bytes are
    /// collected. Then [`Self::done`] is to be asked first.
    pub(crate) fn take(&mut self, text: &str, most: usize) -> bool {
        let value = Json::of(text);
        let Some(thread) = Self::thread(value) else { return false };
        let is_begun = self.thread.is_some();
        if is_begun && (self.thread.as_ref() != Some(&thread) || self.text.len() + text.len() > most) {
            return false;
        }
        if is_begun {
            self.text.push(',');
        } else {
            let id = serde_json::to_string(&thread).unwrap_or_default();
            self.text = format!("{{\"id\":{id},\"messages\":[");
            self.thread = Some(thread);
        }
        self.text.push_str(value.raw());
        true
    }

    /// Whether a value is a message by itself.
    pub(crate) fn is_message(text: &str) -> bool {
        Self::thread(Json::of(text)).is_some()
    }

    /// How much was collected, bytes.
    pub(crate) fn length(&self) -> usize {
        self.text.len()
    }

    /// The conversation that was collected, if any.
    pub(crate) fn done(&mut self) -> Option<String> {
        self.thread.take()?;
        Some(std::mem::take(&mut self.text) + "]}")
    }
}
