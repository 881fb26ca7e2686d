//! What a run found, as JSON and as a table.

use std::{collections::BTreeMap, fmt::Write, time::Duration};

use serde::Serialize;

/// A whole run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Version of the load generator.
    pub load_version: &'static str,
    pub server_version: String,
    pub room_version: Option<String>,
    pub rows: Vec<Row>,
    /// Phases that could not run, and why.
    pub broken: BTreeMap<&'static str, String>,
}

/// One case of one phase.
#[derive(Debug, Serialize)]
pub struct Row {
    pub phase: &'static str,
    pub case: String,
    /// Operations that succeeded.
    pub operations: usize,
    pub failures: usize,
    pub first_failure: Option<String>,
    /// From the first operation to the last answer.
    pub seconds: f64,
    pub operations_per_second: f64,
    pub latency_ms: Latency,
    /// Absent when no server process was named.
    pub cpu_ms_per_operation: Option<Cpu>,
    /// Absent when no server process was named.
    pub memory: Option<Memory>,
    /// Mean length of an answer's body.
    pub response_bytes: f64,
    /// Cores kept busy by processes outside the measurement, meanwhile.
    pub foreign_cores: f64,
    /// Figures of this phase alone; the name says the unit.
    pub extra: BTreeMap<&'static str, f64>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Latency {
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Cpu {
    pub server: f64,
    pub database: f64,
}

/// Peak proportional set sizes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Memory {
    pub server_bytes: u64,
    pub database_bytes: u64,
}

impl Latency {
    /// Nearest-rank percentiles; zero of nothing.
    pub fn of(latencies: &[Duration]) -> Self {
        let mut sorted: Vec<f64> =
            latencies.iter().map(|latency| latency.as_secs_f64() * 1e3).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let at = |percent: usize| {
            let rank = (sorted.len() * percent).div_ceil(100);
            sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
        };
        Self { p50: at(50), p95: at(95), p99: at(99), max: at(100) }
    }
}

impl Report {
    /// Whether every phase ran and every operation succeeded.
    pub fn is_clean(&self) -> bool {
        self.broken.is_empty() && self.rows.iter().all(|row| row.failures == 0)
    }

    /// The table for people.
    pub fn table(&self) -> String {
        let mut text = format!("{} on {}\n", self.server_version, Row::HEADING);
        for row in &self.rows {
            text.push_str(&row.line());
            text.push('\n');
        }
        for (phase, reason) in &self.broken {
            let _ = writeln!(text, "{phase}: could not run: {reason}");
        }
        text
    }
}

impl Row {
    /// The columns of [`Self::line`].
    pub const HEADING: &'static str = "phase, case                                  \
        ops/s      p50      p95      p99 ms | CPU ms/op: server  database    total | peak MB";

    /// One line of the table.
    pub fn line(&self) -> String {
        let name = format!("{}: {}", self.phase, self.case);
        let Latency { p50, p95, p99, .. } = self.latency_ms;
        let mut line = format!(
            "{name:<48} {:>9.1} {p50:>9.2} {p95:>9.2} {p99:>9.2}   ",
            self.operations_per_second
        );
        if let Some(Cpu { server, database }) = self.cpu_ms_per_operation {
            let total = server + database;
            let _ = write!(line, " | {server:>16.3} {database:>9.3} {total:>9.3}");
        }
        if let Some(memory) = self.memory {
            let _ = write!(line, " | {:>7.1}", memory.server_bytes as f64 / 1e6);
        }
        for (name, value) in &self.extra {
            let _ = write!(line, "  {name}={value:.1}");
        }
        if self.failures > 0 {
            let reason = self.first_failure.as_deref().unwrap_or_default();
            let _ = write!(line, "  {} FAILED: {reason}", self.failures);
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_in_milliseconds() {
        let latencies: Vec<_> = (1..=200).rev().map(Duration::from_millis).collect();
        let Latency { p50, p95, p99, max } = Latency::of(&latencies);
        for (found, expected) in [(p50, 100.0), (p95, 190.0), (p99, 198.0), (max, 200.0)] {
            assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
        }
        assert!(Latency::of(&[]).max < 1e-6);
    }

    #[test]
    fn a_broken_phase_is_not_clean() {
        let mut report = Report {
            load_version: "0",
            server_version: "x".into(),
            room_version: None,
            rows: Vec::new(),
            broken: BTreeMap::new(),
        };
        assert!(report.is_clean());
        report.broken.insert("send", "refused".into());
        assert!(!report.is_clean() && report.table().contains("send: could not run: refused"));
    }
}
