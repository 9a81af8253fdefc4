//! Messages that are not inside a conversation: JSON Lines, or a list.

use super::{json::Json, messages};

/// Collects the messages of one conversation until another one starts.
#[derive(Debug, Default)]
pub struct Loose {
    thread: Option<String>,
    /// `{"id": …, "messages": [`, and the messages collected so far.
    text: String,
}

impl Loose {
    /// Returns the thread of a message: empty if the message does not name it, `None` if the value is not a message.
    fn thread(value: Json<'_>) -> Option<String> {
        let fields = value.fields();
        let is_one = messages::is_message(&fields) && !fields.get("messages").is_list();
        is_one.then(|| fields.first(&["thread_id", "chatId", "conversation_id", "conversationId", "convId"]).name().unwrap_or_default())
    }

    /// Adds a message. Returns false if the value is not a message, if it belongs to another conversation, or if more than `most` bytes
    /// would be collected. In that case, call [`Self::done`] first.
    pub fn take(&mut self, text: &str, most: usize) -> bool {
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

    /// Returns whether a value is a message on its own.
    pub fn is_message(text: &str) -> bool {
        Self::thread(Json::of(text)).is_some()
    }

    /// Returns the length of the collected messages, bytes.
    pub fn length(&self) -> usize {
        self.text.len()
    }

    /// Returns the collected conversation, if there is one.
    pub fn done(&mut self) -> Option<String> {
        self.thread.take()?;
        Some(std::mem::take(&mut self.text) + "]}")
    }
}
