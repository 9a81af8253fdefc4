//! Materials: the files that users upload, and what is read from them: pages, passages for search, and quotes that answers cite.

mod citing;
mod names;
mod passages;
mod places;
mod reading;
mod service;
mod stored;
mod sweeping;
mod uploads;

pub use citing::{Citation, find_quote};
pub use passages::{MAX_TOKENS, Passage, passages};
pub use service::{Bounds, Materials};
pub use stored::{ContentId, NewFile, Progress, Removed, StoredFile, Unread};
pub use uploads::{Checksum, ChecksumError, Upload};
