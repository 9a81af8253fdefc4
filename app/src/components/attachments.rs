//! The files of a user's message.

use std::sync::Arc;

use holdfast_protocol::message::Attachment;
use leptos::{ev::MouseEvent, prelude::*, task::spawn_local};

use super::uploads::kind;
use crate::{
    Route, Section,
    strings::files_strings,
    ui::{context, state},
};

/// The files, as links that download them. Without scripts they lead to the page with all files.
#[component]
pub(crate) fn Attachments(
    /// The files.
    files: Arc<Vec<Attachment>>,
) -> impl IntoView {
    if files.is_empty() {
        return ().into_any();
    }
    let (state, context) = (state(), context());
    let page = state.path(Route::Settings(Section::Materials));
    let rows = files.iter().map(|file| {
        let id = file.file_id;
        let save = move |ev: MouseEvent| {
            ev.prevent_default();
            let reply = context.backend().save(&format!("files/{id}/content"));
            spawn_local(async move {
                if let Err(api_error) = reply.await {
                    state.refused(api_error);
                }
            });
        };
        view! {
            <li>
                <a class="file" href=format!("{page}#file-{id}") title=(files_strings().download_named)(&file.name) on:click=save>
                    <span class="kind" aria-hidden="true">{kind(&file.name)}</span>
                    <bdi>{file.name.clone()}</bdi>
                </a>
            </li>
        }
        .into_any()
    });
    view! { <ul class="files" aria-label=files_strings().attached>{rows.collect::<Vec<_>>()}</ul> }.into_any()
}
