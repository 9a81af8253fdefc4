//! The API reference as a document.

use leptos::prelude::*;

use crate::plain::Plain;

/// Returns the whole document around the reference's HTML.
pub fn reference_document(plain: &Plain, html: String) -> String {
    plain.document("API", || view! { <div class="md reference" inner_html=html></div> }.into_any())
}
