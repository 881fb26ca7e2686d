//! Overload: a server that has more to do than it can do says so at once, and goes on with what it has begun.
//!
//! Two things are counted: the requests that handlers are at work on, and the writes that wait for the database. A request
//! whose body is still on its way is not counted, or whoever sends slowly would keep all others out. Whoever waits for news
//! does no work, and what is never limited is never refused here either: discovery, health, what an administrator asks on the
//! machine itself.
//!
//! It is B18 of the faults seen in the field.
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use crate::{Auth, Endpoint, RateClass, error::Failure};

/// Requests that were refused because there was too much to do, by `reason`: `requests` or `writes`.
pub const SHED_TOTAL: &str = "longhouse_requests_shed_total";

/// Requests that handlers are at work on.
pub const AT_WORK: &str = "longhouse_requests_at_work";

/// How many writes wait for the database.
pub type QueuedWrites = Arc<dyn Fn() -> usize + Send + Sync>;

/// When there is too much to do.
#[derive(Clone)]
pub struct Overload {
    /// How many requests are worked on at the same time at most.
    pub requests_max: usize,
    /// How many writes may wait before nothing more that changes something is taken.
    pub writes_max: usize,
    /// How many writes wait.
    pub queued_writes: QueuedWrites,
    /// When to try again (ms).
    pub retry_after_ms: u64,
}

impl Overload {
    /// Nothing is ever too much.
    #[must_use]
    pub fn never() -> Self {
        Self {
            requests_max: usize::MAX,
            writes_max: usize::MAX,
            queued_writes: Arc::new(|| 0),
            retry_after_ms: 0,
        }
    }
}

/// How much there is to do.
pub(crate) struct Load {
    overload: Overload,
    at_work: AtomicUsize,
    gauge: metrics::Gauge,
}

pub(crate) fn describe() {
    metrics::describe_counter!(SHED_TOTAL, "Requests that were refused for too much to do.");
    metrics::describe_gauge!(AT_WORK, "Requests that handlers are at work on.");
}

impl Load {
    pub(crate) fn new(overload: Overload) -> Self {
        Self { overload, at_work: AtomicUsize::new(0), gauge: metrics::gauge!(AT_WORK) }
    }

    /// Lets a request in.
    ///
    /// # Errors
    /// 429 `M_LIMIT_EXCEEDED` if there is too much to do: clients know when to come back.
    pub(crate) fn admit(self: &Arc<Self>, endpoint: &Endpoint) -> Result<Arc<Work>, Failure> {
        let counts = counts(endpoint);
        if counts && let Some(reason) = self.excess(endpoint) {
            metrics::counter!(SHED_TOTAL, "reason" => reason).increment(1);
            let mut failure = Failure::rate_limited(self.overload.retry_after_ms);
            "The server is busy: please try again".clone_into(&mut failure.why);
            return Err(failure);
        }
        let work = Work { load: Arc::clone(self), counts, counted: AtomicBool::new(false) };
        if !endpoint.has_body() {
            work.begin();
        }
        Ok(Arc::new(work))
    }

    fn excess(&self, endpoint: &Endpoint) -> Option<&'static str> {
        if self.at_work.load(Ordering::Relaxed) >= self.overload.requests_max {
            return Some("requests");
        }
        let changes = endpoint.changes_something();
        (changes && (self.overload.queued_writes)() >= self.overload.writes_max).then_some("writes")
    }
}

/// Whether requests of an endpoint are work that can be put off.
fn counts(endpoint: &Endpoint) -> bool {
    endpoint.rate != RateClass::Unlimited && endpoint.auth != Auth::Local && !endpoint.waits()
}

/// A request that was let in. It counts from when its body is there until this is dropped.
pub(crate) struct Work {
    load: Arc<Load>,
    counts: bool,
    counted: AtomicBool,
}

impl Work {
    /// The body is there.
    pub(crate) fn begin(&self) {
        if self.counts && !self.counted.swap(true, Ordering::Relaxed) {
            self.load.at_work.fetch_add(1, Ordering::Relaxed);
            self.load.gauge.increment(1.0);
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if self.counted.load(Ordering::Relaxed) {
            self.load.at_work.fetch_sub(1, Ordering::Relaxed);
            self.load.gauge.decrement(1.0);
        }
    }
}
