//! Keeps the transcript scrolled to its end while the user is reading there.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use holdfast_app::state::OpenConversation;
use js_sys::Date;
use leptos::prelude::{GetUntracked, Set};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, KeyboardEvent, ResizeObserver, WheelEvent};

/// Distance from the end within which the user counts as reading at the end, pixels.
const NEAR: i32 = 40;

/// Distance from the beginning within which earlier messages are loaded, pixels.
const TOP: i32 = 800;

/// Longest duration of a scroll started by a key, ms.
const SCROLL_ENDS: f64 = 400.0;

/// Scroll position and sizes of the transcript, pixels.
#[derive(Clone, Copy, Default)]
struct ScrollPosition {
    /// Height of the content above the visible part.
    top: i32,
    /// Height of the whole content.
    height: i32,
    /// Height of the visible part.
    window: i32,
}

impl ScrollPosition {
    fn at(log: &Element) -> Self {
        Self { top: log.scroll_top(), height: log.scroll_height(), window: log.client_height() }
    }

    fn below(self) -> i32 {
        self.height - self.top - self.window
    }
}

/// The observers of a transcript.
struct Watch {
    log: Element,
    observer: ResizeObserver,
    _grows: Closure<dyn FnMut(JsValue)>,
    _scrolls: Closure<dyn FnMut()>,
    _keys: Closure<dyn FnMut(KeyboardEvent)>,
    _turns: Closure<dyn FnMut(WheelEvent)>,
}

thread_local! {
    static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
}

fn element(id: &str) -> Option<Element> {
    web_sys::window()?.document()?.get_element_by_id(id)
}

/// Watches the transcript on the page. Another conversation starts at its end.
pub(crate) fn watch(open: OpenConversation) {
    let (Some(log), Some(content)) = (element("log"), element("log-content")) else { return };
    open.at_end.set(true);
    let is_watched = WATCH.with_borrow(|watch| watch.as_ref().is_some_and(|watch| watch.log == log));
    if !is_watched {
        start(open, &log, &content);
    }
    to_end();
}

fn start(open: OpenConversation, log: &Element, content: &Element) {
    let last = Rc::new(Cell::new(ScrollPosition::at(log)));
    let held = Rc::new(Cell::new(0.0));
    let grows = {
        let (log, last) = (log.clone(), last.clone());
        Closure::<dyn FnMut(JsValue)>::new(move |_| {
            if open.at_end.get_untracked() {
                log.set_scroll_top(log.scroll_height());
            }
            last.set(ScrollPosition::at(&log));
            // Content that became short enough is visible as a whole.
            if last.get().below() <= 0 {
                note(open, true);
            }
        })
    };
    let scrolls = {
        let (log, held) = (log.clone(), held.clone());
        Closure::<dyn FnMut()>::new(move || {
            if Date::now() < held.get() {
                log.set_scroll_top(log.scroll_height());
            }
            let now = ScrollPosition::at(&log);
            let before = last.replace(now);
            let is_near = now.top < TOP && now.below() > 0;
            if open.near_top.get_untracked() != is_near {
                open.near_top.set(is_near);
            }
            // Growing text never scrolls up. Only the user, shrinking content or a growing window does.
            if now.top < before.top && now.height >= before.height && now.window <= before.window {
                note(open, false);
            } else if now.top > before.top && now.below() <= NEAR {
                note(open, true);
            }
        })
    };
    // The browser's own handling of End scrolls to where the end was when the key was pressed.
    let keys = {
        let log = log.clone();
        Closure::<dyn FnMut(KeyboardEvent)>::new(move |ev: KeyboardEvent| {
            held.set(0.0);
            match ev.key().as_str() {
                "End" => {
                    ev.prevent_default();
                    note(open, true);
                    log.set_scroll_top(log.scroll_height());
                    held.set(Date::now() + SCROLL_ENDS);
                }
                // Record this at once; otherwise text that grows at this moment would scroll back before the key has any effect.
                "PageUp" | "ArrowUp" | "Home" => note(open, false),
                _ => {}
            }
        })
    };
    let messages = Closure::<dyn FnMut(WheelEvent)>::new(move |ev: WheelEvent| {
        if ev.delta_y() < 0.0 {
            note(open, false);
        }
    });
    let Ok(observer) = ResizeObserver::new(grows.as_ref().unchecked_ref()) else { return };
    observer.observe(content);
    observer.observe(log);
    _ = log.add_event_listener_with_callback("scroll", scrolls.as_ref().unchecked_ref());
    _ = log.add_event_listener_with_callback("keydown", keys.as_ref().unchecked_ref());
    _ = log.add_event_listener_with_callback("wheel", messages.as_ref().unchecked_ref());
    let watch = Watch { log: log.clone(), observer, _grows: grows, _scrolls: scrolls, _keys: keys, _turns: messages };
    WATCH.with_borrow_mut(|slot| {
        if let Some(before) = slot.replace(watch) {
            before.observer.disconnect();
        }
    });
}

fn note(open: OpenConversation, at_end: bool) {
    if open.at_end.get_untracked() != at_end {
        open.at_end.set(at_end);
    }
}

/// Inserts something above the visible part, and keeps the visible part in place. Not every browser does this on its own.
pub(crate) fn keep_place(change: impl FnOnce()) {
    let first = element("log-content").and_then(|content| content.query_selector("article").ok().flatten());
    let top = |it: &Element| it.get_bounding_client_rect().top();
    let before = first.as_ref().map(top);
    change();
    leptos::prelude::request_animation_frame(move || {
        if let (Some(log), Some(first), Some(before)) = (element("log"), first, before) {
            log.set_scroll_top(log.scroll_top() + (top(&first) - before).round() as i32);
        }
    });
}

/// Scrolls to the end after the content has grown, if the user was reading there.
pub(crate) fn follow(open: OpenConversation) {
    if open.at_end.get_untracked() {
        to_end();
    }
}

/// Returns whether the transcript is scrolled to its beginning, as far as it is on the page.
pub(crate) fn is_at_top() -> bool {
    element("log").is_some_and(|log| log.scroll_top() == 0)
}

/// Scrolls to the end.
pub(crate) fn to_end() {
    if let Some(log) = element("log") {
        log.set_scroll_top(log.scroll_height());
    }
}
