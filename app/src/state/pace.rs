//! How often text that grows is shown.

/// At most this often, ms: every second frame of most screens. It reads as smoothly, and laying out a long page is what a chunk
/// costs most.
const SOONEST: f64 = 33.0;
/// At least this often, ms, however slow the machine.
const LATEST: f64 = 120.0;
/// Showing it may take one part in so many of the page's time. A tenth is what a page may take for an answer that grows a hundred
/// times a second. Some of that goes into receiving it, and some into what no page can measure: where the mouse is now, and what
/// is handed over to be painted.
const SHARE: f64 = 24.0;
/// What a new measurement counts beside those before it: one may have met something else that the page did.
const WEIGHT: f64 = 0.4;
/// Measuring has its own cost: this many are shown for one that is measured.
const MEASURED: u32 = 4;

/// The pace of one page. Times are of one clock that goes on evenly, ms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    shown_at: f64,
    cost: f64,
    shows: u32,
}

impl Pace {
    /// How long it is yet until it may be shown.
    pub fn rest(&self, now: f64) -> f64 {
        (self.shown_at + (self.cost * SHARE).clamp(SOONEST, LATEST) - now).clamp(0.0, LATEST)
    }

    /// It is shown.
    pub fn shown(&mut self, now: f64) {
        self.shown_at = now;
        self.shows = self.shows.wrapping_add(1);
    }

    /// Whether what is shown now is measured.
    pub fn measures(&self) -> bool {
        self.shows % MEASURED == 1
    }

    /// So long that took, with laying it out and painting it.
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
