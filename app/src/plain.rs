//! Documents without scripts.

use leptos::prelude::*;

use crate::{components::mark::Mark, intact::without_addresses, markdown::escaped, strings::Language};

/// What surrounds the content of such a document.
#[derive(Clone, Debug)]
pub struct Plain {
    /// Its language.
    pub language: Language,
    /// Path of the start page.
    pub home: String,
    /// Path of the stylesheet.
    pub css: String,
    /// Path of the icon (SVG).
    pub favicon: String,
}

impl Plain {
    /// Returns the whole document. `content` is called where reactive values are allowed.
    pub(crate) fn document(&self, name: &str, content: impl FnOnce() -> AnyView) -> String {
        Owner::new().with(|| self.render(name, content()))
    }

    fn render(&self, name: &str, content: AnyView) -> String {
        let Self { language, home, css, favicon } = self.clone();
        let document = view! {
            <html lang=language.tag()>
                <head>
                    <meta charset="utf-8"/>
                    <meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover"/>
                    <meta name="robots" content="noindex,nofollow"/>
                    <title inner_html=escaped(&crate::page_title(Some(name)))/>
                    <meta name="color-scheme" content="light dark"/>
                    <link rel="stylesheet" href=css/>
                    <link rel="icon" href=favicon type="image/svg+xml"/>
                </head>
                <body class="shared">
                    <header class="bar">
                        <a class="brand" href=home>
                            <Mark/>
                            "Holdfast"
                        </a>
                    </header>
                    <main class="column" id="main">{content}</main>
                </body>
            </html>
        };
        without_addresses(&format!("<!DOCTYPE html>{}", document.to_html()))
    }
}
