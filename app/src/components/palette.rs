//! The command palette: what can be done, and where one can go, by a few letters.

use holdfast_protocol::{ConversationId, MessageId, api::SearchResult};
use leptos::{prelude::*, task::spawn_local};

use super::{
    header::ask_title,
    picker::{self, Line, Names, Picker, fits, plain},
    quote::quote,
    search::PAUSE,
};
use crate::{
    Place, Section,
    acts::{Acts, acts},
    live::Live,
    once::memo,
    services::Theme,
    ui::{Ask, Ui, ask, live, ui},
    words::words,
};

/// Conversations that are offered, at most.
const MOST: usize = 30;
/// So many letters are worth asking the server for.
const LETTERS: usize = 2;

/// What an entry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Go(Place),
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

/// A line of the palette.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    group: &'static str,
    text: String,
    /// Where the letters were found in a text.
    hit: Option<SearchResult>,
    deed: Deed,
}

fn entry(group: &'static str, text: impl Into<String>, deed: Deed) -> Entry {
    Entry { group, text: text.into(), hit: None, deed }
}

/// Its dialog.
pub(crate) const PALETTE: &str = "palette";

/// The palette. What is listed is not made before it is open.
#[component]
pub(crate) fn Palette() -> impl IntoView {
    let (live, ui, ask, acts, words) = (live(), ui(), ask(), acts(), &words().palette);
    let query = RwSignal::new(String::new());
    let hits = RwSignal::new(Vec::<SearchResult>::new());
    let at = RwSignal::new(0_usize);
    let asked = StoredValue::new(0_u64);
    let all = memo(move || if ui.palette.get() { entries(live, ui, &query.read(), &hits.read()) } else { Vec::new() });
    // What was looked for before is looked for no more.
    let look = move |text: String| {
        let number = asked.get_value() + 1;
        asked.set_value(number);
        at.set(0);
        let is_worth = text.trim().chars().count() >= LETTERS && live.user.read_untracked().is_some();
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
                let reply = ask.backend().search(text, None);
                spawn_local(async move {
                    // Without an answer it is a palette of what is here.
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
        live.selected.set(None);
        look(String::new());
    };
    let take = move |index: usize| {
        let entry = all.read_untracked().get(index).cloned();
        picker::close(PALETTE, ask);
        look(String::new());
        if let Some(entry) = entry {
            act(&entry, live, ui, ask, acts);
        }
    };
    let said = move || match all.read().len() {
        _ if !ui.palette.get() => String::new(),
        0 => words.nothing.to_owned(),
        n => (words.entries)(n),
    };
    let lines = memo(move || all.read().iter().map(line).collect());
    view! {
        <Picker
            id=PALETTE
            names=Names { dialog: words.label, field: words.field, list: words.list, placeholder: words.placeholder }
            lines
            at
            said=Signal::derive(said)
            typed=Callback::new(look)
            take=Callback::new(take)
            closed=Callback::new(closed)
        />
    }
}

fn line(entry: &Entry) -> Line {
    let (title, place) = match &entry.hit {
        Some(hit) => (hit.title.clone(), hit.place.clone()),
        None => (plain(entry.text.clone()), Vec::new()),
    };
    Line { group: entry.group.to_owned(), title, place, current: false }
}

fn act(entry: &Entry, live: Live, ui: Ui, ask: Ask, acts: Acts) {
    match entry.deed {
        Deed::Go(place) => {
            ui.go(place);
            if place.is_chat() {
                request_animation_frame(move || ask.desk().focus_to_write("message"));
            }
        }
        Deed::Find(id, message) => ui.find(id, message, entry.hit.as_ref().map_or(&[], |hit| &hit.place)),
        Deed::Rename => ask_title(live, ui, ask),
        Deed::Share => ask.desk().set_dialog("share", true),
        Deed::Export(id, format) => acts.export(id, format),
        Deed::Pin(id, pinned) => acts.pin(id, pinned),
        Deed::Archive(id, archived) => acts.archive(id, archived),
        Deed::Delete(id) => acts.delete(id),
        Deed::Look(theme) => ui.set_theme(theme, ask),
        Deed::Quote => quote(live, ui),
        Deed::Keys => ask.desk().set_dialog("keys", true),
    }
}

/// What there is, of what fits the letters: commands, conversations by their titles, and what the server found.
fn entries(live: Live, ui: Ui, query: &str, hits: &[SearchResult]) -> Vec<Entry> {
    let query = query.trim().to_lowercase();
    let fits = |text: &str| fits(&query, text);
    let mut all: Vec<Entry> = commands(live, ui).into_iter().filter(|entry| fits(&entry.text)).collect();
    let list = live.list.read();
    let named = list.iter().map(|item| (item.id, item.summary.read().title.clone())).filter(|(_, title)| fits(title)).take(MOST);
    let named: Vec<Entry> =
        named.map(|(id, title)| entry(live.words().common.conversations, title, Deed::Go(Place::Conversation(id)))).collect();
    let is_new = |hit: &&SearchResult| !named.iter().any(|entry| entry.deed == Deed::Go(Place::Conversation(hit.conversation_id)));
    let found = hits.iter().filter(is_new).map(|hit| Entry {
        group: live.words().search.found,
        text: String::new(),
        hit: Some(hit.clone()),
        deed: match hit.message_id {
            Some(message) => Deed::Find(hit.conversation_id, message),
            None => Deed::Go(Place::Conversation(hit.conversation_id)),
        },
    });
    let found: Vec<Entry> = found.collect();
    all.extend(named);
    all.extend(found);
    all
}

fn commands(live: Live, ui: Ui) -> Vec<Entry> {
    let words = live.words();
    let (said, group) = (&words.palette, words.palette.commands);
    let mut all = Vec::new();
    if live.selected.read().is_some() {
        all.push(entry(group, said.quote, Deed::Quote));
    }
    all.push(entry(group, words.common.new_conversation, Deed::Go(Place::New)));
    if let Some(item) = ui.place.get().conversation().filter(|id| live.missing.get() != Some(*id)).and_then(|id| live.item(id)) {
        let (id, summary) = (item.id, item.summary.read());
        let pin = if summary.pinned { said.unpin } else { said.pin };
        let archive = if summary.archived { said.bring_back } else { said.archive };
        all.extend([
            entry(group, said.rename, Deed::Rename),
            entry(group, pin, Deed::Pin(id, !summary.pinned)),
            entry(group, archive, Deed::Archive(id, !summary.archived)),
            entry(group, words.share.heading, Deed::Share),
            entry(group, said.export_markdown, Deed::Export(id, "md")),
            entry(group, said.export_json, Deed::Export(id, "json")),
            entry(group, said.delete, Deed::Delete(id)),
        ]);
    }
    if live.user.read().is_some() {
        all.push(entry(group, said.archived, Deed::Go(Place::Archived)));
        all.push(entry(group, said.exchange, Deed::Go(Place::Settings(Section::Data))));
    } else {
        all.push(entry(group, words.common.sign_in, Deed::Go(Place::SignIn)));
    }
    let is_admin = live.is_admin();
    for section in Section::ALL.into_iter().filter(|section| is_admin || !section.is_for_admins()) {
        all.push(entry(group, (said.settings)(words.section(section)), Deed::Go(Place::Settings(section))));
    }
    let other = Theme::ALL.into_iter().filter(|theme| *theme != ui.theme.get());
    all.extend(other.map(|theme| entry(group, (said.appearance)(words.theme(theme)), Deed::Look(theme))));
    all.push(entry(group, words.keys.heading, Deed::Keys));
    all
}
