//! Materials: the files that users upload, and what is read from them.

mod names;
mod reading;
mod service;
mod stored;
mod sweeping;
mod uploads;

pub use service::{Bounds, Materials};
pub use stored::{ContentId, NewFile, Progress, Removed, StoredFile, Unread};
pub use uploads::{Checksum, ChecksumError, Upload};
