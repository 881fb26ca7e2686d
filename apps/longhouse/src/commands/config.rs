//! `longhouse config check|show|example`
use std::path::PathBuf;

use ::config::{
    Problem,
    reference::{self, InForce},
};
use appservices::Registrations;
use clap::Subcommand;
use serde::Serialize;

use super::Context;
use crate::{
    failure::{Failure, code, count},
    output, settings,
};

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
    /// The ids of the application services.
    appservices: Vec<String>,
    problems: Vec<Mistake>,
}

#[derive(Serialize)]
struct Mistake {
    place: String,
    message: String,
}

#[derive(Serialize)]
struct Shown {
    key: String,
    value: Option<toml::Value>,
    origin: String,
}

impl From<InForce> for Shown {
    fn from(setting: InForce) -> Self {
        let value = setting.value.and_then(|text| {
            let mut table = format!("value = {text}").parse::<toml::Table>().ok()?;
            table.remove("value")
        });
        Self { key: setting.path, value, origin: setting.origin }
    }
}

impl Config {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Check { config } => check(context, settings::file(&context.folder, config)),
            Self::Show { config, origin } => {
                let file = settings::file(&context.folder, config);
                let loaded = settings::load(&context.folder, file, Vec::new())?;
                let all = reference::in_force(&loaded);
                if context.output.json {
                    let all: Vec<Shown> = all.into_iter().map(Shown::from).collect();
                    return context.output.result(&all, |_| String::new());
                }
                output::print(&people(&all, origin))
            }
            Self::Example => output::print(&reference::example()),
        }
    }
}

/// The mistakes are the result of this command, not a failure of it: with `--json` they are in its document.
fn check(context: &Context, file: Option<PathBuf>) -> Result<(), Failure> {
    let read = settings::read(&context.folder, file.clone(), Vec::new());
    let registrations = read.and_then(|loaded| settings::registrations(&loaded));
    let (registrations, problems) = match registrations {
        Ok(registrations) => (registrations, Vec::new()),
        Err(invalid) if context.output.json => (Registrations::default(), invalid.problems),
        Err(_) => return settings::load(&context.folder, file, Vec::new()).map(drop),
    };
    let mistake = |problem: Problem| Mistake { place: problem.place, message: problem.message };
    let found = problems.len();
    let checked = Checked {
        file,
        valid: problems.is_empty(),
        appservices: registrations.all().iter().map(|one| one.id.to_string()).collect(),
        problems: problems.into_iter().map(mistake).collect(),
    };
    context.output.result(&checked, |checked| {
        let file = checked.file.as_ref().map(|file| file.display().to_string());
        let mut text = format!("valid: {}", file.as_deref().unwrap_or("defaults and environment"));
        if !checked.appservices.is_empty() {
            text.push_str("\napplication services: ");
            text.push_str(&checked.appservices.join(", "));
        }
        text
    })?;
    if found == 0 {
        return Ok(());
    }
    Err(Failure::new(count(found, "mistake")).with_code(code::CHECK_FAILED))
}

fn people(all: &[InForce], origin: bool) -> String {
    let row = |setting: &InForce| {
        let mut row = vec![setting.path.clone(), setting.value.clone().unwrap_or_default()];
        if origin {
            row.push(setting.origin.clone());
        }
        row
    };
    output::table(&all.iter().map(row).collect::<Vec<_>>())
}
