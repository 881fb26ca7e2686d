//! One check and its verdict.
use serde::Serialize;

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// As it should be.
    Good,
    /// It works, and somebody should look at it.
    Warning,
    /// Something does not work.
    Fault,
}

/// A check that was made.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) verdict: Verdict,
    /// What was seen.
    pub(crate) evidence: String,
    /// What to do; empty where all is good.
    pub(crate) remedy: String,
}

impl Check {
    pub(crate) fn good(name: &'static str, evidence: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Good, evidence: evidence.into(), remedy: String::new() }
    }

    pub(crate) fn warning(
        name: &'static str,
        evidence: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (evidence, remedy) = (evidence.into(), remedy.into());
        Self { name, verdict: Verdict::Warning, evidence, remedy }
    }

    pub(crate) fn fault(
        name: &'static str,
        evidence: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (evidence, remedy) = (evidence.into(), remedy.into());
        Self { name, verdict: Verdict::Fault, evidence, remedy }
    }

    /// A line with a mark, and below it what to do.
    pub(crate) fn to_text(&self) -> String {
        let mark = match self.verdict {
            Verdict::Good => "✔",
            Verdict::Warning => "!",
            Verdict::Fault => "✘",
        };
        let line = format!("{mark} {}: {}\n", self.name, self.evidence);
        if self.remedy.is_empty() { line } else { format!("{line}    {}\n", self.remedy) }
    }
}
