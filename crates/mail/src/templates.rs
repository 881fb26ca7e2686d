//! The words of mails: three templates a kind, built in or from the administrator's folder.
use std::{fs, io, path::Path};

use minijinja::{Environment, UndefinedBehavior, Value};

use crate::{Kind, Letter};

/// The longest template, in bytes: what is longer is some other file.
const TEMPLATE_BYTES_MAX: u64 = 256 * 1024;

/// The longest subject, in characters.
const SUBJECT_CHARS_MAX: usize = 150;

/// The ends of a kind's template names.
const PARTS: [&str; 3] = ["subject.txt", "txt", "html"];

/// A template that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It, or the folder, cannot be read.
    #[error("{name}: {error}")]
    Unreadable {
        /// The file or folder.
        name: String,
        /// Why not.
        error: io::Error,
    },
    /// The folder has a file that looks like a template but is none.
    #[error("{0} is not the name of a template")]
    Unknown(String),
    /// It is too long.
    #[error("{0} is longer than 256 KiB")]
    TooLong(String),
    /// It is not valid, or uses a value that there is not.
    #[error("{name}: {why}")]
    Invalid {
        /// The template.
        name: String,
        /// What is wrong, and in which line.
        why: String,
    },
}

/// A mail's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

macro_rules! built_in {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../templates/", $name)))),+]
    };
}

/// The words that there are without an administrator's.
const BUILT_IN: &[(&str, &str)] = built_in![
    "layout.html",
    "register.subject.txt",
    "register.txt",
    "register.html",
    "add_address.subject.txt",
    "add_address.txt",
    "add_address.html",
    "reset_password.subject.txt",
    "reset_password.txt",
    "reset_password.html",
    "address_in_use.subject.txt",
    "address_in_use.txt",
    "address_in_use.html",
    "renewal.subject.txt",
    "renewal.txt",
    "renewal.html",
    "notifications.subject.txt",
    "notifications.txt",
    "notifications.html",
    "test.subject.txt",
    "test.txt",
    "test.html",
];

/// All templates, compiled.
#[derive(Debug)]
pub(crate) struct Templates(Environment<'static>);

impl Templates {
    /// Reads and checks all templates: each is rendered once with values as they may be.
    ///
    /// # Errors
    /// Names the template and what is wrong with it.
    pub(crate) fn load(folder: Option<&Path>) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        if let Some(folder) = folder {
            check_names(folder)?;
        }
        for (name, built_in) in BUILT_IN {
            let own = folder.map(|folder| read(&folder.join(name), name)).transpose()?.flatten();
            let source = own.unwrap_or_else(|| (*built_in).to_owned());
            environment.add_template_owned(*name, source).map_err(|error| invalid(name, &error))?;
        }
        let templates = Self(environment);
        for kind in Kind::ALL {
            let letter = kind.sample();
            templates.render(&letter, "Longhouse", "example.org", "alice@example.org")?;
        }
        Ok(templates)
    }

    /// The words of a letter.
    pub(crate) fn render(
        &self,
        letter: &Letter,
        app_name: &str,
        server_name: &str,
        address: &str,
    ) -> Result<Words, TemplateError> {
        let everywhere =
            [("app_name", app_name), ("server_name", server_name), ("address", address)];
        let everywhere = everywhere.map(|(name, value)| (name, Value::from(value)));
        let values: Value = letter.values.iter().cloned().chain(everywhere).collect::<Map>().into();
        let part = |end: &str| {
            let name = format!("{}.{end}", letter.kind.name());
            let rendered = self.0.get_template(&name).and_then(|found| found.render(&values));
            rendered.map_err(|error| invalid(&name, &error))
        };
        let [subject, text, html] = PARTS;
        Ok(Words { subject: one_line(&part(subject)?), text: part(text)?, html: part(html)? })
    }
}

type Map = std::collections::BTreeMap<&'static str, Value>;

/// A text as it can stand in a header: on one line, without control characters, not too long.
fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<_> = plain.split_whitespace().collect();
    words.join(" ").chars().take(SUBJECT_CHARS_MAX).collect()
}

/// Whether the folder is there, and every template in it has a name that is used: a misspelled one would be passed over
/// in silence.
fn check_names(folder: &Path) -> Result<(), TemplateError> {
    let shown = || folder.display().to_string();
    let unreadable = |error| TemplateError::Unreadable { name: shown(), error };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        let name = name.to_string_lossy().into_owned();
        let is_template = [".txt", ".html"].iter().any(|end| name.ends_with(end));
        if is_template && !BUILT_IN.iter().any(|(known, _)| *known == name) {
            return Err(TemplateError::Unknown(folder.join(name).display().to_string()));
        }
    }
    Ok(())
}

fn read(path: &Path, name: &str) -> Result<Option<String>, TemplateError> {
    let unreadable = |error| TemplateError::Unreadable { name: path.display().to_string(), error };
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
        Ok(about) if about.len() > TEMPLATE_BYTES_MAX => {
            return Err(TemplateError::TooLong(name.to_owned()));
        }
        Ok(_) => {}
    }
    fs::read_to_string(path).map(Some).map_err(unreadable)
}

fn invalid(name: &str, error: &minijinja::Error) -> TemplateError {
    let mut why = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        why = format!("{why}: {cause}");
        source = cause.source();
    }
    TemplateError::Invalid { name: error.name().unwrap_or(name).to_owned(), why }
}

#[cfg(test)]
mod tests;
