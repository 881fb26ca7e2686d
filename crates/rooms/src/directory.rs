//! The public room list.
use std::{collections::BTreeSet, sync::Arc};

use protocol::ids::{OwnedRoomId, RoomId, UserId};
use store::{RoomNum, network_rooms};

use crate::{
    error::{Error, Result},
    facts::{Facts, JoinRule},
    service::Rooms,
    visibility::HistoryVisibility,
};

/// An entry of the public room list ([spec]).
///
/// [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3publicrooms
#[derive(Clone, Debug)]
pub struct PublicRoom {
    /// The room.
    pub room_id: OwnedRoomId,
    /// Its name.
    pub name: Option<String>,
    /// Its topic.
    pub topic: Option<String>,
    /// Its picture.
    pub avatar_url: Option<String>,
    /// Its canonical alias.
    pub canonical_alias: Option<String>,
    /// Who may join.
    pub join_rule: JoinRule,
    /// Its type.
    pub room_type: Option<String>,
    /// How many users are joined.
    pub joined: u64,
    /// Whether anybody may read it.
    pub world_readable: bool,
    /// Whether guests may join.
    pub guest_can_join: bool,
}

/// Which rooms are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Listing {
    /// Those that this server's users have published.
    #[default]
    Own,
    /// Those in the list of one network that an application service bridges.
    Network {
        /// The application service.
        appservice: String,
        /// What it calls the network.
        network: String,
    },
    /// All of them.
    All,
}

/// What a client looks for in the list.
#[derive(Clone, Debug, Default)]
pub struct PublicRoomsQuery {
    /// Which rooms are listed.
    pub listing: Listing,
    /// Only rooms with this in their name, topic or alias.
    pub search: Option<String>,
    /// Only rooms of one of these types; `None` in it stands for rooms without a type.
    pub room_types: Option<Vec<Option<String>>>,
    /// How many entries to pass over.
    pub offset: usize,
    /// How many entries to answer with at most.
    pub limit: usize,
}

/// A page of the list.
#[derive(Clone, Debug)]
pub struct PublicRooms {
    /// The entries, the most joined first.
    pub rooms: Vec<PublicRoom>,
    /// How many entries there are in all.
    pub total: usize,
}

impl Rooms {
    /// A page of the public room list.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn public_rooms(self: &Arc<Self>, query: &PublicRoomsQuery) -> Result<PublicRooms> {
        let mut rooms = Vec::new();
        for num in self.listed(&query.listing).await? {
            let Some(room) = self.by_number(num).await? else { continue };
            let facts = room.facts(self).await?;
            let entry = entry(&facts);
            // Nobody is left who could let anybody in.
            if entry.joined > 0 && query.matches(&entry) {
                rooms.push(entry);
            }
        }
        rooms.sort_by(|a, b| b.joined.cmp(&a.joined).then_with(|| a.room_id.cmp(&b.room_id)));
        let total = rooms.len();
        let rooms = rooms.into_iter().skip(query.offset).take(query.limit).collect();
        Ok(PublicRooms { rooms, total })
    }

    async fn listed(&self, listing: &Listing) -> Result<BTreeSet<RoomNum>> {
        let db = &self.store.db;
        let mut listed = BTreeSet::new();
        if matches!(listing, Listing::Own | Listing::All) {
            let published = store::rooms::published(db).await?;
            listed.extend(published.into_iter().map(|published| published.room_num));
        }
        listed.extend(match listing {
            Listing::Own => Vec::new(),
            Listing::Network { appservice, network } => {
                network_rooms::of_network(db, appservice, network).await?
            }
            Listing::All => network_rooms::of_all_networks(db).await?,
        });
        Ok(listed)
    }

    /// Shows a room in the list of a network that an application service bridges, or no longer.
    ///
    /// # Errors
    /// [`Error::UnknownRoom`] if the server has none such.
    pub async fn set_published_on_network(
        &self,
        appservice: &str,
        network: &str,
        room_id: &RoomId,
        published: bool,
    ) -> Result<()> {
        let room = self.room(room_id).await?;
        let mut write = db::Write::new();
        if published {
            network_rooms::insert(&mut write, appservice, network, room.num);
        } else {
            network_rooms::delete(&mut write, appservice, network, room.num);
        }
        self.store.write(write).await?;
        Ok(())
    }

    /// Whether the public room list shows a room.
    ///
    /// # Errors
    /// [`Error::UnknownRoom`] if the server has none such.
    pub async fn is_published(&self, room_id: &RoomId) -> Result<bool> {
        let room = self.room(room_id).await?;
        let row = store::rooms::find(&self.store.db, room.num).await?;
        Ok(row.is_some_and(|row| row.published))
    }

    /// Shows a room in the public room list, or no longer: who may set its canonical alias may.
    ///
    /// # Errors
    /// See [`Error`]; nothing is changed then.
    pub async fn set_published(
        self: &Arc<Self>,
        user: &UserId,
        room_id: &RoomId,
        published: bool,
        is_admin: bool,
    ) -> Result<()> {
        let room = self.room(room_id).await?;
        let facts = room.facts(self).await?;
        let may =
            facts.is_joined(user) && facts.powers().can_send_state(user, "m.room.canonical_alias");
        if !may && !is_admin {
            return Err(Error::Forbidden("you may not change the public room list for this room"));
        }
        if published {
            self.check_not_blocked(room_id).await?;
        }
        let mut write = db::Write::new();
        store::rooms::set_published(&mut write, room.num, published);
        self.store.write(write).await?;
        Ok(())
    }
}

pub(crate) fn entry(facts: &Facts) -> PublicRoom {
    PublicRoom {
        room_id: facts.room_id.clone(),
        name: facts.state_text("m.room.name", "name"),
        topic: facts.state_text("m.room.topic", "topic"),
        avatar_url: facts.state_text("m.room.avatar", "url"),
        canonical_alias: facts.state_text("m.room.canonical_alias", "alias"),
        join_rule: facts.join_rule(),
        room_type: facts.room_type(),
        joined: facts.joined,
        world_readable: facts.history_visibility() == HistoryVisibility::WorldReadable,
        guest_can_join: facts.guest_can_join(),
    }
}

impl PublicRoomsQuery {
    fn matches(&self, room: &PublicRoom) -> bool {
        let typed = self.room_types.as_ref().is_none_or(|types| types.contains(&room.room_type));
        typed && self.search.as_ref().is_none_or(|search| found(search, room))
    }
}

fn found(search: &str, room: &PublicRoom) -> bool {
    let search = search.to_lowercase();
    [&room.name, &room.topic, &room.canonical_alias]
        .into_iter()
        .flatten()
        .any(|text| text.to_lowercase().contains(&search))
}
