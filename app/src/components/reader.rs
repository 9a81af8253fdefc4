//! The reader: a page of a file beside the conversation, with the words that an answer cites.

mod text;

use std::sync::Arc;

use holdfast_protocol::{
    Code, ConversationId, FileId, MessageId, Reason,
    files::FileInfo,
    materials::{Location, Page},
    message::Source,
};
use leptos::{ev::KeyboardEvent, prelude::*, task::spawn_local};

use super::{cited::excerpt, quote::quoted};
use crate::{
    calls::get,
    first_load::{
        erased::{Each, When, effect, memo},
        sort,
    },
    markdown::words::Words,
    route::{Route, passage_anchor},
    state::AppState,
    strings::Reader as Strings,
    ui::{AppContext, Ui, context, state, ui},
};

/// The sizes of a drawn page, in percent of the width of the reader.
const SIZES: [u32; 7] = [50, 75, 100, 125, 150, 200, 300];

/// What is known of a page.
#[derive(Clone, PartialEq)]
enum PageState {
    Loading,
    Here(Arc<Page>),
    /// The file or the page does not exist.
    Gone,
    /// Why it is not here.
    Failed(&'static str),
}

/// The state of the reader. `Copy`, because closures capture it.
#[derive(Clone, Copy)]
struct Reading {
    state: AppState,
    ui: Ui,
    context: AppContext,
    strings: &'static Strings,
    /// The conversation that the reader belongs to.
    conversation: Option<ConversationId>,
    /// The passages of the answer.
    sources: Memo<Vec<Source>>,
    /// The passage that is shown.
    source: Memo<Option<Source>>,
    /// Number of the page that is shown, from 1.
    number: RwSignal<u32>,
    page: RwSignal<PageState>,
    /// What is known of the file; `None` until that is loaded.
    file: RwSignal<Option<FileInfo>>,
    /// The access token for the module that draws pages.
    token: RwSignal<Option<String>>,
    /// How often drawing has failed. After the second time, the text of the page is shown.
    failures: RwSignal<u32>,
    /// Index in [`SIZES`].
    size: RwSignal<usize>,
    /// Whether the passage changes because the user goes to another citation, so that the focus stays on the button.
    steps: StoredValue<bool>,
}

impl Reading {
    fn new() -> Self {
        let (state, ui, context) = (state(), ui(), context());
        let sources = memo(move || {
            let (answer, _) = ui.passage.get()?;
            let messages = state.open.messages.read();
            Some(messages.iter().find(|message| message.id == answer)?.head.read().sources.to_vec())
        });
        let sources = memo(move || sources.get().unwrap_or_default());
        let source = memo(move || {
            let (_, n) = ui.passage.get()?;
            sources.read().iter().find(|source| source.n == n).cloned()
        });
        let strings = state.site.language.reader();
        let conversation = ui.route.get_untracked().conversation();
        let (number, page, file) = (RwSignal::new(1), RwSignal::new(PageState::Loading), RwSignal::new(None));
        let (token, failures, size) = (RwSignal::new(None), RwSignal::new(0), RwSignal::new(2));
        Self {
            state,
            ui,
            context,
            strings,
            conversation,
            sources,
            source,
            number,
            page,
            file,
            token,
            failures,
            size,
            steps: StoredValue::new(false),
        }
    }

    /// Loads what is shown whenever it changes.
    fn load(self) {
        effect(move || self.number.set(self.source.read().as_ref().and_then(|source| source.page).unwrap_or(1)));
        let file = memo(move || self.source.read().as_ref().and_then(|source| source.file_id));
        effect(move || {
            let Some(id) = file.get() else { return };
            self.file.set(None);
            self.page.set(PageState::Loading);
            self.failures.set(0);
            let is_current = move || file.try_get_untracked().flatten() == Some(id);
            get::<FileInfo>(self.context, &format!("files/{id}"), move |reply| {
                if is_current() {
                    self.file.try_set(reply.ok());
                }
            });
        });
        effect(move || {
            self.failures.track();
            file.track();
            let token = self.context.backend().token();
            spawn_local(async move {
                match token.await {
                    Ok(token) => drop(self.token.try_set(Some(token))),
                    Err(_) => drop(self.page.try_set(PageState::Failed(self.strings.offline))),
                }
            });
        });
        // Tried again when the connection is back.
        let is_torn = memo(move || self.state.connection.status.read().is_torn());
        let wanted = memo(move || (file.get(), self.number.get()));
        effect(move || {
            let (Some(id), number) = wanted.get() else { return };
            if is_torn.get() && matches!(&*self.page.read_untracked(), PageState::Here(page) if page.number == number) {
                return;
            }
            get::<Page>(self.context, &format!("files/{id}/pages/{number}"), move |reply| {
                if wanted.try_get_untracked() == Some((Some(id), number)) {
                    self.page.try_set(match reply {
                        Ok(page) => PageState::Here(Arc::new(page)),
                        Err(error) if error.code == Code::NotFound => PageState::Gone,
                        Err(error) if error.reason == Reason::ServerUnreachable.as_str() => PageState::Failed(self.strings.offline),
                        Err(_) => PageState::Failed(self.strings.not_loaded),
                    });
                }
            });
        });
        effect(move || {
            self.page.track();
            self.number.track();
            self.context.browser().enhance();
        });
    }

