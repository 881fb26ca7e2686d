//! Aliases of this server: made by anybody who may, resolved by everybody.
use std::sync::{Arc, atomic::Ordering};

use protocol::{
    canonical::{self, Object, Value, string},
    ids::{OwnedRoomAliasId, OwnedRoomId, RoomAliasId, RoomId, UserId},
};
use store::aliases as table;

use crate::{
    error::{Error, Result},
    facts::Facts,
    service::Rooms,
};

impl Rooms {
    /// Where an alias leads.
    ///
    /// # Errors
    /// [`Error::UnknownAlias`] if it leads nowhere, as far as this server knows.
    pub async fn resolve_alias(&self, alias: &RoomAliasId) -> Result<OwnedRoomId> {
        let row = table::find(&self.store.db, alias).await?.ok_or(Error::UnknownAlias)?;
        Ok(self.store.interner.room_id(row.room_num).await?)
    }

    /// Makes an alias of this server lead to a room.
    ///
    /// # Errors
    /// See [`Error`]; nothing is stored then.
    pub async fn set_alias(
        self: &Arc<Self>,
        user: &UserId,
        alias: &RoomAliasId,
        room_id: &RoomId,
    ) -> Result<()> {
        self.check_local(alias)?;
        let room = self.joined_room(room_id, user).await?;
        self.check_not_blocked(room_id).await?;
        let mut write = db::Write::new();
        let creator = self.store.interner.user(&mut write, user).await?;
        table::insert(&mut write, alias, room.num, creator, self.now_ms());
        match self.store.write(write).await {
            Ok(_) => {
                self.alias_changes.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }
            Err(db::WriteError::Conflict { .. }) => Err(Error::AliasTaken),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes an alias: whoever made it may, and whoever may set the room's canonical alias.
    ///
    /// # Errors
    /// See [`Error`]; nothing is removed then.
    pub async fn delete_alias(
        self: &Arc<Self>,
        user: &UserId,
        alias: &RoomAliasId,
        is_admin: bool,
    ) -> Result<()> {
        self.check_local(alias)?;
        let row = table::find(&self.store.db, alias).await?.ok_or(Error::UnknownAlias)?;
        let user_num = self.store.interner.find_user(user).await?;
        if user_num != Some(row.creator_num) && !is_admin {
            let room = self.by_number(row.room_num).await?.ok_or(Error::UnknownAlias)?;
            let facts = room.facts(self).await?;
            let may = facts.powers().can_send_state(user, "m.room.canonical_alias");
            if !facts.is_joined(user) || !may {
                return Err(Error::Forbidden("you may not remove this alias"));
            }
        }
        let mut write = db::Write::new();
        table::delete(&mut write, alias);
        self.store.write(write).await?;
        self.alias_changes.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    /// Another number whenever an alias was given to a room that existed before, or taken from one. It starts again with
    /// the process.
    #[must_use]
    pub fn alias_serial(&self) -> u64 {
        self.alias_changes.load(Ordering::SeqCst)
    }

    /// The aliases of a room on this server, for those who run it.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn all_aliases(&self, room: store::RoomNum) -> Result<Vec<OwnedRoomAliasId>> {
        Ok(table::of_room(&self.store.db, room).await?)
    }

    /// The aliases of a room on this server.
    ///
    /// # Errors
    /// [`Error::NotJoined`] unless the user is joined or the room is open to everybody.
    pub async fn aliases(
        self: &Arc<Self>,
        user: &UserId,
        room_id: &RoomId,
    ) -> Result<Vec<OwnedRoomAliasId>> {
        let room = self.find(room_id).await?.ok_or(Error::NotJoined)?;
        let facts = room.facts(self).await?;
        let open = facts.history_visibility() == crate::HistoryVisibility::WorldReadable;
        if !open && !facts.is_joined(user) {
            return Err(Error::NotJoined);
        }
        Ok(table::of_room(&self.store.db, room.num).await?)
    }

    /// Every alias that a canonical alias event names newly has to lead to the room ([spec]). One of another server
    /// cannot be looked up, so it is taken to lead nowhere.
    ///
    /// [spec]: https://spec.matrix.org/v1.16/client-server-api/#mroomcanonical_alias
    pub(crate) async fn check_canonical_alias(
        &self,
        facts: &Facts,
        content: &Object,
    ) -> Result<()> {
        let current = facts.state.get("m.room.canonical_alias", "");
        let current = current
            .and_then(|event| canonical::parse_object(event.pdu.content().as_bytes()).ok())
            .and_then(|content| named_aliases(&content).ok())
            .unwrap_or_default();
        for alias in named_aliases(content)? {
            if current.contains(&alias) {
                continue;
            }
            let row = table::find(&self.store.db, &alias).await?;
            if row.is_none_or(|row| row.room_num != facts.room_num) {
                return Err(Error::UnknownAlias);
            }
        }
        Ok(())
    }

    fn check_local(&self, alias: &RoomAliasId) -> Result<()> {
        if alias.server_name() == self.server_name() {
            Ok(())
        } else {
            Err(Error::NotLocal(alias.to_string()))
        }
    }
}

/// The aliases that the content of a canonical alias event names.
pub(crate) fn named_aliases(content: &Object) -> Result<Vec<OwnedRoomAliasId>> {
    let mut names: Vec<&str> = string(content, "alias").into_iter().collect();
    if let Some(Value::Array(others)) = content.get("alt_aliases") {
        for other in others {
            let Value::String(other) = other else {
                return Err(Error::InvalidParam(
                    "alt_aliases has something that is no alias".into(),
                ));
            };
            names.push(other);
        }
    }
    names
        .into_iter()
        .filter(|name| !name.is_empty())
        .map(|name| {
            RoomAliasId::parse(name)
                .map_err(|_| Error::InvalidParam(format!("{name} is not a room alias")))
        })
        .collect()
}
