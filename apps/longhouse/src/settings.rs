//! The configuration of this run, from the file, the environment and the command line.
use std::{env, path::PathBuf};

use config::{Invalid, Loaded, Override, Problem, Sources};

use crate::{
    failure::{Failure, code},
    folder::Folder,
};

/// The file that counts: the one named, else the folder's if there is one.
pub(crate) fn file(folder: &Folder, named: Option<PathBuf>) -> Option<PathBuf> {
    named.or_else(|| Some(folder.configuration()).filter(|path| path.exists()))
}

/// Loads all layers.
pub(crate) fn load(file: Option<PathBuf>, options: Vec<Override>) -> Result<Loaded, Failure> {
    read(file, options).map_err(|invalid| {
        Failure::new(invalid)
            .next("docs/configuration.md and `longhouse config example` list every setting.")
            .with_code(code::CHECK_FAILED)
    })
}

/// Loads all layers, or lists everything that is wrong with them.
pub(crate) fn read(file: Option<PathBuf>, options: Vec<Override>) -> Result<Loaded, Invalid> {
    let environment = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let loaded = config::load(&Sources { file, environment, options })?;
    // Only the crate that logs can read this one.
    match telemetry::logs::check_filter(&loaded.config.log.filter) {
        Ok(()) => Ok(loaded),
        Err(error) => {
            let place = format!("log.filter ({})", loaded.origins.of("log.filter"));
            Err(Invalid { problems: vec![Problem { place, message: error.to_string() }] })
        }
    }
}
