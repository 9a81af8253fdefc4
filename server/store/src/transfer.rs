//! What an imported conversation may hold. Whatever file it came from, every field of it passes through [`ImportedConversation::bounded`].

use holdfast_protocol::{
    Author, ConversationId, Status, UserId,
    message::{AnswerError, Source, Usage},
    shorten,
};
use uuid::Uuid;

use super::{Store, StoreError};
use holdfast_core::{clock::Millis, names};

/// Most messages of a conversation.
pub const MOST_MESSAGES: usize = 200_000;
/// Longest text of a message, bytes.
const LONGEST_TEXT: usize = 1024 * 1024;
/// Longest title, name of a provider and name of a model, characters.
const LONGEST_NAME: usize = 200;
/// Longest sentence of what went wrong, characters.
const LONGEST_ERROR: usize = 2_000;
/// Most sources of an answer.
const MOST_SOURCES: usize = 50;
/// Longest excerpt of a source, characters.
const LONGEST_EXCERPT: usize = 8_000;

/// A conversation out of a file.
#[derive(Clone, Debug)]
pub struct ImportedConversation {
    /// Its id, where it was one of ours: counts where it still is this user's.
    pub original: Option<ConversationId>,
    /// Its id otherwise.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// When it was begun.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
    /// Whether it stands on top of the list.
    pub pinned: bool,
    /// Whether it is out of the list.
    pub archived: bool,
    /// The provider chosen last.
    pub provider: Option<String>,
    /// The model chosen last.
    pub model: Option<String>,
    /// Its messages. One that comes before what it follows follows nothing.
    pub messages: Vec<ImportedMessage>,
}

/// One of its messages.
#[derive(Clone, Debug)]
pub struct ImportedMessage {
    /// Its id: the same each time.
    pub id: Uuid,
    /// What it follows.
    pub parent: Option<Uuid>,
    /// Who speaks.
    pub role: Author,
    /// The text.
    pub content: String,
    /// Where it stands.
    pub status: Status,
    /// Who answered.
    pub provider: Option<String>,
    /// The model that answered.
    pub model: Option<String>,
    /// When it was made.
    pub created_at: Millis,
    /// Why it failed or broke off.
    pub error: Option<AnswerError>,
    /// What it cost.
    pub usage: Option<Usage>,
    /// What it rests on.
    pub sources: Vec<Source>,
    /// How many of the first messages the model did not see.
    pub left_out: u32,
}

impl ImportedConversation {
    /// The same within the bounds of what the store keeps: names and texts are shortened, times are not in the future.
    pub fn bounded(mut self, now: Millis) -> BoundedConversation {
        let too_many = self.messages.len().saturating_sub(MOST_MESSAGES);
        self.messages.truncate(MOST_MESSAGES);
        let mut shortened = 0;
        for message in self.messages.iter_mut().filter(|message| message.content.len() > LONGEST_TEXT) {
            let end = message.content.floor_char_boundary(LONGEST_TEXT - CUT.len());
            message.content.truncate(end);
            message.content.push_str(CUT);
            shortened += 1;
        }
        self.created_at = self.created_at.min(now);
        self.updated_at = self.updated_at.min(now);
        bound_shown(&mut self.title);
        bound_name(&mut self.provider);
        bound_name(&mut self.model);
        for message in &mut self.messages {
            message.created_at = message.created_at.min(now);
            bound_name(&mut message.provider);
            bound_name(&mut message.model);
            if let Some(fault) = &mut message.error {
                bound(&mut fault.error, LONGEST_ERROR);
            }
            message.sources.truncate(MOST_SOURCES);
            for source in &mut message.sources {
                bound_shown(&mut source.title);
                if let Some(location) = &mut source.location {
                    bound_shown(location);
                }
                bound(&mut source.excerpt, LONGEST_EXCERPT);
                source.score = if source.score.is_finite() { source.score.clamp(0.0, 1.0) } else { 0.0 };
            }
        }
        BoundedConversation { conversation: self, too_many, shortened }
    }
}

/// What stands at the end of a message that was too long.
const CUT: &str = "\n\n*[The rest of this message was left out: a message has at most 1 MB.]*";

/// A conversation that fits into the store. Made by [`ImportedConversation::bounded`] alone.
#[derive(Clone, Debug)]
pub struct BoundedConversation {
    pub(super) conversation: ImportedConversation,
    too_many: usize,
    shortened: usize,
}

impl BoundedConversation {
    /// What did not fit, in words that follow "without".
    pub fn left_out(&self) -> Vec<String> {
        let messages = |count: usize| if count == 1 { "1 message".to_owned() } else { format!("{count} messages") };
        let mut left_out = Vec::new();
        if self.too_many > 0 {
            left_out.push(format!("{} past the first {MOST_MESSAGES}", messages(self.too_many)));
        }
        if self.shortened > 0 {
            left_out.push(format!("the end of {}, longer than 1 MB", messages(self.shortened)));
        }
        left_out
    }
}

