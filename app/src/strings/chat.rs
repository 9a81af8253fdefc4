//! Texts of the chat, and of every page.

use holdfast_client::connection::Transport;
use holdfast_protocol::{Status, diagnosis::SocketCause, providers::Kind};

use super::{Errors, Language};
use crate::{
    route::{Route, Section},
    services::Theme,
    state::{ConnectionStatus, Day},
};

/// All texts of the first file.
pub struct Strings {
    pub(crate) language: Language,
    /// Sentences of the errors that any page can meet.
    pub(crate) errors: Errors,
    /// Says when something can be tried again, in seconds from now.
    pub(crate) again: fn(u64) -> String,
    pub(crate) common: Common,
    pub(crate) places: Places,
    pub(crate) connection: ConnectionTexts,
    pub(crate) list: List,
    pub(crate) header: Header,
    pub(crate) share: Share,
    pub(crate) transcript: Transcript,
    pub(crate) answer: Answer,
    pub(crate) markdown: Markdown,
    pub(crate) outgoing: Outgoing,
    pub(crate) versions: Versions,
    pub(crate) composer: Composer,
    pub(crate) models: Models,
    pub(crate) done: Done,
    pub(crate) search: Search,
    pub(crate) palette: Palette,
    pub(crate) keys: Keys,
    /// Texts of the browser driver.
    pub browser: Browser,
}

/// Texts that are used in several places.
pub(crate) struct Common {
    pub(crate) skip: &'static str,
    pub(crate) sign_in: &'static str,
    pub(crate) settings: &'static str,
    pub(crate) conversations: &'static str,
    pub(crate) new_conversation: &'static str,
    pub(crate) to_conversations: &'static str,
    pub(crate) back: &'static str,
    pub(crate) archive: &'static str,
    pub(crate) bring_back: &'static str,
    pub(crate) delete: &'static str,
    pub(crate) show_older: &'static str,
    pub(crate) try_again: &'static str,
    pub(crate) copy: &'static str,
    pub(crate) cancel: &'static str,
    pub(crate) close: &'static str,
    pub(crate) dismiss: &'static str,
    pub(crate) undo: &'static str,
    pub(crate) model: &'static str,
    pub(crate) builtin: &'static str,
    pub(crate) shown_once: &'static str,
    #[cfg_attr(not(feature = "split"), allow(dead_code, reason = "all is loaded"))]
    pub(crate) not_loaded: &'static str,
    #[cfg_attr(not(feature = "split"), allow(dead_code, reason = "all is loaded"))]
    pub(crate) why_not_loaded: &'static str,
    #[cfg_attr(not(feature = "split"), allow(dead_code, reason = "all is loaded"))]
    pub(crate) load_anew: &'static str,
    pub(crate) conversation_count: fn(usize) -> String,
}

/// Names of pages.
pub(crate) struct Places {
    pub(crate) sign_up: &'static str,
    pub(crate) search: &'static str,
    pub(crate) archived: &'static str,
    pub(crate) projects: &'static str,
    pub(crate) claim: &'static str,
    pub(crate) password: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) account: &'static str,
    pub(crate) data: &'static str,
    pub(crate) models: &'static str,
    pub(crate) materials: &'static str,
    pub(crate) usage: &'static str,
    pub(crate) connection: &'static str,
    pub(crate) people: &'static str,
    pub(crate) providers: &'static str,
    pub(crate) limits: &'static str,
    pub(crate) activity: &'static str,
}

/// Connection statuses.
pub(crate) struct ConnectionTexts {
    pub(crate) ready: &'static str,
    pub(crate) connecting: &'static str,
    pub(crate) connected: &'static str,
    pub(crate) reconnecting: &'static str,
    pub(crate) offline: &'static str,
    pub(crate) refused: &'static str,
    pub(crate) signed_out: &'static str,
    pub(crate) reconnecting_in: fn(u64) -> String,
    pub(crate) again_in: fn(u64) -> String,
    pub(crate) queued: fn(usize) -> String,
    pub(crate) about_ready: &'static str,
    pub(crate) about_connecting: &'static str,
    pub(crate) about_connected: fn(&str) -> String,
    pub(crate) about_reconnecting: &'static str,
    pub(crate) about_offline: &'static str,
    pub(crate) blocked: fn(SocketCause) -> String,
    pub(crate) socket: &'static str,
    pub(crate) stream: &'static str,
    pub(crate) poll: &'static str,
    pub(crate) connect_now: &'static str,
    pub(crate) now: &'static str,
    pub(crate) try_again: &'static str,
}

