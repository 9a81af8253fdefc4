//! The text selected in a message, and the position of the button that quotes it.

use std::{cell::RefCell, rc::Rc};

use gloo_timers::callback::Timeout;
use holdfast_app::state::OpenConversation;
use leptos::prelude::{GetUntracked, Set};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, Node};

use crate::lifecycle::on;

/// Time for which a selection must not change before the button appears, ms.
const RESTS: u32 = 150;

/// Space that the button needs at the right edge, pixels.
const ROOM: i32 = 100;

/// Watches the selection.
pub(crate) fn watch(open: OpenConversation) {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    let timer = Rc::new(RefCell::new(None));
    on(&document, "selectionchange", move |_| {
        timer.replace(Some(Timeout::new(RESTS, move || look(open))));
    });
}

fn look(open: OpenConversation) {
    let document = web_sys::window().and_then(|window| window.document());
    // Opening a dialog clears the selection, although the dialog may be about to quote it.
    if document.is_none_or(|document| document.query_selector("dialog[open]").is_ok_and(|open| open.is_some())) {
        return;
    }
    let selected = selected();
    if open.selected.get_untracked() != selected {
        open.selected.set(selected);
    }
}

/// Returns the selected text if it lies within one message, and moves the button below it.
fn selected() -> Option<String> {
    let window = web_sys::window()?;
    let selection = window.get_selection().ok()??;
    let range = selection.get_range_at(0).ok()?;
    let (from, to) = (message(range.start_container().ok()?)?, message(range.end_container().ok()?));
    // A triple click selects up to the start of the next paragraph, which may belong to another element.
    if to != Some(from) && range.end_offset() != Ok(0) {
        return None;
    }
    let text = String::from(selection.to_string());
    if text.trim().is_empty() {
        return None;
    }
    let document = window.document()?;
    let (log, offer) = (document.get_element_by_id("log")?, document.get_element_by_id("quote")?.dyn_into::<HtmlElement>().ok()?);
    let (here, around) = (range.get_bounding_client_rect(), log.get_bounding_client_rect());
    // Whole pixels, because formatting fractions would enlarge the program.
    let top = (here.bottom() - around.top()) as i32 + log.scroll_top();
    let left = ((here.left() - around.left()) as i32).min(log.client_width() - ROOM);
    _ = offer.style().set_property("top", &format!("{top}px"));
    _ = offer.style().set_property("left", &format!("{left}px"));
    Some(text)
}

/// Returns the element with the message text that contains a node.
fn message(node: Node) -> Option<Element> {
    let element = node.dyn_into::<Element>().or_else(|node| node.parent_element().ok_or(node)).ok()?;
    element.closest(".md, .text").ok()?
}
