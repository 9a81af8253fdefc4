//! Rates: how often, by user and by address.

mod guessing;

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock as _};
use holdfast_protocol::{Code, Refusal, UserId};

use self::guessing::Guessing;
use crate::clock::Millis;

/// The limiters of one server (GCRA). Off, they allow everything.
pub struct Limits {
    sign_in: Option<DefaultKeyedRateLimiter<IpAddr>>,
    messages: Option<DefaultKeyedRateLimiter<UserId>>,
    guessing: Option<Guessing>,
    clock: governor::clock::DefaultClock,
}

impl Limits {
    /// `sign_in` attempts a minute for each address, `messages` a minute for each user; 0 is no limit.
    pub fn new(sign_in: u32, messages: u32) -> Self {
        let clock = governor::clock::DefaultClock::default();
        Self {
            sign_in: NonZeroU32::new(sign_in).map(|n| RateLimiter::keyed(Quota::per_minute(n))),
            messages: NonZeroU32::new(messages).map(|n| RateLimiter::keyed(Quota::per_minute(n))),
            guessing: (sign_in > 0).then(Guessing::default),
            clock,
        }
    }

    /// How long an attempt at a name's password has to wait, before it is looked at.
    pub fn wait_to_guess(&self, name: &str, now: Millis) -> Duration {
        Duration::from_millis(self.guessing.as_ref().map_or(0, |guessing| guessing.wait(&name.to_lowercase(), now)))
    }

    /// What came of the attempt.
    pub fn guessed(&self, name: &str, right: bool, now: Millis) {
        // Nobody can be called anything longer.
        let Some(guessing) = self.guessing.as_ref().filter(|_| name.len() <= 256) else { return };
        if right { guessing.succeeded(&name.to_lowercase()) } else { guessing.failed(&name.to_lowercase(), now) }
    }

    /// One attempt to sign in, up or as a guest, from an address.
    ///
    /// # Errors
    /// Too many; with the time to wait.
    pub fn sign_in(&self, address: IpAddr) -> Result<(), Refusal> {
        let Some(limiter) = &self.sign_in else { return Ok(()) };
        limiter
            .check_key(&network(address))
            .map_err(|until| too_often("Too many attempts from here", until.wait_time_from(self.clock.now())))
    }

    /// One message of a user.
    ///
    /// # Errors
    /// Too many; with the time to wait.
    pub fn message(&self, user: UserId) -> Result<(), Refusal> {
        let Some(limiter) = &self.messages else { return Ok(()) };
        limiter.check_key(&user).map_err(|until| too_often("Too many messages in a minute", until.wait_time_from(self.clock.now())))
    }

    /// Forgets those who have not been seen for long.
    pub fn tidy(&self, now: Millis) {
        if let Some(guessing) = &self.guessing {
            guessing.tidy(now);
        }
        if let Some(limiter) = &self.sign_in {
            limiter.retain_recent();
        }
        if let Some(limiter) = &self.messages {
            limiter.retain_recent();
        }
    }
}

/// IPv6 hosts have a whole /64 to choose addresses from (RFC 4291 §2.5.4), so that counts as one.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into()),
        },
        v4 => v4,
    }
}

fn too_often(what: &str, wait: Duration) -> Refusal {
    let seconds = wait.as_secs() + 1;
    let ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
    Refusal::new(Code::RateLimited, format!("{what}. Try again in {seconds} s.")).retry_after(ms)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ten_attempts_a_minute_and_then_a_wait() {
        let limits = Limits::new(10, 0);
        let address = "2001:db8::1".parse().unwrap();
        let neighbour = "2001:db8::ffff".parse().unwrap();
        for _ in 0..10 {
            limits.sign_in(address).unwrap();
        }
        let refusal = limits.sign_in(neighbour).unwrap_err();
        assert_eq!(refusal.code, Code::RateLimited);
        assert!(refusal.retry_after_ms.unwrap() <= 6_000);
        limits.sign_in("192.0.2.1".parse().unwrap()).unwrap();
    }
}