    /// Returns the numbers of the cited passages, in order.
    fn cited(self) -> Vec<u32> {
        let cited: Vec<u32> = self.sources.read().iter().filter(|source| source.used && source.n > 0).map(|source| source.n).collect();
        sort::by(cited, |n| u64::from(*n))
    }

    /// Returns the address of the conversation, with a passage or without.
    fn address(self, passage: Option<(MessageId, u32)>) -> String {
        let path = self.conversation.map(|id| self.state.path(Route::Conversation(id))).unwrap_or_default();
        passage.map_or(path.clone(), |(answer, n)| format!("{path}#{}{n}", passage_anchor(answer)))
    }

    /// Goes to the next citation, or to the previous one. Wraps at the ends.
    fn step(self, forward: bool) {
        let Some((answer, n)) = self.ui.passage.get_untracked() else { return };
        let cited = untrack(|| self.cited());
        let next = if forward {
            cited.iter().find(|other| **other > n).or(cited.first())
        } else {
            cited.iter().rev().find(|other| **other < n).or(cited.last())
        };
        if let Some(next) = next {
            self.steps.set_value(true);
            self.ui.navigate_to(&self.address(Some((answer, *next))), true);
        }
    }

    /// Returns the number of the last page, if it is known.
    fn last(self) -> Option<u32> {
        self.file.read().as_ref().and_then(|file| file.pages.or(file.page))
    }

    fn turn(self, forward: bool) {
        let last = untrack(|| self.last()).unwrap_or(u32::MAX);
        self.number.update(|number| *number = if forward { (*number + 1).min(last) } else { number.saturating_sub(1).max(1) });
    }

    fn resize(self, larger: bool) {
        self.size.update(|size| *size = if larger { (*size + 1).min(SIZES.len() - 1) } else { size.saturating_sub(1) });
        self.context.browser().enhance();
    }

    /// Closes the reader, and returns the focus to the link that opened it.
    fn close(self) {
        let (browser, n) = (self.context.browser(), self.ui.passage.get_untracked().map_or(0, |(_, n)| n));
        self.ui.navigate_to(&self.address(None), true);
        request_animation_frame(move || {
            // The link is in the panel of sources, which is back, or in the answer.
            browser.focus_back(&format!("source-{n}"));
            browser.focus_back("opened-from");
            browser.catch_focus("main");
        });
    }

    fn on_key(self, ev: &KeyboardEvent) {
        match ev.key().as_str() {
            "Escape" => self.close(),
            "ArrowLeft" => self.step(false),
            "ArrowRight" => self.step(true),
            "PageUp" => self.turn(false),
            "PageDown" => self.turn(true),
            _ => return,
        }
        ev.prevent_default();
    }

    /// Takes the selected text into the composer: as a quotation, or in a question.
    fn take_selection(self, asks: bool) {
        let selected = self.context.browser().value("reader-selection");
        let words = selected.trim();
        let Some(source) = self.source.get_untracked().filter(|_| !words.is_empty()) else { return };
        let text = if asks {
            let place = match &*self.page.read_untracked() {
                PageState::Here(page) => (self.strings.place)(&page.location),
                _ => source.location.clone().unwrap_or_default(),
            };
            (self.strings.about)(&words.split_whitespace().collect::<Vec<_>>().join(" "), &source.title, &place)
        } else {
            quoted(words)
        };
        self.ui.insert.set(Some(text));
    }

