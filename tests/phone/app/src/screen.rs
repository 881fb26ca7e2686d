//! The room list as its user sees it: the SDK's own sorting and filters, kept up by the differences that it tells.
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use eyeball_im::Vector;
use futures_util::{StreamExt as _, pin_mut};
use matrix_sdk::{
    RoomState,
    ruma::{OwnedRoomId, RoomId},
};
use matrix_sdk_ui::{
    room_list_service::{
        RoomListItem,
        filters::{new_filter_all, new_filter_deduplicate_versions, new_filter_non_left},
    },
    timeline,
};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{Failure, device::Device};

/// Entries that the list grows by, as in Element X.
const PAGE: usize = 200;

/// Events that an opened room shows.
const READ: u16 = 20;

/// For how long a room is open whose messages make no preview.
const OPEN_MAX: Duration = Duration::from_secs(5);

/// How often it is looked whether there is one.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What is on the screen.
pub(crate) struct Screen {
    entries: Arc<Mutex<Vector<RoomListItem>>>,
}

impl Screen {
    /// The list of all rooms that the user has not left, without the old versions of rooms that were upgraded.
    pub(crate) async fn of(device: &Device) -> Result<Self, Failure> {
        let list = device.service().room_list_service().all_rooms().await?;
        let entries = Arc::new(Mutex::new(Vector::new()));
        let shown = entries.clone();
        tokio::spawn(async move {
            let (changes, controller) = list.entries_with_dynamic_adapters(PAGE);
            let filters = vec![
                Box::new(new_filter_non_left()) as _,
                Box::new(new_filter_deduplicate_versions()) as _,
            ];
            controller.set_filter(Box::new(new_filter_all(filters)));
            pin_mut!(changes);
            while let Some(batch) = changes.next().await {
                let full = {
                    let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
                    for change in batch {
                        change.apply(&mut shown);
                    }
                    shown.len() % PAGE == 0
                };
                if full {
                    controller.add_one_page();
                }
            }
        });
        Ok(Self { entries })
    }

    fn entries(&self) -> Vector<RoomListItem> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The user opens a room and reads up to its last messages, until the list has a preview of it. When a room is closed, the
    /// SDK unloads all but its last events, and the preview is made of what is loaded, some time after it was.
    pub(crate) async fn read(&self, room: &RoomId) -> Result<(), Failure> {
        let known = self.entries().iter().find(|entry| entry.room_id() == room).cloned();
        let entry = known.ok_or("the list does not have the room")?;
        // Its trait also has a `latest_event`, which is not the one of the list.
        let timeline = timeline::RoomExt::timeline(&*entry).await?;
        timeline.paginate_backwards(READ).await?;
        let opened = Instant::now();
        while entry.latest_event().event_id().is_none() && opened.elapsed() < OPEN_MAX {
            sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// The rooms of `count` entries from number `first` on.
    pub(crate) fn window(&self, first: usize, count: usize) -> Vec<OwnedRoomId> {
        self.entries()
            .iter()
            .skip(first)
            .take(count)
            .map(|entry| entry.room_id().to_owned())
            .collect()
    }

    /// All entries, from top to bottom.
    pub(crate) async fn show(&self) -> Value {
        let mut shown = Vec::new();
        for entry in self.entries() {
            shown.push(one(&entry).await);
        }
        json!({ "entries": shown })
    }
}

/// What the list says of one room.
async fn one(entry: &RoomListItem) -> Value {
    let unread = entry.unread_notification_counts();
    let latest = entry.latest_event();
    json!({
        "room_id": entry.room_id(),
        "membership": match entry.state() {
            RoomState::Joined => "join",
            RoomState::Invited => "invite",
            RoomState::Knocked => "knock",
            RoomState::Left => "leave",
            RoomState::Banned => "ban",
        },
        "name": entry.display_name().await.map(|name| name.to_string()).ok(),
        "named": entry.name(),
        "topic": entry.topic(),
        "joined": entry.joined_members_count(),
        "direct": entry.is_direct().await.ok(),
        "notifications": unread.notification_count,
        "highlights": unread.highlight_count,
        "preview": latest.event_id(),
        "preview_ts": entry.latest_event_timestamp(),
        "recency": entry.recency_stamp().map(u64::from),
    })
}
