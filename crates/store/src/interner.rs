//! Interned numbers: users, rooms, state keys and events have small integers in the tables.
//!
//! A number is taken from a block that was reserved in the database before its first use, and its row is written in
//! the same write as that use. Two nodes that intern the same name at once are told apart by the unique constraint:
//! the later write is rejected with a conflict, forgets its number, and is tried again by its caller.
use std::{collections::HashMap, sync::Arc};

use db::{Database, Read, Result, Write, params};
use parking_lot::Mutex;
use protocol::ids::{OwnedRoomId, OwnedUserId, RoomId, UserId};
use quick_cache::sync::Cache;

use crate::numbers::{EventNum, RoomNum, StateKeyNum, StateVersion, UserNum};

/// How many numbers are reserved at once. What is left of a block at a stop is never used.
const BLOCK: i64 = 1_000;

/// Entries kept of each kind in each direction.
const CACHE_ENTRIES: usize = 20_000;

/// A (type, state key) pair.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StateKey {
    /// The event type.
    pub kind: Arc<str>,
    /// The state key.
    pub state_key: Arc<str>,
}

/// The interned names.
pub struct Interner {
    db: Database,
    users: Names<OwnedUserId>,
    rooms: Names<OwnedRoomId>,
    state_keys: Names<StateKey>,
    user_blocks: Block,
    room_blocks: Block,
    state_key_blocks: Block,
    event_blocks: Block,
    state_version_blocks: Block,
}

impl Interner {
    /// An empty cache over `db`.
    #[must_use]
    pub fn new(db: Database) -> Self {
        Self {
            db,
            users: Names::default(),
            rooms: Names::default(),
            state_keys: Names::default(),
            user_blocks: Block::new("user"),
            room_blocks: Block::new("room"),
            state_key_blocks: Block::new("state_key"),
            event_blocks: Block::new("event"),
            state_version_blocks: Block::new("state_version"),
        }
    }

    /// A number that no event has had.
    ///
    /// # Errors
    /// Fails if a block can't be reserved.
    pub async fn next_event(&self) -> Result<EventNum> {
        self.event_blocks.next(&self.db).await.map(EventNum)
    }

    /// A number that no state has had.
    ///
    /// # Errors
    /// Fails if a block can't be reserved.
    pub async fn next_state_version(&self) -> Result<StateVersion> {
        self.state_version_blocks.next(&self.db).await.map(StateVersion)
    }

