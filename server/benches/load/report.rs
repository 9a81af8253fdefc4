//! Prints the results, one on each line, and whether they meet their aims.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    process::{Server, cores, machine_cpu, own_cpu},
    wire::BenchError,
};

/// The aim of a figure.
#[derive(Clone, Copy)]
pub(crate) enum Aim {
    /// At most this value.
    Most(f64),
    /// At most this many times the floor.
    Times(f64),
}

/// A figure.
pub(crate) struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    floor: Option<f64>,
    aim: Option<Aim>,
}

impl Figure {
    /// Creates a figure with its unit.
    pub(crate) fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, unit, floor: None, aim: None }
    }

    /// Sets the same figure of the floor.
    pub(crate) fn floor(mut self, floor: f64) -> Self {
        self.floor = Some(floor);
        self
    }

    /// Sets the aim.
    pub(crate) fn aim(mut self, aim: Aim) -> Self {
        self.aim = Some(aim);
        self
    }

    /// Prints the figure.
    pub(crate) fn print(self) {
        let Self { name, value, unit, floor, aim } = self;
        let ratio = floor.filter(|floor| *floor > 0.0).map(|floor| value / floor);
        let beside = match (floor, ratio) {
            (Some(floor), Some(ratio)) => format!("(floor {}, {ratio:.2} x)", number(floor)),
            _ => String::new(),
        };
        let (aim, kept) = match aim {
            None => (String::new(), ""),
            Some(Aim::Most(most)) => (format!("aim <= {most} {unit}"), verdict(value <= most)),
            Some(Aim::Times(times)) => (format!("aim <= {times} x"), verdict(ratio.is_some_and(|ratio| ratio <= times))),
        };
        println!("{}", format!("  {name:<46} {:>9} {unit:<5} {beside:<26} {aim:<16} {kept}", number(value)).trim_end());
    }
}

fn verdict(kept: bool) -> &'static str {
    if kept { "ok" } else { "missed" }
}

fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 1000.0 || value.fract() == 0.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Prints a remark.
pub(crate) fn remark(text: &str) {
    println!("  {text}");
}

/// Returns the value below which the given share of the values is (nearest rank).
pub(crate) fn percentile(values: &mut [u32], share: f64) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let rank = (share * values.len() as f64).ceil() as usize;
    let at = rank.clamp(1, values.len()) - 1;
    f64::from(*values.select_nth_unstable(at).1)
}

/// Returns the median of some times, ms.
pub(crate) fn median_ms(times: &[Duration]) -> f64 {
    let mut micros: Vec<u32> = times.iter().map(|time| u32::try_from(time.as_micros()).unwrap_or(u32::MAX)).collect();
    percentile(&mut micros, 0.5) / 1000.0
}

/// Returns a time in milliseconds.
pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Measures the use of resources between two times.
pub(crate) struct Meter {
    began: Instant,
    server: Duration,
    own: Duration,
    machine: Duration,
}

/// The use of resources, in CPU seconds for each second.
pub(crate) struct Used {
    /// CPU time of the server, not divided.
    pub server_time: Duration,
    server: f64,
    own: f64,
    others: f64,
}

impl Meter {
    /// Starts measuring.
    pub(crate) fn start(server: &Server) -> Self {
        Self { began: Instant::now(), server: server.cpu(), own: own_cpu(), machine: machine_cpu() }
    }

    /// Returns the use since the start.
    pub(crate) fn stop(&self, server: &Server) -> Used {
        let elapsed = self.began.elapsed().as_secs_f64();
        let server_time = server.cpu().saturating_sub(self.server);
        let own = own_cpu().saturating_sub(self.own);
        let others = machine_cpu().saturating_sub(self.machine).saturating_sub(server_time + own);
        let share = |time: Duration| time.as_secs_f64() / elapsed;
        Used { server_time, server: share(server_time), own: share(own), others: share(others) }
    }
}

impl Used {
    /// Prints who used the machine, and what that means for the figures.
    pub(crate) fn print(&self, whose: &str) {
        let percent = |share: f64| 100.0 * share;
        remark(&format!(
            "CPU beside {whose}: the server {:.0} %, this generator {:.0} %, others {:.0} % of one core",
            percent(self.server),
            percent(self.own),
            percent(self.others)
        ));
        if self.own > 0.85 {
            remark("NOTE: the generator is the bottleneck (it has one thread); delays are its own, too.");
        }
        if self.server + self.own + self.others > 0.9 * cores() {
            remark("NOTE: the machine was full; delays say little.");
        } else if self.others > 0.2 {
            remark("NOTE: others used this machine meanwhile; delays are longer for it.");
        }
    }
}

/// The result of the run.
#[derive(Default)]
pub(crate) struct Outcome {
    wrong: usize,
}

impl Outcome {
    /// Records the result of a scenario.
    pub(crate) fn note(&mut self, scenario: &str, result: Result<(), BenchError>) {
        if let Err(fault) = result {
            self.wrong += 1;
            println!("  {scenario} FAILED: {fault}");
        }
    }

    /// Returns whether every word was correct and no socket was lost.
    pub(crate) fn is_right(&self) -> bool {
        self.wrong == 0
    }
}
