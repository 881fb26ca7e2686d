//! The page of all endpoints, in Markdown: `docs/endpoints.md`.
use std::fmt::Write as _;

use crate::{Endpoint, body, specification};

const INTRODUCTION: &str = "# Endpoints

Everything that a node answers over HTTP, and [what the specification has](#the-specifications-client-server-api). This
page is made from the registry that the router is made from.

*Who* may call: `none` is anybody, `optional` anybody but with another answer for a user, `user` whoever has an access
token (no guests, and nobody whose account is locked, unless it says so), `administrator` a user who is one, `shared
secret` whoever proves to know it, `local socket` whoever may open the node's socket. *Rate* names the key of the
section `rate_limits` in the [configuration](configuration.md). *Body* is the longest body that is read. Further paths
are other names of the first one.

| Method | Path | Who | Rate | Body | What it does |
|---|---|---|---|---|---|
";

/// The page: what the node answers, sorted by path, and what the specification has.
#[must_use]
pub fn page<'a>(endpoints: impl IntoIterator<Item = &'a Endpoint>) -> String {
    let mut sorted: Vec<_> = endpoints.into_iter().collect();
    sorted.sort_by_key(|endpoint| (endpoint.path(), endpoint.method));
    let mut page = INTRODUCTION.to_owned();
    for endpoint in &sorted {
        let Endpoint { method, paths, auth, rate, body_bytes_max, spec, summary } = endpoint;
        let paths: Vec<_> = paths.iter().map(|path| format!("`{path}`")).collect();
        let (paths, body) = (paths.join("<br>"), size(*body_bytes_max));
        // Writing to a string does not fail.
        let _ = writeln!(
            page,
            "| {method} | {paths} | {auth} | {rate} | {body} | {summary} ([spec]({spec})) |"
        );
    }
    page + &specification::section(sorted)
}

fn size(bytes: usize) -> String {
    const KIB: usize = 1024;
    const MIB: usize = 1024 * KIB;
    match bytes {
        body::NONE => "–".to_owned(),
        body::STREAMED => "streamed".to_owned(),
        bytes if bytes.is_multiple_of(MIB) => format!("{} MiB", bytes / MIB),
        bytes if bytes.is_multiple_of(KIB) => format!("{} KiB", bytes / KIB),
        bytes => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Auth, Method, RateClass};

    #[test]
    fn every_path_of_every_endpoint_is_on_the_page() {
        let get = Endpoint {
            method: Method::Get,
            paths: &["/b/{x}", "/old/{x}"],
            auth: Auth::User,
            rate: RateClass::Read,
            body_bytes_max: body::NONE,
            spec: "https://example.org/b",
            summary: "Reads b.",
        };
        let put =
            Endpoint { method: Method::Put, paths: &["/a"], body_bytes_max: body::SMALL, ..get };
        let page = page([&get, &put]);
        let rows: Vec<_> = page.lines().filter(|line| line.contains("Reads b.")).collect();
        assert_eq!(
            rows,
            [
                "| PUT | `/a` | user | read | 64 KiB | Reads b. ([spec](https://example.org/b)) |",
                "| GET | `/b/{x}`<br>`/old/{x}` | user | read | – | Reads b. ([spec](https://example.org/b)) |",
            ]
        );
    }
}