    /// The number of `user_id`, given one in `write` if it has none.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn user(&self, write: &mut Write, user_id: &UserId) -> Result<UserNum> {
        if let Some(number) = self.find_user(user_id).await? {
            return Ok(number);
        }
        let number = self.users.claim(user_id.to_owned(), &self.user_blocks, &self.db).await?;
        write.execute_expecting(
            "INSERT INTO user_numbers (user_num, user_id) VALUES ($1, $2) ON CONFLICT (user_id) \
             DO UPDATE SET user_id = excluded.user_id WHERE user_numbers.user_num = excluded.user_num",
            params![number, user_id.as_str()],
            1,
        );
        Ok(UserNum(number))
    }

    /// The number of `user_id`, if it has one.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn find_user(&self, user_id: &UserId) -> Result<Option<UserNum>> {
        if let Some(number) = self.users.number(user_id) {
            return Ok(Some(UserNum(number)));
        }
        let row = self
            .db
            .query_optional(
                "SELECT user_num FROM user_numbers WHERE user_id = $1",
                params![user_id.as_str()],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        let number = row.get::<i64>(0)?;
        self.users.confirm(user_id.to_owned(), number);
        Ok(Some(UserNum(number)))
    }

    /// The numbers of those of `user_ids` that have one.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn find_users<'a>(
        &self,
        user_ids: impl Iterator<Item = &'a UserId>,
    ) -> Result<Vec<UserNum>> {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for user_id in user_ids {
            match self.users.number(user_id) {
                Some(number) => found.push(UserNum(number)),
                None => missing.push(user_id.to_string()),
            }
        }
        if !missing.is_empty() {
            let sql = "SELECT user_num, user_id FROM user_numbers WHERE user_id = ANY($1)";
            for row in self.db.query(sql, params![missing]).await? {
                let number: UserNum = row.get(0)?;
                let user_id = UserId::parse(row.text(1)?)
                    .map_err(|_| db::Error::inconsistent("a user id that is none"))?;
                self.users.confirm(user_id, number.0);
                found.push(number);
            }
        }
        Ok(found)
    }

    /// The user with this number.
    ///
    /// # Errors
    /// Fails if the database fails or no user has it.
    pub async fn user_id(&self, number: UserNum) -> Result<OwnedUserId> {
        if let Some(user_id) = self.users.name(number.0) {
            return Ok(user_id);
        }
        let row = self
            .db
            .query_optional("SELECT user_id FROM user_numbers WHERE user_num = $1", params![number])
            .await?;
        let row = row.ok_or_else(|| db::Error::inconsistent("a user number without its row"))?;
        let user_id = UserId::parse(row.get::<String>(0)?)
            .map_err(|_| db::Error::inconsistent("a user id that is none"))?;
        self.users.confirm(user_id.clone(), number.0);
        Ok(user_id)
    }

    /// A number that no room has had. It is a room's once it is [written](Self::insert_room).
    ///
    /// # Errors
    /// Fails if a block can't be reserved.
    pub async fn next_room(&self) -> Result<RoomNum> {
        self.room_blocks.next(&self.db).await.map(RoomNum)
    }

    /// Writes the number of a new room. The write is rejected if the room has another by then.
    pub fn insert_room(&self, write: &mut Write, number: RoomNum, room_id: &RoomId) {
        write.execute_expecting(
            "INSERT INTO room_numbers (room_num, room_id) VALUES ($1, $2) ON CONFLICT (room_id) \
             DO UPDATE SET room_id = excluded.room_id WHERE room_numbers.room_num = excluded.room_num",
            params![number, room_id.as_str()],
            1,
        );
    }

    /// The number of `room_id`, if it has one.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn find_room(&self, room_id: &RoomId) -> Result<Option<RoomNum>> {
        if let Some(number) = self.rooms.number(room_id) {
            return Ok(Some(RoomNum(number)));
        }
        let row = self
            .db
            .query_optional(
                "SELECT room_num FROM room_numbers WHERE room_id = $1",
                params![room_id.as_str()],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        let number = row.get::<i64>(0)?;
        self.rooms.confirm(room_id.to_owned(), number);
        Ok(Some(RoomNum(number)))
    }

    /// The room with this number.
    ///
    /// # Errors
    /// Fails if the database fails or no room has it.
    pub async fn room_id(&self, number: RoomNum) -> Result<OwnedRoomId> {
        if let Some(room_id) = self.rooms.name(number.0) {
            return Ok(room_id);
        }
        let row = self
            .db
            .query_optional("SELECT room_id FROM room_numbers WHERE room_num = $1", params![number])
            .await?;
        let row = row.ok_or_else(|| db::Error::inconsistent("a room number without its row"))?;
        let room_id = RoomId::parse(row.get::<String>(0)?)
            .map_err(|_| db::Error::inconsistent("a room id that is none"))?;
        self.rooms.confirm(room_id.clone(), number.0);
        Ok(room_id)
    }

    /// The number of a (type, state key) pair, given one in `write` if it has none.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn state_key(
        &self,
        write: &mut Write,
        kind: &str,
        state_key: &str,
    ) -> Result<StateKeyNum> {
        if let Some(number) = self.find_state_key(kind, state_key).await? {
            return Ok(number);
        }
        let name = StateKey { kind: kind.into(), state_key: state_key.into() };
        let number = self.state_keys.claim(name, &self.state_key_blocks, &self.db).await?;
        write.execute_expecting(
            "INSERT INTO state_keys (state_key_num, type, state_key) VALUES ($1, $2, $3) \
             ON CONFLICT (type, state_key) DO UPDATE SET type = excluded.type \
             WHERE state_keys.state_key_num = excluded.state_key_num",
            params![number, kind, state_key],
            1,
        );
        Ok(StateKeyNum(number))
    }

    /// The number of a (type, state key) pair, if it has one.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn find_state_key(&self, kind: &str, state_key: &str) -> Result<Option<StateKeyNum>> {
        let name = StateKey { kind: kind.into(), state_key: state_key.into() };
        if let Some(number) = self.state_keys.number(&name) {
            return Ok(Some(StateKeyNum(number)));
        }
        let row = self
            .db
            .query_optional(
                "SELECT state_key_num FROM state_keys WHERE type = $1 AND state_key = $2",
                params![kind, state_key],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        let number = row.get::<i64>(0)?;
        self.state_keys.confirm(name, number);
        Ok(Some(StateKeyNum(number)))
    }

    /// Forgets names whose write was rejected, so that the next try reads what is stored.
    pub fn forget_unconfirmed(&self) {
        self.users.unconfirmed.lock().clear();
        self.state_keys.unconfirmed.lock().clear();
    }
}

