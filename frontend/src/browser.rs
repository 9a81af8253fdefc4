//! Functions of the browser window: focus, clipboard, title, dialogs, stored settings.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use gloo_timers::callback::Timeout;
use holdfast_app::{
    Language,
    services::{BrowserApi, Theme, Typing},
    state::AppState,
    strings::COOKIE,
};
use holdfast_protocol::{ConversationId, MessageId, UserId};
use leptos::prelude::{ReadUntracked, Set};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Document, Element, Event, FocusOptions, HtmlDialogElement, HtmlDocument, HtmlElement, HtmlInputElement, HtmlTextAreaElement,
};

use crate::{files, page_cache, scroll, storage, tail};

/// Pause in typing after which a draft is stored, ms.
const PAUSE: u32 = 300;
/// Lifetime of the cookie that holds the chosen language, s.
const YEAR: u32 = 365 * 24 * 3_600;
/// Time for which a button shows that it has worked, ms.
const CONFIRM_FOR: u32 = 1_500;

fn document() -> Option<Document> {
    web_sys::window()?.document()
}

fn element<T: JsCast>(id: &str) -> Option<T> {
    document()?.get_element_by_id(id)?.dyn_into().ok()
}

/// Returns the text of the element with this id, and removes the element, because the text is shown elsewhere.
pub(crate) fn take_text_of(id: &str) -> Option<String> {
    let element = document()?.get_element_by_id(id)?;
    let text = element.text_content();
    element.remove();
    text
}

/// Removes what the server has rendered, except scripts and metadata.
pub(crate) fn clear_page() {
    let Some(shown) = document().and_then(|document| document.query_selector_all("body > :not(script, #altered)").ok()) else { return };
    for at in 0..shown.length() {
        if let Some(element) = shown.item(at).and_then(|node| node.dyn_into::<Element>().ok()) {
            element.remove();
        }
    }
}

/// The browser window.
pub(crate) struct Window {
    state: AppState,
    drafts: SendWrapper<Rc<Drafts>>,
}

/// The draft that is not stored yet: its key and its text.
#[derive(Default)]
struct Drafts {
    open: RefCell<Option<(String, String)>>,
    timer: RefCell<Option<Timeout>>,
}

impl Drafts {
    fn flush(&self) {
        self.timer.take();
        if let Some((key, text)) = self.open.take() {
            storage::keep_draft(&key, &text);
        }
    }

    fn read(&self, key: &str) -> String {
        self.flush();
        storage::draft(key)
    }

    fn keep(self: &Rc<Self>, key: String, text: &str) {
        let other = self.open.borrow().as_ref().is_some_and(|(open, _)| *open != key);
        if other {
            self.flush();
        }
        self.open.replace(Some((key, text.to_owned())));
        if text.is_empty() {
            self.flush();
            return;
        }
        if self.timer.borrow().is_none() {
            let drafts = Rc::clone(self);
            self.timer.replace(Some(Timeout::new(PAUSE, move || drafts.flush())));
        }
    }
}

thread_local! {
    static DRAFTS: Rc<Drafts> = Rc::default();
}

/// Stores the current draft immediately.
pub(crate) fn flush_drafts() {
    DRAFTS.with(|drafts| drafts.flush());
}

impl Window {
    /// Creates the window for a page with this state.
    pub(crate) fn new(state: AppState) -> Self {
        listen_to_blocks(state.strings().browser.copied);
        let flush = Closure::<dyn FnMut()>::new(flush_drafts);
        if let Some(window) = web_sys::window() {
            _ = window.add_event_listener_with_callback("pagehide", flush.as_ref().unchecked_ref());
        }
        flush.forget();
        Self { state, drafts: SendWrapper::new(DRAFTS.with(Rc::clone)) }
    }

    fn user(&self) -> Option<UserId> {
        self.state.session.user.read_untracked().as_ref().map(|user| user.id)
    }
}

/// Sends an event to the document, which loads the module that handles it at the first such event. The program does not know where the
/// module is.
fn tell_module(what: &str) {
    if let (Some(window), Ok(event)) = (web_sys::window(), Event::new(what)) {
        _ = window.dispatch_event(&event);
    }
}

impl BrowserApi for Window {
    fn now(&self) -> u64 {
        crate::driver::now()
    }

    fn focus(&self, id: &str) {
        if let Some(element) = element::<HtmlElement>(id) {
            _ = element.focus();
        }
    }

