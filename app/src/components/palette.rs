//! The command palette: finds commands, pages and conversations by a few letters.

use holdfast_protocol::{ConversationId, MessageId, api::SearchResult};
use leptos::{prelude::*, task::spawn_local};

use super::{
    header::ask_title,
    picker::{self, Line, Names, Picker, fits, plain},
    quote::quote,
    search::PAUSE,
};
use crate::{
    Route, Section,
    actions::{ConversationActions, actions},
    first_load::erased::memo,
    services::Theme,
    state::AppState,
    strings::strings,
    ui::{AppContext, Ui, context, state, ui},
};

/// Maximum number of conversations in the list.
const MOST: usize = 30;
/// Minimum number of letters before the server is asked.
const LETTERS: usize = 2;

/// The action of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PaletteAction {
    Go(Route),
    Find(ConversationId, MessageId),
    Rename,
    Share,
    Export(ConversationId, &'static str),
    Pin(ConversationId, bool),
    Archive(ConversationId, bool),
    Delete(ConversationId),
    Look(Theme),
    Quote,
    Keys,
}

/// An entry of the palette.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    group: &'static str,
    text: String,
    /// The search result, if the server found a text.
    hit: Option<SearchResult>,
    action: PaletteAction,
}

fn entry(group: &'static str, text: impl Into<String>, action: PaletteAction) -> Entry {
    Entry { group, text: text.into(), hit: None, action }
}

/// Id of the dialog.
pub(crate) const PALETTE: &str = "palette";

/// The palette. Its list is empty until it is opened.
#[component]
pub(crate) fn Palette() -> impl IntoView {
    let (state, ui, context, actions, strings) = (state(), ui(), context(), actions(), &strings().palette);
    let query = RwSignal::new(String::new());
    let hits = RwSignal::new(Vec::<SearchResult>::new());
    let at = RwSignal::new(0_usize);
    let asked = StoredValue::new(0_u64);
    let all = memo(move || if ui.palette.get() { entries(state, ui, &query.read(), &hits.read()) } else { Vec::new() });
    // Replies to earlier queries are dropped.
    let look = move |text: String| {
        let number = asked.get_value() + 1;
        asked.set_value(number);
        at.set(0);
        let is_worth = text.trim().chars().count() >= LETTERS && state.session.user.read_untracked().is_some();
        query.set(text.clone());
        if !is_worth {
            hits.set(Vec::new());
            return;
        }
        let is_newest = move || asked.try_get_value() == Some(number);
        set_timeout(
            move || {
                if !is_newest() {
                    return;
                }
                let reply = context.backend().search(text, None);
                spawn_local(async move {
                    // Without a reply, the palette shows only local entries.
                    let found = reply.await.map(|page| page.results).unwrap_or_default();
                    if is_newest() {
                        hits.set(found);
                    }
                });
            },
            PAUSE,
        );
    };
    let closed = move |()| {
        ui.palette.set(false);
        state.open.selected.set(None);
        look(String::new());
    };
    let take = move |index: usize| {
        let entry = all.read_untracked().get(index).cloned();
        picker::close(PALETTE, context);
        look(String::new());
        if let Some(entry) = entry {
            act(&entry, state, ui, context, actions);
        }
    };
    let summary = move || match all.read().len() {
        _ if !ui.palette.get() => String::new(),
        0 => strings.nothing.to_owned(),
        n => (strings.entries)(n),
    };
    let lines = memo(move || all.read().iter().map(line).collect());
    view! {
        <Picker
            id=PALETTE
            names=Names { dialog: strings.label, field: strings.field, list: strings.list, placeholder: strings.placeholder }
            lines
            at
            summary=Signal::derive(summary)
            typed=Callback::new(look)
            take=Callback::new(take)
            closed=Callback::new(closed)
        />
    }
}

fn line(entry: &Entry) -> Line {
    let (title, detail) = match &entry.hit {
        Some(hit) => (hit.title.clone(), hit.place.clone()),
        None => (plain(entry.text.clone()), Vec::new()),
    };
    Line { group: entry.group.to_owned(), title, detail, current: false }
}

