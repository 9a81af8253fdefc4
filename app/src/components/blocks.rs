//! An answer's text. Only its open end is ever rendered again.

use holdfast_protocol::MessageId;
use leptos::prelude::*;

use crate::{
    erased::{Each, effect, memo},
    markdown::{Block, Tail},
    state::MessageView,
    strings::strings,
    ui::context,
};

/// So many finished pieces stand together. What stands together is passed over as one when a page is laid out: of an answer of
/// a thousand pieces a frame would look at each, and each frame again.
const TOGETHER: usize = 24;

/// The text of a turn; `growing` tells whether it has an open end.
#[component]
pub(crate) fn Blocks(
    /// Whose.
    message: MessageView,
    /// Whether it is being written.
    growing: Memo<bool>,
) -> impl IntoView {
    let MessageView { id, blocks, tail, .. } = message;
    let groups = {
        let blocks = blocks.clone();
        let count = memo(move || blocks.read().len().div_ceil(TOGETHER));
        move || (0..count.get()).collect()
    };
    let is_code = {
        let tail = tail.clone();
        memo(move || matches!(*tail.read(), Tail::Code { .. }))
    };
    // A finished piece of what is being written is told to a screen reader once it is there; the open end is not, for it changes with
    // every word. It stays so when the answer ends, or its last piece would not be told; and nothing around it may say `aria-busy`,
    // or all would be told at the end.
    let has_grown = Memo::new(move |before| growing.get() || before == Some(&true));
    view! {
        <div class="md" class:growing=move || growing.get() aria-live=move || has_grown.get().then_some("polite")>
            <Each each=groups key=|group| *group let:group>
                <Group blocks=blocks.clone() group/>
            </Each>
            {move || {
                let tail = tail.clone();
                growing
                    .get()
                    .then(move || {
                        if is_code.get() {
                            view! { <OpenCode tail/> }.into_any()
                        } else {
                            view! { <OpenText id tail/> }.into_any()
                        }
                    })
            }}
        </div>
    }
    .into_any()
}

/// Some of the finished pieces.
#[component]
fn Group(
    /// All of them.
    blocks: ArcRwSignal<Vec<Block>>,
    /// Which of the groups.
    group: usize,
) -> impl IntoView {
    let context = context();
    let here = move || -> Vec<Block> { blocks.read().iter().skip(group * TOGETHER).take(TOGETHER).cloned().collect() };
    view! {
        <div class="run">
            <Each
                each=here
                key=|block| (block.index, block.version)
                children=move |block| {
                    if block.is_bare {
                        context.browser().enhance();
                    }
                    view! { <div dir="auto" inner_html=block.html></div> }
                }
            />
        </div>
    }
    .into_any()
}

/// Text that is being written. Nothing of it is touched but what changes.
#[component]
fn OpenText(
    /// Whose.
    id: MessageId,
    /// The open end.
    tail: ArcRwSignal<Tail>,
) -> impl IntoView {
    let context = context();
    let id = format!("tail-{id}");
    let html = |tail: &Tail| match tail {
        Tail::Html(html) => html.clone(),
        Tail::Code { .. } => String::new(),
    };
    let first = html(&tail.read_untracked());
    let grows = id.clone();
    effect(move || context.browser().grow(&grows, &html(&tail.read())));
    view! { <div class="tail" id=id dir="auto" aria-live="off" inner_html=first></div> }.into_any()
}

/// A block of code that is being written: lines are added, none is touched again.
#[component]
fn OpenCode(
    /// The open end.
    tail: ArcRwSignal<Tail>,
) -> impl IntoView {
    let language = {
        let tail = tail.clone();
        move || match &*tail.read() {
            Tail::Code { language, .. } => language.clone(),
            Tail::Html(_) => String::new(),
        }
    };
    let chunks = {
        let tail = tail.clone();
        move || match &*tail.read() {
            Tail::Code { chunks, .. } => chunks.iter().cloned().enumerate().collect(),
            Tail::Html(_) => Vec::new(),
        }
    };
    let open = move || match &*tail.read() {
        Tail::Code { open, .. } => open.clone(),
        Tail::Html(_) => String::new(),
    };
    view! {
        <div class="tail" aria-live="off">
            <figure class="code">
                <figcaption>
                    <span>{language}</span>
                    <button type="button" data-copy="">{strings().markdown.copy}</button>
                </figcaption>
                <pre tabindex="0">
                    <code>
                        <Each each=chunks key=|(index, _)| *index let:chunk>
                            <span class="chunk">{chunk.1.to_string()}</span>
                        </Each>
                        <span>{open}</span>
                    </code>
                </pre>
            </figure>
        </div>
    }
    .into_any()
}
