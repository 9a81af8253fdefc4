//! Waiting times between attempts to reconnect.

use super::Millis;

/// Exponential backoff with full jitter: a random time in `0…min(cap, base·2ⁿ)`, so that a thousand clients of a restarted server do not
/// reconnect at the same moment.
///
/// Source: M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
#[derive(Clone, Debug)]
pub struct Backoff {
    base: Millis,
    cap: Millis,
    attempt: u32,
}

impl Backoff {
    /// Creates a backoff that starts at `base` ms and never exceeds `cap` ms.
    pub fn new(base: Millis, cap: Millis) -> Self {
        Self { base, cap, attempt: 0 }
    }

    /// Returns the next waiting time, ms.
    pub fn next(&mut self, random: &mut SplitMix) -> Millis {
        let ceiling = self.base.saturating_mul(1 << self.attempt.min(20)).min(self.cap);
        self.attempt = self.attempt.saturating_add(1);
        random.below(ceiling + 1)
    }

    /// Starts again with the shortest waiting time.
    pub fn reset(&mut self) {
        self.attempt = 0;
    }
}

/// A small random generator with a given seed. Good enough to spread clients, not for secrets.
///
/// Source: G. Steele et al., "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
#[derive(Clone, Debug)]
pub struct SplitMix(u64);

impl SplitMix {
    /// Creates a generator from a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number in `0..end`; 0 if `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.next_u64() % end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_cap_and_start_anew() {
        let mut random = SplitMix::new(7);
        let mut backoff = Backoff::new(500, 20_000);
        for n in 0..40 {
            let ceiling = (500u64 << n.min(20)).min(20_000);
            assert!(backoff.next(&mut random) <= ceiling);
        }
        backoff.reset();
        assert!(backoff.next(&mut random) <= 500);
    }
}
