//! Pools of connections.
use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use tokio_postgres::{NoTls, config::Host};

use super::{
    target::{Encryption, Target, describe},
    tls,
};
use crate::OpenError;

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Read,
    Write,
}

/// How long a new connection may take.
const CREATE: Duration = Duration::from_secs(10);

/// How long a reader waits for a free connection before the request it serves fails.
const WAIT: Duration = Duration::from_secs(30);

/// A pool that opens connections when they are first needed.
///
/// # Errors
/// Fails if the certificates to trust can't be read.
pub(super) fn pool(target: &Target, purpose: Purpose, size: usize) -> Result<Pool, OpenError> {
    let setting = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let config = target.config.clone();
    let manager = match &target.encryption {
        Encryption::None => Manager::from_config(config, NoTls, setting),
        Encryption::Unverified => Manager::from_config(config, tls::unverified()?, setting),
        Encryption::Verified { roots } => {
            Manager::from_config(config, tls::verified(roots.as_deref())?, setting)
        }
    };
    Pool::builder(manager)
        .max_size(size)
        .runtime(Runtime::Tokio1)
        .create_timeout(Some(CREATE))
        .wait_timeout(Some(WAIT))
        .post_create(Hook::async_fn(move |client, _| {
            Box::pin(async move {
                client.batch_execute(set_up(purpose)).await.map_err(HookError::Backend)
            })
        }))
        .build()
        .map_err(|error| OpenError::Start(error.into()))
}

fn set_up(purpose: Purpose) -> &'static str {
    // Our statements are short: compiling them costs more than it saves. Where the network is cut, the server has to give
    // up the writer's transaction before it notices by itself: it holds the row of the change stream.
    match purpose {
        Purpose::Read => "SET jit = off; SET default_transaction_read_only = on",
        Purpose::Write => {
            "SET jit = off; SET default_transaction_read_only = off; \
             SET idle_in_transaction_session_timeout = '10s'"
        }
    }
}

/// The first connection: an administrator reads what comes of it.
///
/// # Errors
/// Fails if the server can't be reached or refuses us.
pub(super) async fn first(pool: &Pool, target: &Target) -> Result<Object, OpenError> {
    pool.get().await.map_err(|error| {
        let reason = match &error {
            PoolError::Backend(refused) => describe(refused),
            other => describe(other),
        };
        OpenError::Unreachable { server: server(target), reason, source: Box::new(error) }
    })
}

fn server(target: &Target) -> String {
    let hosts = target.config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(folder) => folder.display().to_string(),
    });
    hosts.collect::<Vec<_>>().join(", ")
}
