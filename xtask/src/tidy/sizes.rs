//! Long files and long functions.
use std::fmt;

/// Lines of a file, tests included, from which on one looks again.
const FILE_LINES: usize = 500;
/// Lines of a function, from its `fn` to its closing brace.
const FUNCTION_LINES: usize = 70;

/// A file or function that is longer than one likes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Long {
    /// Where it is and what it is.
    pub place: String,
    /// How long it is.
    pub lines: usize,
}

impl fmt::Display for Long {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>5} lines  {}", self.lines, self.place)
    }
}

pub(super) fn measure(place: &str, text: &str, long: &mut Vec<Long>) {
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() > FILE_LINES {
        long.push(Long { place: place.to_owned(), lines: lines.len() });
    }
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let length = function_length(lines.get(start..).unwrap_or_default());
        if length > FUNCTION_LINES {
            let place = format!("{place}:{} fn {name}", start + 1);
            long.push(Long { place, lines: length });
        }
    }
}

/// The name, if a function begins on this line.
fn function_name(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    let before_fn = |word: &&str| {
        !matches!(*word, "pub" | "async" | "const" | "unsafe") && !word.starts_with("pub(")
    };
    let first = words.find(before_fn)?;
    let name = (first == "fn").then(|| words.next()).flatten()?;
    name.split(['(', '<']).next()
}

/// rustfmt ends a function with `}` at the indentation of its `fn` line; a body-less signature of a
/// trait ends with `;` there.
fn function_length(lines: &[&str]) -> usize {
    let Some((first, rest)) = lines.split_first() else { return 0 };
    let indent = first.len() - first.trim_start().len();
    if first.ends_with('}') || first.ends_with(';') {
        return 1;
    }
    let at_indent = |line: &&str| line.len() - line.trim_start().len() == indent;
    let ends = |line: &&str| {
        let line = line.trim();
        line == "}" || (line.starts_with(')') && line.ends_with(';'))
    };
    let end = rest.iter().position(|line| at_indent(line) && ends(line));
    end.map_or(0, |end| end + 2)
}
