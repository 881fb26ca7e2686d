//! What a component is.
use std::{fmt, future::Future, pin::Pin, sync::Arc};

use tokio::sync::watch;

/// Why a component's task ended though nobody stopped it.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A component's task, made anew for every start.
pub type Run = Arc<
    dyn Fn(StopSignal) -> Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>> + Send + Sync,
>;

/// A part of the node.
#[derive(Clone)]
pub struct Component {
    /// Its name on the command line and in logs.
    pub name: &'static str,
    /// Names of those that must be running while it runs.
    pub depends_on: &'static [&'static str],
    /// Its task. It calls [`StopSignal::ready`] once it does its work.
    pub run: Run,
}

impl Component {
    /// A component whose task is what `run` makes.
    pub fn new<F, Task>(name: &'static str, depends_on: &'static [&'static str], run: F) -> Self
    where
        F: Fn(StopSignal) -> Task + Send + Sync + 'static,
        Task: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        Self { name, depends_on, run: Arc::new(move |stop| Box::pin(run(stop))) }
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Component").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What connects a running component to its supervisor.
#[derive(Clone, Debug)]
pub struct StopSignal {
    pub(crate) stop: watch::Receiver<bool>,
    pub(crate) ready: watch::Sender<bool>,
}

impl StopSignal {
    /// Tells that the component does its work now; those that depend on it may start.
    pub fn ready(&self) {
        self.ready.send_replace(true);
    }

    /// Returns when the component is to stop.
    pub async fn stopped(&mut self) {
        // An error means that the supervisor is gone, which is a reason to stop as well.
        let _ = self.stop.wait_for(|stop| *stop).await;
    }

    /// Whether the component is to stop.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }
}
