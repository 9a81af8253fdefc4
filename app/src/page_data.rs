//! The initial state of a page.

use holdfast_client::transcript::Transcript;
use holdfast_protocol::{
    ApiError,
    api::{Conversation, ConversationPage, ConversationSummary, Model, SearchPage, User},
    people::{SignInMethod, SignUps},
};
use serde::{Deserialize, Serialize};

use crate::{route::Route, strings::Language};

/// All data of a page's first rendering, collected before the page is rendered.
///
/// The page contains it as JSON, and the browser starts with the same values. So rendering waits for nothing on either side, and
/// hydration finds exactly what the server wrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageData {
    /// Base path of all addresses: empty, or like `/chat`, without a slash at its end.
    pub base: String,
    /// Language of the page.
    #[serde(default)]
    pub language: Language,
    /// Language that was chosen on this device; `None` if none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen_language: Option<Language>,
    /// Owner of the session cookie; `None` if nobody is signed in.
    pub user: Option<User>,
    /// Whether guests are allowed.
    pub guests: bool,
    /// Who may create an account.
    pub signup: SignUps,
    /// Providers to sign in through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sign_in_methods: Vec<SignInMethod>,
    /// Why signing in through a provider failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<ApiError>,
    /// Why the previous session ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<ApiError>,
    /// The newest conversations.
    pub conversations: ConversationPage,
    /// The pinned conversations, which may be older than those.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pinned: Vec<ConversationSummary>,
    /// The archived conversations, if the page shows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<ConversationPage>,
    /// The conversation in the address, if it exists and belongs to the user. A long one has only its last messages.
    pub conversation: Option<Conversation>,
    /// Whether the messages arrive over the connection instead, because they are too long for the page or took too long to render.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left_out: bool,
    /// Number of messages that precede those of `conversation` (see [`holdfast_protocol::rules::partial`]).
    #[serde(default, skip_serializing_if = "is_none")]
    pub before: usize,
    /// Whether all messages are shown at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
    /// The search query of the page, and its results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<(String, SearchPage)>,
    /// First messages that an empty page suggests: for the built-in provider, which knows the manual, and for other models.
    #[serde(default)]
    pub suggestions: [Vec<String>; 2],
    /// The models that are available.
    pub models: Vec<Model>,
    /// Maximum length of a message, bytes of UTF-8.
    pub message_bytes: usize,
    /// The server's time, ms since 1970.
    pub now: u64,
}

impl PageData {
    /// Returns the title of the page at `route`.
    pub fn title(&self, route: &Route) -> String {
        let name = match route {
            Route::Conversation(_) => self.conversation.as_ref().map(|it| it.summary.title.as_str()),
            other => self.language.strings().route(*other),
        };
        page_title(name)
    }

    /// Returns whether the page needs the conversation bundle.
    pub fn needs_conversation_bundle(&self) -> bool {
        self.conversation.is_some()
    }

    /// Returns the transcript of the conversation. Returns `None` if its messages do not come with the page.
    pub fn transcript(&self) -> Option<Transcript> {
        let conversation = self.conversation.clone().filter(|_| !self.left_out)?;
        Some(Transcript::from_end(conversation, self.before))
    }

    /// Returns the first messages that an empty page in this language suggests.
    #[cfg(feature = "ssr")]
    pub fn suggested(language: Language) -> [Vec<String>; 2] {
        let plain = language.plain();
        [plain.about_holdfast, plain.general].map(|texts| texts.map(str::to_owned).to_vec())
    }

    /// Removes the messages, so that they arrive over the connection.
    #[cfg(feature = "ssr")]
    pub fn leave_out(&mut self) {
        if let Some(conversation) = &mut self.conversation {
            conversation.messages = Vec::new();
            (self.left_out, self.before) = (true, 0);
        }
    }

    /// Returns whether the page at `route` exists. If not, the server sends it with status 404.
    pub fn has(&self, route: &Route) -> bool {
        match route {
            Route::Conversation(id) => self.conversation.as_ref().is_some_and(|it| it.summary.id == *id),
            Route::Unknown => false,
            Route::New
            | Route::SignIn
            | Route::SignUp
            | Route::Search
            | Route::Archived
            | Route::Projects
            | Route::Project(_)
            | Route::Join
            | Route::Claim
            | Route::Password
            | Route::Settings(_) => true,
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde requires this signature
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// Returns the title of a page with this name, or of one without a name.
pub fn page_title(name: Option<&str>) -> String {
    match name {
        Some(name) if !name.is_empty() => format!("{name} · Holdfast"),
        _ => "Holdfast".to_owned(),
    }
}
