//! How a command fails: what happened, why, and what to do next.
use std::{fmt, process::ExitCode};

/// Exit codes that are promised (docs/command-line.md).
pub(crate) mod code {
    /// Something went wrong.
    pub(crate) const ERROR: u8 = 1;
    /// The command line makes no sense.
    pub(crate) const USAGE: u8 = 2;
    /// A check found a fault.
    pub(crate) const CHECK_FAILED: u8 = 10;
    /// A check found something to look at.
    pub(crate) const CHECK_WARNED: u8 = 11;
}

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    next: Option<String>,
    code: u8,
}

impl Failure {
    /// What happened and why, in a sentence or two.
    pub(crate) fn new(what: impl fmt::Display) -> Self {
        Self { what: what.to_string(), next: None, code: code::ERROR }
    }

    /// As [`Failure::new`] for an error, with its causes.
    pub(crate) fn of(what: &str, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut text = format!("{what}: {error}");
        let mut cause = error.source();
        while let Some(deeper) = cause {
            let deeper_text = deeper.to_string();
            if !text.ends_with(&deeper_text) {
                text = format!("{text}: {deeper_text}");
            }
            cause = deeper.source();
        }
        Self::new(text)
    }

    /// What the administrator can do about it.
    #[must_use]
    pub(crate) fn next(mut self, next: impl fmt::Display) -> Self {
        self.next = Some(next.to_string());
        self
    }

    /// Ends the process with this code instead of 1.
    #[must_use]
    pub(crate) fn with_code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    /// What happened and why.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    /// What the administrator can do about it, if anything.
    pub(crate) fn next_step(&self) -> &str {
        self.next.as_deref().unwrap_or_default()
    }

    /// As one JSON document.
    pub(crate) fn to_json(&self) -> String {
        serde_json::json!({ "error": self.what, "next": self.next }).to_string()
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

/// `1 fault`, `2 faults`.
pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.next {
            Some(next) => write!(f, "\n{next}"),
            None => Ok(()),
        }
    }
}
