//! The replies of handlers, some of which go on when nobody waits for them any more.
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::response::Response;
use tokio::runtime::Handle;
use tracing::Instrument as _;

use crate::{Reply, load::Work};

/// The reply of a handler. That of one that changes something goes on.
///
/// A client that hangs up drops what it waits for, in the middle of whatever it is at: between what is stored and what is
/// known of it in memory, or between two things that belong together. Such a handler goes on as a task of its own.
pub(super) struct Finishing {
    reply: Option<Reply>,
    goes_on: bool,
    work: Arc<Work>,
}

impl Finishing {
    pub(super) fn new(reply: Reply, goes_on: bool, work: Arc<Work>) -> Self {
        Self { reply: Some(reply), goes_on, work }
    }
}

impl Future for Finishing {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Response> {
        // If it panics it is not put back: there is nothing to go on with.
        let Some(mut reply) = self.reply.take() else { return Poll::Pending };
        let polled = reply.as_mut().poll(context);
        if polled.is_pending() {
            self.reply = Some(reply);
        }
        polled
    }
}

impl Drop for Finishing {
    fn drop(&mut self) {
        if let Some(reply) = self.reply.take()
            && self.goes_on
            && let Ok(runtime) = Handle::try_current()
        {
            let work = Arc::clone(&self.work);
            let rest = async move {
                let reply = reply.await;
                drop(work);
                drop(reply);
            };
            runtime.spawn(rest.in_current_span());
        }
    }
}
