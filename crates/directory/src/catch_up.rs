//! Making the directory's tables from what has changed.
use std::sync::Arc;

use db::Write;
use protocol::ids::UserId;
use rooms::{Facts, HistoryVisibility, JoinRule, Membership};
use serde::Deserialize;
use store::{
    RoomNum, UserNum, memberships, profiles,
    user_directory::{self as table, DirectoryRow},
};

use crate::{Directory, Error, words};

/// How many positions may pass without a change of the tables before it is noted how far they are made: so much is
/// looked at again after a restart.
const UNNOTED_MAX: i64 = 1_000;

/// How many changes go into one write.
const CHANGES_PER_WRITE: usize = 200;

/// How far the tables follow the change stream.
#[derive(Clone, Copy)]
pub(crate) struct Progress {
    /// Up to which position they are made.
    made: i64,
    /// Which is stored of that.
    noted: i64,
}

/// What waits to be written.
#[derive(Default)]
struct Pending {
    write: Write,
    changes: usize,
}

impl Directory {
    /// Makes the tables follow everything that is visible now. To be called every minute or so: searches do it too.
    ///
    /// # Errors
    /// See [`Error`]. What was not written is found changed again.
    pub async fn catch_up(&self) -> Result<(), Error> {
        if !self.settings.enabled {
            return Ok(());
        }
        let mut progress = self.progress.lock().await;
        let until = self.store.changes.position();
        let known = if let Some(known) = *progress {
            known
        } else {
            let noted = table::position(&self.store.db).await?.unwrap_or(-1);
            Progress { made: noted, noted }
        };
        let Progress { made: after, noted } = known;
        if after >= until {
            *progress = Some(known);
            return Ok(());
        }
        let mut pending = Pending::default();
        for user in profiles::changed_users(&self.store.db, None, after, until).await? {
            self.show_local(&mut pending, user).await?;
        }
        for room in self.store.changed_rooms(after).await? {
            self.look_at_room(&mut pending, room, after).await?;
        }
        let is_to_be_noted = pending.changes > 0 || until.saturating_sub(noted) >= UNNOTED_MAX;
        if is_to_be_noted {
            table::set_position(&mut pending.write, until);
            self.flush(&mut pending).await?;
        }
        let noted = if is_to_be_noted { until } else { noted };
        *progress = Some(Progress { made: until, noted });
        Ok(())
    }

    /// Shows a user of this server by their profile.
    async fn show_local(&self, pending: &mut Pending, user: UserNum) -> Result<(), Error> {
        let mut row = DirectoryRow {
            user_id: self.store.interner.user_id(user).await?,
            display_name: None,
            avatar_url: None,
        };
        for field in profiles::of_user(&self.store.db, user).await? {
            let Ok(text) = serde_json::from_str::<String>(&field.value) else { continue };
            match field.field.as_str() {
                "displayname" => row.display_name = Some(text),
                "avatar_url" => row.avatar_url = Some(text),
                _ => {}
            }
        }
        self.show(pending, user, &row).await
    }

    /// Notes whether a room is open to everybody, and shows the members of other servers who have come to it.
    async fn look_at_room(
        &self,
        pending: &mut Pending,
        room_num: RoomNum,
        after: i64,
    ) -> Result<(), Error> {
        let Some(room) = self.rooms.by_number(room_num).await? else { return Ok(()) };
        let facts = room.facts(&self.rooms).await?;
        if facts.state_position <= after {
            return Ok(());
        }
        if table::is_open(&self.store.db, room_num).await? != is_open(&facts) {
            table::set_open(&mut pending.write, room_num, is_open(&facts));
            self.note_change(pending).await?;
        }
        for place in memberships::of_room(&self.store.db, room_num, after).await? {
            if place.membership != Membership::Join {
                continue;
            }
            let user_id = self.store.interner.user_id(place.user_num).await?;
            if user_id.server_name() != self.server_name() {
                self.show_remote(pending, place.user_num, &user_id, &facts).await?;
            }
        }
        Ok(())
    }

    /// Shows a user of another server by what they show of themselves in a room.
    async fn show_remote(
        &self,
        pending: &mut Pending,
        user: UserNum,
        user_id: &UserId,
        facts: &Arc<Facts>,
    ) -> Result<(), Error> {
        #[derive(Default, Deserialize)]
        struct Content {
            displayname: Option<String>,
            avatar_url: Option<String>,
        }
        let member = facts.state.get("m.room.member", user_id.as_str());
        let content = member.and_then(|event| event.pdu.content_as::<Content>().ok());
        let Content { displayname, avatar_url } = content.unwrap_or_default();
        let storable = |text: &String| !text.contains('\0');
        let row = DirectoryRow {
            user_id: user_id.to_owned(),
            display_name: displayname.filter(storable),
            avatar_url: avatar_url.filter(storable),
        };
        self.show(pending, user, &row).await
    }

    async fn show(
        &self,
        pending: &mut Pending,
        user: UserNum,
        row: &DirectoryRow,
    ) -> Result<(), Error> {
        let name = row.display_name.as_deref();
        let folded = words::whole(name.unwrap_or_default());
        table::set(&mut pending.write, user, row, &folded, &words::of_user(&row.user_id, name));
        self.note_change(pending).await
    }

    async fn note_change(&self, pending: &mut Pending) -> Result<(), Error> {
        pending.changes += 1;
        if pending.changes.is_multiple_of(CHANGES_PER_WRITE) {
            self.flush(pending).await?;
        }
        Ok(())
    }

    async fn flush(&self, pending: &mut Pending) -> Result<(), Error> {
        let write = std::mem::take(&mut pending.write);
        self.store.db.write(write).await.map_err(db::Error::from)?;
        Ok(())
    }
}

/// Whether anybody may enter the room or read it.
fn is_open(facts: &Facts) -> bool {
    facts.join_rule() == JoinRule::Public
        || facts.history_visibility() == HistoryVisibility::WorldReadable
}
