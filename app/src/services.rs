//! Services that the pages call: three traits, provided through Leptos's context.
//!
//! The browser implements them. On the server, where a page is rendered once and nobody clicks, [`Services::none`] takes their place.

use std::sync::Arc;

use futures::future::BoxFuture;
use holdfast_protocol::{
    ApiError, ConversationId, FileId, MessageId, Reason,
    api::{ConversationPage, Grant, Model, SearchPage},
    frame::Chat,
};

use crate::strings::Language;

/// A model and its provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Name of the provider.
    pub provider: String,
    /// Name of the model.
    pub model: String,
}

/// The appearance of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Dark text on a light background.
    Light,
    /// Light text on a dark background.
    Dark,
}

impl Theme {
    /// All values.
    pub const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    /// Returns the value as it is stored and as the document's `data-theme` attribute has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// Reads a stored value; unknown values give the default.
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.as_str() == text).unwrap_or_default()
    }
}

/// Commands for the connection and the open conversation.
pub trait Commands: Send + Sync {
    /// Shows this conversation, or none.
    fn follow(&self, conversation: Option<ConversationId>);
    /// Sends a message with attached files. Without a conversation, it creates one, with these settings as JSON.
    fn submit(
        &self,
        text: String,
        conversation: Option<ConversationId>,
        choice: Option<Choice>,
        settings: Option<String>,
        files: Vec<FileId>,
    );
    /// Sends a refused message again.
    fn send_again(&self, id: MessageId);
    /// Withdraws a message that was not sent, and returns it.
    fn take_back(&self, id: MessageId) -> Option<Chat>;
    /// Stops an answer.
    fn stop(&self, answer: MessageId);
    /// Continues an interrupted answer.
    fn resume(&self, answer: MessageId);
    /// Requests another answer beside this one, with these settings as JSON if there are any.
    fn regenerate(&self, answer: MessageId, choice: Option<Choice>, settings: Option<String>);
    /// Sends a message that replaces another one of the shown conversation, with the same files.
    fn edit(&self, message: MessageId, text: String, choice: Option<Choice>);
    /// Shows the branch that contains this message.
    fn show_branch(&self, id: MessageId);
    /// Shows some of the messages before those on the page, without moving what the user is reading.
    fn show_earlier(&self);
    /// Shows the open conversation again, after its messages could not be shown.
    fn show_anew(&self);
    /// Tries to connect at once.
    fn retry_now(&self);
    /// Reports that a user signed in.
    fn signed_in(&self, grant: Grant);
    /// Reports that the user signed out.
    fn signed_out(&self);
    /// Measures the round-trip time to the server, for the settings.
    fn measure(&self);
}

/// The method of an API call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Reads.
    Get,
    /// Creates something, or performs an action.
    Post,
    /// Changes something.
    Patch,
    /// Replaces something.
    Put,
    /// Removes something.
    Delete,
}

/// The result of an API call.
pub type Reply<T> = BoxFuture<'static, Result<T, ApiError>>;

/// API calls, which need no open connection.
pub trait Backend: Send + Sync {
    /// Returns a page of the conversation list; the first page without a cursor.
    fn conversations(&self, cursor: Option<String>) -> Reply<ConversationPage>;
    /// Searches conversations; a cursor continues a search.
    fn search(&self, query: String, cursor: Option<String>) -> Reply<SearchPage>;
    /// Returns the available models.
    fn models(&self) -> Reply<Vec<Model>>;
    /// Makes a call for a visitor who is not signed in, such as signing in. Takes the path below `/api/auth/` and a JSON body. Returns
    /// the reply's body.
    fn enter(&self, how: &str, body: String) -> Reply<String>;
    /// Makes any other call. Takes the path below `/api/` and a JSON body. Returns the reply's body.
    fn call(&self, verb: Verb, path: String, body: Option<String>) -> Reply<String>;
    /// Returns an access token, for modules that make calls of their own.
    fn token(&self) -> Reply<String>;
    /// Downloads a file from a path below `/api/`.
    fn save(&self, path: &str) -> Reply<()>;
    /// Uploads one of the files chosen in a field, and passes each line of the reply to `line`.
    fn give_file(&self, field: &str, at: usize, path: &str, line: Box<dyn Fn(&str)>) -> Reply<()>;
    /// Ends the session.
    fn logout(&self) -> Reply<()>;
}

