//! `longhouse config check|show|example`
use std::path::PathBuf;

use ::config::reference::{self, InForce};
use clap::Subcommand;
use serde::Serialize;

use super::Context;
use crate::{failure::Failure, output, settings};

#[derive(Debug, Subcommand)]
pub(super) enum Config {
    /// Finds mistakes: unknown names, wrong values, contradictions.
    Check {
        /// The file, instead of the data folder's.
        #[arg(long, value_name = "FILE", env = "LONGHOUSE_CONFIG")]
        config: Option<PathBuf>,
    },
    /// Prints every setting in force. Secrets are hidden.
    Show {
        /// The file, instead of the data folder's.
        #[arg(long, value_name = "FILE", env = "LONGHOUSE_CONFIG")]
        config: Option<PathBuf>,
        /// Say where each value comes from.
        #[arg(long)]
        origin: bool,
    },
    /// Prints a file with every setting, its meaning and its default.
    Example,
}

#[derive(Serialize)]
struct Checked {
    file: Option<PathBuf>,
    valid: bool,
}

#[derive(Serialize)]
struct Shown {
    key: String,
    /// As TOML.
    value: Option<String>,
    origin: String,
}

impl From<InForce> for Shown {
    fn from(setting: InForce) -> Self {
        Self { key: setting.path, value: setting.value, origin: setting.origin }
    }
}

impl Config {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Check { config } => {
                let file = settings::file(&context.folder, config);
                settings::load(file.clone(), Vec::new())?;
                context.output.result(&Checked { file, valid: true }, |checked| {
                    let file = checked.file.as_ref().map(|file| file.display().to_string());
                    format!("valid: {}", file.as_deref().unwrap_or("defaults and environment"))
                })
            }
            Self::Show { config, origin } => {
                let file = settings::file(&context.folder, config);
                let loaded = settings::load(file, Vec::new())?;
                let all: Vec<Shown> =
                    reference::in_force(&loaded).into_iter().map(Shown::from).collect();
                context.output.result(&all, |all| people(all, origin))
            }
            Self::Example => output::print(&reference::example()),
        }
    }
}

fn people(all: &[Shown], origin: bool) -> String {
    let row = |setting: &Shown| {
        let mut row = vec![setting.key.clone(), setting.value.clone().unwrap_or_default()];
        if origin {
            row.push(setting.origin.clone());
        }
        row
    };
    output::table(&all.iter().map(row).collect::<Vec<_>>())
}
