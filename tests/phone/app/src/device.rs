//! The client behind the screen: its session, its stores, and the two connections that it keeps up.
use std::{path::Path, time::Duration};

use matrix_sdk::{
    Client,
    authentication::matrix::MatrixSession,
    ruma::{OwnedEventId, OwnedRoomId, RoomId, events::room::message::RoomMessageEventContent},
    sliding_sync::VersionBuilder,
};
use matrix_sdk_ui::sync_service::{State, SyncService};
use tokio::fs;

use crate::Failure;

/// How long a phone without network waits until it tries again.
const RETRY: Duration = Duration::from_millis(200);

/// How long its caches are given to store what has come last.
const STORED: Duration = Duration::from_secs(5);

/// A client that syncs.
pub(crate) struct Device {
    client: Client,
    service: std::sync::Arc<SyncService>,
}

impl Device {
    /// Restores the session of `folder`, or logs in and keeps one there; then syncs, and syncs again whenever the server has
    /// been away.
    pub(crate) async fn switch_on(
        url: &str,
        user: &str,
        password: &str,
        folder: &Path,
    ) -> Result<Self, Failure> {
        let client = Client::builder()
            .homeserver_url(url)
            // Element X refuses a server without simplified sliding sync.
            .sliding_sync_version_builder(VersionBuilder::DiscoverNative)
            .sqlite_store(folder, None)
            .build()
            .await?;
        let session = folder.join("session.json");
        if fs::try_exists(&session).await? {
            let known: MatrixSession = serde_json::from_slice(&fs::read(&session).await?)?;
            client.restore_session(known).await?;
        } else {
            let login = client.matrix_auth().login_username(user, password);
            login.initial_device_display_name("phone").send().await?;
            let begun =
                client.matrix_auth().session().ok_or("there is no session after the login")?;
            fs::write(&session, serde_json::to_vec(&begun)?).await?;
        }
        client.event_cache().config_mut().experimental_auto_backpagination = true;
        client.event_cache().subscribe()?;
        let service = std::sync::Arc::new(
            SyncService::builder(client.clone()).with_offline_mode().build().await?,
        );
        service.start().await;
        tokio::spawn(keep_up(service.clone()));
        Ok(Self { client, service })
    }

    /// The device's id.
    pub(crate) fn id(&self) -> Option<String> {
        self.client.device_id().map(ToString::to_string)
    }

    /// What the screens read.
    pub(crate) fn service(&self) -> &SyncService {
        &self.service
    }

    /// These rooms are on the screen now, and no others.
    pub(crate) async fn subscribe(&self, rooms: &[OwnedRoomId]) {
        let rooms: Vec<&RoomId> = rooms.iter().map(AsRef::as_ref).collect();
        self.service.room_list_service().subscribe_to_rooms(&rooms).await;
    }

    /// Sends a message and waits for its event id.
    pub(crate) async fn say(&self, room: &RoomId, text: &str) -> Result<OwnedEventId, Failure> {
        let room = self.client.get_room(room).ok_or("the phone does not know the room")?;
        Ok(room.send(RoomMessageEventContent::text_plain(text)).await?.response.event_id)
    }

    /// Ends the connections in good order. The SDK stores its position before its caches have stored the events that came
    /// with it, and tells nobody when they have.
    pub(crate) async fn switch_off(&self) {
        self.service.stop().await;
        tokio::time::sleep(STORED).await;
    }
}

/// Starts the sync again whenever it has ended by an error, as the app does when the network is back.
async fn keep_up(service: std::sync::Arc<SyncService>) {
    let mut state = service.state();
    while let Some(now) = state.next().await {
        if matches!(now, State::Error(_) | State::Terminated) {
            tokio::time::sleep(RETRY).await;
            service.start().await;
        }
    }
}
