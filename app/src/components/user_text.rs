//! The text of a user's message.

use leptos::prelude::*;

use crate::markdown::user_text::{Piece, pieces};

/// Returns the text as it was written, with fenced blocks as code.
pub(crate) fn user_text(text: &str) -> AnyView {
    let pieces = pieces(text);
    if let [Piece::Text(text)] = pieces[..] {
        return text.to_owned().into_any();
    }
    let views = pieces.into_iter().map(|piece| match piece {
        Piece::Text(text) => view! { <p>{text.to_owned()}</p> }.into_any(),
        Piece::Code(code) => view! { <pre tabindex="0"><code dir="ltr">{code.to_owned()}</code></pre> }.into_any(),
    });
    views.collect::<Vec<_>>().into_any()
}
