//! Whom the pages ask: three traits, given by context.
//!
//! The browser implements them. On the server, where a page is rendered once and nobody clicks,
//! [`Services::none`] stands in.

use std::sync::Arc;

use futures::future::BoxFuture;
use holdfast_protocol::{
    ApiError, Code, ConversationId, MessageId,
    api::{ConversationPage, Grant, Model, SearchPage},
};

use crate::strings::Language;

/// A model, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The provider.
    pub provider: String,
    /// The model.
    pub model: String,
}

/// How the page looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the machine has it.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// All there are.
    pub const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    /// As it is kept, and as the document's `data-theme` has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// What was kept.
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.as_str() == text).unwrap_or_default()
    }
}

/// What the person wants of the connection.
pub trait Commands: Send + Sync {
    /// Shows this conversation, or none.
    fn follow(&self, conversation: Option<ConversationId>);
    /// Sends a message; without a conversation, it begins one.
    fn submit(&self, text: String, conversation: Option<ConversationId>, choice: Option<Choice>);
    /// Sends a refused message again.
    fn send_again(&self, id: MessageId);
    /// Takes back a message that was not sent; gives its text.
    fn take_back(&self, id: MessageId) -> Option<String>;
    /// Ends an answer where it stands.
    fn stop(&self, answer: MessageId);
    /// Goes on with an answer that broke off.
    fn resume(&self, answer: MessageId);
    /// Has a message answered anew, beside the answers it has.
    fn regenerate(&self, message: MessageId, choice: Option<Choice>);
    /// Sends a message in the place of another of the shown conversation.
    fn edit(&self, message: MessageId, text: String, choice: Option<Choice>);
    /// Where the conversation branches, shows this message, and what leads to it.
    fn show_branch(&self, id: MessageId);
    /// Brings some of the messages before those on the page. What is read stays where it is.
    fn show_earlier(&self);
    /// Shows the conversation that is open as it stands now, after it could not be shown.
    fn show_anew(&self);
    /// Tries to connect at once.
    fn retry_now(&self);
    /// Somebody signed in.
    fn signed_in(&self, grant: Grant);
    /// Whoever was there left.
    fn signed_out(&self);
    /// Measures the way to the server and back, for the settings.
    fn measure(&self);
}

/// How a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Reads.
    Get,
    /// Makes, or does.
    Post,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
}

/// What comes of a call.
pub type Reply<T> = BoxFuture<'static, Result<T, ApiError>>;

/// The calls that need no living connection.
pub trait Backend: Send + Sync {
    /// A page of the list; the newest without a cursor.
    fn conversations(&self, cursor: Option<String>) -> Reply<ConversationPage>;
    /// Finds conversations; further ones with a cursor.
    fn search(&self, query: String, cursor: Option<String>) -> Reply<SearchPage>;
    /// The models that answer now.
    fn models(&self) -> Reply<Vec<Model>>;
    /// A call for who is not signed in yet, such as signing in: its path below `/api/auth/`, and its body as JSON. Gives the
    /// answer as it came.
    fn enter(&self, how: &str, body: String) -> Reply<String>;
    /// Any other call: its path below `/api/`, and its body as JSON. Gives the answer as it came.
    fn call(&self, verb: Verb, path: String, body: Option<String>) -> Reply<String>;
    /// Takes a file from the server, by a path below `/api/`, and has the browser keep it.
    fn save(&self, path: &str) -> Reply<()>;
    /// Gives the server one of the files chosen in a field, and hears the lines of its answer.
    fn give_file(&self, field: &str, at: usize, path: &str, line: Box<dyn Fn(&str)>) -> Reply<()>;
    /// Ends the session.
    fn logout(&self) -> Reply<()>;
}

/// Where what is typed goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typing {
    /// Nowhere: a key alone is free to mean something.
    Nowhere,
    /// Into a field that is empty.
    Empty,
    /// Into a field that holds something, or into what is open above the page.
    Field,
}

