//! `longhouse completions SHELL`
use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::Line;
use crate::{failure::Failure, output};

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut script = Vec::new();
        generate(self.shell, &mut Line::command(), "longhouse", &mut script);
        output::print(&String::from_utf8_lossy(&script))
    }
}
