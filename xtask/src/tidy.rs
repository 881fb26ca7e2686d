//! What rustc and clippy cannot see: the layers, the names of crates, leftovers, sizes.
//!
//! Violations fail; sizes are a reason to look again and are only reported.
mod faults;
mod layers;
mod names;
mod sizes;
mod sources;

use std::{collections::BTreeSet, fmt, fs, path::Path};

pub use self::{layers::SIDEWAYS, sizes::Long};

/// What a run found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Each fails the check.
    pub violations: Vec<String>,
    /// Long files and functions, longest first.
    pub long: Vec<Long>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for violation in &self.violations {
            writeln!(f, "error: {violation}")?;
        }
        for long in &self.long {
            writeln!(f, "look again: {long}")?;
        }
        let (violations, long) = (self.violations.len(), self.long.len());
        writeln!(f, "tidy: {violations} violation(s), {long} place(s) to look at again")
    }
}

/// Checks the workspace at `root`.
///
/// # Errors
/// If the tree or a manifest cannot be read.
pub fn run(root: &Path) -> Result<Report, String> {
    let manifests = layers::manifests(root)?;
    let mut report = Report::default();
    layers::check(&manifests, &mut report.violations);
    names::check(&manifests, &mut report.violations);
    let mut functions = BTreeSet::new();
    for path in sources::rust_files(root)? {
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        sources::check(&shown, &text, &mut report.violations);
        sizes::measure(&shown, &text, &mut report.long);
        functions.extend(faults::functions(&text));
    }
    faults::check(root, &functions, &mut report.violations);
    report.long.sort_by(|a, b| b.lines.cmp(&a.lines).then_with(|| a.place.cmp(&b.place)));
    Ok(report)
}
