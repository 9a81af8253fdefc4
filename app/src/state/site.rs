//! What the server said about itself and about the page.

use holdfast_protocol::people::{SignInMethod, SignUps};
use leptos::prelude::*;

use crate::{page_data::PageData, strings::Language};

/// What the server said about itself and about the page. It does not change while the page is open.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    pub(super) base: StoredValue<String>,
    /// Language of the page.
    pub language: Language,
    /// Language that was chosen on this device; `None` if none was.
    pub chosen_language: Option<Language>,
    /// Whether guests are allowed.
    pub guests: bool,
    /// Who may create an account.
    pub signup: SignUps,
    /// Maximum length of a message, bytes of UTF-8.
    pub message_bytes: usize,
    /// Providers to sign in through.
    pub sign_in_methods: StoredValue<Vec<SignInMethod>>,
    /// First messages that an empty page suggests (see [`PageData::suggestions`]).
    pub suggestions: StoredValue<[Vec<String>; 2]>,
}

impl Site {
    pub(super) fn new(page_data: &PageData) -> Self {
        Self {
            base: StoredValue::new(page_data.base.clone()),
            language: page_data.language,
            chosen_language: page_data.chosen_language,
            guests: page_data.guests,
            signup: page_data.signup,
            message_bytes: page_data.message_bytes,
            sign_in_methods: StoredValue::new(page_data.sign_in_methods.clone()),
            suggestions: StoredValue::new(page_data.suggestions.clone()),
        }
    }

    /// Returns whether everyone may create an account.
    pub fn may_sign_up(&self) -> bool {
        self.signup == SignUps::Open
    }
}
