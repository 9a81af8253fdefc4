//! The text of an answer. While it grows, only its open end is rendered again.

use leptos::prelude::*;

use crate::{
    first_load::erased::{Each, effect, memo},
    markdown::{Block, Tail},
    state::GrowingText,
    strings::strings,
    ui::context,
};

/// Number of finished blocks in one group. The browser skips a group as a whole during layout. Without groups, each frame would visit
/// every block of an answer with a thousand of them.
const TOGETHER: usize = 24;

/// The text of an answer or of a step.
#[component]
pub(crate) fn Blocks(
    /// Id of the element at its open end, unique on the page.
    id: String,
    /// The text.
    text: GrowingText,
    /// Whether it is still being written.
    growing: Memo<bool>,
    /// Whether screen readers announce what is finished.
    announced: bool,
) -> impl IntoView {
    let GrowingText { blocks, tail, .. } = text;
    let groups = {
        let blocks = blocks.clone();
        let count = memo(move || blocks.read().len().div_ceil(TOGETHER));
        move || (0..count.get()).collect()
    };
    let is_code = {
        let tail = tail.clone();
        memo(move || matches!(*tail.read(), Tail::Code { .. }))
    };
    // A screen reader announces each block of a growing answer once it is finished. The open end is not announced, because it changes
    // with every word. This stays on when the answer ends, so that its last block is announced too. No ancestor may have `aria-busy`, or
    // everything would be announced at the end.
    let has_grown = Memo::new(move |before| announced && growing.get() || before == Some(&true));
    view! {
        <div class="md" class:growing=move || growing.get() aria-live=move || has_grown.get().then_some("polite")>
            <Each each=groups key=|group| *group let:group>
                <Group blocks=blocks.clone() group/>
            </Each>
            {move || {
                let (tail, id) = (tail.clone(), id.clone());
                growing
                    .get()
                    .then(move || {
                        if is_code.get() {
                            view! { <OpenCode tail/> }.into_any()
                        } else {
                            view! { <OpenText id=id.clone() tail/> }.into_any()
                        }
                    })
            }}
        </div>
    }
    .into_any()
}

/// A group of finished blocks.
#[component]
fn Group(
    /// All finished blocks of the answer.
    blocks: ArcRwSignal<Vec<Block>>,
    /// Index of the group.
    group: usize,
) -> impl IntoView {
    let context = context();
    let here = move || -> Vec<Block> { blocks.read().iter().skip(group * TOGETHER).take(TOGETHER).cloned().collect() };
    view! {
        <div class="blocks">
            <Each
                each=here
                key=|block| (block.index, block.version)
                children=move |block| {
                    if block.needs_script {
                        context.browser().enhance();
                    }
                    view! { <div dir="auto" inner_html=block.html></div> }
                }
            />
        </div>
    }
    .into_any()
}

/// The open end of a growing text. Updates only the nodes that change.
#[component]
fn OpenText(
    /// Id of the element.
    id: String,
    /// The open end.
    tail: ArcRwSignal<Tail>,
) -> impl IntoView {
    let context = context();
    let html = |tail: &Tail| match tail {
        Tail::Html(html) => html.clone(),
        Tail::Code { .. } => String::new(),
    };
    let first = html(&tail.read_untracked());
    let grows = id.clone();
    effect(move || context.browser().grow(&grows, &html(&tail.read())));
    view! { <div class="tail" id=id dir="auto" aria-live="off" inner_html=first></div> }.into_any()
}

/// The code block at the open end: lines are appended and never touched again.
#[component]
fn OpenCode(
    /// The open end.
    tail: ArcRwSignal<Tail>,
) -> impl IntoView {
    let caption = {
        let tail = tail.clone();
        move || match &*tail.read() {
            Tail::Code { caption, .. } => caption.clone(),
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
                    <span>{caption}</span>
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
