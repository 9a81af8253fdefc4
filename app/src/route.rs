//! The addresses of the pages.

use holdfast_protocol::{ConversationId, MessageId, ProjectId, api::Piece};
use leptos_router::location::Url;

/// A page. The server reads it from the request, the browser from its address bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// `/`: the start page.
    New,
    /// `/c/{id}`
    Conversation(ConversationId),
    /// `/signin`
    SignIn,
    /// `/signup`
    SignUp,
    /// `/search`; the query string holds the search.
    Search,
    /// `/archived`
    Archived,
    /// `/projects`
    Projects,
    /// `/projects/{id}`
    Project(ProjectId),
    /// `/join#…`: creates an account with an invitation.
    Join,
    /// `/claim#…`: becomes the first administrator.
    Claim,
    /// `/password#…`: sets a new password.
    Password,
    /// `/settings/…`
    Settings(Section),
    /// Any other path.
    Unknown,
}

/// A section of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Section {
    /// The user's account, and the appearance of the page.
    Account,
    /// Export, import and sharing.
    Data,
    /// The available models.
    Models,
    /// The user's files.
    Materials,
    /// What the user used in a month, and for administrators what all did.
    Usage,
    /// Details about the connection.
    Connection,
    /// Users and invitations, for administrators.
    People,
    /// Providers, for administrators.
    Providers,
    /// Limits, for administrators.
    Limits,
    /// What the server is doing now, for administrators.
    Activity,
}

impl Section {
    /// All sections, in the order of the menu.
    pub const ALL: [Section; 10] = [
        Section::Account,
        Section::Data,
        Section::Models,
        Section::Materials,
        Section::Usage,
        Section::Connection,
        Section::People,
        Section::Providers,
        Section::Limits,
        Section::Activity,
    ];

    const fn path(self) -> &'static str {
        match self {
            Section::Account => "/settings/account",
            Section::Data => "/settings/data",
            Section::Models => "/settings/models",
            Section::Materials => "/settings/materials",
            Section::Usage => "/settings/usage",
            Section::Connection => "/settings/connection",
            Section::People => "/settings/people",
            Section::Providers => "/settings/providers",
            Section::Limits => "/settings/limits",
            Section::Activity => "/settings/activity",
        }
    }

    /// Returns whether the section is for administrators only.
    pub const fn is_for_admins(self) -> bool {
        matches!(self, Section::People | Section::Providers | Section::Limits | Section::Activity)
    }
}

impl Route {
    /// Returns the page at `path`, which starts with `base`. Ignores a query or fragment.
    pub fn parse(base: &str, path: &str) -> Self {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let Some(path) = path.strip_prefix(base) else { return Route::Unknown };
        let path = path.strip_suffix('/').unwrap_or(path);
        match path {
            "" => Route::New,
            "/signin" => Route::SignIn,
            "/signup" => Route::SignUp,
            "/search" => Route::Search,
            "/archived" => Route::Archived,
            "/projects" => Route::Projects,
            "/join" => Route::Join,
            "/claim" => Route::Claim,
            "/password" => Route::Password,
            "/settings" => Route::Settings(Section::Account),
            _ => {
                if let Some(id) = path.strip_prefix("/c/").and_then(|id| id.parse().ok()) {
                    return Route::Conversation(id);
                }
                if let Some(id) = path.strip_prefix("/projects/").and_then(|id| id.parse().ok()) {
                    return Route::Project(id);
                }
                Section::ALL.into_iter().find(|section| section.path() == path).map_or(Route::Unknown, Route::Settings)
            }
        }
    }

    /// Returns the path of the page, including `base`.
    pub fn path(self, base: &str) -> String {
        match self {
            Route::New | Route::Unknown => format!("{base}/"),
            Route::Conversation(id) => format!("{base}/c/{id}"),
            Route::SignIn => format!("{base}/signin"),
            Route::SignUp => format!("{base}/signup"),
            Route::Search => format!("{base}/search"),
            Route::Archived => format!("{base}/archived"),
            Route::Projects => format!("{base}/projects"),
            Route::Project(id) => format!("{base}/projects/{id}"),
            Route::Join => format!("{base}/join"),
            Route::Claim => format!("{base}/claim"),
            Route::Password => format!("{base}/password"),
            Route::Settings(section) => format!("{base}{}", section.path()),
        }
    }

