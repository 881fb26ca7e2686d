//! Deleting a room: its members are moved out, and everything about it is removed.
//!
//! It is a job of two stages, and each can be broken off anywhere and gone on with: *closing*, in which users of this server
//! leave by events of their own, and *purging*, which begins with the room's row. From then on the room is not known here.
use std::sync::Arc;

use db::Write;
use futures_util::future::join_all;
use protocol::{
    canonical::{self, Object, Value},
    ids::{OwnedRoomId, OwnedUserId, RoomId, UserId},
};
use serde::{Deserialize, Serialize};
use store::{
    RoomNum, StateVersion,
    blocked_rooms::{self, BlockRow},
    events::purging,
    memberships::Membership,
    room_jobs::{self, JobRow},
    search, state_versions, whole_rooms,
};

use crate::{
    create_room::{CreateRoom, Preset},
    draft::{Draft, Submission},
    error::{Error, Result},
    jobs::{request_of, room_of},
    room::Room,
    service::Rooms,
};

pub(crate) const DELETE: &str = "delete";

const CLOSING: &str = "closing";
const PURGING: &str = "purging";

/// How many members are moved at the same time: as many as one write of a room takes.
const MOVED_AT_ONCE: usize = 64;

/// How often it is looked for members at most.
const ROUNDS: u32 = 3;

/// How many events are removed in one write, and how many rows of each other table.
const STEP: i64 = 200;
const ROWS: i64 = 1_000;

/// The power of those who are moved into a new room: they cannot speak there.
const SILENT: i64 = -10;

/// How a room is deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteRoom {
    /// Whether it stays blocked afterwards.
    pub block: bool,
    /// What users are told who want to join it then.
    pub message: Option<String>,
    /// Where its members go.
    pub new_room: Option<NewRoom>,
}

/// The room that the members of a deleted one are put into, with a notice for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRoom {
    /// Who makes it and speaks in it: a user of this server.
    pub creator: OwnedUserId,
    /// What it is called.
    pub name: String,
    /// What its creator says in it.
    pub notice: String,
}

/// The parameters of the job, and what it must know when it goes on.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct DeleteRequest {
    room_num: i64,
    new_room: Option<NewRoom>,
    new_room_id: Option<OwnedRoomId>,
}

impl Rooms {
    /// Asks for a room to be deleted. Nobody comes in from now on; the job tells how far it is.
    ///
    /// # Errors
    /// [`Error::UnknownRoom`], [`Error::NotLocal`] if the creator of the new room is of another server.
    pub async fn request_deletion(
        self: &Arc<Self>,
        room_id: &RoomId,
        how: DeleteRoom,
    ) -> Result<JobRow> {
        let room = self.room(room_id).await?;
        if let Some(new_room) = &how.new_room
            && new_room.creator.server_name() != self.server_name()
        {
            return Err(Error::NotLocal(new_room.creator.to_string()));
        }
        let block =
            BlockRow { message: how.message, is_temporary: !how.block, blocked_ts: self.now_ms() };
        let mut write = Write::new();
        blocked_rooms::set(&mut write, room_id, &block);
        let request =
            DeleteRequest { room_num: room.num.0, new_room: how.new_room, new_room_id: None };
        self.add_job(room_id, DELETE, &request, write).await
    }

    pub(crate) async fn run_deletion(self: &Arc<Self>, mut job: JobRow) -> Result<JobRow> {
        let mut request = request_of::<DeleteRequest>(&job)?;
        let room_id = room_of(&job)?;
        let num = RoomNum(request.room_num);
        if let Some(room) = self.by_number(num).await? {
            CLOSING.clone_into(&mut job.stage);
            self.note_job(&job).await?;
            self.make_new_room(&mut job, &mut request).await?;
            for _ in 0..ROUNDS {
                // Who was on the way in when the room was blocked is found by the next round.
                if self.empty(&room, request.new_room_id.as_deref()).await? == 0 {
                    break;
                }
            }
            PURGING.clone_into(&mut job.stage);
            job.total = purging::count_of_room(&self.store.db, num).await?;
            self.take_away(&room, &job).await?;
        }
        job = self.remove_all_events(num, job).await?;
        self.remove_all_rows(num).await?;
        let mut write = Write::new();
        whole_rooms::leave_behind(&mut write, num);
        blocked_rooms::delete_temporary(&mut write, &room_id);
        drop(self.store.write(write).await?);
        self.memberships.clear();
        self.forget_histories();
        Ok(job)
    }

