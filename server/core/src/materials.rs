//! Materials: the files that users upload, what is read from them (pages, passages for search), and what answers cite of it.

mod citations;
mod citing;
mod evidence;
mod names;
mod passages;
mod places;
mod reading;
mod service;
mod stored;
mod sweeping;
mod uploads;

pub use citations::verified;
pub use citing::{Citation, find_quote};
pub use evidence::{Evidence, Partly, Passages, USUAL_BYTES, evidence};
pub use passages::{MAX_TOKENS, Passage, passages};
pub use service::{Bounds, Materials};
pub use stored::{ContentId, FoundPassage, NewFile, NewPassage, Progress, Removed, StoredFile, Unread};
pub use uploads::{Checksum, ChecksumError, Upload};
