//! `longhouse serve`
use std::path::PathBuf;

use clap::Args;

use super::Context;
use crate::{failure::Failure, node, settings};

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The configuration file. Relative paths in it are relative to the data folder.
    #[arg(long, value_name = "FILE", env = "LONGHOUSE_CONFIG")]
    config: PathBuf,
}

impl Serve {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let loaded = settings::load(&context.folder, Some(self.config), Vec::new())?;
        context.folder.create().map_err(|error| {
            Failure::of(&format!("cannot make {}", context.folder.path().display()), &error)
        })?;
        node::run(loaded, &context.folder, |_| Ok(()))
    }
}