    /// Returns the conversation that the page shows.
    pub const fn conversation(self) -> Option<ConversationId> {
        match self {
            Route::Conversation(id) => Some(id),
            _ => None,
        }
    }

    /// Returns whether the page has a composer.
    pub const fn is_chat(self) -> bool {
        matches!(self, Route::New | Route::Conversation(_))
    }
}

/// Query that requests all messages of a conversation at once, for browsers without scripts.
pub const WHOLE: &str = "all";

/// Query that requests a page for storage in the browser: with all messages, because none can be loaded later without a network.
pub const CACHED: &str = "cached";

/// Returns the id of a message's element, for use as the fragment of an address.
pub(crate) fn message_anchor(id: MessageId) -> String {
    format!("m-{id}")
}

/// Returns the address of a message that was found: that of its conversation, with the words to highlight.
pub(crate) fn found_at(conversation: &str, message: MessageId, excerpt: &[Piece]) -> String {
    let mut words: Vec<&str> = excerpt.iter().filter(|piece| piece.found).map(|piece| piece.text.as_str()).collect();
    words.sort_unstable();
    words.dedup();
    let found = if words.is_empty() { String::new() } else { format!("?found={}", Url::escape(&words.join(" "))) };
    format!("{conversation}{found}#{}", message_anchor(message))
}

/// Returns what precedes the number of a passage in the id of its footnote, for use as the fragment of an address.
pub(crate) fn passage_anchor(answer: MessageId) -> String {
    format!("c-{answer}.")
}

/// Returns the passage that a fragment refers to: the answer, and the number in it.
pub(crate) fn passage(hash: &str) -> Option<(MessageId, u32)> {
    let (answer, n) = hash.trim_start_matches('#').strip_prefix("c-")?.split_once('.')?;
    Some((answer.parse().ok()?, n.parse().ok()?))
}

/// Returns the message that a fragment refers to.
pub(crate) fn anchored(hash: &str) -> Option<MessageId> {
    hash.trim_start_matches('#').strip_prefix("m-")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn every_place_is_found_by_its_own_path() {
        let mut places = vec![
            Route::New,
            Route::SignIn,
            Route::SignUp,
            Route::Search,
            Route::Archived,
            Route::Projects,
            Route::Project(ProjectId(Uuid::from_u128(8))),
            Route::Join,
            Route::Claim,
            Route::Password,
            Route::Conversation(ConversationId(Uuid::from_u128(7))),
        ];
        places.extend(Section::ALL.map(Route::Settings));
        for base in ["", "/chat"] {
            for route in &places {
                let path = route.path(base);
                assert_eq!(Route::parse(base, &path), *route, "{path}");
                assert_eq!(Route::parse(base, &format!("{path}?a=/c/1#top")), *route, "{path}");
            }
        }
    }

    #[test]
    fn a_passage_is_found_by_its_fragment() {
        let answer = MessageId(Uuid::from_u128(7));
        assert_eq!(passage(&format!("#{}12", passage_anchor(answer))), Some((answer, 12)));
        for fragment in ["", "#", "#m-7", "#c-7.1", &format!("#{}", passage_anchor(answer)), &format!("#c-{answer}")] {
            assert_eq!(passage(fragment), None, "{fragment}");
        }
    }

    #[test]
    fn the_base_alone_is_home_and_others_are_nowhere() {
        assert_eq!(Route::parse("/chat", "/chat"), Route::New);
        assert_eq!(Route::parse("", "/settings/"), Route::Settings(Section::Account));
        for path in ["/c/", "/c/7", "/c/../signin", "/nowhere", "/chat"] {
            assert_eq!(Route::parse("", path), Route::Unknown, "{path}");
        }
        assert_eq!(Route::parse("/chat", "/signin"), Route::Unknown);
    }
}
