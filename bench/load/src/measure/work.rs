//! Work to be measured: workers that go on as fast as they are answered, or a fixed rate.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

/// How much work: whichever limit is reached first ends it.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub concurrency: usize,
    pub duration: Duration,
    pub operations_max: usize,
}

/// Which piece of the work this is.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// Number of the worker, from 0.
    pub worker: usize,
    /// Number of the operation in this loop, from 0.
    pub number: usize,
}

/// What came of the work.
#[derive(Default)]
pub struct Outcome {
    pub operations: usize,
    pub failures: usize,
    pub first_failure: Option<String>,
    pub response_bytes: usize,
    /// Of operations that succeeded.
    pub latencies: Vec<Duration>,
    pub elapsed: Duration,
}

impl Outcome {
    /// Counts one operation and what it came to: the length of its answer, in bytes.
    pub fn count(&mut self, latency: Duration, result: anyhow::Result<usize>) {
        match result {
            Ok(bytes) => {
                self.operations += 1;
                self.response_bytes += bytes;
                self.latencies.push(latency);
            }
            Err(error) => {
                self.failures += 1;
                self.first_failure.get_or_insert_with(|| format!("{error:#}"));
            }
        }
    }

    /// Takes over what another counted.
    pub fn add(&mut self, other: Self) {
        self.operations += other.operations;
        self.failures += other.failures;
        self.first_failure = self.first_failure.take().or(other.first_failure);
        self.response_bytes += other.response_bytes;
        self.latencies.extend(other.latencies);
    }
}

/// Workers that each begin the next operation when the last one is answered.
pub async fn closed_loop<F, R>(load: Load, operation: F) -> Outcome
where
    F: Fn(Turn) -> R + Clone + Send + 'static,
    R: Future<Output = anyhow::Result<usize>> + Send,
{
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let mut workers = JoinSet::new();
    for worker in 0..load.concurrency {
        let (next, operation) = (Arc::clone(&next), operation.clone());
        workers.spawn(async move {
            let mut outcome = Outcome::default();
            while began.elapsed() < load.duration {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= load.operations_max {
                    break;
                }
                let start = Instant::now();
                let result = operation(Turn { worker, number }).await;
                outcome.count(start.elapsed(), result);
            }
            outcome
        });
    }
    gather(workers, began).await
}

/// Begins `count` operations, one each `interval`, whether or not the ones before are answered.
pub async fn open_loop<F, R>(interval: Duration, count: usize, operation: F) -> Outcome
where
    F: Fn(Turn) -> R + Clone + Send + 'static,
    R: Future<Output = anyhow::Result<usize>> + Send,
{
    let began = Instant::now();
    let mut clock = tokio::time::interval(interval);
    let mut running = JoinSet::new();
    for number in 0..count {
        clock.tick().await;
        let operation = operation.clone();
        running.spawn(async move {
            let mut outcome = Outcome::default();
            let start = Instant::now();
            let result = operation(Turn { worker: 0, number }).await;
            outcome.count(start.elapsed(), result);
            outcome
        });
    }
    gather(running, began).await
}

async fn gather(mut tasks: JoinSet<Outcome>, began: Instant) -> Outcome {
    let mut total = Outcome::default();
    while let Some(task) = tasks.join_next().await {
        match task {
            Ok(outcome) => total.add(outcome),
            Err(error) => total.count(Duration::ZERO, Err(error.into())),
        }
    }
    total.elapsed = began.elapsed();
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(concurrency: usize, operations_max: usize) -> Load {
        Load { concurrency, duration: Duration::from_mins(1), operations_max }
    }

    #[tokio::test]
    async fn every_number_is_worked_once_and_failures_are_kept_apart() {
        let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
        let list = Arc::clone(&seen);
        let outcome = closed_loop(load(4, 100), move |turn| {
            list.lock().unwrap().push(turn.number);
            async move {
                anyhow::ensure!(turn.number % 10 != 0, "tenth");
                tokio::task::yield_now().await;
                Ok(7)
            }
        })
        .await;
        let mut seen = seen.lock().unwrap().clone();
        seen.sort_unstable();
        assert_eq!(seen, (0..100).collect::<Vec<_>>());
        assert_eq!((outcome.operations, outcome.failures), (90, 10));
        assert_eq!((outcome.response_bytes, outcome.latencies.len()), (630, 90));
        assert_eq!(outcome.first_failure.as_deref(), Some("tenth"));
    }

    #[tokio::test]
    async fn time_ends_a_closed_loop() {
        let load = Load { duration: Duration::from_millis(30), ..load(2, usize::MAX) };
        let outcome = closed_loop(load, |_| async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok(0)
        })
        .await;
        assert!((2..=20).contains(&outcome.operations), "{}", outcome.operations);
    }

    #[tokio::test]
    async fn an_open_loop_does_not_wait_for_answers() {
        let outcome = open_loop(Duration::from_millis(1), 50, |_| async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok(0)
        })
        .await;
        assert_eq!(outcome.operations, 50);
        assert!(outcome.elapsed < Duration::from_secs(1), "{:?}", outcome.elapsed);
    }
}
