//! What the specification's client-server API has, and what becomes of it here: the second half of `docs/endpoints.md`.
use std::{collections::HashSet, fmt::Write as _};

use crate::Endpoint;

/// `METHOD path`, and behind `--` why it is refused on purpose; `#` begins a comment.
const OPERATIONS: &str = include_str!("specification.txt");

const INTRODUCTION: &str = "
## The specification's client-server API

Every operation that the [specification](https://spec.matrix.org/latest/client-server-api/) has, those that came after
v1.16 included.

| Operation | Here |
|---|---|
";

/// What becomes of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Implemented,
    /// Refused, for this reason.
    Refused(&'static str),
    Missing,
}

/// The section of the page.
pub(crate) fn section<'a>(endpoints: impl IntoIterator<Item = &'a Endpoint>) -> String {
    let served: HashSet<_> = endpoints
        .into_iter()
        .flat_map(|endpoint| {
            endpoint.paths.iter().map(|path| (endpoint.method.as_str(), bare(path)))
        })
        .collect();
    let mut page = INTRODUCTION.to_owned();
    for (method, path, refused) in operations() {
        let fate = match refused {
            _ if served.contains(&(method, bare(path))) => Fate::Implemented,
            Some(reason) => Fate::Refused(reason),
            None => Fate::Missing,
        };
        let told = match fate {
            Fate::Implemented => "implemented".to_owned(),
            Fate::Refused(reason) => format!("refused: {reason}"),
            Fate::Missing => "**missing**".to_owned(),
        };
        // Writing to a string does not fail.
        let _ = writeln!(page, "| {method} `{path}` | {told} |");
    }
    page
}

/// Method, path, and the reason why it is refused.
fn operations() -> impl Iterator<Item = (&'static str, &'static str, Option<&'static str>)> {
    OPERATIONS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (operation, reason) = match line.split_once(" -- ") {
            Some((operation, reason)) => (operation, Some(reason)),
            None => (line, None),
        };
        let (method, path) = operation.split_once(' ')?;
        Some((method, path, reason))
    })
}

/// A path without the names of its parameters, which are a matter of taste.
fn bare(path: &str) -> String {
    let mut pieces = path.split('{');
    let mut bare = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        bare.push_str("{}");
        bare.push_str(piece.split_once('}').map_or("", |(_, rest)| rest));
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Auth, Method, RateClass, body};

    #[test]
    fn an_operation_is_implemented_refused_or_missing() {
        let versions = Endpoint {
            method: Method::Get,
            paths: &["/old", "/_matrix/client/v3/rooms/{room}/event/{event}"],
            auth: Auth::User,
            rate: RateClass::Read,
            body_bytes_max: body::NONE,
            spec: "https://example.org",
            summary: "Reads.",
        };
        let section = section([&versions]);
        let of = |operation: &str| {
            let mut rows =
                section.lines().filter(|row| row.starts_with(&format!("| {operation} |")));
            let row = rows.next().unwrap_or_else(|| panic!("{operation} is not there"));
            assert_eq!(rows.next(), None, "{operation} is there twice");
            row.rsplit('|').nth(1).map(str::trim).unwrap().to_owned()
        };
        assert_eq!(of("GET `/_matrix/client/v3/rooms/{roomId}/event/{eventId}`"), "implemented");
        assert_eq!(of("GET `/_matrix/client/versions`"), "**missing**");
        assert!(of("GET `/_matrix/client/v3/initialSync`").starts_with("refused: deprecated"));
    }

    #[test]
    fn every_line_of_the_list_is_an_operation() {
        for line in OPERATIONS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (method, path) = line.split_once(' ').unwrap();
            assert!(["GET", "PUT", "POST", "DELETE"].contains(&method), "{line}");
            assert!(path.starts_with('/'), "{line}");
        }
        assert!(operations().count() > 150);
    }
}
