//! Components that the pages are made of.
#![allow(unreachable_pub)] // needed by the code that the component macro generates

pub(crate) mod announcer;
pub(crate) mod answer;
pub(crate) mod answer_usage;
pub(crate) mod blocks;
pub(crate) mod cited;
pub(crate) mod coming;
pub(crate) mod composer;
pub(crate) mod dialogs;
pub(crate) mod field;
pub(crate) mod gauge;
pub(crate) mod header;
pub(crate) mod keys;
pub(crate) mod mark;
pub(crate) mod model_select;
pub(crate) mod notes;
pub(crate) mod one_link;
pub(crate) mod outgoing;
pub(crate) mod palette;
pub(crate) mod picker;
pub(crate) mod quote;
pub(crate) mod reader;
pub(crate) mod recall;
pub(crate) mod row_button;
pub(crate) mod search;
pub(crate) mod share;
pub(crate) mod sidebar;
pub(crate) mod sign_in_methods;
pub(crate) mod sources;
pub(crate) mod status;
pub(crate) mod thoughts;
pub(crate) mod toast;
pub(crate) mod transcript;
pub(crate) mod tuning;
pub(crate) mod user_text;
pub(crate) mod versions;
