//! What the first paint is made of.

use holdfast_protocol::{
    api::{Conversation, ConversationPage, ConversationSummary, Model, SearchPage, User},
    people::{SignInMethod, SignUps},
    transcript::Transcript,
};
use serde::{Deserialize, Serialize};

use crate::{route::Route, strings::Language};

/// All that a page shows when it comes from the server, gathered before anything is rendered.
///
/// The page carries it as JSON, and the browser begins with the very same values: so rendering
/// needs no waiting on either side, and hydration finds exactly what the server wrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageData {
    /// The path under which everything lives: empty, or like `/chat`, without a slash at its end.
    pub base: String,
    /// The language of the page.
    #[serde(default)]
    pub language: Language,
    /// The one that was chosen on this device, where one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen_language: Option<Language>,
    /// Whom the session cookie belongs to.
    pub user: Option<User>,
    /// Whether one may begin without an account.
    pub guests: bool,
    /// Who may make an account.
    pub signup: SignUps,
    /// Through whom else one may sign in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sign_in_methods: Vec<SignInMethod>,
    /// Why one who came back from there is not signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Why who was signed in here is so no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<String>,
    /// The newest conversations.
    pub conversations: ConversationPage,
    /// The pinned ones, which may be older than those.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pinned: Vec<ConversationSummary>,
    /// The archived ones, where they are what the page shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<ConversationPage>,
    /// The conversation in the address, where it exists and is the user's. Of a long one only the end is here.
    pub conversation: Option<Conversation>,
    /// Whether its messages come over the connection instead: they are too long, or took too long, to come with the page.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left_out: bool,
    /// So many messages lead to what is here of it ([`holdfast_protocol::part`]).
    #[serde(default, skip_serializing_if = "is_none")]
    pub before: usize,
    /// Whether all of its messages are shown at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
    /// What was looked for, and what was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<(String, SearchPage)>,
    /// The models that answer now.
    pub models: Vec<Model>,
    /// The most that a message may have, bytes of UTF-8.
    pub message_bytes: usize,
    /// The server's time, ms since 1970.
    pub now: u64,
}

impl PageData {
    /// The page's title at `route`.
    pub fn title(&self, route: &Route) -> String {
        let name = match route {
            Route::Conversation(_) => self.conversation.as_ref().map(|it| it.summary.title.as_str()),
            other => self.language.strings().route(*other),
        };
        page_title(name)
    }

    /// Whether the page needs what shows a conversation.
    pub fn needs_conversation_bundle(&self) -> bool {
        self.conversation.is_some()
    }

    /// What is here of the conversation. Returns `None` if its messages do not come with the page.
    pub fn transcript(&self) -> Option<Transcript> {
        let conversation = self.conversation.clone().filter(|_| !self.left_out)?;
        Some(Transcript::from_end(conversation, self.before))
    }

    /// Leaves the messages to the connection.
    #[cfg(feature = "ssr")]
    pub fn leave_out(&mut self) {
        if let Some(conversation) = &mut self.conversation {
            conversation.messages = Vec::new();
            (self.left_out, self.before) = (true, 0);
        }
    }

    /// Whether there is something to show at `route`. Where not, the server answers 404 with the page.
    pub fn has(&self, route: &Route) -> bool {
        match route {
            Route::Conversation(id) => self.conversation.as_ref().is_some_and(|it| it.summary.id == *id),
            Route::Unknown => false,
            _ => true,
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// The title of a page that is called `name`, or of one that has no name of its own.
pub fn page_title(name: Option<&str>) -> String {
    match name {
        Some(name) if !name.is_empty() => format!("{name} · Holdfast"),
        _ => "Holdfast".to_owned(),
    }
}
