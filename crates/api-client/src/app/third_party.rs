//! Other networks that are bridged to this server: whoever has some answers for them.
use std::{collections::BTreeMap, future::Future, pin::Pin};

use serde_json::{Map, Value};

/// What [`ThirdParty`] answers with.
pub type Lookup<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The fields that tell a place or a user of another network from others.
pub type Fields = BTreeMap<String, String>;

/// Bridges to other networks ([spec]). Without one, there are no networks and nothing is found.
///
/// [spec]: https://spec.matrix.org/v1.16/client-server-api/#third-party-lookups
pub trait ThirdParty: Send + Sync {
    /// The networks by their names, as their bridges describe them.
    fn protocols(&self) -> Lookup<'_, Map<String, Value>> {
        Box::pin(async { Map::new() })
    }

    /// The rooms that lead to a place of a network.
    fn locations<'a>(&'a self, _: &'a str, _: &'a Fields) -> Lookup<'a, Vec<Value>> {
        Box::pin(async { Vec::new() })
    }

    /// The users who stand for somebody of a network.
    fn users<'a>(&'a self, _: &'a str, _: &'a Fields) -> Lookup<'a, Vec<Value>> {
        Box::pin(async { Vec::new() })
    }

    /// The places of other networks that an alias leads to.
    fn locations_of_alias<'a>(&'a self, _: &'a str) -> Lookup<'a, Vec<Value>> {
        Box::pin(async { Vec::new() })
    }

    /// Whom of other networks a user stands for.
    fn users_of_id<'a>(&'a self, _: &'a str) -> Lookup<'a, Vec<Value>> {
        Box::pin(async { Vec::new() })
    }
}

/// A server without bridges.
#[derive(Clone, Copy, Debug)]
pub struct NoBridges;

impl ThirdParty for NoBridges {}
