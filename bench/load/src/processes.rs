//! What the kernel says about the measured processes: CPU time and memory, from `/proc`.
//!
//! A tree's CPU time counts its living processes and the children they have reaped, so that a
//! process which ends between two readings is not lost.

use std::{collections::HashMap, fs, io, time::Duration};

use anyhow::Context;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Some processes and everything they started.
#[derive(Clone, Debug, Default)]
pub struct ProcessTree {
    roots: Vec<u32>,
}

impl ProcessTree {
    pub fn new(roots: Vec<u32>) -> Self {
        Self { roots }
    }

    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// User and system time used so far.
    ///
    /// # Errors
    /// When a root process is gone.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        if self.is_empty() {
            return Ok(Duration::ZERO);
        }
        let all = all_stats();
        for root in &self.roots {
            all.get(root).with_context(|| format!("process {root} is gone"))?;
        }
        let ticks = self.members(&all).iter().map(|pid| all[pid].ticks).sum();
        Ok(from_ticks(ticks))
    }

    /// Proportional set size now, in bytes. A process that ends meanwhile counts as nothing.
    pub fn pss_bytes(&self) -> u64 {
        if self.is_empty() {
            return 0;
        }
        self.members(&all_stats()).into_iter().filter_map(pss_bytes).sum()
    }

    fn members(&self, all: &HashMap<u32, Stat>) -> Vec<u32> {
        let inside = |mut pid: u32| {
            while let Some(stat) = all.get(&pid) {
                if self.roots.contains(&pid) {
                    return true;
                }
                pid = stat.parent;
            }
            false
        };
        all.keys().copied().filter(|pid| inside(*pid)).collect()
    }
}

/// The CPU time of this process.
///
/// # Errors
/// Without a readable `/proc`.
pub fn own_cpu() -> anyhow::Result<Duration> {
    let text = fs::read_to_string("/proc/self/stat")?;
    Ok(from_ticks(parse_stat(&text).context("/proc/self/stat")?.ticks))
}

/// The time that all processors together were not idle since the machine started.
///
/// # Errors
/// Without a readable `/proc/stat`.
pub fn machine_busy() -> anyhow::Result<Duration> {
    let text = fs::read_to_string("/proc/stat")?;
    Ok(from_ticks(parse_busy(&text).context("/proc/stat")?))
}

/// Lets this process open as many sockets as the system allows it.
pub fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    // Failing leaves the old limit; a phase that needs more says so when it cannot connect.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

#[derive(Debug, PartialEq)]
struct Stat {
    parent: u32,
    /// Own time and that of reaped children, user and system.
    ticks: u64,
}

fn all_stats() -> HashMap<u32, Stat> {
    let Ok(entries) = fs::read_dir("/proc") else { return HashMap::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid: u32| {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        Some((pid, parse_stat(&text)?))
    })
    .collect()
}

/// Fields as in proc(5). The process's name may hold spaces and brackets: start after the last `)`.
fn parse_stat(text: &str) -> Option<Stat> {
    let fields: Vec<&str> = text.get(text.rfind(')')? + 1..)?.split_ascii_whitespace().collect();
    let parent = fields.get(1)?.parse().ok()?;
    let mut ticks = 0;
    for field in fields.get(11..15)? {
        ticks += field.parse::<u64>().ok()?;
    }
    Some(Stat { parent, ticks })
}

/// user, nice, system, (idle, iowait,) irq, softirq, steal of the first line.
fn parse_busy(text: &str) -> Option<u64> {
    let numbers: Vec<u64> = text
        .lines()
        .next()?
        .strip_prefix("cpu ")?
        .split_ascii_whitespace()
        .map_while(|field| field.parse().ok())
        .collect();
    let busy = [0, 1, 2, 5, 6, 7];
    busy.iter().map(|index| numbers.get(*index)).sum()
}

fn pss_bytes(pid: u32) -> Option<u64> {
    parse_pss(&fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?)
}

fn parse_pss(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.starts_with("Pss:"))?;
    let kib: u64 = line.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

fn from_ticks(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second().max(1))
}

/// The size of a file, or of everything below a folder, in bytes as allocated on disk.
///
/// # Errors
/// When `path` cannot be read. Files that vanish meanwhile are passed over.
pub fn disk_bytes(path: &std::path::Path) -> io::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::symlink_metadata(path)?;
    let mut bytes = metadata.blocks() * 512;
    if metadata.is_dir() {
        for entry in fs::read_dir(path)?.flatten() {
            bytes += disk_bytes(&entry.path()).unwrap_or(0);
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_line_with_an_awkward_name_is_read() {
        let line = "77 (a) b (c)) S 5 77 77 0 -1 4194560 1 2 3 4 100 20 3 1 20 0 1 0 9 8 7";
        assert_eq!(parse_stat(line), Some(Stat { parent: 5, ticks: 124 }));
        assert_eq!(parse_stat("77 (a) S 5"), None);
    }

    #[test]
    fn idle_and_waiting_are_not_busy() {
        assert_eq!(parse_busy("cpu  1 2 4 1000 2000 8 16 32 0 0\ncpu0 9"), Some(63));
    }

    #[test]
    fn pss_is_in_bytes() {
        assert_eq!(parse_pss("Rss:  99 kB\nPss:  12 kB\nPss_Anon: 3 kB\n"), Some(12288));
    }

    #[test]
    fn a_child_that_was_reaped_still_counts() {
        let tree = ProcessTree::new(vec![std::process::id()]);
        let before = tree.cpu().unwrap();
        let script = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        std::process::Command::new("sh").args(["-c", script]).status().unwrap();
        assert!(tree.cpu().unwrap() > before, "the child's time was lost");
        assert!(tree.pss_bytes() > 100_000);
    }

    #[test]
    fn a_missing_process_is_an_error() {
        assert!(ProcessTree::new(vec![u32::MAX]).cpu().is_err());
    }
}