/// The list of conversations.
pub(crate) struct List {
    pub(crate) pinned: &'static str,
    pub(crate) today: &'static str,
    pub(crate) yesterday: &'static str,
    pub(crate) week: &'static str,
    pub(crate) older: &'static str,
    pub(crate) open: &'static str,
    pub(crate) commands: &'static str,
    pub(crate) empty: &'static str,
    pub(crate) answering: &'static str,
}

/// The header of a conversation.
pub(crate) struct Header {
    pub(crate) not_here: &'static str,
    pub(crate) unnamed: &'static str,
    pub(crate) sources: &'static str,
    pub(crate) close_sources: &'static str,
    pub(crate) fit: &'static str,
    pub(crate) fits: fn(&str) -> String,
    pub(crate) more: &'static str,
    pub(crate) this: &'static str,
    pub(crate) rename: &'static str,
    pub(crate) pin: &'static str,
    pub(crate) unpin: &'static str,
    pub(crate) share: &'static str,
    pub(crate) export_markdown: &'static str,
    pub(crate) export_json: &'static str,
    pub(crate) rename_heading: &'static str,
    pub(crate) title: &'static str,
}

/// Sharing a conversation.
pub(crate) struct Share {
    pub(crate) heading: &'static str,
    pub(crate) about: &'static str,
    pub(crate) good_for: &'static str,
    pub(crate) day: &'static str,
    pub(crate) week: &'static str,
    pub(crate) month: &'static str,
    pub(crate) year: &'static str,
    pub(crate) link: &'static str,
    pub(crate) note: &'static str,
    pub(crate) links: &'static str,
    pub(crate) make: &'static str,
}

/// The transcript.
pub(crate) struct Transcript {
    pub(crate) label: &'static str,
    pub(crate) earlier: fn(usize) -> String,
    pub(crate) welcome: &'static str,
    pub(crate) about: &'static str,
    pub(crate) only_builtin: &'static str,
    pub(crate) connect: &'static str,
    pub(crate) missing: &'static str,
    pub(crate) why_missing: &'static str,
    pub(crate) loading: &'static str,
    pub(crate) not_read: &'static str,
    pub(crate) quote: &'static str,
}

/// Messages and answers.
pub(crate) struct Answer {
    pub(crate) you: &'static str,
    pub(crate) you_said: &'static str,
    pub(crate) edit: &'static str,
    pub(crate) answer: &'static str,
    pub(crate) interrupted: &'static str,
    pub(crate) passages: fn(usize) -> String,
    pub(crate) broke_off: &'static str,
    pub(crate) failed: &'static str,
    pub(crate) stopped: &'static str,
    pub(crate) go_on: &'static str,
    pub(crate) being_written: &'static str,
    pub(crate) is_finished: &'static str,
    pub(crate) was_stopped: &'static str,
    pub(crate) has_failed: &'static str,
}

/// Texts that the Markdown renderer adds.
pub(crate) struct Markdown {
    pub(crate) copy: &'static str,
    pub(crate) wrap: &'static str,
    /// Shows what a block of code draws.
    pub(crate) preview: &'static str,
    /// Downloads a block of code.
    pub(crate) save: &'static str,
    /// Downloads a table.
    pub(crate) csv: &'static str,
    pub(crate) done: &'static str,
    pub(crate) to_do: &'static str,
    pub(crate) note: &'static str,
    pub(crate) tip: &'static str,
    pub(crate) important: &'static str,
    pub(crate) warning: &'static str,
    pub(crate) caution: &'static str,
}