/// Where typed text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typing {
    /// Nowhere, so a single key can be a shortcut.
    Nowhere,
    /// Into an empty field.
    Empty,
    /// Into a field with content, or into an open dialog.
    Field,
}

/// Functions of the browser window.
pub trait BrowserApi: Send + Sync {
    /// Returns the time by the device's clock, ms since 1970.
    fn now(&self) -> u64;
    /// Moves the focus to the element with this id.
    fn focus(&self, id: &str);
    /// Moves the focus to the element with this id, without scrolling.
    fn focus_back(&self, id: &str);
    /// Moves the focus to the element with this id if no element has it.
    fn catch_focus(&self, id: &str);
    /// Moves the focus to the element with this id, unless that would open an on-screen keyboard.
    fn focus_to_write(&self, id: &str);
    /// Returns where typed text goes.
    fn typing(&self) -> Typing;
    /// Moves the focus to the next or previous control within the element with this id, wrapping at the ends.
    fn step_focus(&self, within: &str, forward: bool);
    /// Scrolls the element with this id into view, as little as possible.
    fn bring_into_view(&self, id: &str);
    /// Copies text to the clipboard.
    fn copy(&self, text: &str);
    /// Sets the title of the window.
    fn set_title(&self, title: &str);
    /// Returns the stored draft of a conversation.
    fn draft(&self, conversation: Option<ConversationId>) -> String;
    /// Stores the draft of a conversation.
    fn keep_draft(&self, conversation: Option<ConversationId>, text: &str);
    /// Returns the stored, unsent edit of a message.
    fn edit(&self, message: MessageId) -> String;
    /// Stores the unsent edit of a message.
    fn keep_edit(&self, message: MessageId, text: &str);
    /// Returns a setting of this device as it was stored, or `None` if it has its default.
    fn setting(&self, name: &str) -> Option<String>;
    /// Stores a setting of this device; `None` is its default.
    fn keep_setting(&self, name: &str, value: Option<&str>);
    /// Shows the page in this appearance.
    fn show_theme(&self, theme: Theme);
    /// Loads the page again in another language; `None` is the language of the device.
    fn set_language(&self, language: Option<Language>);
    /// Enhances new content of the page: highlights code, renders formulas.
    fn enhance(&self);
    /// Makes this HTML the content of the element with this id. Nodes that stay the same are not touched.
    fn grow(&self, id: &str, html: &str);
    /// Watches whether the transcript is scrolled to its end, and keeps it there while it grows.
    fn watch_transcript(&self);
    /// Scrolls to the message with this id.
    fn show_message(&self, id: &str);
    /// Scrolls to the end of the transcript.
    fn to_end(&self);
    /// Opens the stored copy of the page at this path if there is one.
    fn open_cached(&self, path: String);
    /// Leaves this page for another page of the server.
    fn leave_for(&self, path: &str);
    /// Opens or closes the `<dialog>` with this id.
    fn set_dialog(&self, id: &str, open: bool);
    /// Returns the names and sizes (bytes) of the files chosen in the field with this id.
    fn files(&self, id: &str) -> Vec<(String, u64)>;
    /// Returns whether the `<dialog>` with this id is open.
    fn is_open(&self, id: &str) -> bool;
    /// Returns the value of the field with this id.
    fn value(&self, id: &str) -> String;
    /// Sets the value of the field with this id.
    fn set_value(&self, id: &str, value: &str);
}

/// All three services.
#[derive(Clone)]
pub struct Services {
    /// Commands for the connection.
    pub commands: Arc<dyn Commands>,
    /// API calls.
    pub backend: Arc<dyn Backend>,
    /// The browser window.
    pub browser: Arc<dyn BrowserApi>,
}

