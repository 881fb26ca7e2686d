//! The most memory that the measured processes held, sampled by a thread of its own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use crate::{processes::ProcessTree, report::Memory};

/// Reading `smaps_rollup` walks the process's page tables: not more often than this.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(500);

/// Peak proportional set sizes since the last restart.
pub struct PeakMemory {
    server: ProcessTree,
    database: ProcessTree,
    peaks: Arc<Peaks>,
}

#[derive(Default)]
struct Peaks {
    server: AtomicU64,
    database: AtomicU64,
}

impl PeakMemory {
    /// Starts sampling; the thread ends when the watcher is dropped.
    pub fn watch(server: ProcessTree, database: ProcessTree) -> Self {
        let watcher = Self { server, database, peaks: Arc::default() };
        if !watcher.server.is_empty() {
            let (server, database) = (watcher.server.clone(), watcher.database.clone());
            let peaks = Arc::downgrade(&watcher.peaks);
            thread::spawn(move || {
                while let Some(peaks) = peaks.upgrade() {
                    peaks.sample(&server, &database);
                    drop(peaks);
                    thread::sleep(SAMPLE_INTERVAL);
                }
            });
        }
        watcher
    }

    /// Forgets the peaks so far.
    pub fn restart(&self) {
        self.peaks.server.store(0, Ordering::Relaxed);
        self.peaks.database.store(0, Ordering::Relaxed);
        self.peaks.sample(&self.server, &self.database);
    }

    /// The peaks since the restart, now included.
    pub fn peak(&self) -> Memory {
        self.peaks.sample(&self.server, &self.database);
        Memory {
            server_bytes: self.peaks.server.load(Ordering::Relaxed),
            database_bytes: self.peaks.database.load(Ordering::Relaxed),
        }
    }
}

impl Peaks {
    fn sample(&self, server: &ProcessTree, database: &ProcessTree) {
        self.server.fetch_max(server.pss_bytes(), Ordering::Relaxed);
        self.database.fetch_max(database.pss_bytes(), Ordering::Relaxed);
    }
}