fn bound_name(name: &mut Option<String>) {
    name.take_if(|name| name.trim().is_empty());
    if let Some(name) = name {
        bound_shown(name);
    }
    name.take_if(|name| name.is_empty());
}

/// Something that is shown as a name.
fn bound_shown(name: &mut String) {
    bound(name, 4 * LONGEST_NAME); // what is left out then is not looked at
    *name = names::cleaned(name);
    bound(name, LONGEST_NAME);
}

fn bound(text: &mut String, most: usize) {
    // No more characters than bytes.
    if text.len() > most {
        *text = shorten(text, most);
    }
}

impl Store {
    /// The ids of all of a user's conversations, newest first.
    pub async fn conversation_ids(&self, user: UserId) -> Result<Vec<ConversationId>, StoreError> {
        let ids: Vec<Uuid> =
            sqlx::query_scalar("SELECT id FROM conversations WHERE user_id = ? AND removed_at IS NULL ORDER BY updated_at DESC, id DESC")
                .bind(user.0)
                .fetch_all(&self.readers)
                .await?;
        Ok(ids.into_iter().map(ConversationId).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use holdfast_protocol::Code;

    use super::*;

    fn long(n: usize) -> String {
        "ä".repeat(n)
    }

    #[test]
    fn every_field_has_an_end() {
        let message = ImportedMessage {
            id: Uuid::nil(),
            parent: None,
            role: Author::Assistant,
            content: "x".repeat(LONGEST_TEXT),
            status: Status::Failed,
            provider: Some(long(1_000_000)),
            model: Some(format!("\u{0}{}", long(1_000_000))),
            created_at: Millis::MAX,
            error: Some(AnswerError::new(Code::Internal, long(1_000_000))),
            usage: Some(Usage { input_tokens: u32::MAX, output_tokens: u32::MAX }),
            left_out: u32::MAX,
            sources: (0..1_000)
                .map(|n| Source {
                    title: long(n),
                    location: Some(long(10_000)),
                    excerpt: long(10_000),
                    score: if n == 0 { f32::INFINITY } else { -1.0 },
                })
                .collect(),
        };
        let conversation = ImportedConversation {
            original: None,
            id: Uuid::nil(),
            title: long(1_000_000),
            created_at: Millis::MAX,
            updated_at: Millis::MAX,
            pinned: false,
            archived: false,
            provider: Some(" ".into()),
            model: Some(long(1_000_000)),
            messages: vec![message],
        };
        let bounded = conversation.clone().bounded(7);
        assert_eq!(bounded.left_out(), [""; 0], "nothing that anybody wrote");
        let bounded = bounded.conversation;
        let message = &bounded.messages[0];
        assert_eq!((bounded.created_at, bounded.updated_at, message.created_at, &bounded.provider), (7, 7, 7, &None));
        let names = [&bounded.title, bounded.model.as_ref().unwrap(), message.provider.as_ref().unwrap(), message.model.as_ref().unwrap()];
        for name in names {
            assert!(name.starts_with('ä') && name.chars().count() <= LONGEST_NAME + 1, "{} bytes", name.len());
        }
        let sources: usize = message.sources.iter().map(|it| it.title.len() + it.location.as_ref().unwrap().len() + it.excerpt.len()).sum();
        assert!(message.sources.len() == MOST_SOURCES && sources < 2 * MOST_SOURCES * 9_000);
        assert!(message.sources.iter().all(|source| source.score == 0.0));
        assert!(message.error.as_ref().unwrap().error.len() < 2 * LONGEST_ERROR + 10);

        let mut longer = conversation.clone();
        longer.messages[0].content.push('x');
        longer.messages[0].content.insert_str(0, &"ä".repeat(LONGEST_TEXT));
        let bounded = longer.bounded(7);
        assert_eq!(bounded.left_out(), ["the end of 1 message, longer than 1 MB"]);
        let text = &bounded.conversation.messages[0].content;
        assert!(text.len() <= LONGEST_TEXT && text.len() > LONGEST_TEXT - 2 && text.ends_with(CUT), "{} bytes", text.len());
        let small = ImportedMessage {
            content: "x".into(),
            sources: Vec::new(),
            error: None,
            model: None,
            provider: None,
            ..conversation.messages[0].clone()
        };
        let many = ImportedConversation { messages: vec![small; MOST_MESSAGES + 2], ..conversation };
        let bounded = many.bounded(7);
        assert_eq!(
            (bounded.conversation.messages.len(), bounded.left_out()),
            (MOST_MESSAGES, vec!["2 messages past the first 200000".to_owned()])
        );
    }
}
