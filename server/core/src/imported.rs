//! Limits for imported conversations. Every field of one passes through [`ImportedConversation::bounded`].

use std::{borrow::Cow, ops::ControlFlow};

use holdfast_protocol::{
    ApiError, Author, ConversationId, Status, Step,
    message::{Source, Usage},
    params::Params,
    settings::Settings,
    shorten,
    step::StepState,
};
use uuid::Uuid;

use crate::{clock::Millis, names};

/// Maximum number of messages in a conversation.
pub const MOST_MESSAGES: usize = 200_000;
/// Maximum length of a message, bytes.
const LONGEST_TEXT: usize = 1024 * 1024;
/// Maximum length of titles and of names of providers and models, characters.
const LONGEST_NAME: usize = 200;
/// Maximum length of an error's sentence, characters.
const LONGEST_ERROR: usize = 2_000;
const LONGEST_REASON: usize = 100;
/// Maximum number of an answer's sources.
const MOST_SOURCES: usize = 50;
/// Maximum number of an answer's steps.
const MOST_STEPS: usize = 1_000;
/// Maximum length of the arguments of a tool call, bytes.
const LONGEST_INPUT: usize = 64 * 1024;
/// Maximum length of a source's excerpt, characters.
const LONGEST_EXCERPT: usize = 8_000;

/// Called between pieces; decides whether to continue.
pub type GoOn<'a> = dyn FnMut() -> ControlFlow<()> + Send + 'a;

/// The result of importing a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// The conversation did not exist, and was created.
    Added,
    /// It existed or had been removed, and received more messages.
    Grown,
    /// It existed and did not change.
    Same,
    /// The import was stopped. A new conversation stays invisible; the next import continues it.
    Stopped,
}

/// A conversation from a file.
#[derive(Clone, Debug)]
pub struct ImportedConversation {
    /// Its id in Holdfast, if it was exported from there. It is used if it still belongs to this user.
    pub original: Option<ConversationId>,
    /// Its id otherwise.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// When it was created.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
    /// Whether it is pinned.
    pub pinned: bool,
    /// Whether it is archived.
    pub archived: bool,
    /// Name of the provider that was chosen last.
    pub provider: Option<String>,
    /// Name of the model that was chosen last.
    pub model: Option<String>,
    /// Its messages. A message that comes before its parent has no parent.
    pub messages: Vec<ImportedMessage>,
}

/// A message from a file.
#[derive(Clone, Debug)]
pub struct ImportedMessage {
    /// Its id, the same at each import.
    pub id: Uuid,
    /// Its parent.
    pub parent: Option<Uuid>,
    /// Its author.
    pub role: Author,
    /// Its text.
    pub content: String,
    /// Its state.
    pub status: Status,
    /// Name of the provider.
    pub provider: Option<String>,
    /// Name of the model.
    pub model: Option<String>,
    /// When it was created.
    pub created_at: Millis,
    /// Why it failed or was interrupted.
    pub error: Option<ApiError>,
    /// Number of tokens.
    pub usage: Option<Usage>,
    /// Its sources.
    pub sources: Vec<Source>,
    /// Its steps.
    pub steps: Vec<Step>,
    /// Number of messages at the beginning of the conversation that were not sent to the model.
    pub left_out: u32,
    /// Names of the settings that the model does not accept.
    pub ignored: Vec<String>,
}

