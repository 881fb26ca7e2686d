//! One measurement: wait for quiet, read the counters, let the work run, read them again.

mod memory;
mod work;

use std::time::{Duration, Instant};

use anyhow::Context;

use crate::{
    options::Options,
    processes::{self, ProcessTree},
    report::{Cpu, Latency, Row},
};

use memory::PeakMemory;
pub use work::{Load, Outcome, Turn, closed_loop, open_loop};

/// How long a server may go on working after its answers before counting is ended anyway.
const AFTERMATH_MAX: Duration = Duration::from_secs(5);
/// How long a server may stay busy with what a preparation left behind.
const SETTLING_MAX: Duration = Duration::from_secs(30);
/// A server that uses at most this share of one core is quiet. Clock ticks are 10 ms: a window
/// with one tick in it must pass.
const QUIET_CORE_SHARE: f64 = 0.11;

/// Reads the counters of the server's and the database's processes.
pub struct Meter {
    server: ProcessTree,
    database: ProcessTree,
    memory: PeakMemory,
    quiet: Duration,
}

/// Counters at the beginning of a measurement.
pub struct Opened {
    started: Instant,
    server: Duration,
    database: Duration,
    own: Duration,
    machine: Duration,
}

impl Meter {
    pub fn new(options: &Options) -> Self {
        let server = ProcessTree::new(options.server_pid.clone());
        let database = ProcessTree::new(options.database_pid.clone());
        let memory = PeakMemory::watch(server.clone(), database.clone());
        Self { server, database, memory, quiet: Duration::from_millis(options.sizes().quiet_ms) }
    }

    /// Waits for quiet and starts counting.
    ///
    /// # Errors
    /// When a measured process is gone.
    pub async fn open(&self) -> anyhow::Result<Opened> {
        self.settle(SETTLING_MAX).await?;
        self.memory.restart();
        self.read()
    }

    /// Ends counting once the server is quiet again: work put off until after the answers is work.
    ///
    /// # Errors
    /// When a measured process is gone.
    pub async fn close(
        &self,
        opened: Opened,
        outcome: Outcome,
        phase: &'static str,
        case: String,
    ) -> anyhow::Result<Row> {
        self.settle(AFTERMATH_MAX).await?;
        let closed = self.read()?;
        let spent = |now: Duration, then: Duration| now.saturating_sub(then).as_secs_f64() * 1e3;
        let server = spent(closed.server, opened.server);
        let database = spent(closed.database, opened.database);
        let known = server + database + spent(closed.own, opened.own);
        let machine = spent(closed.machine, opened.machine);
        let window = closed.started.duration_since(opened.started).as_secs_f64() * 1e3;
        let operations = outcome.operations;
        let each = |total: f64| if operations == 0 { 0.0 } else { total / operations as f64 };
        let seconds = outcome.elapsed.as_secs_f64();
        Ok(Row {
            phase,
            case,
            operations,
            failures: outcome.failures,
            first_failure: outcome.first_failure,
            seconds,
            operations_per_second: if seconds > 0.0 { operations as f64 / seconds } else { 0.0 },
            latency_ms: Latency::of(&outcome.latencies),
            cpu_ms_per_operation: (!self.server.is_empty())
                .then(|| Cpu { server: each(server), database: each(database) }),
            memory: (!self.server.is_empty()).then(|| self.memory.peak()),
            response_bytes: each(outcome.response_bytes as f64),
            foreign_cores: (machine - known).max(0.0) / window,
            extra: std::collections::BTreeMap::new(),
        })
    }

    /// The server's processor time so far, without the database's.
    ///
    /// # Errors
    /// When a measured process is gone.
    pub fn server_cpu(&self) -> anyhow::Result<Duration> {
        self.server.cpu().context("the server")
    }

    /// The server's proportional set size now, in bytes.
    pub fn server_pss_bytes(&self) -> u64 {
        self.server.pss_bytes()
    }

    /// Waits until the processes do next to nothing, at most for `limit`.
    ///
    /// # Errors
    /// When a measured process is gone.
    pub async fn settle(&self, limit: Duration) -> anyhow::Result<()> {
        let began = Instant::now();
        let mut before = self.both()?;
        loop {
            tokio::time::sleep(self.quiet).await;
            let now = self.both()?;
            let used = now.saturating_sub(before).as_secs_f64();
            if used <= QUIET_CORE_SHARE * self.quiet.as_secs_f64() || began.elapsed() > limit {
                return Ok(());
            }
            before = now;
        }
    }

    fn both(&self) -> anyhow::Result<Duration> {
        Ok(self.server_cpu()? + self.database.cpu().context("the database")?)
    }

    fn read(&self) -> anyhow::Result<Opened> {
        Ok(Opened {
            started: Instant::now(),
            server: self.server_cpu()?,
            database: self.database.cpu().context("the database")?,
            own: processes::own_cpu()?,
            machine: processes::machine_busy()?,
        })
    }
}
