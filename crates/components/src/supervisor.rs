//! Starts, watches, restarts and stops components.
use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use tokio::{
    sync::{Mutex, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{Component, Failure, OrderError, StopSignal, backoff::Backoff, order::by_dependency};

/// How long a component may take to say that it is ready before the next one starts anyway.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// How a component does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Not started, or stopped.
    Stopped,
    /// Started, not yet at work.
    Starting,
    /// At work.
    Running,
    /// It failed and waits for its next start; the text is the last failure.
    Restarting(String),
}

/// A component's name and health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The component.
    pub name: &'static str,
    /// How it does.
    pub health: Health,
    /// How often it was started again after a failure.
    pub restarts: u32,
}

/// All components of a node.
#[derive(Debug)]
pub struct Supervisor {
    slots: Vec<Slot>,
}

#[derive(Debug)]
struct Slot {
    component: Component,
    status: Arc<watch::Sender<Status>>,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Supervisor {
    /// Takes components in any order; starts none.
    ///
    /// # Errors
    /// If a dependency is missing or circular.
    pub fn new(components: Vec<Component>) -> Result<Self, OrderError> {
        let slot = |component: Component| {
            let status = Status { name: component.name, health: Health::Stopped, restarts: 0 };
            Slot {
                component,
                status: Arc::new(watch::Sender::new(status)),
                running: Mutex::default(),
            }
        };
        Ok(Self { slots: by_dependency(components)?.into_iter().map(slot).collect() })
    }

    /// How each component does, in the order of their starts.
    #[must_use]
    pub fn status(&self) -> Vec<Status> {
        self.slots.iter().map(|slot| slot.status.borrow().clone()).collect()
    }

    /// Starts all that do not run.
    pub async fn start_all(&self) {
        for slot in &self.slots {
            slot.start().await;
        }
    }

    /// Stops all, in the opposite order of their starts. Each may take until `grace` has passed
    /// since this was called; then it is cut off.
    pub async fn stop_all(&self, grace: Duration) {
        let deadline = Instant::now() + grace;
        for slot in self.slots.iter().rev() {
            slot.stop(deadline).await;
        }
    }
}

impl Slot {
    async fn start(&self) {
        let mut running = self.running.lock().await;
        if running.is_some() {
            return;
        }
        let (stop, stopped) = watch::channel(false);
        let ready = watch::Sender::new(false);
        let mut is_ready = ready.subscribe();
        let signal = StopSignal { stop: stopped, ready };
        let task = tokio::spawn(keep_running(self.component.clone(), signal, self.status.clone()));
        *running = Some(Running { stop, task });
        let ready = timeout(READY_WITHIN, is_ready.wait_for(|ready| *ready)).await;
        if ready.is_err() {
            tracing::warn!(component = self.component.name, "not ready yet, going on");
        }
    }

    async fn stop(&self, deadline: Instant) {
        let Some(mut running) = self.running.lock().await.take() else { return };
        running.stop.send_replace(true);
        let left = deadline.saturating_duration_since(Instant::now());
        if timeout(left, &mut running.task).await.is_err() {
            tracing::warn!(component = self.component.name, "did not stop in time, cut off");
            running.task.abort();
        }
        self.status.send_modify(|status| status.health = Health::Stopped);
    }
}

/// Runs a component until it is stopped, starting it again after failures.
async fn keep_running(
    component: Component,
    mut signal: StopSignal,
    status: Arc<watch::Sender<Status>>,
) {
    let mut backoff = Backoff::new();
    loop {
        status.send_modify(|status| status.health = Health::Starting);
        let began = Instant::now();
        let outcome = run_once(&component, &signal, &status).await;
        if signal.is_stopped() {
            return;
        }
        let why = match outcome {
            Ok(()) => "ended by itself".to_owned(),
            Err(failure) => failure.to_string(),
        };
        let pause = backoff.pause(began.elapsed());
        tracing::error!(component = component.name, error = %why, ?pause, "failed, restarting");
        status.send_modify(|status| {
            status.health = Health::Restarting(why);
            status.restarts += 1;
        });
        tokio::select! {
            () = sleep(pause) => {}
            () = signal.stopped() => return,
        }
    }
}

/// One run: its end, its error, or its panic.
async fn run_once(
    component: &Component,
    signal: &StopSignal,
    status: &watch::Sender<Status>,
) -> Result<(), Failure> {
    signal.ready.send_replace(false);
    let mut is_ready = signal.ready.subscribe();
    let run = component.run.clone();
    let signal = signal.clone();
    // The closure may panic before it has made a future; that is caught as well.
    let task = AssertUnwindSafe(async move { run(signal).await }).catch_unwind();
    let mut task = std::pin::pin!(task);
    let at_work = async {
        let _ = is_ready.wait_for(|ready| *ready).await;
    };
    let outcome = tokio::select! {
        biased;
        outcome = &mut task => outcome,
        () = at_work => {
            status.send_modify(|status| status.health = Health::Running);
            task.await
        }
    };
    outcome.unwrap_or_else(|panic| Err(format!("panicked: {}", panic_text(&*panic)).into()))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a text")
}
