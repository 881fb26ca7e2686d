//! `longhouse endpoints`
use serde::Serialize;

use super::Context;
use crate::{failure::Failure, node, output::table};

#[derive(Serialize)]
struct Listed {
    method: String,
    path: &'static str,
    auth: String,
    rate: String,
    body_bytes_max: Option<usize>,
    summary: &'static str,
    spec: &'static str,
}

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    let listed = |endpoint: &endpoint::Endpoint| {
        let endpoint = *endpoint;
        endpoint.paths.iter().map(move |path| Listed {
            method: endpoint.method.to_string(),
            path,
            auth: endpoint.auth.to_string(),
            rate: endpoint.rate.to_string(),
            // A handler that streams sets its limit itself.
            body_bytes_max: (endpoint.body_bytes_max != endpoint::body::STREAMED)
                .then_some(endpoint.body_bytes_max),
            summary: endpoint.summary,
            spec: endpoint.spec,
        })
    };
    let all: Vec<Listed> = node::endpoints().flat_map(listed).collect();
    context.output.result(&all, |all| {
        let row =
            |e: &Listed| vec![e.method.clone(), e.path.to_owned(), e.auth.clone(), e.rate.clone()];
        table(&all.iter().map(row).collect::<Vec<_>>())
    })
}

#[cfg(test)]
mod tests {
    use std::{env, fs, path::Path};

    use crate::node;

    /// `docs/endpoints.md` is the registry. With `LONGHOUSE_WRITE_DOCS=1`, as `cargo xtask docs` sets it, the page is
    /// written, else compared.
    #[test]
    fn the_page_of_endpoints_is_the_generated_one() {
        let path = Path::new("../../docs/endpoints.md");
        let generated = endpoint::reference::page(node::endpoints());
        if env::var_os("LONGHOUSE_WRITE_DOCS").is_some() {
            fs::write(path, &generated).unwrap();
        }
        let kept = fs::read_to_string(path).unwrap_or_default();
        assert!(kept == generated, "docs/endpoints.md is stale: run `cargo xtask docs`");
    }
}
