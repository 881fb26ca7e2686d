//! Signals: stop, and read certificates again.
use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signals that arrive from now on.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Returns at SIGTERM and SIGINT; calls `reload` at SIGHUP.
    pub(super) async fn until_stop(mut self, reload: impl Fn()) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hangup.recv() => reload(),
            }
        }
    }
}

/// Whoever asks twice does not want to wait.
pub(super) fn exit_on_second() {
    tokio::spawn(async {
        let Ok(signals) = Signals::new() else { return };
        signals.until_stop(|| {}).await;
        std::process::exit(1);
    });
}
