//! What is wrong with a configuration: all of it at once, each with its place.
use std::fmt;

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file and key, the environment variable or the option.
    pub place: String,
    /// What is wrong with it, in a sentence for administrators.
    pub message: String,
}

impl Problem {
    pub(crate) fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }

    /// A name nobody knows, with the nearest name that is known.
    pub(crate) fn unknown<'a>(
        place: impl Into<String>,
        name: &str,
        known: impl Iterator<Item = &'a str>,
    ) -> Self {
        let message = match nearest(name, known) {
            Some(near) => format!("`{name}` is not a setting; did you mean `{near}`?"),
            None => format!("`{name}` is not a setting"),
        };
        Self::new(place, message)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// A configuration that cannot be used. It lists every problem, not only the first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}:\n{}", head(problems), lines(problems))]
pub struct Invalid {
    /// At least one.
    pub problems: Vec<Problem>,
}

fn head(problems: &[Problem]) -> String {
    match problems.len() {
        1 => "the configuration has a mistake".to_owned(),
        count => format!("the configuration has {count} mistakes"),
    }
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n")
}

/// The known name most like `name`, if it is like it at all.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}
