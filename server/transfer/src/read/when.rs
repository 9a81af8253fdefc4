//! Parses times in many formats.

use time::{
    OffsetDateTime, PrimitiveDateTime,
    format_description::well_known::{Iso8601, Rfc3339},
};

use super::json::Json;
use holdfast_core::clock::Millis;

/// The year 10000, ms; later times are invalid.
const END: f64 = 253_402_300_800_000.0;

/// Parses a time: seconds, milliseconds, microseconds or nanoseconds since 1970, a date as text, or MongoDB's format. Returns `None` if
/// it is invalid or before 1970.
pub(super) fn millis(value: Json<'_>) -> Option<Millis> {
    if value.is_object() {
        // {"$date": …}, which may contain {"$numberLong": …}
        let inside = value.fields().first(&["$date", "$numberLong"]);
        let inside = if inside.is_object() { inside.fields().get("$numberLong") } else { inside };
        return if inside.is_object() { None } else { millis(inside) };
    }
    if let Some(number) = value.number() {
        // For each unit, the range between 1973 and 5138.
        let millis = match number {
            ..1e11 => number * 1e3,
            ..1e14 => number,
            ..1e17 => number / 1e3,
            _ => number / 1e6,
        };
        return (1.0..END).contains(&millis).then_some(millis as Millis);
    }
    let text = value.string()?;
    let text = text.trim();
    let at = OffsetDateTime::parse(text, &Rfc3339).or_else(|_| OffsetDateTime::parse(text, &Iso8601::DEFAULT)).ok().or_else(|| {
        let text = text.replacen(' ', "T", 1);
        PrimitiveDateTime::parse(&text, &Iso8601::DEFAULT).ok().map(PrimitiveDateTime::assume_utc)
    })?;
    Millis::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_many_ways() {
        for (text, at) in [
            ("1750000000.5", Some(1_750_000_000_500)),
            ("1750000000500", Some(1_750_000_000_500)),
            ("1750000000500000", Some(1_750_000_000_500)),
            ("\"1750000000500\"", Some(1_750_000_000_500)),
            ("\"2025-07-10T14:53:58.103234Z\"", Some(1_752_159_238_103)),
            ("\"2025-07-10T16:53:58+02:00\"", Some(1_752_159_238_000)),
            ("\"2025-07-10 14:53:58\"", Some(1_752_159_238_000)),
            ("{\"$date\": {\"$numberLong\": \"1752159238000\"}}", Some(1_752_159_238_000)),
            ("{\"$date\": \"2025-07-10T14:53:58Z\"}", Some(1_752_159_238_000)),
            ("-5", None),
            ("0", None),
            ("1e300", None),
            ("NaN", None),
            ("null", None),
            ("\"yesterday\"", None),
            ("{\"$date\": {\"$date\": 7}}", None),
            ("[1]", None),
        ] {
            assert_eq!(millis(Json::of(text)), at, "{text}");
        }
    }
}
