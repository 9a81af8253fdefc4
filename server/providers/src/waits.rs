//! How long single providers may take, where that is not as long as all others.

use std::time::Duration;

/// How long one provider may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderWait {
    /// The provider's name in the protocol.
    pub name: String,
    /// How long an answer may take to begin.
    pub first: Duration,
    /// How long a begun answer may say nothing. `None`: as long as with the others.
    pub idle: Option<Duration>,
}

impl ProviderWait {
    /// Reads `name=first` or `name=first/idle`, in seconds from 1 to 3600. Returns `None` where it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let seconds = |text: &str| text.trim().parse().ok().filter(|seconds| (1..=3600).contains(seconds)).map(Duration::from_secs);
        let (name, waits) = text.split_once('=')?;
        let name = name.trim();
        let fits = (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let (first, idle) = match waits.split_once('/') {
            Some((first, idle)) => (seconds(first)?, Some(seconds(idle)?)),
            None => (seconds(waits)?, None),
        };
        fits.then(|| Self { name: name.to_owned(), first, idle })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_a_name_with_one_or_two_times() {
        let wait = |name: &str, first, idle: Option<u64>| {
            Some(ProviderWait { name: name.to_owned(), first: Duration::from_secs(first), idle: idle.map(Duration::from_secs) })
        };
        assert_eq!(ProviderWait::parse("ollama=900/120"), wait("ollama", 900, Some(120)));
        assert_eq!(ProviderWait::parse("big-box = 60"), wait("big-box", 60, None));
        for wrong in ["ollama", "=9", "Ollama=9", "a b=9", "ollama=0", "ollama=3601", "ollama=9/", "ollama=9/0"] {
            assert_eq!(ProviderWait::parse(wrong), None, "{wrong}");
        }
    }
}
