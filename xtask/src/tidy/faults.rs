//! `docs/faults.md`: every test and folder that it names is there.
use std::{collections::BTreeSet, fs, path::Path};

const DOCUMENT: &str = "docs/faults.md";

/// Checks the document against the names of all functions. A tree without the document has nothing to check.
pub(super) fn check(root: &Path, functions: &BTreeSet<String>, violations: &mut Vec<String>) {
    let Ok(text) = fs::read_to_string(root.join(DOCUMENT)) else { return };
    for name in quoted(&text) {
        let is_there =
            if name.contains('/') { root.join(name).exists() } else { functions.contains(name) };
        if !is_there {
            violations.push(format!("{DOCUMENT}: there is no `{name}`"));
        }
    }
}

/// The names of the functions in a file.
pub(super) fn functions(text: &str) -> impl Iterator<Item = String> + '_ {
    text.lines().filter_map(|line| {
        let (_, rest) = line.split_once("fn ")?;
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
        rest.get(..end).filter(|name| !name.is_empty()).map(str::to_owned)
    })
}

/// What stands in backticks and is the name of a test (words with underscores between) or of a file or folder.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_/.-".contains(c);
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter(move |name| name.chars().all(is_name) && (name.contains('_') || name.contains('/')))
}
