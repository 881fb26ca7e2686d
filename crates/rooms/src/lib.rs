//! Rooms: events, state, membership, aliases, receipts and typing.
//!
//! A room is read through [`Facts`], an immutable snapshot shared by everybody who looks, and written through its
//! writer (`writer`), which takes what is submitted at the same time, builds the events one on top of the other,
//! commits them in one write, applies them to memory, publishes and answers.
//!
//! Invariants:
//! - Every event, local or remote, has passed [`event_auth::authorize`] before it is stored as accepted.
//! - Nothing on the way of an event loops over the members of its room.
//! - Every method that answers with events to a user asks a [`View`] which of them the user may see.
pub mod draft;
pub mod event;
pub mod notifications;
pub mod state;
pub mod token;
pub mod visibility;

mod aggregations;
mod aliases;
mod blocks;
mod children;
mod create_room;
mod delayed;
mod deletion;
mod directory;
mod error;
mod event_cache;
mod facts;
mod fully_read;
mod guests;
mod hierarchy;
mod histories;
mod inventory;
mod invite_rules;
mod jobs;
mod membership;
mod memberships;
mod nearest;
mod notices;
mod powers;
mod purge;
mod receipts;
mod receive;
mod recent;
mod redactions;
mod relations;
mod render;
mod retention;
mod room;
mod send;
mod service;
mod shadow_bans;
mod sharing;
mod state_reads;
mod sticky;
mod summary;
mod thread_list;
mod timeline;
mod typing;
mod upgrade;
mod writer;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use self::{
    children::ChildrenQuery,
    create_room::{CreateRoom, Preset},
    delayed::{DelayError, Delayed, DelayedEvent},
    deletion::{DeleteRoom, NewRoom},
    directory::{Listing, PublicRoom, PublicRooms, PublicRoomsQuery},
    draft::Manner,
    error::{Error, Result},
    event::Event,
    facts::{Facts, JoinRule, is_bump},
    hierarchy::{Hierarchy, HierarchyCursor, HierarchyQuery, SpaceRoom},
    inventory::InventoryRoom,
    invite_rules::{InviteRules, InviteVerdict},
    jobs::PurgeBefore,
    membership::{MembershipChange, Profile},
    memberships::UserRooms,
    powers::Powers,
    purge::Old,
    receipts::{Receipt, ReceiptKind},
    receive::Received,
    render::{Format, Viewer},
    retention::{Policy, Retention},
    room::Room,
    send::Transaction,
    service::{Rooms, Settings},
    sharing::Moves,
    state_reads::MembersQuery,
    sticky::STICKY_MS_MAX,
    summary::RoomSummary,
    thread_list::{Threads, ThreadsQuery},
    timeline::{Around, Context, Messages, MessagesQuery, SeenEvent},
    typing::TIMEOUT_MS_MAX as TYPING_TIMEOUT_MS_MAX,
    upgrade::UpgradeRoom,
    visibility::{HistoryVisibility, View},
};
pub use store::{events::Direction, memberships::Membership};
