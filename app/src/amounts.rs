//! Amounts of money and numbers of tokens, as people read and write them.

use holdfast_protocol::usage::{Cost, NANOS};

/// How a language writes numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumberFormat {
    /// Between the digits and the decimals.
    pub(crate) decimal: char,
    /// Between groups of three digits.
    pub(crate) group: char,
    /// Whether the currency precedes the amount.
    pub(crate) currency_first: bool,
}

impl NumberFormat {
    /// Returns a whole number with its digits in groups of three.
    pub(crate) fn whole(self, number: u64) -> String {
        let digits = number.to_string();
        let mut text = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(self.group);
            }
            text.push(digit);
        }
        text
    }

    /// Returns an amount with its currency: rounded to two decimals, or to the first two digits that are not zero.
    pub(crate) fn money(self, cost: Cost) -> String {
        let amount = self.amount(cost.nanos);
        if self.currency_first { format!("{} {amount}", cost.currency.as_str()) } else { format!("{amount} {}", cost.currency.as_str()) }
    }

    fn amount(self, nanos: u64) -> String {
        // The smallest unit that is shown.
        let mut step = NANOS / 100;
        while step > 1 && nanos != 0 && nanos < step.saturating_mul(10) && nanos < NANOS / 10 {
            step /= 10;
        }
        let rounded = nanos.saturating_add(step / 2) / step * step;
        let decimals = format!("{:09}", rounded % NANOS);
        let shown = decimals.trim_end_matches('0').len().max(2);
        format!("{}{}{}", self.whole(rounded / NANOS), self.decimal, decimals.get(..shown).unwrap_or_default())
    }
}

/// Returns an amount as it is typed, without needless zeros.
pub(crate) fn typed(nanos: u64) -> String {
    let decimals = format!("{:09}", nanos % NANOS);
    let decimals = decimals.trim_end_matches('0');
    if decimals.is_empty() { (nanos / NANOS).to_string() } else { format!("{}.{decimals}", nanos / NANOS) }
}

/// Reads an amount that was typed with a point or a comma, such as `2.50`: billionths. Returns `None` if it is none, or too precise or too
/// large.
pub(crate) fn nanos(text: &str) -> Option<u64> {
    let text = text.trim();
    let (whole, decimals) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && decimals.is_empty()) || decimals.len() > 9 || !is_digits(whole) || !is_digits(decimals) {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let decimals: u64 = format!("{decimals:0<9}").parse().ok()?;
    whole.checked_mul(NANOS)?.checked_add(decimals)
}

/// Returns year, month and day of a time, ms since 1970, in UTC.
pub(crate) fn date(at: u64) -> (u64, u64, u64) {
    // Years that begin in March, so that a leap day comes last (Howard Hinnant's algorithm).
    let days = at / 86_400_000 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + u64::from(month < 3), month, day)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use holdfast_protocol::usage::Currency;

    use super::*;

    const ENGLISH: NumberFormat = NumberFormat { decimal: '.', group: ',', currency_first: true };
    const GERMAN: NumberFormat = NumberFormat { decimal: ',', group: '.', currency_first: false };

    #[test]
    fn amounts_are_short_and_never_zero_if_they_are_something() {
        for (nanos, text) in [
            (0, "0.00"),
            (1, "0.000000001"),
            (12_345, "0.000012"),
            (325_000, "0.00033"),
            (20_000_000, "0.02"),
            (1_234_000_000, "1.23"),
            (1_995_000_000, "2.00"),
            (1_234_567_000_000_000, "1,234,567.00"),
        ] {
            assert_eq!(ENGLISH.amount(nanos), text);
        }
        let cost = Cost { nanos: 1_500_000_000, currency: Currency::parse("EUR").unwrap() };
        assert_eq!((ENGLISH.money(cost), GERMAN.money(cost)), ("EUR 1.50".to_owned(), "1,50 EUR".to_owned()));
        assert_eq!((GERMAN.whole(1_234_567), ENGLISH.whole(999)), ("1.234.567".to_owned(), "999".to_owned()));
    }

    #[test]
    fn times_have_a_date() {
        for (at, date_of) in
            [(0, (1970, 1, 1)), (1_709_164_800_000, (2024, 2, 29)), (1_798_761_599_999, (2026, 12, 31)), (1_798_761_600_000, (2027, 1, 1))]
        {
            assert_eq!(date(at), date_of);
        }
    }

    #[test]
    fn what_is_typed_is_read_exactly() {
        for (text, amount) in
            [("2.50", 2_500_000_000), ("2,5", 2_500_000_000), (" 3 ", 3_000_000_000), (".075", 75_000_000), ("0.000000001", 1)]
        {
            assert_eq!(nanos(text), Some(amount), "{text}");
            assert_eq!(nanos(&typed(amount)), Some(amount));
        }
        for bad in ["", ".", "-1", "1.0000000001", "1.2.3", "x", "99999999999999999999"] {
            assert_eq!(nanos(bad), None, "{bad}");
        }
        assert_eq!((typed(2_500_000_000), typed(3_000_000_000)), ("2.5".to_owned(), "3".to_owned()));
    }
}