/// Outgoing messages.
pub(crate) struct Outgoing {
    pub(crate) label: &'static str,
    pub(crate) until_back: &'static str,
    pub(crate) until_done: &'static str,
    pub(crate) limited: fn(u64) -> String,
    pub(crate) later: fn(u64) -> String,
    pub(crate) full: fn(u64) -> String,
    pub(crate) sending: &'static str,
    pub(crate) send_again: &'static str,
    pub(crate) take_back: &'static str,
}

/// Versions of messages.
pub(crate) struct Versions {
    pub(crate) label: &'static str,
    pub(crate) version: &'static str,
    pub(crate) previous: &'static str,
    pub(crate) next: &'static str,
    pub(crate) regenerate: &'static str,
    pub(crate) with_another: &'static str,
    pub(crate) edit: &'static str,
    pub(crate) stays: &'static str,
    pub(crate) send: &'static str,
}

/// The choice of a model.
pub(crate) struct Models {
    pub(crate) dialog: &'static str,
    pub(crate) field: &'static str,
    pub(crate) placeholder: &'static str,
    pub(crate) none: &'static str,
    pub(crate) away: &'static str,
    pub(crate) count: fn(usize) -> String,
}

/// The composer.
pub(crate) struct Composer {
    pub(crate) to_write: &'static str,
    pub(crate) needs_script: &'static str,
    pub(crate) new_text: &'static str,
    pub(crate) to_end: &'static str,
    pub(crate) message: &'static str,
    pub(crate) keep_typing: &'static str,
    pub(crate) follow_up: &'static str,
    pub(crate) too_long: fn(usize, usize) -> String,
    pub(crate) enter_sends: &'static str,
    pub(crate) ctrl_enter_sends: &'static str,
    pub(crate) stop_answer: &'static str,
    pub(crate) stop: &'static str,
    pub(crate) queue: &'static str,
    pub(crate) send: &'static str,
}

/// Reports of actions.
pub(crate) struct Done {
    pub(crate) archived: fn(&str) -> String,
    pub(crate) brought_back: fn(&str) -> String,
    pub(crate) deleted: fn(&str) -> String,
    pub(crate) titled: fn(&str) -> String,
    pub(crate) untitled: &'static str,
}

/// Search.
pub(crate) struct Search {
    pub(crate) label: &'static str,
    pub(crate) nothing: &'static str,
    pub(crate) newest: fn(usize) -> String,
    pub(crate) found: &'static str,
}

/// The command palette.
pub(crate) struct Palette {
    pub(crate) label: &'static str,
    pub(crate) field: &'static str,
    pub(crate) placeholder: &'static str,
    pub(crate) list: &'static str,
    pub(crate) nothing: &'static str,
    pub(crate) entries: fn(usize) -> String,
    pub(crate) commands: &'static str,
    pub(crate) quote: &'static str,
    pub(crate) rename: &'static str,
    pub(crate) pin: &'static str,
    pub(crate) unpin: &'static str,
    pub(crate) archive: &'static str,
    pub(crate) bring_back: &'static str,
    pub(crate) export_markdown: &'static str,
    pub(crate) export_json: &'static str,
    pub(crate) delete: &'static str,
    pub(crate) archived: &'static str,
    pub(crate) transfer: &'static str,
    pub(crate) settings: fn(&str) -> String,
    pub(crate) appearance: fn(&str) -> String,
    pub(crate) system: &'static str,
    pub(crate) light: &'static str,
    pub(crate) dark: &'static str,
}

/// The overview of keyboard shortcuts.
pub(crate) struct Keys {
    pub(crate) heading: &'static str,
    pub(crate) send: &'static str,
    pub(crate) new_line: &'static str,
    pub(crate) recall: &'static str,
    pub(crate) quote: &'static str,
    pub(crate) undo: &'static str,
    pub(crate) step: &'static str,
    pub(crate) ends: &'static str,
    pub(crate) escape: &'static str,
    pub(crate) these: &'static str,
    pub(crate) mac: &'static str,
    /// Labels of the keys.
    pub(crate) ctrl: &'static str,
    pub(crate) shift: &'static str,
    pub(crate) enter: &'static str,
    pub(crate) home: &'static str,
    pub(crate) end: &'static str,
    pub(crate) esc: &'static str,
}

