//! Metrics of chunks: how many, and how long they took from writing to saving and to sending.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use holdfast_protocol::ServerFrame;

/// Upper bounds of the histogram buckets, µs: around the flusher's tick, up to times that nobody should wait.
const BOUNDS: [u64; 12] = [1_000, 2_500, 5_000, 10_000, 15_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 2_500_000, 10_000_000];

/// Metrics of one server since its start.
#[derive(Debug, Default)]
pub struct Metrics {
    chunks: AtomicU64,
    bytes: AtomicU64,
    saves: Histogram,
    shows: Histogram,
}

impl Metrics {
    /// Records that text was saved this long after it was written.
    pub(super) fn saved(&self, after: Duration) {
        self.saves.add(after);
    }

    /// Records that a chunk was sent, and how long ago its first byte was written, if that is still known.
    pub fn shown(&self, frame: &ServerFrame, after: Option<Duration>) {
        if let ServerFrame::Chunk { content, .. } = frame {
            self.chunks.fetch_add(1, Ordering::Relaxed);
            self.bytes.fetch_add(content.len() as u64, Ordering::Relaxed);
            if let Some(after) = after {
                self.shows.add(after);
            }
        }
    }

    /// Writes the metrics in Prometheus's text format.
    pub fn write(&self, text: &mut String) {
        let counters = [
            ("holdfast_chunks_sent_total", "Pieces of answers that went to listeners", &self.chunks),
            ("holdfast_chunk_bytes_sent_total", "Bytes of text in them", &self.bytes),
        ];
        for (name, help, count) in counters {
            let count = count.load(Ordering::Relaxed);
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter\n{name} {count}"); // writing to a String can't fail
        }
        self.saves.write("holdfast_answer_save_seconds", "From a provider's word to its being saved: the oldest word of each save", text);
        self.shows.write("holdfast_answer_show_seconds", "From a provider's word to its being handed to a listener's connection: the first word of each chunk that goes out while its answer is written", text);
    }
}

/// A histogram of durations.
#[derive(Debug, Default)]
struct Histogram {
    /// One counter for each bucket and one for longer durations; not cumulative.
    counts: [AtomicU64; BOUNDS.len() + 1],
    sum: AtomicU64,
}

impl Histogram {
    fn add(&self, time: Duration) {
        let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let at = BOUNDS.iter().position(|bound| time <= *bound).unwrap_or(BOUNDS.len());
        if let Some(count) = self.counts.get(at) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(time, Ordering::Relaxed);
    }

    fn write(&self, name: &str, help: &str, text: &mut String) {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} histogram");
        let mut within = 0;
        let bounds = BOUNDS.iter().map(|bound| seconds(*bound)).chain(["+Inf".to_owned()]);
        for (count, bound) in self.counts.iter().zip(bounds) {
            within += count.load(Ordering::Relaxed);
            let _ = writeln!(text, "{name}_bucket{{le=\"{bound}\"}} {within}");
        }
        let sum = seconds(self.sum.load(Ordering::Relaxed));
        let _ = writeln!(text, "{name}_sum {sum}\n{name}_count {within}");
    }
}

fn seconds(micros: u64) -> String {
    Duration::from_micros(micros).as_secs_f64().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_counts_upwards_to_all_of_them() {
        let histogram = Histogram::default();
        for ms in [1, 2, 20, 60_000] {
            histogram.add(Duration::from_millis(ms));
        }
        let mut text = String::new();
        histogram.write("x_seconds", "Some", &mut text);
        for line in [
            "# TYPE x_seconds histogram",
            "x_seconds_bucket{le=\"0.001\"} 1",
            "x_seconds_bucket{le=\"0.0025\"} 2",
            "x_seconds_bucket{le=\"0.015\"} 2",
            "x_seconds_bucket{le=\"0.025\"} 3",
            "x_seconds_bucket{le=\"10\"} 3",
            "x_seconds_bucket{le=\"+Inf\"} 4",
            "x_seconds_sum 60.023",
            "x_seconds_count 4",
        ] {
            assert!(text.lines().any(|it| it == line), "{line}\n{text}");
        }
    }
}
