//! Helpers for the tests of several crates: a check that work grows in proportion to its input, and a scripted upstream server.

pub mod upstream;

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// Bytes of the shorter text of the first pair, and of the longest text.
const FIRST: usize = 4 * 1024;
const LONGEST: usize = 256 * 1024;
/// Work that takes longer than this can be measured well.
const MEASURABLE: Duration = Duration::from_millis(20);
/// Tolerance of a measurement.
const NOISE: Duration = Duration::from_millis(10);

/// Texts for which parsers of prose and Markdown took too long. Each has a part that occurs once, and one that is repeated.
pub const WORST: [(&str, &str); 44] = [
    ("", "x"),
    ("", "x "),
    ("", "aB"),
    ("", "a-"),
    ("", "a.b"),
    ("", "["),
    ("", "]("),
    ("", "[a]"),
    ("", "*"),
    ("", "**a "),
    ("", "_a_"),
    ("", "`"),
    ("", "` "),
    ("", "```\n"),
    ("", "~~~ x\n"),
    ("```\n", "``\n"),
    ("", "<"),
    ("", "<!"),
    ("", "<!--\n"),
    ("<!--\n", "--\n"),
    ("", "<pre>\n"),
    ("", "<pre></pre><pre>\n"),
    ("", ">"),
    ("", "> "),
    ("", "> - "),
    ("", "- [ ] "),
    ("", "| "),
    ("", "|-|\n"),
    ("", "#"),
    ("", "# "),
    ("", "x\n---\n"),
    ("", "x\n===\n"),
    ("", " "),
    ("x", "\t"),
    ("", "\n"),
    ("", "\r"),
    ("a", "\u{301}"),
    ("a", "\u{308}"),
    ("и", "\u{306}"),
    ("a", "\u{200b}"),
    ("", "的"),
    ("", "ﷺ"),
    ("", "🇩"),
    ("", "\u{2}x\u{3}"),
];

/// Returns a text of about this many bytes.
pub fn text((once, repeated): (&str, &str), size: usize) -> String {
    format!("{once}{}", repeated.repeat(size / repeated.len()))
}

/// Panics if a text that is four times as long takes more than eight times as long. Only the CPU time of this thread counts. A result
/// above the limit is measured again, because other processes share the processor's caches.
pub fn assert_linear(what: &str, parts: (&str, &str), work: impl Fn(&str)) {
    let took = |size| {
        let text = text(parts, size);
        let begin = processor_time();
        work(&text);
        processor_time().saturating_sub(begin)
    };
    let mut size = FIRST;
    let mut before = took(size);
    loop {
        let mut after = took(size * 4);
        for _ in 0..2 {
            if after > before * 8 + NOISE {
                (before, after) = (took(size), took(size * 4));
            }
        }
        assert!(after <= before * 8 + NOISE, "{what}: {size} bytes of {parts:?} take {before:?}, four times as many {after:?}");
        (size, before) = (size * 4, after);
        if size >= LONGEST || before >= MEASURABLE {
            return;
        }
    }
}

fn processor_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("Linux has this clock").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "four times as many")]
    fn what_grows_with_the_square_is_found() {
        assert_linear("squared", ("", "x"), |text| {
            let found = (0..text.len()).step_by(4).map(|at| text[at..].bytes().filter(|byte| *byte == b'y').count());
            assert_eq!(found.sum::<usize>(), 0);
        });
    }
}
