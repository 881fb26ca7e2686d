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
mod children;
mod create_room;
mod directory;
mod error;
mod event_cache;
mod facts;
mod fully_read;
mod hierarchy;
mod histories;
mod invite_rules;
mod membership;
mod memberships;
mod nearest;
mod powers;
mod receipts;
mod receive;
mod recent;
mod redactions;
mod relations;
mod render;
mod room;
mod send;
mod service;
mod sharing;
mod state_reads;
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
    directory::{Listing, PublicRoom, PublicRooms, PublicRoomsQuery},
    error::{Error, Result},
    event::Event,
    facts::{Facts, JoinRule, is_bump},
    hierarchy::{Hierarchy, HierarchyCursor, HierarchyQuery, SpaceRoom},
    invite_rules::{InviteRules, InviteVerdict},
    membership::{MembershipChange, Profile},
    memberships::UserRooms,
    powers::Powers,
    receipts::{Receipt, ReceiptKind},
    receive::Received,
    render::{Format, Viewer},
    room::Room,
    send::Transaction,
    service::{Rooms, Settings},
    sharing::Moves,
    state_reads::MembersQuery,
    summary::RoomSummary,
    thread_list::{Threads, ThreadsQuery},
    timeline::{Around, Context, Messages, MessagesQuery, SeenEvent},
    typing::TIMEOUT_MS_MAX as TYPING_TIMEOUT_MS_MAX,
    upgrade::UpgradeRoom,
    visibility::{HistoryVisibility, View},
};
pub use store::{events::Direction, memberships::Membership};
