//! The configuration of this run, from the file, the environment and the command line.
use std::{env, path::PathBuf};

use config::{Loaded, Override, Sources};

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
    let environment = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    config::load(&Sources { file, environment, options }).map_err(|invalid| {
        Failure::new(invalid)
            .next("docs/configuration.md and `longhouse config example` list every setting.")
            .with_code(code::CHECK_FAILED)
    })
}
