//! Endpoints with their handlers, and the tree that finds them.
use std::{future::Future, pin::Pin, sync::Arc};

use axum::{extract::Request, handler::Handler, response::Response};

use crate::{Endpoint, site::Measures};

/// The future of a handler.
pub type Reply = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A handler that has its state.
pub type Handle = Arc<dyn Fn(Request) -> Reply + Send + Sync>;

/// One way to reach an endpoint: one of its paths.
pub(crate) struct Route {
    pub(crate) endpoint: Endpoint,
    /// The names of the path's parameters, in their order.
    pub(crate) names: Vec<&'static str>,
    pub(crate) handle: Handle,
    pub(crate) measures: Arc<Measures>,
}

/// Endpoints with their handlers, not yet served. Lists of several APIs, each with a state of its own, can be merged.
#[derive(Default)]
pub struct Routes(Vec<(Endpoint, Handle)>);

impl Routes {
    /// No routes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an endpoint: `handler` is an `async fn` of extractors, called with a clone of `state`.
    #[must_use]
    pub fn with<H, T, S>(mut self, endpoint: Endpoint, handler: H, state: &S) -> Self
    where
        H: Handler<T, S, Future = Reply> + Sync,
        S: Clone + Send + Sync + 'static,
    {
        let state = state.clone();
        let handle = move |request| handler.clone().call(request, state.clone());
        self.0.push((endpoint, Arc::new(handle)));
        self
    }

    /// Adds what another list has.
    #[must_use]
    pub fn merge(mut self, mut other: Self) -> Self {
        self.0.append(&mut other.0);
        self
    }

    /// The endpoints, in their order.
    pub fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.0.iter().map(|(endpoint, _)| endpoint)
    }
}

/// Two endpoints want the same path and method, or a path is not valid: a mistake in the registry.
#[derive(Debug, thiserror::Error)]
#[error("{method} {path}: {why}")]
pub struct Conflict {
    method: &'static str,
    path: &'static str,
    why: String,
}

/// The routes of one path, by method. There are at most four.
#[derive(Default)]
pub(crate) struct Node(pub(crate) Vec<Arc<Route>>);

impl Node {
    pub(crate) fn find(&self, method: &http::Method) -> Option<&Arc<Route>> {
        self.0.iter().find(|route| route.endpoint.method.answers(method))
    }

    /// What a reply of status 405 names as allowed (RFC 9110 section 10.2.1).
    pub(crate) fn allowed(&self) -> String {
        let methods: Vec<_> = self.0.iter().map(|route| route.endpoint.method.as_str()).collect();
        methods.join(", ")
    }
}

/// Finds the routes of a path.
#[derive(Default)]
pub(crate) struct Tree(matchit::Router<Node>);

impl Tree {
    /// # Errors
    /// [`Conflict`].
    pub(crate) fn new(routes: Routes) -> Result<Self, Conflict> {
        let mut nodes = std::collections::BTreeMap::<&'static str, Node>::new();
        for (endpoint, handle) in routes.0 {
            let measures = Arc::new(Measures::new(&endpoint));
            for path in endpoint.paths {
                let node = nodes.entry(path).or_default();
                if node.0.iter().any(|other| other.endpoint.method == endpoint.method) {
                    let why = "there is another endpoint".to_owned();
                    return Err(Conflict { method: endpoint.method.as_str(), path, why });
                }
                let (handle, measures) = (Arc::clone(&handle), Arc::clone(&measures));
                node.0.push(Arc::new(Route { endpoint, names: names(path), handle, measures }));
            }
        }
        let mut tree = matchit::Router::new();
        for (path, node) in nodes {
            let method = node.0.first().map_or("", |route| route.endpoint.method.as_str());
            tree.insert(path, node).map_err(|error| Conflict {
                method,
                path,
                why: error.to_string(),
            })?;
        }
        Ok(Self(tree))
    }

    /// The routes of a path as it is in the request line: a `%2F` inside a part does not divide it.
    pub(crate) fn find<'t, 'p>(
        &'t self,
        path: &'p str,
    ) -> Option<matchit::Match<'t, 'p, &'t Node>> {
        self.0.at(path).ok()
    }
}

/// The names between braces.
fn names(path: &'static str) -> Vec<&'static str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| name.trim_start_matches('*'))
        .collect()
}