/// What the page wants of the window it is in.
pub trait BrowserApi: Send + Sync {
    /// The time by this machine's clock, ms since 1970.
    fn now(&self) -> u64;
    /// Puts the focus on the element with this id.
    fn focus(&self, id: &str);
    /// The same, and scrolls nowhere.
    fn focus_back(&self, id: &str);
    /// The same, where nothing on the page has it any more.
    fn catch_focus(&self, id: &str);
    /// Puts the focus there too, unless that would open a keyboard on the screen.
    fn focus_to_write(&self, id: &str);
    /// Where what is typed goes.
    fn typing(&self) -> Typing;
    /// Goes to the next thing to press, or the one before, within the element with this id; round its ends.
    fn step_focus(&self, within: &str, forward: bool);
    /// Scrolls the element with this id into view, no further than it takes.
    fn bring_into_view(&self, id: &str);
    /// Puts text on the clipboard.
    fn copy(&self, text: &str);
    /// Names the window.
    fn set_title(&self, title: &str);
    /// What was written and not sent.
    fn draft(&self, conversation: Option<ConversationId>) -> String;
    /// Keeps it.
    fn keep_draft(&self, conversation: Option<ConversationId>, text: &str);
    /// How far a message was edited, where that was not sent.
    fn edit(&self, message: MessageId) -> String;
    /// Keeps it.
    fn keep_edit(&self, message: MessageId, text: &str);
    /// How the page is to look.
    fn theme(&self) -> Theme;
    /// Changes that.
    fn set_theme(&self, theme: Theme);
    /// Whether it takes Ctrl with Enter to send.
    fn ctrl_sends(&self) -> bool;
    /// Changes that.
    fn set_ctrl_sends(&self, ctrl: bool);
    /// Loads the page anew in another language; without one, in that of the device.
    fn set_language(&self, language: Option<Language>);
    /// Has what has just come onto the page dressed: code in its colours.
    fn enhance(&self);
    /// Makes this the content of the element with this id. What stays the same there is not touched.
    fn grow(&self, id: &str, html: &str);
    /// Watches whether the transcript on the page is read at its end, and keeps it there while it grows.
    fn watch_transcript(&self);
    /// Brings the message with this id into view, away from the end.
    fn show_message(&self, id: &str);
    /// Goes to the end of the transcript.
    fn to_end(&self);
    /// Goes to what the browser has kept of the page at this path, where it has.
    fn open_kept(&self, path: String);
    /// Leaves this page for another that the server leads to.
    fn leave_for(&self, path: &str);
    /// Opens or closes the `<dialog>` with this id.
    fn set_dialog(&self, id: &str, open: bool);
    /// The files that were chosen in the field with this id: their names, and how large they are, bytes.
    fn files(&self, id: &str) -> Vec<(String, u64)>;
    /// Whether the `<dialog>` with this id is open.
    fn is_open(&self, id: &str) -> bool;
    /// What the field with this id holds.
    fn value(&self, id: &str) -> String;
    /// Changes what the field with this id holds.
    fn set_value(&self, id: &str, value: &str);
}

/// All three.
#[derive(Clone)]
pub struct Services {
    /// The connection.
    pub commands: Arc<dyn Commands>,
    /// The calls.
    pub backend: Arc<dyn Backend>,
    /// The window.
    pub browser: Arc<dyn BrowserApi>,
}

impl Services {
    /// Nobody: for rendering on the server.
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
    Box::pin(async { Err(ApiError::new(Code::Internal, "There is nobody here to ask.")) })
}

impl Commands for Nobody {
    fn follow(&self, _: Option<ConversationId>) {}
    fn submit(&self, _: String, _: Option<ConversationId>, _: Option<Choice>) {}
    fn send_again(&self, _: MessageId) {}
    fn take_back(&self, _: MessageId) -> Option<String> {
        None
    }
    fn stop(&self, _: MessageId) {}
    fn resume(&self, _: MessageId) {}
    fn regenerate(&self, _: MessageId, _: Option<Choice>) {}
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
    fn theme(&self) -> Theme {
        Theme::System
    }
    fn set_theme(&self, _: Theme) {}
    fn ctrl_sends(&self) -> bool {
        false
    }
    fn set_ctrl_sends(&self, _: bool) {}
    fn set_language(&self, _: Option<Language>) {}
    fn enhance(&self) {}
    fn grow(&self, _: &str, _: &str) {}
    fn watch_transcript(&self) {}
    fn show_message(&self, _: &str) {}
    fn to_end(&self) {}
    fn open_kept(&self, _: String) {}
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
