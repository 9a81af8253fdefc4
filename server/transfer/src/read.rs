//! Converts conversations of other programs.
//!
//! Each program has a file here that recognizes its conversations and converts them to a common form ([`Foreign`]). To add one, write
//! such a file and add a line to [`SOURCES`].

mod chat_ui;
mod chatgpt;
mod claude;
mod deepseek;
mod elsewhere;
mod form;
mod gemini;
mod grok;
mod html;
mod json;
mod librechat;
mod llama_cpp;
mod lobe_chat;
mod loose;
mod marks;
mod messages;
mod open_webui;
mod own;
mod takeout;
mod tree;
mod when;

use std::borrow::Cow;

use holdfast_protocol::UserId;
use uuid::Uuid;

pub use self::loose::Loose;
pub(super) use self::takeout::activity;
use self::{
    json::{Fields, Json},
    tree::{Node, Speaker, Tree, settle},
};
use holdfast_core::imported::{ImportedConversation, MOST_MESSAGES};
use holdfast_core::{clock::Millis, names};

/// A program whose conversations can be read.
struct Source {
    /// Returns whether a value is a conversation of the program, or contains some.
    recognizes: fn(&Fields<'_>) -> bool,
    /// Passes its conversations to the reader.
    read: fn(&Fields<'_>, &mut Reader<'_>),
}

/// All programs. Those that are recognized with more certainty come first.
const SOURCES: [Source; 12] = [
    claude::SOURCE,
    deepseek::SOURCE,
    chatgpt::SOURCE,
    open_webui::SOURCE,
    llama_cpp::SOURCE,
    lobe_chat::SOURCE,
    librechat::SOURCE,
    own::SOURCE,
    grok::SOURCE,
    gemini::SOURCE,
    chat_ui::SOURCE,
    messages::SOURCE,
];

/// List of the programs, for the error about an unknown file.
pub(super) use holdfast_protocol::reason::READABLE_FORMATS as READABLE;

/// A conversation of another program.
#[derive(Default)]
struct Foreign {
    /// Name of the program, which becomes part of ids.
    source: &'static str,
    /// Id of the conversation in the other program; empty if there is none.
    id: String,
    title: Option<String>,
    began: Option<Millis>,
    changed: Option<Millis>,
    pinned: bool,
    archived: bool,
    /// Name of the provider.
    provider: Option<&'static str>,
    /// Name of the model, for answers that do not name one.
    model: Option<String>,
    nodes: Vec<Node>,
    /// The message that was open last.
    current: Option<String>,
    /// Number of messages that could not be read.
    unreadable: usize,
    /// Number of messages beyond the maximum.
    too_many: usize,
}

impl Foreign {
    /// Adds a message, or counts it as unreadable or too many.
    fn take(&mut self, node: Option<Node>) {
        match node {
            Some(_) if self.nodes.len() == MOST_MESSAGES => self.too_many += 1,
            Some(node) => self.nodes.push(node),
            None => self.unreadable += 1,
        }
    }
}

/// A conversation that was read.
#[derive(Clone, Debug)]
pub struct Read {
    /// The conversation in our form.
    pub conversation: ImportedConversation,
    /// What was left out and why, in words that follow "without".
    pub left_out: Vec<String>,
}

/// What was found in a value of a file.
#[derive(Debug)]
pub enum Found {
    /// A conversation.
    Conversation(Box<Read>),
    /// A conversation without messages.
    Empty,
    /// Something that is not a conversation, or belongs to a program that is not supported. Similar values have the same words.
    Other(Cow<'static, str>),
}

/// Collects conversations.
struct Reader<'a> {
    user: UserId,
    now: Millis,
    /// The value that contains them.
    text: &'a str,
    found: Vec<Found>,
}

/// Returns the conversations in a value of a file, for `user`, at the time `now`. Time and memory are proportional to the length of the
/// text.
pub fn conversations(user: UserId, now: Millis, text: &str) -> Vec<Found> {
    let value = Json::of(text);
    let mut reader = Reader { user, now, text: value.raw(), found: Vec::new() };
    let fields = value.fields();
    match SOURCES.iter().find(|source| (source.recognizes)(&fields)) {
        Some(source) => (source.read)(&fields, &mut reader),
        None => reader.found.push(Found::Other(elsewhere::what(value, &fields))),
    }
    reader.found
}

impl Reader<'_> {
    fn take(&mut self, mut foreign: Foreign) {
        let nodes = std::mem::take(&mut foreign.nodes);
        // A conversation without an id is identified by its content.
        let id = if foreign.id.is_empty() {
            Uuid::new_v5(&self.user.0, self.text.as_bytes()).to_string()
        } else {
            std::mem::take(&mut foreign.id)
        };
        let origin = Origin::new(self.user, foreign.source, &id);
        let times = || nodes.iter().filter_map(|node| node.at);
        let began = foreign.began.or_else(|| times().min()).or(foreign.changed).unwrap_or(self.now);
        let changed = foreign.changed.or_else(|| times().max()).unwrap_or(began);
        let title = title(foreign.title.as_deref()).or_else(|| first_words(&nodes)).unwrap_or_else(|| "Imported conversation".to_owned());
        let tree = Tree { provider: foreign.provider, model: foreign.model.as_deref(), began, current: foreign.current.as_deref() };
        let messages = settle(nodes, tree, |key| origin.message(key));
        let mut left_out = Vec::new();
        left_out.extend(unreadable(foreign.unreadable));
        left_out.extend(past_the_most(foreign.too_many));
        self.found.push(if messages.is_empty() && left_out.is_empty() {
            Found::Empty
        } else {
            let conversation = ImportedConversation {
                original: None,
                id: origin.conversation(),
                title,
                created_at: began,
                updated_at: changed,
                pinned: foreign.pinned,
                archived: foreign.archived,
                provider: None,
                model: None,
                messages,
            };
            Found::Conversation(Box::new(Read { conversation, left_out }))
        });
    }
}

