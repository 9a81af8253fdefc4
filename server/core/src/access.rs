//! Access to models: which providers there are, who may use which model, and with which key.

mod added;
mod model_access;
mod stored;
mod views;

pub use added::{Added, Key, Requester, RequesterKey, Visibilities};
pub use model_access::{ModelAccess, OffersError, opened};
pub use stored::{StoredKey, StoredProvider, StoredVisibility};
pub use views::{Health, Listed};
