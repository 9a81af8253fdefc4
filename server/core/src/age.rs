//! How old something is when the machine's clock can't be trusted.
//!
//! A clock may be ahead by weeks for the two seconds in which a server runs, and nothing may be removed because of that. So age counts
//! only time in which a server ran on the store. A jump of the clock, at a start or while a server runs, does not count: either the
//! clock was wrong, or nobody could use the server during that time.

use crate::clock::Millis;

const DAY: Millis = 24 * 3_600_000;

/// A server that was off for less time than this was restarted or repaired: the time counts as age.
const LONGEST_ABSENCE: Millis = DAY;

/// How long unused guests, ended sessions and ended share links are kept. No other age that is looked at is longer.
pub const KEPT: Millis = 30 * DAY;

/// A time span of the machine's clock in which no server ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockJump {
    /// The last time before it, ms since 1970.
    pub from: Millis,
    /// The first time after it, ms since 1970.
    pub to: Millis,
}

impl ClockJump {
    /// The jump from the expected time to what the clock shows. `None` if they are less than a day apart.
    pub fn between(expected: Millis, now: Millis) -> Option<Self> {
        (now.saturating_sub(expected) > LONGEST_ABSENCE).then_some(Self { from: expected, to: now })
    }

    /// Its length in whole days.
    pub fn days(&self) -> u64 {
        self.to.saturating_sub(self.from) / DAY
    }
}

/// How much of the time before `now` does not count as age, ms: the jumps, back to where [`KEPT`] has passed without them.
pub fn uncounted(jumps: &[ClockJump], now: Millis) -> Millis {
    let mut jumps: Vec<ClockJump> = jumps.iter().copied().filter(|jump| jump.from < jump.to && jump.to <= now).collect();
    jumps.sort_unstable_by_key(|jump| std::cmp::Reverse(jump.to));
    let (mut at, mut left, mut skipped) = (now, KEPT, 0);
    for jump in jumps {
        let counted = at.saturating_sub(jump.to);
        if counted >= left {
            break;
        }
        if jump.from >= at {
            continue; // inside of one that was skipped
        }
        left -= counted;
        skipped += jump.to.min(at) - jump.from;
        at = jump.from;
    }
    skipped
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 20_000 * DAY;

    fn jump(from_days_ago: u64, to_days_ago: u64) -> ClockJump {
        ClockJump { from: NOW - from_days_ago * DAY, to: NOW - to_days_ago * DAY }
    }

    #[test]
    fn absences_are_jumps_when_they_are_long() {
        assert_eq!(ClockJump::between(NOW, NOW + LONGEST_ABSENCE), None);
        assert_eq!(ClockJump::between(NOW, NOW - 400 * DAY), None, "a clock that is behind makes nothing old");
        assert_eq!(ClockJump::between(NOW, NOW + 40 * DAY).map(|jump| jump.days()), Some(40));
    }

    #[test]
    fn time_in_jumps_does_not_count() {
        assert_eq!(uncounted(&[], NOW), 0);
        assert_eq!(uncounted(&[jump(40, 0)], NOW), 40 * DAY, "ahead, just now");
        assert_eq!(uncounted(&[jump(50, 10)], NOW), 40 * DAY, "ahead, and left running");
        assert_eq!(uncounted(&[jump(75, 35)], NOW), 0, "what counts is long over since");
        assert_eq!(uncounted(&[jump(3_650, 0)], NOW), 3_650 * DAY, "ten years");
        assert_eq!(uncounted(&[jump(100, 60), jump(50, 10)], NOW), 80 * DAY, "between and after there are 20 days");
        assert_eq!(uncounted(&[jump(100, 60), jump(59, 28)], NOW), 71 * DAY);
        assert_eq!(uncounted(&[jump(120, 90), jump(59, 29)], NOW), 30 * DAY);
    }

    #[test]
    fn what_lies_ahead_and_what_overlaps_counts_once() {
        let ahead = ClockJump { from: NOW - DAY, to: NOW + 39 * DAY };
        assert_eq!(uncounted(&[ahead], NOW), 0, "the clock is right again");
        assert_eq!(uncounted(&[jump(50, 10), jump(40, 20)], NOW), 40 * DAY);
        assert_eq!(uncounted(&[jump(40, 10), jump(50, 20)], NOW), 40 * DAY);
        assert_eq!(uncounted(&[ClockJump { from: NOW, to: NOW - DAY }], NOW), 0, "never backwards");
    }
}
