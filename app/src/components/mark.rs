//! The logo: a holdfast, which anchors kelp to its rock.

use leptos::prelude::*;

/// The logo, hidden from screen readers because it repeats the text beside it.
#[component]
pub(crate) fn Mark(
    /// Whether it is large, as on a page of its own.
    #[prop(optional)]
    large: bool,
) -> impl IntoView {
    view! {
        <svg class="mark" class:large=large viewBox="0 0 26 26" aria-hidden="true">
            <rect width="26" height="26" rx="7" fill="#0f6b5c"></rect>
            <path
                d="M13 4.500v9c0 4-2 6.500-6.500 7.500M13 13.500c0 4 2 6.500 6.500 7.500M13 13.500V22M13 9c-2 0-3.500-1-4-3M13 9c2 0 3.500-1 4-3"
                stroke="#fff"
                stroke-width="1.900"
                fill="none"
                stroke-linecap="round"
            ></path>
        </svg>
    }
    .into_any()
}

/// Logo and name, with a link to the start page.
#[component]
pub(crate) fn Brand() -> impl IntoView {
    let home = crate::ui::state().path(crate::Route::New);
    view! {
        <a class="brand" href=home>
            <Mark/>
            "Holdfast"
        </a>
    }
    .into_any()
}
