//! The parts of a node that can be started and stopped.
//!
//! A component has a name, what it depends on, and a task that runs until it is told to stop.
//! Components start in the order of their dependencies and stop in the opposite one. One that
//! panics or ends with an error is started again after a pause that grows; the others do not notice.

mod backoff;
mod component;
mod order;
mod supervisor;

pub use self::{
    component::{Component, Failure, Run, StopSignal},
    order::OrderError,
    supervisor::{Health, Status, Supervisor},
};

#[cfg(test)]
mod tests;
