//! Months of the calendar, in UTC.

use std::fmt;

use time::{Date, OffsetDateTime};

use crate::clock::Millis;

/// A month in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(u32);

impl Month {
    /// Returns the month of a time.
    pub fn of(now: Millis) -> Self {
        let seconds = i64::try_from(now / 1_000).unwrap_or(i64::MAX);
        let date = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        Self(u32::try_from(date.year()).unwrap_or(1970) * 12 + u32::from(u8::from(date.month())) - 1)
    }

    /// Returns the month that is written as `2026-12`, or `None` if the text is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-').filter(|(year, month)| year.len() == 4 && month.len() == 2)?;
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(year) || !is_number(month) {
            return None;
        }
        let (year, month): (u32, u32) = (year.parse().ok()?, month.parse().ok()?);
        (year >= 1970 && (1..=12).contains(&month)).then(|| Self(year * 12 + month - 1))
    }

    /// Returns the month with this number.
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// Returns its number: year × 12 + month − 1.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// Returns the month after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// Returns when it begins.
    pub fn begins(self) -> Millis {
        let month = u8::try_from(self.0 % 12 + 1).ok().and_then(|month| time::Month::try_from(month).ok());
        let date = month.and_then(|month| Date::from_calendar_date(i32::try_from(self.0 / 12).ok()?, month, 1).ok());
        let seconds = date.map_or(0, |date| date.midnight().assume_utc().unix_timestamp());
        u64::try_from(seconds).unwrap_or(0) * 1_000
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0 / 12, self.0 % 12 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_found_named_and_followed_by_the_next() {
        for (at, name, next) in [
            (0, "1970-01", 2_678_400_000),
            (1_798_761_599_999, "2026-12", 1_798_761_600_000),
            (1_798_761_600_000, "2027-01", 1_801_440_000_000),
            (1_709_164_800_000, "2024-02", 1_709_251_200_000),
        ] {
            let month = Month::of(at);
            assert_eq!((month.to_string().as_str(), month.next().begins()), (name, next));
            assert_eq!(Month::parse(name), Some(month));
            assert_eq!(Month::of(month.begins()), month);
        }
        for bad in ["", "2026", "2026-13", "2026-00", "26-12", "2026-1", "1969-12", "2026-12-01", "+026-12"] {
            assert_eq!(Month::parse(bad), None, "{bad}");
        }
    }
}
