//! `longhouse version`
use serde::Serialize;

use super::Context;
use crate::failure::Failure;

/// The program's version.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

#[derive(Serialize)]
struct Version {
    name: &'static str,
    version: &'static str,
}

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    let version = Version { name: "longhouse", version: VERSION };
    context.output.result(&version, |version| format!("{} {}", version.name, version.version))
}
