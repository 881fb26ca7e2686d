//! The layers, put one over the other.
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

use crate::{
    Config, Invalid, Listener, Origin, Origins, Problem, Section, environment, section::Complaints,
    setting::Input,
};

/// A value that an option of the command line sets.
#[derive(Clone, Debug)]
pub struct Override {
    /// `section.key`, or `listeners.0.key`.
    pub path: &'static str,
    /// The value as text.
    pub value: String,
    /// The option's name, for messages: `--listen`.
    pub option: &'static str,
}

/// Where settings come from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The configuration file; none means defaults.
    pub file: Option<PathBuf>,
    /// The process's environment. Names that do not start with `LONGHOUSE_` are ignored.
    pub environment: Vec<(String, String)>,
    /// Options of the command line, the strongest layer.
    pub options: Vec<Override>,
}

/// A configuration that passed every check.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// Where each came from.
    pub origins: Origins,
}

/// Reads all layers and checks the result.
///
/// # Errors
/// Lists every unknown key, every value of the wrong kind and every contradiction.
pub fn load(sources: &Sources) -> Result<Loaded, Invalid> {
    let mut layers = Layers::default();
    if let Some(path) = &sources.file {
        layers.file(path);
    }
    environment::apply(&mut layers, &sources.environment);
    for option in &sources.options {
        let origin = Origin::Option(option.option.to_owned());
        layers.set(option.path, Input::Text(&option.value), &origin, option.option);
    }
    layers.finish()
}

/// The settings so far, and what went wrong so far.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    config: Config,
    listeners: BTreeMap<usize, Listener>,
    origins: Origins,
    problems: Vec<Problem>,
}

impl Layers {
    pub(crate) fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The section that holds `path` (`section.key`, `listeners.N.key`), and the key.
    fn find<'p>(&mut self, path: &'p str) -> Option<(&mut dyn Section, &'p str)> {
        let (name, key) = path.split_once('.')?;
        if name != "listeners" {
            return Some((self.config.section_mut(name)?, key));
        }
        let (number, key) = key.split_once('.')?;
        let number: usize = number.parse().ok().filter(|number| *number < 64)?;
        Some((self.listeners.entry(number).or_default(), key))
    }

    /// Every path that can be set, for suggestions.
    fn known_paths(&self) -> Vec<String> {
        let listener = Listener::default();
        let once = self.config.sections().into_iter().map(|section| (section, section.name()));
        let listeners: (&dyn Section, &str) = (&listener, "listeners.0");
        let all = once.chain([listeners]);
        all.flat_map(|(section, name)| {
            section.fields().into_iter().flat_map(move |field| {
                let path = format!("{name}.{}", field.key);
                let file = field.secret.then(|| format!("{path}_file"));
                [Some(path), file]
            })
        })
        .flatten()
        .collect()
    }

    /// Sets the value at `path`; `place` is what a complaint points to.
    pub(crate) fn set(&mut self, path: &str, input: Input<'_>, origin: &Origin, place: &str) {
        let Some((section, key)) = self.find(path) else { return self.unknown(path, place) };
        match section.set(key, input) {
            Some(Ok(())) => self.origins.record(path.to_owned(), origin.clone()),
            Some(Err(message)) => self.problems.push(Problem::new(place, message)),
            None => self.set_from_file(path, input, origin, place),
        }
    }

    /// `KEY_file` of a secret: the value is what the named file holds.
    fn set_from_file(&mut self, path: &str, input: Input<'_>, origin: &Origin, place: &str) {
        let secret = path.strip_suffix("_file").filter(|path| self.is_secret(path));
        let Some(secret) = secret.map(str::to_owned) else { return self.unknown(path, place) };
        let Some(named) = crate::setting::text(input) else {
            return self.problems.push(Problem::new(place, "expected the path of a file"));
        };
        match fs::read_to_string(named) {
            // Editors and `echo` end a file with a line break that is no part of the secret.
            Ok(text) => self.set(&secret, Input::Text(text.trim_end()), origin, place),
            Err(error) => {
                self.problems.push(Problem::new(place, format!("cannot read {named}: {error}")));
            }
        }
    }

    fn is_secret(&mut self, path: &str) -> bool {
        self.find(path).is_some_and(|(section, key)| {
            section.fields().iter().any(|field| field.key == key && field.secret)
        })
    }

    fn unknown(&mut self, path: &str, place: &str) {
        let known = self.known_paths();
        let problem = Problem::unknown(place, path, known.iter().map(String::as_str));
        self.problems.push(problem);
    }

    fn file(&mut self, path: &Path) {
        let place = path.display().to_string();
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                return self.problems.push(Problem::new(place, format!("cannot read: {error}")));
            }
        };
        match text.parse::<Table>() {
            Ok(table) => self.table(&table, path),
            Err(error) => self.problems.push(Problem::new(place, error.to_string())),
        }
    }

    fn table(&mut self, table: &Table, path: &Path) {
        let origin = Origin::File(path.to_owned());
        for (name, value) in table {
            match value {
                Value::Table(keys) => self.keys(name, keys, &origin, path),
                Value::Array(tables) if name == "listeners" => {
                    for (number, value) in tables.iter().enumerate() {
                        match value {
                            Value::Table(keys) => {
                                self.listeners.entry(number).or_default();
                                self.keys(&format!("{name}.{number}"), keys, &origin, path);
                            }
                            _ => self.problem(Problem::new(
                                format!("{}: {name}", path.display()),
                                "expected tables, written [[listeners]]",
                            )),
                        }
                    }
                }
                _ => self.unknown(name, &path.display().to_string()),
            }
        }
    }

    fn keys(&mut self, section: &str, keys: &Table, origin: &Origin, path: &Path) {
        for (key, value) in keys {
            let key = format!("{section}.{key}");
            let place = format!("{}: {key}", path.display());
            self.set(&key, Input::Value(value), origin, &place);
        }
    }

    fn finish(mut self) -> Result<Loaded, Invalid> {
        self.config.listeners = self.listeners.into_values().collect();
        if self.config.listeners.is_empty() {
            self.config.listeners.push(Listener::default());
        }
        let mut found: Vec<(String, Complaints)> = Vec::new();
        for section in self.config.sections() {
            let mut complaints = Complaints::new();
            section.check(&mut complaints);
            found.push((section.name().to_owned(), complaints));
        }
        for (number, listener) in self.config.listeners.iter().enumerate() {
            let mut complaints = Complaints::new();
            listener.check(&mut complaints);
            found.push((format!("listeners.{number}"), complaints));
        }
        for (section, complaints) in found {
            for (key, message) in complaints {
                let path = format!("{section}.{key}");
                let place = format!("{path} ({})", self.origins.of(&path));
                self.problems.push(Problem::new(place, message));
            }
        }
        if self.problems.is_empty() {
            Ok(Loaded { config: self.config, origins: self.origins })
        } else {
            Err(Invalid { problems: self.problems })
        }
    }
}