fn unreadable(count: usize) -> Option<String> {
    let messages = if count == 1 { "1 message that can't be read".to_owned() } else { format!("{count} messages that can't be read") };
    (count > 0).then_some(messages)
}

fn past_the_most(count: usize) -> Option<String> {
    (count > 0).then(|| format!("what comes after its first {MOST_MESSAGES} messages"))
}

/// The origin of a conversation. Its ids here are derived from it, so they are the same at each import.
struct Origin<'a> {
    user: UserId,
    source: &'static str,
    id: Cow<'a, str>,
}

impl<'a> Origin<'a> {
    /// Maximum length of an id that is used as it is, bytes. A longer one is hashed, because it becomes part of the ids of all messages.
    const LONGEST: usize = 256;

    fn new(user: UserId, source: &'static str, id: &'a str) -> Self {
        let id = if id.len() <= Self::LONGEST { id.into() } else { Uuid::new_v5(&user.0, id.as_bytes()).to_string().into() };
        Self { user, source, id }
    }

    /// Returns the id of the conversation.
    fn conversation(&self) -> Uuid {
        self.derived("")
    }

    /// Returns the id of the message with this key.
    fn message(&self, key: &str) -> Uuid {
        self.derived(&format!(":{key}"))
    }

    /// Returns an id in the user's own name space.
    fn derived(&self, more: &str) -> Uuid {
        let Self { user, source, id } = self;
        Uuid::new_v5(&user.0, format!("import:{source}:{id}{more}").as_bytes())
    }
}

/// Returns a valid title, or `None` if nothing is left of the text.
fn title(text: Option<&str>) -> Option<String> {
    let line = names::cleaned(&form::line(text?, 200));
    (!line.is_empty()).then_some(line)
}

/// Returns the first words of the user, as a title.
fn first_words(nodes: &[Node]) -> Option<String> {
    let said = |who: Speaker| nodes.iter().filter(move |node| node.who == who).map(|node| node.text.as_str());
    let lines = said(Speaker::User).chain(said(Speaker::Assistant)).filter_map(|text| text.lines().find(|line| !line.trim().is_empty()));
    lines.filter_map(|line| title(Some(&form::line(line, 60)))).next()
}
