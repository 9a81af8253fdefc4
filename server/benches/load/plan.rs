//! Selects what is measured.

use std::path::PathBuf;

/// All scenarios, in the order in which they run.
pub(crate) const ALL: [&str; 10] = ["start", "streams", "upstream", "idle", "storm", "resume", "slow", "tabs", "large", "first-load"];

/// The scenarios to run, and their sizes.
pub(crate) struct Plan {
    /// Whether the large sizes are used.
    pub full: bool,
    /// Path of the server's binary.
    pub holdfast: PathBuf,
    only: Vec<String>,
}

impl Plan {
    /// Reads the plan from the environment. An error is a sentence.
    pub(crate) fn read() -> Result<Self, String> {
        let full = match variable("HOLDFAST_BENCH").as_deref() {
            None | Some("quick") => false,
            Some("full") => true,
            Some(other) => return Err(format!("HOLDFAST_BENCH is {other:?}; expected is quick or full")),
        };
        let only = variable("HOLDFAST_BENCH_ONLY").unwrap_or_default();
        let only: Vec<String> = only.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        if let Some(name) = only.iter().find(|name| !ALL.contains(&name.as_str())) {
            return Err(format!("there is no scenario {name:?}; there are: {}", ALL.join(", ")));
        }
        let holdfast = variable("HOLDFAST_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_holdfast").to_owned());
        Ok(Self { full, holdfast: holdfast.into(), only })
    }

    /// Returns whether a scenario is selected.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }

    /// Returns the size to use.
    pub(crate) fn size(&self, quick: usize, full: usize) -> usize {
        if self.full { full } else { quick }
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}
