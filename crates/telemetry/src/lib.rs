//! What a node tells about itself: log lines, and numbers for Prometheus.
//!
//! Log fields are spelled once for the whole workspace: `user.id`, `room.id`, `device.id`,
//! `request.id`, `duration_ms`, `error`. Neither tokens, nor passwords, nor query strings are logged.

pub mod logs;
pub mod metrics;
