//! The configuration of this run, from the file, the environment and the command line.
use std::{env, path::PathBuf};

use appservices::Registrations;
use config::{Invalid, Loaded, Override, Problem, Sources};
use protocol::ids::ServerName;

use crate::{
    failure::{Failure, code},
    folder::Folder,
};

/// The file that counts: the one named, else the folder's if there is one.
pub(crate) fn file(folder: &Folder, named: Option<PathBuf>) -> Option<PathBuf> {
    named.or_else(|| Some(folder.configuration()).filter(|path| path.exists()))
}

/// Loads all layers.
pub(crate) fn load(
    folder: &Folder,
    file: Option<PathBuf>,
    options: Vec<Override>,
) -> Result<Loaded, Failure> {
    read(folder, file, options).map_err(|invalid| {
        Failure::new(invalid)
            .next("docs/configuration.md and `longhouse config example` list every setting.")
            .with_code(code::CHECK_FAILED)
    })
}

/// Loads all layers, or lists everything that is wrong with them.
pub(crate) fn read(
    folder: &Folder,
    file: Option<PathBuf>,
    options: Vec<Override>,
) -> Result<Loaded, Invalid> {
    let environment = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let mut loaded = config::load(&Sources { file, environment, options })?;
    for path in &mut loaded.config.appservices.registrations {
        *path = folder.resolve(path);
    }
    for path in [&mut loaded.config.email.templates, &mut loaded.config.email.ca_file] {
        *path = path.take().map(|path| folder.resolve(&path));
    }
    registrations(&loaded)?;
    email(&loaded)?;
    sms(&loaded)?;
    // Only the crate that logs can read this one.
    match telemetry::logs::check_filter(&loaded.config.log.filter) {
        Ok(()) => Ok(loaded),
        Err(error) => {
            let place = format!("log.filter ({})", loaded.origins.of("log.filter"));
            Err(Invalid { problems: vec![Problem { place, message: error.to_string() }] })
        }
    }
}

/// Checks what only the crate that sends mail can read.
fn email(loaded: &Loaded) -> Result<(), Invalid> {
    mail::check(&loaded.config.email)
        .map_err(|error| invalid(loaded, ("email.", "email.host"), error.to_string()))
}

/// Checks what only the crate that sends text messages can read.
fn sms(loaded: &Loaded) -> Result<(), Invalid> {
    if loaded.config.sms.url.is_none() {
        return Ok(());
    }
    sms::check(&loaded.config.sms)
        .map_err(|error| invalid(loaded, ("sms.", "sms.url"), error.to_string()))
}

/// A problem with a setting of a section. The message begins with the setting's key if it is not the most important one.
fn invalid(loaded: &Loaded, (section, default): (&str, &str), message: String) -> Invalid {
    let key = message.split(':').next().filter(|key| key.starts_with(section)).unwrap_or(default);
    let place = format!("{key} ({})", loaded.origins.of(key));
    Invalid { problems: vec![Problem { place, message }] }
}

/// The application services. They are as much a part of the configuration as the list of their files.
pub(crate) fn registrations(loaded: &Loaded) -> Result<Registrations, Invalid> {
    let config = &loaded.config;
    // What is no server name was complained about before.
    let Ok(server) = ServerName::parse(&config.server.name) else {
        return Ok(Registrations::default());
    };
    Registrations::load(&config.appservices.registrations, &server).map_err(|invalid| {
        let problems = invalid.problems.into_iter().map(|problem| {
            let key = problem.key.map(|key| format!(", {key}")).unwrap_or_default();
            let place = format!("appservices.registrations ({}{key})", problem.file.display());
            Problem { place, message: problem.message }
        });
        Invalid { problems: problems.collect() }
    })
}