fn act(entry: &Entry, state: AppState, ui: Ui, context: AppContext, actions: ConversationActions) {
    match entry.action {
        PaletteAction::Go(route) => {
            ui.go(route);
            if route.is_chat() {
                request_animation_frame(move || context.browser().focus_to_write("message"));
            }
        }
        PaletteAction::Find(id, message) => ui.find(id, message, entry.hit.as_ref().map_or(&[], |hit| &hit.place)),
        PaletteAction::Rename => ask_title(state, ui, context),
        PaletteAction::Share => context.browser().set_dialog("share", true),
        PaletteAction::Export(id, format) => actions.export(id, format),
        PaletteAction::Pin(id, pinned) => actions.pin(id, pinned),
        PaletteAction::Archive(id, archived) => actions.archive(id, archived),
        PaletteAction::Delete(id) => actions.delete(id),
        PaletteAction::Look(theme) => ui.set_theme(theme, context),
        PaletteAction::Quote => quote(state.open, ui),
        PaletteAction::Keys => context.browser().set_dialog("keys", true),
    }
}

/// Returns the entries that match the query: commands, conversations by title, and the server's results.
fn entries(state: AppState, ui: Ui, query: &str, hits: &[SearchResult]) -> Vec<Entry> {
    let query = query.trim().to_lowercase();
    let fits = |text: &str| fits(&query, text);
    let mut all: Vec<Entry> = commands(state, ui).into_iter().filter(|entry| fits(&entry.text)).collect();
    let list = state.list.items.read();
    let named = list.iter().map(|item| (item.id, item.summary.read().title.clone())).filter(|(_, title)| fits(title)).take(MOST);
    let named: Vec<Entry> =
        named.map(|(id, title)| entry(state.strings().common.conversations, title, PaletteAction::Go(Route::Conversation(id)))).collect();
    let is_new =
        |hit: &&SearchResult| !named.iter().any(|entry| entry.action == PaletteAction::Go(Route::Conversation(hit.conversation_id)));
    let found = hits.iter().filter(is_new).map(|hit| Entry {
        group: state.strings().search.found,
        text: String::new(),
        hit: Some(hit.clone()),
        action: match hit.message_id {
            Some(message) => PaletteAction::Find(hit.conversation_id, message),
            None => PaletteAction::Go(Route::Conversation(hit.conversation_id)),
        },
    });
    let found: Vec<Entry> = found.collect();
    all.extend(named);
    all.extend(found);
    all
}

fn commands(state: AppState, ui: Ui) -> Vec<Entry> {
    let strings = state.strings();
    let (texts, group) = (&strings.palette, strings.palette.commands);
    let mut all = Vec::new();
    if state.open.selected.read().is_some() {
        all.push(entry(group, texts.quote, PaletteAction::Quote));
    }
    all.push(entry(group, strings.common.new_conversation, PaletteAction::Go(Route::New)));
    if let Some(item) = ui.route.get().conversation().filter(|id| state.open.missing.get() != Some(*id)).and_then(|id| state.list.item(id))
    {
        let (id, summary) = (item.id, item.summary.read());
        let pin = if summary.pinned { texts.unpin } else { texts.pin };
        let archive = if summary.archived { texts.bring_back } else { texts.archive };
        all.extend([
            entry(group, texts.rename, PaletteAction::Rename),
            entry(group, pin, PaletteAction::Pin(id, !summary.pinned)),
            entry(group, archive, PaletteAction::Archive(id, !summary.archived)),
            entry(group, strings.share.heading, PaletteAction::Share),
            entry(group, texts.export_markdown, PaletteAction::Export(id, "md")),
            entry(group, texts.export_json, PaletteAction::Export(id, "json")),
            entry(group, texts.delete, PaletteAction::Delete(id)),
        ]);
    }
    if state.session.user.read().is_some() {
        all.push(entry(group, strings.places.projects, PaletteAction::Go(Route::Projects)));
        all.push(entry(group, texts.archived, PaletteAction::Go(Route::Archived)));
        all.push(entry(group, texts.transfer, PaletteAction::Go(Route::Settings(Section::Data))));
    } else {
        all.push(entry(group, strings.common.sign_in, PaletteAction::Go(Route::SignIn)));
    }
    let is_admin = state.session.is_admin();
    for section in Section::ALL.into_iter().filter(|section| is_admin || !section.is_for_admins()) {
        all.push(entry(group, (texts.settings)(strings.section(section)), PaletteAction::Go(Route::Settings(section))));
    }
    let other = Theme::ALL.into_iter().filter(|theme| *theme != ui.theme.get());
    all.extend(other.map(|theme| entry(group, (texts.appearance)(strings.theme(theme)), PaletteAction::Look(theme))));
    all.push(entry(group, strings.keys.heading, PaletteAction::Keys));
    all
}
