//! Pages under `docs/` that are generated from the code.
use std::{fs, path::Path, process::Command};

use config::reference;

fn pages() -> [(&'static str, String); 2] {
    [
        ("docs/configuration.md", reference::page()),
        ("docs/longhouse.example.toml", reference::example()),
    ]
}

/// The page of endpoints comes from the server itself, so that only whoever asks for it has to build that. Its own test
/// (`cargo test`) says when it is stale.
const ENDPOINTS: &[&str] =
    &["test", "--quiet", "--package", "longhouse", "--bin", "longhouse", "page_of_endpoints"];

/// Writes every generated page.
///
/// # Errors
/// Names the file that cannot be written.
pub fn write(root: &Path) -> Result<(), String> {
    for (path, text) in pages() {
        fs::write(root.join(path), text).map_err(|error| format!("{path}: {error}"))?;
    }
    let mut command = Command::new("cargo");
    command.args(ENDPOINTS).current_dir(root).env("LONGHOUSE_WRITE_DOCS", "1");
    let output = command.output().map_err(|error| format!("cargo: {error}"))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("docs/endpoints.md: {}", String::from_utf8_lossy(&output.stderr)))
    }
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
