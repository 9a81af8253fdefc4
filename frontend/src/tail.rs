//! Updates the open end of an answer. Nodes that stay the same are kept, so that selection and focus in them survive.

use wasm_bindgen::JsCast;
use web_sys::{CharacterData, Element, Node};

/// Makes this HTML the content of the element.
pub(crate) fn grow(tail: &Element, html: &str) {
    let Some(fresh) = tail.clone_node().ok().and_then(|node| node.dyn_into::<Element>().ok()) else { return };
    fresh.set_inner_html(html);
    merge(tail, &fresh);
}

/// Keeps equal children from the first one on, merges the first that differs, and replaces the rest.
fn merge(old: &Node, fresh: &Node) {
    let (mut here, mut there) = (old.first_child(), fresh.first_child());
    while let (Some(a), Some(b)) = (&here, &there) {
        if !a.is_equal_node(Some(b)) && !goes_on(a, b) {
            break;
        }
        (here, there) = (a.next_sibling(), b.next_sibling());
    }
    while let Some(gone) = here {
        here = gone.next_sibling();
        _ = old.remove_child(&gone);
    }
    while let Some(new) = there {
        there = new.next_sibling();
        _ = old.append_child(&new);
    }
}

/// Merges two nodes that differ only in their content. Returns whether they were merged.
fn goes_on(old: &Node, fresh: &Node) -> bool {
    if let (Some(text), Some(now)) = (old.dyn_ref::<CharacterData>(), fresh.dyn_ref::<CharacterData>()) {
        let now = now.data();
        let more = now.strip_prefix(&text.data()).map(|more| text.append_data(more));
        return more.is_some_and(|added| added.is_ok());
    }
    let is_same = match (old.clone_node(), fresh.clone_node()) {
        (Ok(old), Ok(fresh)) => old.is_equal_node(Some(&fresh)),
        _ => false,
    };
    if is_same {
        merge(old, fresh);
    }
    is_same
}
