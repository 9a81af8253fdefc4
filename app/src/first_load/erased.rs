//! Type-erased versions of Leptos's building blocks.
//!
//! Leptos compiles its reactive primitives anew for each closure. That would be some hundred copies of the same code, which the browser
//! would have to load. The functions here box the closure and pass on the box.

#![allow(unreachable_pub, reason = "what the macro makes of a generic component")]

use std::{
    hash::{DefaultHasher, Hash, Hasher as _},
    sync::Arc,
};

use leptos::prelude::*;

/// Creates a memo, as [`Memo::new`] does.
pub(crate) fn memo<T: PartialEq + Send + Sync + 'static>(value: impl Fn() -> T + Send + Sync + 'static) -> Memo<T> {
    fn boxed<T: PartialEq + Send + Sync + 'static>(value: Box<dyn Fn() -> T + Send + Sync>) -> Memo<T> {
        Memo::new(move |_| value())
    }
    boxed(Box::new(value))
}

/// Creates an effect, as [`Effect::new`] does.
pub(crate) fn effect(run: impl FnMut() + 'static) {
    fn boxed(mut run: Box<dyn FnMut()>) {
        Effect::new(move |_| run());
    }
    boxed(Box::new(run));
}

/// Shows its children under a condition, as [`Show`] does.
#[component]
pub(crate) fn When<F>(
    /// The condition.
    is: F,
    /// What is shown if it is true.
    children: ChildrenFn,
    /// What is shown if it is false.
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

/// An item of a list: its key, and how to render it.
struct Line {
    key: u64,
    make: Box<dyn FnOnce() -> AnyView + Send>,
}

/// Renders a list whose items stay while their keys do, as [`For`] does.
#[component]
pub(crate) fn Each<E, B, C, T, K, V>(
    /// Returns the items.
    each: E,
    /// Returns the key of an item.
    key: B,
    /// Renders an item.
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
