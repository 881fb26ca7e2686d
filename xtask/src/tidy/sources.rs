//! Leftovers in source files.
use std::{
    fs,
    path::{Path, PathBuf},
};

const FORBIDDEN_MODULES: &[&str] = &["common.rs", "core.rs", "helpers.rs", "utils.rs"];

/// Every Rust file of ours, in order of path.
pub(super) fn rust_files(root: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for folder in ["apps", "bench", "crates", "fuzz", "xtask"] {
        walk(&root.join(folder), &mut found)?;
    }
    found.sort();
    Ok(found)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry.map_err(|error| format!("{}: {error}", folder.display()))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                walk(&path, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

pub(super) fn check(place: &str, text: &str, violations: &mut Vec<String>) {
    let name = place.rsplit('/').next().unwrap_or(place);
    if name == "mod.rs" {
        violations.push(format!("{place}: write foo.rs beside foo/, not foo/mod.rs"));
    }
    if FORBIDDEN_MODULES.contains(&name) {
        violations.push(format!("{place}: the name says nothing"));
    }
    for (number, line) in text.lines().enumerate() {
        let Some((_, comment)) = line.split_once("//") else { continue };
        for tag in ["TODO", "FIXME", "XXX"] {
            if comment.contains(tag) {
                violations.push(format!("{place}:{}: bare {tag}", number + 1));
            }
        }
    }
}
