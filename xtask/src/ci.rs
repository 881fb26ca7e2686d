//! What continuous integration runs, in order.
use std::{
    fmt::Write,
    path::Path,
    process::{Command, Stdio},
};

use crate::{docs, tidy};

const FMT: &[&str] = &["cargo", "fmt", "--all", "--check"];
const CLIPPY: &[&str] =
    &["cargo", "clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"];
const DENY: &[&str] = &["cargo", "deny", "--all-features", "check", "bans", "licenses", "sources"];
const FUZZ: &[&str] = &["cargo", "check", "--quiet", "--manifest-path", "fuzz/Cargo.toml"];

/// Runs every check, also after one failed; returns a line for each, and whether all passed.
#[must_use]
pub fn run(root: &Path) -> (String, bool) {
    let mut summary = String::new();
    let mut passed = true;
    let mut note = |name: &str, outcome: Outcome| {
        passed &= outcome != Outcome::Failed;
        let _ = writeln!(summary, "{name:<8} {}", outcome.word());
    };
    note("fmt", command(root, FMT));
    note("clippy", command(root, CLIPPY));
    note("tidy", tidy_outcome(root));
    note("docs", docs::check(root).map_or(Outcome::Failed, |()| Outcome::Passed));
    let has_deny = quietly(root, &["cargo", "deny", "--version"]);
    note("deny", if has_deny { command(root, DENY) } else { Outcome::Skipped });
    let has_fuzz = root.join("fuzz/Cargo.toml").exists();
    note("fuzz", if has_fuzz { command(root, FUZZ) } else { Outcome::Skipped });
    (summary, passed)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Skipped,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "FAILED",
            Self::Skipped => "skipped",
        }
    }
}

fn tidy_outcome(root: &Path) -> Outcome {
    match tidy::run(root) {
        Ok(report) if report.violations.is_empty() => Outcome::Passed,
        _ => Outcome::Failed,
    }
}

fn command(root: &Path, words: &[&str]) -> Outcome {
    let Some((program, arguments)) = words.split_first() else { return Outcome::Failed };
    match Command::new(program).args(arguments).current_dir(root).status() {
        Ok(status) if status.success() => Outcome::Passed,
        _ => Outcome::Failed,
    }
}

fn quietly(root: &Path, words: &[&str]) -> bool {
    let Some((program, arguments)) = words.split_first() else { return false };
    Command::new(program)
        .args(arguments)
        .current_dir(root)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