/// Texts of the browser driver.
pub struct Browser {
    /// Text was copied.
    pub copied: &'static str,
    /// Another tab ended the session.
    pub signed_out: &'static str,
    /// An answer was to be regenerated without a connection.
    pub asked_later: &'static str,
    /// Earlier messages can't be loaded now.
    pub earlier_later: &'static str,
    /// The browser has no random generator for ids.
    pub no_random: &'static str,
}

impl Strings {
    /// Returns the name of a page, if it has one.
    pub(crate) fn route(&self, route: Route) -> Option<&'static str> {
        match route {
            Route::New | Route::Conversation(_) => None,
            Route::SignIn => Some(self.common.sign_in),
            Route::SignUp | Route::Join => Some(self.places.sign_up),
            Route::Search => Some(self.places.search),
            Route::Archived => Some(self.places.archived),
            Route::Projects | Route::Project(_) => Some(self.places.projects),
            Route::Claim => Some(self.places.claim),
            Route::Password => Some(self.places.password),
            Route::Settings(section) => Some(self.section(section)),
            Route::Unknown => Some(self.places.unknown),
        }
    }

    /// Returns the name of a section of the settings.
    pub(crate) fn section(&self, section: Section) -> &'static str {
        match section {
            Section::Account => self.places.account,
            Section::Data => self.places.data,
            Section::Models => self.places.models,
            Section::Materials => self.places.materials,
            Section::Usage => self.places.usage,
            Section::Connection => self.places.connection,
            Section::People => self.places.people,
            Section::Providers => self.places.providers,
            Section::Limits => self.places.limits,
            Section::Activity => self.places.activity,
        }
    }

    /// Returns the heading of a group of conversations.
    pub(crate) fn day(&self, day: Day) -> &'static str {
        match day {
            Day::Pinned => self.list.pinned,
            Day::Today => self.list.today,
            Day::Yesterday => self.list.yesterday,
            Day::Week => self.list.week,
            Day::Older => self.list.older,
        }
    }

    /// Returns the connection status without numbers, because a screen reader would read each change of them.
    pub(crate) fn connection(&self, connection: &ConnectionStatus) -> &'static str {
        match connection {
            ConnectionStatus::Ready => self.connection.ready,
            ConnectionStatus::Connecting => self.connection.connecting,
            ConnectionStatus::Connected(_) => self.connection.connected,
            ConnectionStatus::Reconnecting { .. } => self.connection.reconnecting,
            ConnectionStatus::Offline { .. } => self.connection.offline,
            ConnectionStatus::Refused(_) => self.connection.refused,
            ConnectionStatus::SignedOut(_) => self.connection.signed_out,
        }
    }

    /// Returns the name of a transport.
    pub(crate) fn transport(&self, transport: Transport) -> &'static str {
        match transport {
            Transport::Socket => self.connection.socket,
            Transport::Stream => self.connection.stream,
            Transport::Poll => self.connection.poll,
        }
    }

    /// Returns the name of an appearance.
    pub(crate) fn theme(&self, theme: Theme) -> &'static str {
        match theme {
            Theme::System => self.palette.system,
            Theme::Light => self.palette.light,
            Theme::Dark => self.palette.dark,
        }
    }

    /// Returns the announcement of an answer's end.
    pub(crate) fn ended(&self, status: Status) -> &'static str {
        match status {
            Status::Complete => self.answer.is_finished,
            Status::Stopped => self.answer.was_stopped,
            Status::Interrupted => self.answer.broke_off,
            Status::Failed => self.answer.has_failed,
            Status::Streaming | Status::Accepted => "",
        }
    }

    /// Returns the name of a provider.
    pub(crate) fn provider<'a>(&self, provider: &'a str) -> &'a str {
        match provider {
            "builtin" => self.common.builtin,
            "llamacpp" | "llama.cpp" => "llama.cpp",
            "lmstudio" => "LM Studio",
            other => Kind::parse(other).map_or(other, |kind| kind.title()),
        }
    }
}
