//! What the registry of providers tells about them.

use std::time::Duration;

use holdfast_protocol::{ApiError, Code};

use crate::model::ModelEntry;

/// The health of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Name of the provider.
    pub name: String,
    /// Whether it answers.
    pub ok: bool,
    /// Duration of its check, ms.
    pub ms: u64,
    /// Why it does not answer.
    pub code: Option<Code>,
}

/// A provider and its models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Name of the provider.
    pub name: String,
    /// The models of its last list, and those that are configured by name.
    pub models: Vec<ModelEntry>,
    /// Number of models that are left out.
    pub unlisted: usize,
    /// Age of its last list; `None` if there is none.
    pub age: Option<Duration>,
    /// Whether it can't list its models.
    pub has_none: bool,
    /// Why the latest attempt to read its list failed.
    pub fault: Option<ApiError>,
}
