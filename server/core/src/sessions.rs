//! How long a session lasts.

use crate::clock::Millis;

/// How long a session lasts without being used, ms.
pub const LIFE: Millis = 30 * 24 * 3_600_000;

/// When a session that began at `began` and is used at `now` ends unless it is used again. With a `longest` life it ends at that age
/// at the latest. All times are ms since 1970, `longest` is in ms.
pub fn ends_at(began: Millis, now: Millis, longest: Option<Millis>) -> Millis {
    let idle = now.saturating_add(LIFE);
    longest.map_or(idle, |longest| idle.min(began.saturating_add(longest)))
}
