//! Finds inline code between backticks.

/// The runs of backticks in a text. Finding out that a run has no counterpart takes constant time.
pub(super) struct Ticks {
    /// Position and length of each run, and the greatest length from this run on.
    runs: Vec<(usize, usize, usize)>,
    next: usize,
}

impl Ticks {
    pub(super) fn of(text: &str) -> Self {
        let mut runs: Vec<(usize, usize, usize)> = Vec::new();
        for (at, _) in text.match_indices('`') {
            match runs.last_mut() {
                Some((start, length, _)) if *start + *length == at => *length += 1,
                _ => runs.push((at, 1, 0)),
            }
        }
        let mut longest = 0;
        for run in runs.iter_mut().rev() {
            longest = longest.max(run.1);
            run.2 = longest;
        }
        Self { runs, next: 0 }
    }

    /// Returns the length of the code that starts at `at`, or the length of the backticks if it is not code. Positions must be queried in
    /// ascending order.
    pub(super) fn code(&mut self, at: usize) -> usize {
        let run = |index: usize| self.runs.get(index).copied();
        while run(self.next).is_some_and(|(start, length, _)| start + length <= at) {
            self.next += 1;
        }
        let Some((start, length, _)) = run(self.next) else { return 1 };
        let ticks = start + length - at;
        let mut index = self.next + 1;
        if run(index).is_none_or(|(.., longest)| longest < ticks) {
            return ticks;
        }
        while run(index).is_some_and(|(_, length, _)| length < ticks) {
            index += 1;
        }
        run(index).map_or(ticks, |(start, ..)| start + ticks - at)
    }
}