/// The names of one kind, in both directions.
struct Names<N> {
    numbers: Cache<N, i64>,
    by_number: Cache<i64, N>,
    /// Given a number by a write that may not have been committed: each use writes the row again.
    unconfirmed: Mutex<HashMap<N, i64>>,
}

impl<N> Default for Names<N>
where
    N: Clone + Eq + std::hash::Hash,
{
    fn default() -> Self {
        Self {
            numbers: Cache::new(CACHE_ENTRIES),
            by_number: Cache::new(CACHE_ENTRIES),
            unconfirmed: Mutex::default(),
        }
    }
}

impl<N> Names<N>
where
    N: Clone + Eq + std::hash::Hash,
{
    fn number<Q>(&self, name: &Q) -> Option<i64>
    where
        Q: ?Sized + std::hash::Hash + quick_cache::Equivalent<N>,
    {
        self.numbers.get(name)
    }

    fn name(&self, number: i64) -> Option<N> {
        self.by_number.get(&number)
    }

    fn confirm(&self, name: N, number: i64) {
        self.numbers.insert(name.clone(), number);
        self.unconfirmed.lock().remove(&name);
        self.by_number.insert(number, name);
    }

    async fn claim(&self, name: N, block: &Block, db: &Database) -> Result<i64> {
        // Whoever looked for it in the database before it was there comes here after it was confirmed.
        let given = |unconfirmed: &HashMap<N, i64>| {
            unconfirmed.get(&name).copied().or_else(|| self.numbers.get(&name))
        };
        if let Some(number) = given(&self.unconfirmed.lock()) {
            return Ok(number);
        }
        let number = block.next(db).await?;
        let mut unconfirmed = self.unconfirmed.lock();
        if let Some(number) = given(&unconfirmed) {
            return Ok(number);
        }
        unconfirmed.insert(name, number);
        Ok(number)
    }
}

/// A block of numbers that this process alone hands out.
struct Block {
    kind: &'static str,
    /// The next number, and the one behind the block's last.
    range: Mutex<(i64, i64)>,
    refill: tokio::sync::Mutex<()>,
}

impl Block {
    fn new(kind: &'static str) -> Self {
        Self { kind, range: Mutex::new((0, 0)), refill: tokio::sync::Mutex::new(()) }
    }

    fn take(&self) -> Option<i64> {
        let mut range = self.range.lock();
        (range.0 < range.1).then(|| {
            range.0 += 1;
            range.0 - 1
        })
    }

    async fn next(&self, db: &Database) -> Result<i64> {
        loop {
            if let Some(number) = self.take() {
                return Ok(number);
            }
            let _refilling = self.refill.lock().await;
            // Somebody else may have refilled it while this call waited.
            if let Some(number) = self.take() {
                return Ok(number);
            }
            let first = db.reserve_numbers(self.kind, BLOCK).await?;
            *self.range.lock() = (first, first + BLOCK);
        }
    }
}
