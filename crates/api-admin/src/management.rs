//! What monitoring asks.
mod get_metrics;

use endpoint::endpoints;

use crate::App;

endpoints! { App: get_metrics }
