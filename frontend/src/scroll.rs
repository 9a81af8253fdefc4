//! Stays at the end of the transcript for a reader who is there, and nowhere else.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use holdfast_app::state::AppState;
use js_sys::Date;
use leptos::prelude::{GetUntracked, Set};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, KeyboardEvent, ResizeObserver, WheelEvent};

/// So close to the end, one reads at the end.
const NEAR: i32 = 40;

/// So close to the beginning, what is before it is brought, in pixels.
const TOP: i32 = 800;

/// A scrolling that a key began goes on for less than this, ms, whatever is set meanwhile.
const SCROLL_ENDS: f64 = 400.0;

/// The transcript as it was last looked at, in pixels.
#[derive(Clone, Copy, Default)]
struct Look {
    /// Above the window.
    top: i32,
    /// The whole content.
    height: i32,
    /// The window on it.
    window: i32,
}

impl Look {
    fn at(log: &Element) -> Self {
        Self { top: log.scroll_top(), height: log.scroll_height(), window: log.client_height() }
    }

    fn below(self) -> i32 {
        self.height - self.top - self.window
    }
}

/// A transcript that is watched.
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

/// Watches the transcript on the page. Another conversation begins at its end.
pub(crate) fn watch(state: AppState) {
    let (Some(log), Some(content)) = (element("log"), element("log-content")) else { return };
    state.at_end.set(true);
    let is_watched = WATCH.with_borrow(|watch| watch.as_ref().is_some_and(|watch| watch.log == log));
    if !is_watched {
        start(state, &log, &content);
    }
    to_end();
}

fn start(state: AppState, log: &Element, content: &Element) {
    let last = Rc::new(Cell::new(Look::at(log)));
    let held = Rc::new(Cell::new(0.0));
    let grows = {
        let (log, last) = (log.clone(), last.clone());
        Closure::<dyn FnMut(JsValue)>::new(move |_| {
            if state.at_end.get_untracked() {
                log.set_scroll_top(log.scroll_height());
            }
            last.set(Look::at(&log));
            // What has grown short enough is seen whole.
            if last.get().below() <= 0 {
                note(state, true);
            }
        })
    };
    let scrolls = {
        let (log, held) = (log.clone(), held.clone());
        Closure::<dyn FnMut()>::new(move || {
            if Date::now() < held.get() {
                log.set_scroll_top(log.scroll_height());
            }
            let now = Look::at(&log);
            let before = last.replace(now);
            let is_near = now.top < TOP && now.below() > 0;
            if state.near_top.get_untracked() != is_near {
                state.near_top.set(is_near);
            }
            // Growing text never takes a reader up. Only a person does, or a content that shrinks, or a window that grows.
            if now.top < before.top && now.height >= before.height && now.window <= before.window {
                note(state, false);
            } else if now.top > before.top && now.below() <= NEAR {
                note(state, true);
            }
        })
    };
    // By itself the End key leads to where the end was when it was pressed.
    let keys = {
        let log = log.clone();
        Closure::<dyn FnMut(KeyboardEvent)>::new(move |ev: KeyboardEvent| {
            held.set(0.0);
            match ev.key().as_str() {
                "End" => {
                    ev.prevent_default();
                    note(state, true);
                    log.set_scroll_top(log.scroll_height());
                    held.set(Date::now() + SCROLL_ENDS);
                }
                // Text that grows in this very moment would take the reader back before anything has moved.
                "PageUp" | "ArrowUp" | "Home" => note(state, false),
                _ => {}
            }
        })
    };
    let messages = Closure::<dyn FnMut(WheelEvent)>::new(move |ev: WheelEvent| {
        if ev.delta_y() < 0.0 {
            note(state, false);
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

fn note(state: AppState, at_end: bool) {
    if state.at_end.get_untracked() != at_end {
        state.at_end.set(at_end);
    }
}

/// Puts something before what is read, and leaves that where it is. Not every browser does so by itself.
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

/// Goes along with what has grown, where one reads at the end.
pub(crate) fn follow(state: AppState) {
    if state.at_end.get_untracked() {
        to_end();
    }
}

/// Whether the transcript is at its very beginning, as far as it is on the page.
pub(crate) fn is_at_top() -> bool {
    element("log").is_some_and(|log| log.scroll_top() == 0)
}

/// Goes to the end.
pub(crate) fn to_end() {
    if let Some(log) = element("log") {
        log.set_scroll_top(log.scroll_height());
    }
}
