//! Pages under `docs/` that are generated from the code.
use std::{fs, path::Path};

use config::reference;

fn pages() -> [(&'static str, String); 2] {
    [
        ("docs/configuration.md", reference::page()),
        ("docs/longhouse.example.toml", reference::example()),
    ]
}

/// Writes every generated page.
///
/// # Errors
/// Names the file that cannot be written.
pub fn write(root: &Path) -> Result<(), String> {
    for (path, text) in pages() {
        fs::write(root.join(path), text).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(())
}

/// Compares every generated page with the one that is kept.
///
/// # Errors
/// Names the pages that are stale or missing.
pub fn check(root: &Path) -> Result<(), String> {
    let stale: Vec<&str> = pages()
        .into_iter()
        .filter(|(path, text)| {
            fs::read_to_string(root.join(path)).map_or(true, |kept| kept != *text)
        })
        .map(|(path, _)| path)
        .collect();
    if stale.is_empty() {
        Ok(())
    } else {
        Err(format!("stale, run `cargo xtask docs`: {}", stale.join(", ")))
    }
}
