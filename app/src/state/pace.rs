//! Decides how often growing text is shown.

/// Shortest interval, ms: every second frame of most screens. This looks smooth, and laying out a long page is the most expensive part of
/// a chunk.
const SOONEST: f64 = 33.0;
/// Longest interval, ms, however slow the device is.
const LATEST: f64 = 120.0;
/// Divisor of the page's time that showing text may take. A page may use a tenth of its time for an answer that grows a hundred times a
/// second. A part of that goes into receiving the text, and another into work that a page can't measure, such as hit testing and handing
/// over paint commands.
const SHARE: f64 = 24.0;
/// Weight of a new measurement relative to earlier ones; a single one may include other work of the page.
const WEIGHT: f64 = 0.4;
/// Measuring has a cost, so only one update in this many is measured.
const MEASURED: u32 = 4;

/// The pace of a page. Times are ms of a monotonic clock.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    shown_at: f64,
    cost: f64,
    shows: u32,
}

impl Pace {
    /// Returns how long to wait until the next update.
    pub fn rest(&self, now: f64) -> f64 {
        (self.shown_at + (self.cost * SHARE).clamp(SOONEST, LATEST) - now).clamp(0.0, LATEST)
    }

    /// Records that an update begins.
    pub fn shown(&mut self, now: f64) {
        self.shown_at = now;
        self.shows = self.shows.wrapping_add(1);
    }

    /// Returns whether the current update is measured.
    pub fn measures(&self) -> bool {
        self.shows % MEASURED == 1
    }

    /// Records how long the update took, including layout and paint.
    pub fn took(&mut self, ms: f64) {
        self.cost += (ms.clamp(0.0, LATEST) - self.cost) * WEIGHT;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(costs: &[f64]) -> f64 {
        let mut pace = Pace::default();
        costs.iter().for_each(|cost| pace.took(*cost));
        pace.shown(1_000.0);
        pace.rest(1_000.0)
    }

    #[test]
    fn what_costs_little_is_shown_every_second_frame_and_what_costs_much_less_often() {
        assert_eq!(Pace::default().rest(1_000.0), 0.0, "the first at once");
        assert_eq!(after(&[]), SOONEST);
        assert_eq!(after(&[1.2; 50]), SOONEST);
        assert!((after(&[4.0; 50]) - 96.0).abs() < 0.1);
        assert_eq!(after(&[40.0; 50]), LATEST);
        assert_eq!(after(&[f64::MAX, -1.0]), LATEST);
    }

    #[test]
    fn one_that_took_long_is_soon_forgotten() {
        let mut costs = vec![1.2, 1.2, 100.0];
        assert!(after(&costs) > SOONEST);
        costs.extend([1.2; 15]);
        assert_eq!(after(&costs), SOONEST);
    }

    #[test]
    fn the_first_is_measured_and_then_one_in_a_few() {
        let mut pace = Pace::default();
        let measured = (0..9).filter(|n| {
            pace.shown(f64::from(*n));
            pace.measures()
        });
        assert_eq!(measured.collect::<Vec<i32>>(), [0, 4, 8]);
    }

    #[test]
    fn who_comes_late_waits_no_longer_and_a_clock_that_was_set_back_holds_nothing_up() {
        let mut pace = Pace::default();
        pace.shown(1_000.0);
        assert_eq!(pace.rest(1_020.0), 13.0);
        assert_eq!(pace.rest(5_000.0), 0.0);
        assert_eq!(pace.rest(0.0), LATEST);
    }
}