    /// Returns the other cited passages on a page of the same file.
    fn others(self, page: u32) -> Vec<Source> {
        let Some(own) = self.source.get() else { return Vec::new() };
        let is_other = |source: &&Source| source.used && source.n != own.n && source.file_id == own.file_id && source.page == Some(page);
        self.sources.read().iter().filter(is_other).cloned().collect()
    }
}

/// The reader.
#[component]
pub(crate) fn Reader() -> impl IntoView {
    let reading = Reading::new();
    reading.load();
    let Reading { state, strings, source, .. } = reading;
    // The style is loaded with the first passage. Until then nothing is shown.
    let styled = RwSignal::new(false);
    effect(move || {
        reading.ui.passage.track();
        if styled.get() {
            if !reading.steps.get_value() {
                reading.context.browser().focus_back("reader");
            }
            reading.steps.set_value(false);
            reading.context.browser().enhance();
        }
    });
    let title = move || source.read().as_ref().map(|source| source.title.clone()).unwrap_or_default();
    let place = memo(move || match (&*reading.page.read(), reading.last()) {
        (PageState::Here(page), Some(last)) if matches!(page.location, Location::Page { .. }) => {
            (strings.of)(&(strings.place)(&page.location), last)
        }
        (PageState::Here(page), _) => (strings.place)(&page.location),
        _ => source.read().as_ref().and_then(|source| source.location.clone()).unwrap_or_default(),
    });
    let position = memo(move || {
        let (cited, n) = (reading.cited(), reading.ui.passage.get().map_or(0, |(_, n)| n));
        match cited.iter().position(|other| *other == n) {
            Some(at) => (strings.citation)(at + 1, cited.len()),
            None => strings.not_cited.to_owned(),
        }
    });
    let said = move || {
        let quote = source.read().as_ref().and_then(|source| source.quote.clone()).map(|quote| (strings.cited_words)(&quote));
        format!("{}. {}", place.get(), quote.unwrap_or_default())
    };
    let pages = move || match reading.last() {
        Some(last) => (strings.of)(&reading.number.get().to_string(), last),
        None => reading.number.get().to_string(),
    };
    let is_drawn = memo(move || matches!(&*reading.page.read(), PageState::Here(page) if page.width > 0.0 && reading.failures.get() < 2));
    view! {
        <aside class="reader" id="reader" tabindex="-1" aria-label=strings.name hidden=move || !styled.get() on:keydown=move |ev| reading.on_key(&ev)>
            <link rel="stylesheet" href=format!("{}/lib/reader.css", state.base()) on:load=move |_| styled.set(true) on:error=move |_| styled.set(true)/>
            <header>
                <h2>
                    <bdi>{title}</bdi>
                    <span class="location" dir="auto">{move || place.get()}</span>
                </h2>
                <div class="steps">
                    <IconButton name=strings.previous path="M12.500 4.500L7 10l5.500 5.500" act=move || reading.step(false)/>
                    <span>{move || position.get()}</span>
                    <IconButton name=strings.next path="M7.500 4.500L13 10l-5.500 5.500" act=move || reading.step(true)/>
                </div>
                <IconButton id="close-reader" name=strings.close path="M5.500 5.500l9 9M14.500 5.500l-9 9" act=move || reading.close()/>
            </header>
            <p class="sr-only" role="status">{said}</p>
            <div class="reader-body" id="reader-body" tabindex="0">
                <Shown reading/>
                <div class="reader-actions" hidden>
                    <button type="button" on:mousedown=|ev| ev.prevent_default() on:click=move |_| reading.take_selection(true)>{strings.ask}</button>
                    <button type="button" on:mousedown=|ev| ev.prevent_default() on:click=move |_| reading.take_selection(false)>{strings.quote}</button>
                    <input type="hidden" id="reader-selection"/>
                </div>
            </div>
            <footer>
                <IconButton name=strings.back path="M12.500 4.500L7 10l5.500 5.500" act=move || reading.turn(false)/>
                <span>{pages}</span>
                <IconButton name=strings.forward path="M7.500 4.500L13 10l-5.500 5.500" act=move || reading.turn(true)/>
                <When is=move || is_drawn.get()>
                    <IconButton name=strings.smaller path="M5 10h10" act=move || reading.resize(false)/>
                    <span>{move || format!("{} %", SIZES[reading.size.get()])}</span>
                    <IconButton name=strings.larger path="M5 10h10M10 5v10" act=move || reading.resize(true)/>
                </When>
                <span class="about-selection">{strings.select}</span>
            </footer>
        </aside>
    }
    .into_any()
}

/// A button with an icon.
#[component]
fn IconButton(
    /// What it does.
    name: &'static str,
    /// The icon.
    path: &'static str,
    /// Does it.
    act: impl Fn() + 'static,
    /// Id of the button.
    #[prop(optional)]
    id: Option<&'static str>,
) -> impl IntoView {
    view! {
        <button type="button" class="ghost icon" id=id aria-label=name title=name on:click=move |_| act()>
            <svg viewBox="0 0 20 20" aria-hidden="true">
                <path d=path fill="none"></path>
            </svg>
        </button>
    }
    .into_any()
}

/// The page, or why it is not there.
#[component]
fn Shown(
    /// The state of the reader.
    reading: Reading,
) -> impl IntoView {
    let strings = reading.strings;
    move || {
        let Some(source) = reading.source.get() else {
            let text = if reading.state.open.arrived.get() { strings.not_loaded } else { strings.loading };
            return view! { <p class="note">{text}</p> }.into_any();
        };
        let Some(file) = source.file_id else { return kept(strings, strings.gone, &source) };
        match reading.page.get() {
            PageState::Loading => view! { <p class="note">{strings.loading}</p> }.into_any(),
            PageState::Gone => kept(strings, strings.gone, &source),
            PageState::Failed(why) => kept(strings, why, &source),
            PageState::Here(page) if page.width > 0.0 && page.height > 0.0 && reading.failures.get() < 2 => {
                let token = reading.token.get();
                token.map_or_else(
                    || view! { <p class="note">{strings.loading}</p> }.into_any(),
                    |token| drawn(reading, file, &page, &source, token),
                )
            }
            PageState::Here(page) => {
                let note = (page.width > 0.0).then(|| view! { <p class="note">{strings.not_drawn}</p> }.into_any());
                view! {
                    {note}
                    {unverified(strings, &source)}
                    {text::readable(&page, marks(reading, &page, &source))}
                }
                .into_any()
            }
        }
    }
}

/// Says that no quoted words were found.
fn unverified(strings: &Strings, source: &Source) -> Option<AnyView> {
    (source.used && source.quote.is_none()).then(|| view! { <p class="note">{strings.whole_passage}</p> }.into_any())
}

/// What the answer keeps of a page that is not there.
fn kept(strings: &Strings, why: &'static str, source: &Source) -> AnyView {
    view! {
        <div class="kept">
            <p class="why" role="alert">{why}</p>
            <p>{strings.kept}</p>
            <blockquote dir="auto">{excerpt(source)}</blockquote>
        </div>
    }
    .into_any()
}

/// What is marked in the text of a page: the cited words, or the passage if the answer quotes none of it; the other citations fainter.
fn marks(reading: Reading, page: &Page, source: &Source) -> Vec<text::Mark> {
    let words = Words::of(&page.text);
    let of = |source: &Source, is_own: bool| {
        let found = words.find_parts(source.quote.as_deref().unwrap_or(&source.excerpt));
        found.into_iter().map(move |range| (range, is_own)).collect::<Vec<_>>()
    };
    let mut marks = Vec::new();
    if source.page == Some(page.number) {
        marks.extend(of(source, true));
    }
    marks.extend(reading.others(page.number).iter().flat_map(|other| of(other, false)));
    marks
}

/// A page that `browser/modules/reader.js` draws.
fn drawn(reading: Reading, file: FileId, page: &Page, source: &Source, token: String) -> AnyView {
    let size = SIZES[reading.size.get()];
    let json = |boxes: &[[f32; 4]]| serde_json::to_string(boxes).unwrap_or_default();
    let own = if source.page == Some(page.number) { json(&source.boxes) } else { String::from("[]") };
    let others: Vec<[f32; 4]> = reading.others(page.number).into_iter().flat_map(|other| other.boxes).collect();
    let others = json(&others);
    let (number, width, height) = (page.number, page.width, page.height);
    let url = format!("{}/api/files/{file}/content", reading.state.base());
    // Another drawing is another element: the module draws each once.
    let key = format!("{url} {number} {size} {own} {others} {token}");
    let paper = move |_| {
        reading.context.browser().enhance();
        view! {
            <div
                class="paper"
                data-pdf=url.clone()
                data-token=token.clone()
                data-page=number
                data-width=width
                data-height=height
                data-size=size
                data-boxes=own.clone()
                data-others=others.clone()
                on:error=move |_| {
                    reading.token.set(None);
                    reading.failures.update(|failures| *failures += 1);
                }
            ></div>
        }
        .into_any()
    };
    view! {
        {unverified(reading.strings, source)}
        <Each each=move || vec![key.clone()] key=|key| key.clone() children=paper/>
    }
    .into_any()
}
