//! Where a node is entered: its listeners and its local socket, and what each serves.
use std::{collections::BTreeMap, time::Duration};

use clock::SharedClock;
use config::{Config, Listener, Serves};
use endpoint::{ForwardedBy, Routes, Site, SiteOptions};
use entropy::Entropy;
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::services::Services;
use crate::{
    failure::Failure,
    folder::Folder,
    listen::{Bound, LocalSocket, bind, bind_local},
};

/// Bound, not yet open.
pub(super) struct Doors {
    local: LocalSocket,
    listeners: Vec<(Listener, Bound)>,
}

/// Open until closed.
pub(super) struct Open {
    local: LocalSocket,
    local_site: Site,
    listeners: Vec<(Bound, Site)>,
    stop: CancellationToken,
    connections: TaskTracker,
}

impl Doors {
    /// Takes all addresses. The local socket comes first: if another node runs in the folder, that
    /// is the message to see.
    pub(super) async fn bind(config: &Config, folder: &Folder) -> Result<Self, Failure> {
        let local = bind_local(&folder.socket()).await.map_err(Failure::new)?;
        let mut listeners = Vec::with_capacity(config.listeners.len());
        for listener in &config.listeners {
            let bound = bind(listener).await.map_err(|error| {
                Failure::new(error)
                    .next("Choose another address with --listen or listeners.address.")
            })?;
            listeners.push((listener.clone(), bound));
        }
        Ok(Self { local, listeners })
    }

    /// The URL and the purposes of each listener.
    pub(super) fn listeners(&self) -> impl Iterator<Item = (String, Vec<Serves>)> {
        self.listeners.iter().map(|(listener, bound)| {
            let scheme = if listener.is_tls() { "https" } else { "http" };
            (format!("{scheme}://{}", bound.address), listener.serves.clone())
        })
    }

    /// The URL of the first listener that serves `what`.
    pub(super) fn url(&self, what: Serves) -> Option<String> {
        self.listeners().find(|(_, serves)| serves.contains(&what)).map(|(url, _)| url)
    }

    /// Makes the sites behind the doors. Listeners with the same purposes share one, and with it
    /// the counts of the rate limits.
    pub(super) fn open(
        self,
        config: &Config,
        services: &Services,
        admin: &api_admin::App,
        clock: &SharedClock,
        entropy: &dyn Entropy,
    ) -> Result<Open, Failure> {
        let site = |routes: Routes| {
            // Another one for each site: each counts its own requests.
            let run = u32::from_le_bytes(entropy::array(entropy));
            let proxies = config.server.trusted_proxies.iter().map(|net| (net.address, net.bits));
            let options = SiteOptions {
                clock: clock.clone(),
                rate_limits: config.rate_limits.clone(),
                forwarded_by: ForwardedBy::networks(proxies),
                overload: services.overload(config),
                is_trusted: Some(services.trusted_tokens()),
                run,
            };
            Site::new(options, routes)
                .map_err(|error| Failure::of("the endpoints conflict", &error))
        };
        let mut sites = BTreeMap::new();
        let mut listeners = Vec::with_capacity(self.listeners.len());
        for (listener, bound) in self.listeners {
            let client = listener.serves(Serves::Client);
            let management = listener.serves(Serves::Management);
            let site = if let Some(made) = sites.get(&(client, management)) {
                Site::clone(made)
            } else {
                let made = site(routes(services, admin, client, management))?;
                sites.insert((client, management), made.clone());
                made
            };
            listeners.push((bound, site));
        }
        let local = api_admin::local::routes(admin);
        let local_site = site(routes(services, admin, false, true).merge(local))?;
        Ok(Open {
            local: self.local,
            local_site,
            listeners,
            stop: CancellationToken::new(),
            connections: TaskTracker::new(),
        })
    }
}

fn routes(services: &Services, admin: &api_admin::App, client: bool, management: bool) -> Routes {
    let mut routes = api_admin::server::routes(admin);
    if client {
        routes =
            routes.merge(services.client_routes()).merge(api_admin::shared_secret::routes(admin));
    }
    if management {
        routes = routes.merge(api_admin::management::routes(admin));
    }
    routes
}

impl Open {
    /// Accepts connections on all listeners until the doors close.
    pub(super) async fn accept(&self) {
        // Aborted when this future is dropped: after a panic the next run accepts again.
        let mut accepting = tokio::task::JoinSet::new();
        for (bound, site) in &self.listeners {
            let (stop, connections) = (self.stop.clone(), self.connections.clone());
            accepting.spawn(bound.clone().accept(site.clone(), stop, connections));
        }
        self.local
            .accept(self.local_site.clone(), self.stop.clone(), self.connections.clone())
            .await;
        while accepting.join_next().await.is_some() {}
    }

    /// Reads the certificates of all TLS listeners again. What cannot be used is not taken.
    pub(super) fn reload_certificates(&self) {
        let mut any = false;
        for (bound, _) in &self.listeners {
            let Some(certificate) = &bound.certificate else { continue };
            any = true;
            let address = bound.address;
            match certificate.reload() {
                Ok(()) => tracing::info!(%address, "certificate read again"),
                Err(error) => tracing::error!(%address, %error, "the certificate stays as it was"),
            }
        }
        if !any {
            tracing::info!("SIGHUP: there is no certificate to be read again");
        }
    }

    /// Accepts nothing more and lets the requests that are being answered end.
    pub(super) async fn close(&self, within: Duration) {
        self.stop.cancel();
        // Not left to the drop: the parts of a node that know each other may outlive this.
        self.local.remove();
        self.connections.close();
        if timeout(within, self.connections.wait()).await.is_err() {
            tracing::warn!(open = self.connections.len(), "connections cut off");
        }
    }
}