    /// Makes the room that members are put into, unless that was done before.
    async fn make_new_room(
        self: &Arc<Self>,
        job: &mut JobRow,
        request: &mut DeleteRequest,
    ) -> Result<()> {
        let Some(wanted) = request.new_room.as_ref().filter(|_| request.new_room_id.is_none())
        else {
            return Ok(());
        };
        let levels = canonical::object_from(&serde_json::json!({ "users_default": SILENT }))
            .map_err(|error| Error::Build(error.to_string()))?;
        let wish = CreateRoom {
            name: Some(wanted.name.clone()),
            power_level_content_override: levels,
            ..CreateRoom::of(Preset::PublicChat)
        };
        let room_id = self.create_room(&wanted.creator, wish).await?;
        request.new_room_id = Some(room_id.clone());
        job.request = serde_json::to_string(request)
            .map_err(|_| db::Error::inconsistent("the request of a job"))?;
        self.note_job(job).await?;
        let Some(wanted) = &request.new_room else { return Ok(()) };
        let mut content = Object::new();
        content.insert("msgtype".into(), Value::String("m.text".to_owned()));
        content.insert("body".into(), Value::String(wanted.notice.clone()));
        let room = self.room(&room_id).await?;
        let draft = Draft::message("m.room.message", content);
        self.submit_one(&room, Submission::one(wanted.creator.clone(), draft)).await?;
        Ok(())
    }

    /// Moves every user of this server out of a room, and those who were in it into `new_room`.
    /// Returns how many there were.
    async fn empty(self: &Arc<Self>, room: &Arc<Room>, new_room: Option<&RoomId>) -> Result<usize> {
        let facts = room.facts(self).await?;
        let members = facts.state.of_type("m.room.member").filter_map(|(user, event)| {
            let user = UserId::parse(&**user).ok()?;
            let membership = event.membership()?;
            let is_here = user.server_name() == self.server_name()
                && matches!(membership, Membership::Join | Membership::Invite | Membership::Knock);
            is_here.then_some((user, membership))
        });
        let members: Vec<(OwnedUserId, Membership)> = members.collect();
        for some in members.chunks(MOVED_AT_ONCE) {
            let moves = some.iter().map(async |(user, membership)| {
                if let Some(new_room) = new_room.filter(|_| *membership == Membership::Join)
                    && let Err(error) = self.join(user, new_room, None).await
                {
                    tracing::warn!(user.id = %user, room.id = %new_room, %error, "a member of a deleted room could not be put into the new one");
                }
                self.put_out(room, user).await
            });
            for moved in join_all(moves).await {
                moved?;
            }
        }
        Ok(members.len())
    }

    /// Lets a user leave a room whatever speaks against it.
    pub(crate) async fn put_out(self: &Arc<Self>, room: &Arc<Room>, user: &UserId) -> Result<()> {
        let content = self.member_content(user, Membership::Leave, None).await?;
        let draft = Draft::state("m.room.member", user.as_str(), content);
        match self.submit_one(room, Submission::one(user.to_owned(), draft)).await {
            // Gone already: there is nothing more to do.
            Ok(_) | Err(Error::Denied(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes the room itself: from now on it is not known.
    async fn take_away(&self, room: &Arc<Room>, job: &JobRow) -> Result<()> {
        let _writing = room.writing.lock().await;
        let mut write = Write::new();
        whole_rooms::close(&mut write, room.num);
        room_jobs::update(&mut write, &JobRow { changed_ts: self.now_ms(), ..job.clone() });
        let result = self.store.write(write).await;
        self.alias_changes.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        self.deactivate(room);
        room.distrust();
        drop(result?);
        Ok(())
    }

    async fn remove_all_events(&self, room: RoomNum, mut job: JobRow) -> Result<JobRow> {
        loop {
            let rows = purging::any_of_room(&self.store.db, room, STEP).await?;
            if rows.is_empty() {
                return Ok(job);
            }
            let numbers: Vec<_> = rows.iter().map(|row| row.event_num).collect();
            let versions = rows.iter().filter_map(|row| row.state_version);
            let versions: std::collections::BTreeSet<StateVersion> = versions.collect();
            let versions: Vec<StateVersion> = versions.into_iter().collect();
            let mut write = Write::new();
            search::remove_all(&mut write, self.store.db.engine(), &numbers);
            state_versions::delete(&mut write, &versions);
            purging::delete(&mut write, &numbers);
            job.done = job.done.saturating_add(i64::try_from(rows.len()).unwrap_or(i64::MAX));
            job.changed_ts = self.now_ms();
            room_jobs::update(&mut write, &job);
            drop(self.store.write(write).await?);
            for num in numbers {
                self.events.remove(num);
            }
        }
    }

    async fn remove_all_rows(&self, room: RoomNum) -> Result<()> {
        loop {
            let mut write = Write::new();
            let operations = whole_rooms::delete_some(&mut write, room, ROWS);
            let committed = self.store.write(write).await?;
            if operations.iter().all(|operation| committed.affected(*operation) == 0) {
                return Ok(());
            }
        }
    }
}