impl ImportedConversation {
    /// Applies the limits: shortens names and texts, and moves future times to now.
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
                bound_error(fault);
            }
            message.ignored.retain(|name| Settings::NAMES.contains(&name.as_str()));
            message.ignored.truncate(Settings::NAMES.len());
            bound_steps(&mut message.steps, message.content.len() as u64, now);
            message.sources.truncate(MOST_SOURCES);
            for source in &mut message.sources {
                // What was verified elsewhere is not verified here, and the files are not here.
                (source.file_id, source.quote) = (None, None);
                source.boxes.clear();
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

fn bound_error(error: &mut ApiError) {
    bound(&mut error.error, LONGEST_ERROR);
    if error.reason.len() > LONGEST_REASON {
        error.reason = Cow::Borrowed("");
    }
    if error.params.iter().map(|(name, value)| name.len() + value.to_string().len()).sum::<usize>() > LONGEST_ERROR {
        error.params = Params::default();
    }
}

/// Applies the limits to the steps of an answer whose text has `bytes` bytes: all contents together have at most the length of a text.
/// Numbers the steps anew, and ends those that have not ended.
fn bound_steps(steps: &mut Vec<Step>, bytes: u64, now: Millis) {
    steps.truncate(MOST_STEPS);
    let mut rest = LONGEST_TEXT;
    for (index, step) in (0..).zip(steps) {
        (step.index, step.at) = (index, 0);
        step.after = step.after.min(bytes);
        step.content.truncate(step.content.floor_char_boundary(rest));
        rest -= step.content.len();
        step.started_at = step.started_at.min(now);
        step.ended_at = step.ended_at.map(|ended| ended.clamp(step.started_at, now));
        if step.state.is_unfinished() {
            step.state = StepState::Interrupted;
        }
        bound_name(&mut step.name);
        step.input = step.input.take().filter(|input| input.to_string().len() <= LONGEST_INPUT);
        if let Some(error) = &mut step.error {
            bound_error(error);
        }
    }
}

/// Appended to a message that was cut off.
const CUT: &str = "\n\n*[The rest of this message was left out: a message has at most 1 MB.]*";

/// A conversation within the limits. Only [`ImportedConversation::bounded`] creates it.
#[derive(Clone, Debug)]
pub struct BoundedConversation {
    conversation: ImportedConversation,
    too_many: usize,
    shortened: usize,
}

impl BoundedConversation {
    /// Returns the conversation.
    pub fn into_inner(self) -> ImportedConversation {
        self.conversation
    }

    /// Returns what was cut off, in words that follow "without".
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

/// Shortens a text that is shown as a name.
fn bound_shown(name: &mut String) {
    bound(name, 4 * LONGEST_NAME); // the rest is not examined
    *name = names::cleaned(name);
    bound(name, LONGEST_NAME);
}

fn bound(text: &mut String, most: usize) {
    // There are not more characters than bytes.
    if text.len() > most {
        *text = shorten(text, most);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use holdfast_protocol::Reason;

    use super::*;
    use holdfast_protocol::step::StepKind;

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
            error: Some(ApiError { reason: long(1_000_000).into(), ..Reason::ProviderSettingsInvalid.with("detail", long(1_000_000)) }),
            usage: Some(Usage {
                input_tokens: u32::MAX,
                output_tokens: u32::MAX,
                cached_tokens: Some(u32::MAX),
                reasoning_tokens: Some(u32::MAX),
                estimated: true,
                cost: None,
            }),
            left_out: u32::MAX,
            ignored: vec!["seed".into(); 100],
            steps: (0..1_200)
                .map(|n| Step {
                    at: 7,
                    content: long(1_000),
                    name: Some(long(1_000)),
                    input: (n < 2).then(|| long(LONGEST_INPUT).into()),
                    error: Some(Reason::ProviderSettingsInvalid.with("detail", long(3_000))),
                    ended_at: Some(0),
                    ..Step::started(n / 2, StepKind::Tool, u64::MAX, u64::MAX)
                })
                .collect(),
            sources: (0..1_000)
                .map(|n| Source {
                    title: long(n),
                    location: Some(long(10_000)),
                    excerpt: long(10_000),
                    score: if n == 0 { f32::INFINITY } else { -1.0 },
                    ..Source::default()
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
        let steps: usize = message.steps.iter().map(|step| step.content.len() + step.name.as_ref().unwrap().len()).sum();
        assert!(message.steps.len() == MOST_STEPS && steps <= LONGEST_TEXT + MOST_STEPS * (4 * LONGEST_NAME + 4));
        for (index, step) in (0..).zip(&message.steps) {
            assert_eq!((step.index, step.at, step.state, step.started_at, step.ended_at), (index, 0, StepState::Interrupted, 7, Some(7)));
            assert!(
                step.after == LONGEST_TEXT as u64
                    && step.input.is_none()
                    && step.error.as_ref().unwrap().error.len() < 2 * LONGEST_ERROR + 10
            );
        }
        let sources: usize = message.sources.iter().map(|it| it.title.len() + it.location.as_ref().unwrap().len() + it.excerpt.len()).sum();
        assert!(message.sources.len() == MOST_SOURCES && sources < 2 * MOST_SOURCES * 9_000);
        assert!(message.sources.iter().all(|source| source.score == 0.0));
        assert_eq!(message.ignored.len(), Settings::NAMES.len());
        assert!(message.error.as_ref().unwrap().error.len() < 2 * LONGEST_ERROR + 10);
        assert!(message.error.as_ref().is_some_and(|error| error.reason.is_empty() && error.params.is_empty()));

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
            steps: Vec::new(),
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
