//! The services of a node, built from the bottom up.
use std::{sync::Arc, time::Duration};

use accounts::{Accounts, AfterCommit, DeviceChange, DeviceObserver, ObserverFuture};
use components::Component;
use config::Config;
use db::Write;
use endpoint::{Endpoint, Routes};
use protocol::{ids::UserId, signing::Signer};
use store::{Store, UserNum};

use crate::{failure::Failure, folder::Folder};

/// The endpoints of the client-server API.
pub(super) const CLIENT_ENDPOINTS: &[Endpoint] = &[];

struct Nobody;
impl DeviceObserver for Nobody {
    fn devices_changed<'a>(
        &'a self,
        _: &'a mut Write,
        _: UserNum,
        _: &'a UserId,
        _: DeviceChange<'a>,
    ) -> ObserverFuture<'a> {
        Box::pin(async {
            let nothing: AfterCommit = Box::new(|_| Vec::new());
            Ok(nothing)
        })
    }
}

/// The services of a node.
pub(super) struct Services {
    pub(super) accounts: Arc<Accounts>,
    client_url: String,
}

impl Services {
    pub(super) async fn start(
        config: &Config,
        _folder: &Folder,
        store: Store,
        _signer: Signer,
        listener_url: &str,
    ) -> Result<Self, Failure> {
        let name = config.server.name.as_str().try_into();
        let name = name.map_err(|_| Failure::new("server.name is not a server name"))?;
        let settings = accounts::Settings::new(name, &config.accounts, &config.registration);
        let accounts = Accounts::new(store, settings, Arc::new(Nobody));
        let accounts = accounts.map_err(|error| Failure::of("cannot start", &error))?;
        Ok(Self { accounts: Arc::new(accounts), client_url: listener_url.to_owned() })
    }

    pub(super) fn client_url(&self) -> String {
        self.client_url.clone()
    }

    pub(super) fn client_routes(&self) -> Routes {
        Routes::new()
    }

    pub(super) fn components(&self) -> Vec<Component> {
        Vec::new()
    }

    pub(super) fn stop_waiting(&self) {}

    pub(super) async fn stop(&self) {
        tokio::time::sleep(Duration::ZERO).await;
    }
}