impl Services {
    /// Returns services that do nothing, for rendering on the server.
    pub fn none() -> Self {
        Self { commands: Arc::new(Nobody), backend: Arc::new(Nobody), browser: Arc::new(Nobody) }
    }
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Services")
    }
}

struct Nobody;

fn nothing<T: 'static>() -> Reply<T> {
    Box::pin(async { Err(Reason::ServerUnreachable.into()) })
}

impl Commands for Nobody {
    fn follow(&self, _: Option<ConversationId>) {}
    fn submit(&self, _: String, _: Option<ConversationId>, _: Option<Choice>, _: Option<String>, _: Vec<FileId>) {}
    fn send_again(&self, _: MessageId) {}
    fn take_back(&self, _: MessageId) -> Option<Chat> {
        None
    }
    fn stop(&self, _: MessageId) {}
    fn resume(&self, _: MessageId) {}
    fn regenerate(&self, _: MessageId, _: Option<Choice>, _: Option<String>) {}
    fn edit(&self, _: MessageId, _: String, _: Option<Choice>) {}
    fn show_branch(&self, _: MessageId) {}
    fn show_earlier(&self) {}
    fn show_anew(&self) {}
    fn retry_now(&self) {}
    fn signed_in(&self, _: Grant) {}
    fn signed_out(&self) {}
    fn measure(&self) {}
}

impl Backend for Nobody {
    fn conversations(&self, _: Option<String>) -> Reply<ConversationPage> {
        nothing()
    }
    fn search(&self, _: String, _: Option<String>) -> Reply<SearchPage> {
        nothing()
    }
    fn models(&self) -> Reply<Vec<Model>> {
        nothing()
    }
    fn enter(&self, _: &str, _: String) -> Reply<String> {
        nothing()
    }
    fn call(&self, _: Verb, _: String, _: Option<String>) -> Reply<String> {
        nothing()
    }
    fn token(&self) -> Reply<String> {
        nothing()
    }
    fn save(&self, _: &str) -> Reply<()> {
        nothing()
    }
    fn give_file(&self, _: &str, _: usize, _: &str, _: Box<dyn Fn(&str)>) -> Reply<()> {
        nothing()
    }
    fn logout(&self) -> Reply<()> {
        nothing()
    }
}

impl BrowserApi for Nobody {
    fn now(&self) -> u64 {
        0
    }
    fn focus(&self, _: &str) {}
    fn focus_back(&self, _: &str) {}
    fn catch_focus(&self, _: &str) {}
    fn focus_to_write(&self, _: &str) {}
    fn typing(&self) -> Typing {
        Typing::Nowhere
    }
    fn step_focus(&self, _: &str, _: bool) {}
    fn bring_into_view(&self, _: &str) {}
    fn copy(&self, _: &str) {}
    fn set_title(&self, _: &str) {}
    fn draft(&self, _: Option<ConversationId>) -> String {
        String::new()
    }
    fn keep_draft(&self, _: Option<ConversationId>, _: &str) {}
    fn edit(&self, _: MessageId) -> String {
        String::new()
    }
    fn keep_edit(&self, _: MessageId, _: &str) {}
    fn setting(&self, _: &str) -> Option<String> {
        None
    }
    fn keep_setting(&self, _: &str, _: Option<&str>) {}
    fn show_theme(&self, _: Theme) {}
    fn set_language(&self, _: Option<Language>) {}
    fn enhance(&self) {}
    fn grow(&self, _: &str, _: &str) {}
    fn watch_transcript(&self) {}
    fn show_message(&self, _: &str) {}
    fn to_end(&self) {}
    fn open_cached(&self, _: String) {}
    fn leave_for(&self, _: &str) {}
    fn set_dialog(&self, _: &str, _: bool) {}
    fn is_open(&self, _: &str) -> bool {
        false
    }
    fn files(&self, _: &str) -> Vec<(String, u64)> {
        Vec::new()
    }
    fn value(&self, _: &str) -> String {
        String::new()
    }
    fn set_value(&self, _: &str, _: &str) {}
}
