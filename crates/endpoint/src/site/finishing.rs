//! Handlers that go on when nobody waits for them any more.
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use axum::response::Response;
use tokio::runtime::Handle;
use tracing::Instrument as _;

use crate::Reply;

/// The reply of a handler that changes something.
///
/// A client that hangs up drops what it waits for, in the middle of whatever it is at: between what is stored and what is
/// known of it in memory, or between two things that belong together. Here the handler goes on as a task of its own.
pub(super) struct Finishing(Option<Reply>);

impl Finishing {
    pub(super) fn new(reply: Reply) -> Self {
        Self(Some(reply))
    }
}

impl Future for Finishing {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Response> {
        // If it panics it is not put back: there is nothing to go on with.
        let Some(mut reply) = self.0.take() else { return Poll::Pending };
        let polled = reply.as_mut().poll(context);
        if polled.is_pending() {
            self.0 = Some(reply);
        }
        polled
    }
}

impl Drop for Finishing {
    fn drop(&mut self) {
        if let Some(reply) = self.0.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(reply.in_current_span());
        }
    }
}
