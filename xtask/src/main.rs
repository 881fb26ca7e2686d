//! `cargo xtask tidy|docs [--check]|ci`
use std::{
    env,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use xtask::{ci, docs, tidy};

const USAGE: &str = "usage: cargo xtask COMMAND

  tidy          layers, crate names, leftovers (fail); long files and functions (reported)
  docs          writes the generated pages under docs/
  docs --check  fails if a generated page is stale
  ci            fmt, clippy, tidy, docs, cargo-deny if installed, fuzz targets compile
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = root();
    let (text, passed) = match arguments.as_slice() {
        ["tidy"] => run_tidy(&root),
        ["docs"] => docs::write(&root).map_or_else(failed, |()| (String::new(), true)),
        ["docs", "--check"] => docs::check(&root).map_or_else(failed, |()| (String::new(), true)),
        ["ci"] => ci::run(&root),
        _ => (USAGE.to_owned(), false),
    };
    // A closed pipe (`cargo xtask tidy | head`) is no failure of the chore.
    let _ = io::stdout().lock().write_all(text.as_bytes());
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn failed(why: String) -> (String, bool) {
    (why + "\n", false)
}

fn run_tidy(root: &Path) -> (String, bool) {
    match tidy::run(root) {
        Ok(report) => (report.to_string(), report.violations.is_empty()),
        Err(why) => failed(why),
    }
}

/// The workspace: the folder above this crate's, where it lies now. A build folder that several checkouts share may hold a
/// program that was built in another of them.
fn root() -> PathBuf {
    let here = env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from);
    here.parent().map_or_else(|| PathBuf::from("."), Path::to_owned)
}
