//! Building the services from the bottom up: the one place that knows which of them needs which.
use std::{sync::Arc, thread};

use accounts::{Accounts, CostError};
use blobs::Blobs;
use config::Config;
use directory::Directory;
use encryption::Encryption;
use media::Media;
use protocol::{
    RoomVersion,
    ids::{IdParseError, OwnedServerName},
    signing::Signer,
};
use push::Push;
use rooms::{Rooms, notifications::NotificationRules};
use store::Store;
use sync::{Sync, SyncParts};

use super::{Services, Settings, account_changes::TellOthers};

/// What services stand on.
pub struct Foundation<'a> {
    /// The settings of the node.
    pub config: &'a Config,
    /// The database, migrated.
    pub store: Store,
    /// The key that signs the server's events.
    pub signer: Signer,
    /// Media on disk.
    pub blobs: Blobs,
    /// The URL of the first listener for clients.
    pub listener_url: &'a str,
}

/// The settings do not fit.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// The server name is none.
    #[error("server.name is not a server name")]
    ServerName(#[from] IdParseError),
    /// The default room version is none.
    #[error("rooms.default_version: there is no room version {0}")]
    RoomVersion(String),
    /// Passwords cannot be hashed like this.
    #[error("accounts: {0}")]
    PasswordCost(#[from] CostError),
}

impl Services {
    /// Builds all services.
    ///
    /// # Errors
    /// See [`AssembleError`].
    pub fn assemble(foundation: Foundation<'_>) -> Result<Self, AssembleError> {
        let Foundation { config, store, signer, blobs, listener_url } = foundation;
        let settings = Settings::new(config, listener_url)?;
        let name = settings.server_name.clone();
        let push = Push::new(store.clone(), name.clone());
        let rules = Arc::clone(&push) as Arc<dyn NotificationRules>;
        let rooms = Rooms::new(store.clone(), Arc::new(signer), room_settings(config)?, rules);
        let directory =
            Arc::new(Directory::new(store.clone(), Arc::clone(&rooms), directory_settings(config)));
        let shared_rooms = Arc::new(Arc::clone(&rooms));
        let encryption = Arc::new(Encryption::new(store.clone(), name.clone(), shared_rooms));
        let observer =
            Arc::new(TellOthers { encryption: Arc::clone(&encryption), rooms: Arc::clone(&rooms) });
        let account_settings =
            accounts::Settings::new(name.clone(), &config.accounts, &config.registration);
        let accounts = Arc::new(Accounts::new(store.clone(), account_settings, observer)?);
        let sync_store = store.clone();
        let media = Arc::new(Media::new(store, blobs, media_settings(name, config)));
        let parts = SyncParts {
            store: sync_store,
            rooms: Arc::clone(&rooms),
            encryption: Arc::clone(&encryption),
            push: Arc::clone(&push),
        };
        let sync = Arc::new(Sync::new(parts));
        Ok(Self { settings, accounts, rooms, directory, encryption, media, push, sync })
    }
}

fn room_settings(config: &Config) -> Result<rooms::Settings, AssembleError> {
    let version = &config.rooms.default_version;
    let default_version = RoomVersion::parse(version);
    Ok(rooms::Settings {
        default_version: default_version
            .ok_or_else(|| AssembleError::RoomVersion(version.clone()))?,
        room_cache_bytes: config.cache.rooms.as_usize(),
        event_cache_bytes: config.cache.events.as_usize(),
    })
}

fn directory_settings(config: &Config) -> directory::Settings {
    directory::Settings {
        enabled: config.user_directory.enabled,
        all_local_users: config.user_directory.search_all_users,
    }
}

fn media_settings(server_name: OwnedServerName, config: &Config) -> media::Settings {
    media::Settings {
        server_name,
        upload_bytes_max: config.media.upload_max.0,
        pixels_max: config.media.thumbnail_pixels_max.into(),
        decoder_bytes_max: config.media.thumbnail_memory_max.0,
        // Decoding must leave processors to everybody else.
        decoders: thread::available_parallelism().map_or(1, |all| all.get().div_ceil(2)),
        legacy_unauthenticated: config.media.legacy_unauthenticated,
    }
}
