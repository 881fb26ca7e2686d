//! What commands print: for people, or one JSON document.
use std::io::{self, Write};

use serde::Serialize;

use crate::failure::Failure;

/// Where a command's result goes: the standard output stream. Logs and progress go to the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// Whether results are JSON.
    pub(crate) json: bool,
}

impl Output {
    /// Prints a result: as JSON, or as the text that `people` makes of it.
    pub(crate) fn result<T: Serialize>(
        self,
        result: &T,
        people: impl FnOnce(&T) -> String,
    ) -> Result<(), Failure> {
        if self.json {
            let text = serde_json::to_string(result).map_err(Failure::new)?;
            print(&text)
        } else {
            print(&people(result))
        }
    }
}

/// Prints a text on the standard output stream.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    match write!(stdout, "{text}{end}").and_then(|()| stdout.flush()) {
        // `longhouse user list | head` is no error.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::of("cannot write the result", &error))
        }
        _ => Ok(()),
    }
}

/// Prints a line about what is going on, on the standard error stream.
pub(crate) fn note(text: &str) {
    // Nobody to tell is no reason to stop.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Columns as wide as their widest cell, separated by two spaces.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|c| c.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_line_up() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
        let text = table(&[row(&["name", "admin"]), row(&["a much longer name", "yes"])]);
        assert_eq!(text, "name                admin\na much longer name  yes\n");
    }
}