    fn focus_back(&self, id: &str) {
        if let Some(element) = element::<HtmlElement>(id) {
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            _ = element.focus_with_options(&options);
        }
    }

    fn catch_focus(&self, id: &str) {
        let lost = document().is_some_and(|document| document.active_element().is_none_or(|active| active.tag_name() == "BODY"));
        if lost {
            self.focus_back(id);
        }
    }

    fn focus_to_write(&self, id: &str) {
        let fine = web_sys::window().and_then(|window| window.match_media("(hover: hover) and (pointer: fine)").ok().flatten());
        if fine.is_some_and(|fine| fine.matches()) {
            self.focus(id);
        }
    }

    fn typing(&self) -> Typing {
        let Some(document) = document() else { return Typing::Nowhere };
        if document.query_selector("dialog[open]").is_ok_and(|open| open.is_some()) {
            return Typing::Field;
        }
        let Some(active) = document.active_element() else { return Typing::Nowhere };
        let value = match active.tag_name().as_str() {
            "INPUT" => active.dyn_ref::<HtmlInputElement>().map(|field| field.value()),
            "TEXTAREA" => active.dyn_ref::<HtmlTextAreaElement>().map(|field| field.value()),
            // Typed letters select an option.
            "SELECT" => return Typing::Field,
            _ => None,
        };
        match value {
            None => Typing::Nowhere,
            Some(value) if value.is_empty() => Typing::Empty,
            Some(_) => Typing::Field,
        }
    }

    fn step_focus(&self, within: &str, forward: bool) {
        let Some(buttons) = document().and_then(|document| document.query_selector_all(&format!("#{within} button, #{within} a")).ok())
        else {
            return;
        };
        let active = document().and_then(|document| document.active_element());
        let count = buttons.length();
        let at = (0..count).find(|at| buttons.item(*at).as_ref() == active.as_ref().map(AsRef::as_ref));
        let next = match (at, forward) {
            (Some(at), true) => (at + 1) % count.max(1),
            (Some(at), false) => (at + count - 1) % count.max(1),
            (None, true) => 0,
            (None, false) => count.saturating_sub(1),
        };
        if let Some(button) = buttons.item(next).and_then(|node| node.dyn_into::<HtmlElement>().ok()) {
            _ = button.focus();
        }
    }

    fn bring_into_view(&self, id: &str) {
        if let Some(element) = element::<Element>(id) {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            element.scroll_into_view_with_scroll_into_view_options(&options);
        }
    }

    fn copy(&self, text: &str) {
        copy(text.to_owned());
    }

    fn set_title(&self, title: &str) {
        if let Some(document) = document() {
            document.set_title(title);
        }
    }

    fn draft(&self, conversation: Option<ConversationId>) -> String {
        self.drafts.read(&storage::draft_key(self.user(), conversation))
    }

    fn keep_draft(&self, conversation: Option<ConversationId>, text: &str) {
        self.drafts.keep(storage::draft_key(self.user(), conversation), text);
    }

    fn edit(&self, message: MessageId) -> String {
        self.drafts.read(&storage::edit_key(self.user(), message))
    }

    fn keep_edit(&self, message: MessageId, text: &str) {
        self.drafts.keep(storage::edit_key(self.user(), message), text);
    }

    fn setting(&self, name: &str) -> Option<String> {
        storage::setting(name)
    }

    fn keep_setting(&self, name: &str, value: Option<&str>) {
        storage::keep_setting(name, value);
    }

    fn show_theme(&self, theme: Theme) {
        let Some(root) = document().and_then(|document| document.document_element()) else { return };
        _ = match theme {
            Theme::System => root.remove_attribute("data-theme"),
            Theme::Light | Theme::Dark => root.set_attribute("data-theme", theme.as_str()),
        };
    }

    fn set_language(&self, language: Option<Language>) {
        let base = self.state.base();
        let path = if base.is_empty() { "/" } else { &base };
        let (tag, seconds) = language.map_or(("", 0), |language| (language.tag(), YEAR));
        let cookie = format!("{COOKIE}={tag}; Path={path}; Max-Age={seconds}; SameSite=Lax");
        let Some(window) = web_sys::window() else { return };
        if let Some(document) = window.document().and_then(|document| document.dyn_into::<HtmlDocument>().ok()) {
            _ = document.set_cookie(&cookie);
        }
        _ = window.location().reload();
    }

    fn enhance(&self) {
        tell_module("enhance");
    }

