//! What a page is built of, compiled once.
//!
//! Leptos compiles whatever reacts, appears or is listed anew for each closure it is given. That is a few hundred times the same
//! code, and a browser has to load all of it. What is here puts the closure into a box and hands on that.

#![allow(unreachable_pub, reason = "what the macro makes of a generic component")]

use std::{
    hash::{DefaultHasher, Hash, Hasher as _},
    sync::Arc,
};

use leptos::prelude::*;

/// A value that follows from others; as [`Memo::new`].
pub(crate) fn memo<T: PartialEq + Send + Sync + 'static>(value: impl Fn() -> T + Send + Sync + 'static) -> Memo<T> {
    fn boxed<T: PartialEq + Send + Sync + 'static>(value: Box<dyn Fn() -> T + Send + Sync>) -> Memo<T> {
        Memo::new(move |_| value())
    }
    boxed(Box::new(value))
}

/// What is done when something changes; as [`Effect::new`].
pub(crate) fn effect(run: impl FnMut() + 'static) {
    fn boxed(mut run: Box<dyn FnMut()>) {
        Effect::new(move |_| run());
    }
    boxed(Box::new(run));
}

/// What appears under a condition; as [`Show`].
#[component]
pub(crate) fn When<F>(
    /// The condition.
    is: F,
    /// What appears.
    children: ChildrenFn,
    /// What is there otherwise.
    #[prop(optional, into)]
    fallback: ViewFn,
) -> impl IntoView
where
    F: Fn() -> bool + Send + Sync + 'static,
{
    appearing(memo(is), children, fallback)
}

fn appearing(is: Memo<bool>, children: ChildrenFn, fallback: ViewFn) -> AnyView {
    (move || if is.get() { children() } else { fallback.run() }).into_any()
}

/// A line of a list: what it is known by, and how it is made.
struct Line {
    key: u64,
    make: Box<dyn FnOnce() -> AnyView + Send>,
}

/// A list whose lines stay while their keys do; as [`For`].
#[component]
pub(crate) fn Each<E, B, C, T, K, V>(
    /// What is listed.
    each: E,
    /// By what a line is known again.
    key: B,
    /// What is made of one.
    children: C,
) -> impl IntoView
where
    E: Fn() -> Vec<T> + Send + Sync + 'static,
    B: Fn(&T) -> K + Send + Sync + 'static,
    C: Fn(T) -> V + Send + Sync + 'static,
    T: Send + 'static,
    K: Hash,
    V: IntoView + 'static,
{
    let children = Arc::new(children);
    let lines = move || {
        let line = |it: T| {
            let mut hasher = DefaultHasher::new();
            key(&it).hash(&mut hasher);
            let children = children.clone();
            Line { key: hasher.finish(), make: Box::new(move || children(it).into_any()) }
        };
        each().into_iter().map(line).collect()
    };
    list(Box::new(lines))
}

fn list(lines: Box<dyn Fn() -> Vec<Line> + Send + Sync>) -> AnyView {
    view! { <For each=lines key=|line| line.key children=|line| (line.make)()/> }.into_any()
}
