//! A running node: what it is composed of, how it starts and how it stops.
mod database;
mod doors;
mod media;
mod services;
mod signals;
mod signing;

use std::{sync::Arc, sync::OnceLock, time::Duration};

use api_admin::{About, local::document};
use clock::{SharedClock, SystemClock};
use components::{Component, Supervisor};
use config::{Loaded, LogFormat, Serves};
use endpoint::Endpoint;
use entropy::SystemEntropy;
use telemetry::{
    logs::{self, Format},
    metrics::{Metrics, UPKEEP_PERIOD},
};

use self::{doors::Doors, services::Services, signals::Signals};
use crate::{commands::VERSION, failure::Failure, folder::Folder};

pub(crate) use self::{
    database::{location as database_location, options as database_options},
    media::bucket,
};

/// Requests that are being answered get so long to end.
const REQUESTS_END_WITHIN: Duration = Duration::from_secs(3);
/// Components, writes and the database get so long on top.
const PARTS_END_WITHIN: Duration = Duration::from_secs(1);

/// Every endpoint that any listener of a node can have.
pub(crate) fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    services::CLIENT_ENDPOINTS
        .iter()
        .chain(api_admin::server::ENDPOINTS)
        .chain(api_admin::shared_secret::ENDPOINTS)
        .chain(api_admin::management::ENDPOINTS)
        .chain(api_admin::local::ENDPOINTS)
}

/// What is known once a node serves.
#[derive(Clone, Debug)]
pub(crate) struct Ready {
    /// Where clients reach it.
    pub(crate) url: String,
    /// The first listener for clients.
    pub(crate) listener: String,
    pub(crate) server_name: String,
    pub(crate) folder: String,
    pub(crate) version: &'static str,
    /// Whether there is any account.
    pub(crate) has_users: bool,
}

impl Ready {
    pub(crate) fn to_json(&self) -> String {
        serde_json::json!({
            "url": self.url, "listener": self.listener, "server_name": self.server_name, "folder": self.folder,
            "version": self.version, "has_users": self.has_users,
        })
        .to_string()
    }
}

/// Runs a node until a signal ends it. `announce` is called once it serves.
pub(crate) fn run(
    loaded: Loaded,
    folder: &Folder,
    announce: impl FnOnce(&Ready) -> Result<(), Failure>,
) -> Result<(), Failure> {
    begin_logs(&loaded)?;
    // A client that waits for messages is an open file; the usual 1,024 are few.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::of("cannot start", &error))?;
    let result = runtime.block_on(start_and_serve(loaded, folder, announce));
    runtime.shutdown_timeout(Duration::from_millis(500));
    result
}

fn begin_logs(loaded: &Loaded) -> Result<(), Failure> {
    let log = &loaded.config.log;
    let format = match log.format {
        LogFormat::Auto => Format::suited(std::env::var("JOURNAL_STREAM").ok().as_deref()),
        LogFormat::Text => Format::Text,
        LogFormat::Json => Format::Json,
    };
    logs::begin(format, &log.filter).map_err(|error| Failure::of("cannot log", &error))
}

async fn start_and_serve(
    loaded: Loaded,
    folder: &Folder,
    announce: impl FnOnce(&Ready) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let config = loaded.config;
    let signals = Signals::new().map_err(|error| Failure::of("cannot wait for signals", &error))?;
    let clock = SystemClock::shared();
    let entropy = SystemEntropy::shared()
        .map_err(|error| Failure::of("the system has no randomness", &error))?;
    let metrics = Metrics::begin(VERSION).map_err(|error| Failure::of("cannot start", &error))?;

    let doors = Doors::bind(&config, folder).await?;
    let store = database::open(&config, folder, clock.clone(), entropy.clone()).await?;
    let signer = signing::load(&config, folder, &*entropy)?;
    let url = doors.url(Serves::Client).unwrap_or_default();
    let services = Services::start(&config, folder, store.clone(), signer, &url).await?;

    let opened = Arc::new(OnceLock::new());
    let supervisor = supervise(&services, &metrics, &opened)?;
    let about = about(&config, folder, &doors, &clock);
    let ready = Ready {
        url: services.client_url(),
        listener: url,
        server_name: about.server_name.clone(),
        folder: about.folder.clone(),
        version: VERSION,
        has_users: services
            .accounts
            .count_active_users()
            .await
            .map_err(|error| Failure::of("cannot count the accounts", &error))?
            > 0,
    };
    let admin = api_admin::App::new(api_admin::Services {
        accounts: services.accounts.clone(),
        moderation: services.moderation.clone(),
        rooms: services.rooms(),
        notices: services.notices(),
        mail: services.mail(),
        media: services.media(),
        components: supervisor.clone(),
        metrics,
        clock: clock.clone(),
        about,
    });
    let open = doors.open(&config, &services, &admin, &clock, &*entropy)?;
    let open = opened.get_or_init(|| open);
    supervisor.start_all().await;
    announce(&ready)?;
    // Nobody listens unless systemd started us.
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    tracing::info!(server = %ready.server_name, url = %ready.url, "serving");

    signals.until_stop(|| open.reload_certificates()).await;

    tracing::info!("stopping");
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    signals::exit_on_second();
    services.stop_waiting();
    open.close(REQUESTS_END_WITHIN).await;
    supervisor.stop_all(PARTS_END_WITHIN).await;
    services.stop().await;
    if tokio::time::timeout(PARTS_END_WITHIN, store.db.close()).await.is_err() {
        tracing::warn!("the database did not close in time; it recovers at the next start");
    }
    tracing::info!("stopped");
    Ok(())
}

fn supervise(
    services: &Services,
    metrics: &Metrics,
    opened: &Arc<OnceLock<doors::Open>>,
) -> Result<Arc<Supervisor>, Failure> {
    let opened = opened.clone();
    let homeserver = Component::new("homeserver", &[], move |mut stop| {
        let opened = opened.clone();
        async move {
            let Some(open) = opened.get() else { return Err("not bound yet".into()) };
            stop.ready();
            tokio::select! {
                () = open.accept() => {}
                () = stop.stopped() => {}
            }
            // The doors also close when the whole node stops; that is no failure.
            stop.stopped().await;
            Ok(())
        }
    });
    let metrics = metrics.clone();
    let upkeep = Component::new("metrics", &[], move |mut stop| {
        let metrics = metrics.clone();
        async move {
            stop.ready();
            loop {
                tokio::select! {
                    () = tokio::time::sleep(UPKEEP_PERIOD) => metrics.upkeep(),
                    () = stop.stopped() => return Ok(()),
                }
            }
        }
    });
    let mut all = vec![homeserver, upkeep];
    all.extend(services.components());
    Supervisor::new(all).map(Arc::new).map_err(|error| Failure::of("cannot start", &error))
}

fn about(config: &config::Config, folder: &Folder, doors: &Doors, clock: &SharedClock) -> About {
    let listener = |(url, serves): (String, Vec<Serves>)| document::Listener {
        url,
        serves: serves.into_iter().map(|serves| serves.word().to_owned()).collect(),
    };
    About {
        version: VERSION.to_owned(),
        server_name: config.server.name.clone(),
        database: database::location(config, folder)
            .map(|location| location.to_string())
            .unwrap_or_default(),
        folder: folder.path().display().to_string(),
        started_ms: clock.now_ms(),
        process: std::process::id(),
        listeners: doors.listeners().map(listener).collect(),
    }
}