    fn grow(&self, id: &str, html: &str) {
        if let Some(tail) = element::<Element>(id) {
            tail::grow(&tail, html);
        }
    }

    fn watch_transcript(&self) {
        scroll::watch(self.state.open);
    }

    fn show_message(&self, id: &str) {
        let Some(element) = element::<Element>(id) else { return };
        self.state.open.at_end.set(false);
        element.scroll_into_view();
        let found = web_sys::window().and_then(|window| window.location().search().ok());
        if found.is_some_and(|query| query.contains("found=")) {
            tell_module("mark");
        }
    }

    fn to_end(&self) {
        self.state.open.at_end.set(true);
        scroll::to_end();
    }

    fn open_cached(&self, path: String) {
        page_cache::open(path);
    }

    fn leave_for(&self, path: &str) {
        if let Some(window) = web_sys::window() {
            _ = window.location().assign(path);
        }
    }

    fn set_dialog(&self, id: &str, open: bool) {
        let Some(dialog) = element::<HtmlDialogElement>(id) else { return };
        if !open {
            dialog.close();
        } else if !dialog.open() {
            _ = dialog.show_modal();
        }
    }

    fn is_open(&self, id: &str) -> bool {
        element::<HtmlDialogElement>(id).is_some_and(|dialog| dialog.open())
    }

    fn files(&self, id: &str) -> Vec<(String, u64)> {
        files::chosen(id)
    }

    fn value(&self, id: &str) -> String {
        element::<HtmlInputElement>(id).map(|input| input.value()).unwrap_or_default()
    }

    fn set_value(&self, id: &str, value: &str) {
        if let Some(input) = element::<HtmlInputElement>(id) {
            input.set_value(value);
        }
    }
}

/// Copies text to the clipboard: with the Clipboard API, or, on pages without HTTPS, by `execCommand`.
fn copy(text: String) {
    let Some(window) = web_sys::window() else { return };
    if !window.is_secure_context() {
        copy_by_selection(&text);
        return;
    }
    let promise = window.navigator().clipboard().write_text(&text);
    leptos::task::spawn_local(async move {
        if JsFuture::from(promise).await.is_err() {
            copy_by_selection(&text);
        }
    });
}

fn copy_by_selection(text: &str) -> Option<()> {
    let document = document()?;
    let area: HtmlTextAreaElement = document.create_element("textarea").ok()?.dyn_into().ok()?;
    area.set_value(text);
    area.class_list().add_1("sr-only").ok()?;
    document.body()?.append_child(&area).ok()?;
    area.select();
    _ = document.dyn_ref::<HtmlDocument>()?.exec_command("copy");
    area.remove();
    Some(())
}

/// Handles clicks on buttons in rendered Markdown. They have no handlers of their own, so one listener serves them all.
fn listen_to_blocks(copied: &'static str) {
    let clicked = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let Some(button) = target.and_then(|target| target.closest("[data-copy],[data-confirms],[data-wrap]").ok().flatten()) else {
            return;
        };
        let figure = button.closest("figure").ok().flatten();
        if button.has_attribute("data-wrap") {
            let wrapped = figure.is_some_and(|figure| figure.class_list().toggle("wrapped").unwrap_or_default());
            _ = button.set_attribute("aria-pressed", if wrapped { "true" } else { "false" });
            return;
        }
        if button.has_attribute("data-copy") {
            let code = figure.and_then(|figure| figure.query_selector("code").ok().flatten());
            copy(code.and_then(|code| code.text_content()).unwrap_or_default());
        }
        confirm(&button, copied);
    });
    if let Some(document) = document() {
        _ = document.add_event_listener_with_callback("click", clicked.as_ref().unchecked_ref());
    }
    clicked.forget();
}

/// Shows on a button for a moment that it has worked.
fn confirm(button: &Element, copied: &str) {
    thread_local! {
        static CONFIRMING: Cell<bool> = const { Cell::new(false) };
    }
    // The label is a text node that nothing else changes. Buttons with an icon have it in their tooltip.
    let label = button.query_selector(".tooltip").ok().flatten();
    let Some(strings) = label.as_ref().unwrap_or(button).first_child() else { return };
    if CONFIRMING.replace(true) {
        return;
    }
    let before = strings.node_value();
    strings.set_node_value(Some(copied));
    Timeout::new(CONFIRM_FOR, move || {
        strings.set_node_value(before.as_deref());
        CONFIRMING.set(false);
    })
    .forget();
}
