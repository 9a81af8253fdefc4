//! What the server can be asked, to read.

use leptos::prelude::*;

use crate::plain::Plain;

/// The whole document, around the reference as HTML.
pub fn reference_document(plain: &Plain, html: String) -> String {
    plain.document("API", || view! { <div class="md reference" inner_html=html></div> }.into_any())
}
