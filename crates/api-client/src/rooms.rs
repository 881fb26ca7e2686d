//! Rooms: making them, being in them, sending to them, reading them, finding them.
mod active;
mod agreed;
mod alias;
mod ban;
mod content;
mod create_room;
mod delayed;
mod delete_alias;
pub(crate) mod error;
pub(crate) mod find_room;
mod forget;
mod get_alias;
mod get_aliases;
mod get_context;
mod get_event;
mod get_event_by_timestamp;
mod get_initial_sync;
mod get_joined_members;
mod get_joined_rooms;
mod get_members;
mod get_messages;
mod get_public_rooms;
mod get_relations;
mod get_relations_by_type;
mod get_relations_by_types;
mod get_retention_configuration;
mod get_room_visibility;
mod get_state;
mod get_state_event;
mod get_threads;
mod invite;
mod join;
mod join_by_name;
mod kick;
mod knock;
mod leave;
mod massage;
mod page;
mod reason;
mod redact;
mod relations;
pub(crate) mod room_list;
mod search;
mod search_answer;
mod search_public_rooms;
mod send;
mod send_query;
mod set_alias;
mod set_read_markers;
mod set_receipt;
mod set_room_visibility;
mod set_state_event;
mod set_typing;
mod state_path;
mod target;
mod thread_subscription;
mod token;
mod unban;
mod upgrade;
pub(crate) mod viewer;

use endpoint::endpoints;

use crate::App;

endpoints! { App:
    create_room,
    upgrade,
    join,
    join_by_name,
    knock,
    invite,
    leave,
    forget,
    kick,
    ban,
    unban,
    send,
    redact,
    get_state,
    get_state_event,
    set_state_event,
    get_members,
    get_joined_members,
    get_joined_rooms,
    get_event,
    get_event_by_timestamp,
    get_context,
    get_messages,
    get_relations,
    get_relations_by_type,
    get_relations_by_types,
    get_threads,
    search,
    get_alias,
    set_alias,
    delete_alias,
    get_aliases,
    get_public_rooms,
    search_public_rooms,
    get_room_visibility,
    get_retention_configuration,
    set_room_visibility,
    set_receipt,
    set_read_markers,
    set_typing,
    get_initial_sync,
    delayed::schedule,
    delayed::list,
    delayed::get,
    delayed::act,
    delayed::update,
    thread_subscription::get,
    thread_subscription::subscribe,
    thread_subscription::unsubscribe,
    thread_subscription::list,
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
