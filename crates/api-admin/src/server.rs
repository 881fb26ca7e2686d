//! What every listener answers.
mod get_health;

use endpoint::endpoints;

use crate::App;

endpoints! { App: get_health }
