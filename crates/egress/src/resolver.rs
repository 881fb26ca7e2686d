//! Names to addresses, without those that are refused.
use std::{
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
};

use hickory_resolver::TokioResolver;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::{Error, address::Rule};

/// What [`Lookup::lookup`] returns.
pub type Looking = Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, Error>> + Send>>;

/// Looks names up. The system's resolver is one; tests have another.
pub trait Lookup: Send + Sync + 'static {
    /// Every address of `name`.
    fn lookup(&self, name: String) -> Looking;
}

const NO_ADDRESS: &str = "the name has no address";

/// `/etc/hosts` and the name servers of `/etc/resolv.conf`.
pub(crate) struct SystemLookup(pub(crate) TokioResolver);

impl Lookup for SystemLookup {
    fn lookup(&self, name: String) -> Looking {
        let resolver = self.0.clone();
        Box::pin(async move {
            match resolver.lookup_ip(name.as_str()).await {
                Ok(found) => Ok(found.iter().collect()),
                Err(error) if error.is_no_records_found() => {
                    Err(Error::Resolve { name, why: NO_ADDRESS.to_owned() })
                }
                Err(error) => Err(Error::Resolve { name, why: error.to_string() }),
            }
        })
    }
}

/// Gives the connector only addresses that may be connected to. The connector asks at every
/// connection and connects to nothing else, so there is no gap between the check and the use.
pub(crate) struct Filter {
    pub(crate) lookup: Arc<dyn Lookup>,
    pub(crate) rule: Rule,
}

impl Resolve for Filter {
    fn resolve(&self, name: Name) -> Resolving {
        let looking = self.lookup.lookup(name.as_str().to_owned());
        let rule = self.rule;
        Box::pin(async move {
            let allowed = allowed(name.as_str(), looking.await?, rule)?;
            let addresses: Addrs =
                Box::new(allowed.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

fn allowed(name: &str, found: Vec<IpAddr>, rule: Rule) -> Result<Vec<IpAddr>, Error> {
    let mut refusal = None;
    let mut allowed = Vec::with_capacity(found.len());
    for address in found {
        match rule.refused(address) {
            Some(what) => refusal = Some(Error::Refused { address, what }),
            None => allowed.push(address),
        }
    }
    if !allowed.is_empty() {
        return Ok(allowed);
    }
    Err(refusal
        .unwrap_or_else(|| Error::Resolve { name: name.to_owned(), why: NO_ADDRESS.to_owned() }))
}
