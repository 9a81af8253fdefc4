//! The command palette: what can be done, and where one can go, by a few letters.

use holdfast_protocol::{
    ConversationId, MessageId,
    api::{Rank, SearchResult},
};
use leptos::{ev::KeyboardEvent, prelude::*, task::spawn_local};

use super::{
    quote::quote,
    search::{PAUSE, marked},
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

/// Opens it, at once: whoever types on goes on in it.
pub(crate) fn open(ui: Ui, ask: Ask) {
    ui.palette.set(true);
    ask.desk().set_dialog("palette", true);
    ask.desk().focus(FIELD);
}

const FIELD: &str = "palette-field";

/// The palette. What is listed is not made before it is opened.
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
    // It is told of a closing some time later; meanwhile it may be open again.
    let closed = move |_| {
        if !ask.desk().is_open("palette") {
            ui.palette.set(false);
            live.selected.set(None);
            look(String::new());
            ask.desk().set_value(FIELD, "");
        }
    };
    let run = move |entry: &Entry| {
        ask.desk().set_dialog("palette", false);
        look(String::new());
        ask.desk().set_value(FIELD, "");
        act(entry.deed, live, ui, ask, acts);
    };
    let step = move |by: isize| {
        let count = all.read_untracked().len();
        if count > 0 {
            at.update(|at| *at = (*at as isize + by).rem_euclid(count as isize) as usize);
            let at = at.get_untracked();
            request_animation_frame(move || ask.desk().bring_into_view(&option_id(at)));
        }
    };
    let on_key = move |ev: KeyboardEvent| {
        if ev.is_composing() {
            return;
        }
        match ev.key().as_str() {
            "ArrowDown" => step(1),
            "ArrowUp" => step(-1),
            "Enter" => {
                if let Some(entry) = all.read_untracked().get(at.get_untracked()) {
                    run(entry);
                }
            }
            _ => return,
        }
        ev.prevent_default();
    };
    let groups = move || {
        let all = all.read();
        let mut groups: Vec<(&'static str, Vec<(usize, Entry)>)> = Vec::new();
        for (index, entry) in all.iter().enumerate() {
            match groups.last_mut().filter(|(name, _)| *name == entry.group) {
                Some((_, entries)) => entries.push((index, entry.clone())),
                None => groups.push((entry.group, vec![(index, entry.clone())])),
            }
        }
        groups
    };
    let said = move || match all.read().len() {
        _ if !ui.palette.get() => String::new(),
        0 => words.nothing.to_owned(),
        n => (words.entries)(n),
    };
    let active = move || (!all.read().is_empty()).then(|| option_id(at.get()));
    let option = move |index: usize, entry: Entry| {
        let shown = match &entry.hit {
            Some(hit) => view! {
                <span class="title">{marked(hit.title.clone())}</span>
                <span class="place">{marked(hit.place.clone())}</span>
            }
            .into_any(),
            None => view! { <span class="title">{entry.text.clone()}</span> }.into_any(),
        };
        view! {
            <div
                class="option"
                role="option"
                id=option_id(index)
                aria-selected=move || (at.get() == index).to_string()
                on:mousemove=move |_| if at.get_untracked() != index { at.set(index) }
                on:click=move |_| run(&entry)
            >
                {shown}
            </div>
        }
    };
    view! {
        <dialog id="palette" class="palette" aria-label=words.label on:close=closed>
        <input
            class="field"
            id=FIELD
            type="text"
            role="combobox"
            aria-label=words.field
            aria-expanded="true"
            aria-controls="palette-list"
            aria-autocomplete="list"
            aria-activedescendant=active
            placeholder=words.placeholder
            autocomplete="off"
            spellcheck="false"
            maxlength="200"
            on:input=move |ev| look(event_target_value(&ev))
            on:keydown=on_key
        />
        <div class="options" id="palette-list" role="listbox" aria-label=words.list>
            {move || {
                groups()
                    .into_iter()
                    .map(|(name, entries)| {
                        let options = entries.into_iter().map(|(index, entry)| option(index, entry)).collect_view();
                        view! {
                            <div role="group" aria-label=name>
                                <div class="group" aria-hidden="true">{name}</div>
                                {options}
                            </div>
                        }
                    })
                    .collect_view()
            }}
        </div>
        <p class="meta" role="status">{said}</p>
        </dialog>
    }
    .into_any()
}

fn option_id(index: usize) -> String {
    format!("palette-{index}")
}

fn act(deed: Deed, live: Live, ui: Ui, ask: Ask, acts: Acts) {
    match deed {
        Deed::Go(place) => {
            ui.go(place);
            if place.is_chat() {
                request_animation_frame(move || ask.desk().focus_to_write("message"));
            }
        }
        Deed::Find(id, message) => ui.find(id, message),
        Deed::Rename => ask.desk().set_dialog("rename", true),
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
    let words: Vec<&str> = query.split_whitespace().collect();
    let fits = |text: &str| {
        let text = text.to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
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
    let is_admin = live.user.read().as_ref().is_some_and(|user| user.role == Rank::Admin);
    for section in Section::ALL.into_iter().filter(|section| is_admin || *section != Section::People) {
        all.push(entry(group, (said.settings)(words.section(section)), Deed::Go(Place::Settings(section))));
    }
    let other = Theme::ALL.into_iter().filter(|theme| *theme != ui.theme.get());
    all.extend(other.map(|theme| entry(group, (said.appearance)(words.theme(theme)), Deed::Look(theme))));
    all.push(entry(group, words.keys.heading, Deed::Keys));
    all
}
