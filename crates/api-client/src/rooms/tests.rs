//! Rooms through their endpoints, on both engines.
mod bad_input;
mod create_room;
mod finding;
mod invite_rules;
mod membership;
mod moderation;
mod notices;
mod overload;
mod reading;
mod relations;
mod retention;
mod search;
mod sending;
mod shadow_bans;
mod timestamps;
mod upgrade;
