//! Rooms through their endpoints, on both engines.
mod bad_input;
mod create_room;
mod finding;
mod invite_rules;
mod membership;
mod reading;
mod relations;
mod search;
mod sending;
mod timestamps;
mod upgrade;
