//! What the command line asks a running node, over a socket that only the node's own user and root
//! may open. The documents are shared with the command line.
pub mod create_user;
pub mod deactivate_user;
pub mod delete_media;
pub mod delete_room;
pub mod document;
mod error;
pub mod get_media_move;
pub mod get_media_usage;
pub mod get_room_job;
pub mod get_status;
pub mod list_media;
pub mod list_reports;
pub mod list_room_jobs;
pub mod list_rooms;
pub mod list_users;
pub mod move_media;
mod named;
mod named_room;
pub mod purge_room;
pub mod renew_user;
pub mod room_document;
pub mod send_notice;
pub mod send_test_mail;
pub mod set_admin;
pub mod set_locked;
pub mod set_media_protection;
pub mod set_media_quarantine;
pub mod set_media_quota;
pub mod set_password;
pub mod set_room_block;
pub mod set_shadow_banned;
pub mod set_suspended;
pub mod show_room;

use endpoint::endpoints;

pub use self::error::Error;
use crate::App;

endpoints! { App:
    get_status,
    list_users,
    create_user,
    set_password,
    set_admin,
    set_locked,
    set_suspended,
    set_shadow_banned,
    deactivate_user,
    renew_user,
    list_reports,
    list_media,
    set_media_quarantine,
    set_media_protection,
    delete_media,
    get_media_usage,
    set_media_quota,
    send_notice,
    list_rooms,
    show_room,
    set_room_block,
    delete_room,
    purge_room,
    list_room_jobs,
    get_room_job,
    move_media,
    get_media_move,
    send_test_mail,
}

const DOCUMENTATION: &str = "https://spec.matrix.org/v1.16/appendices/#user-identifiers";
const ROOM_DOCUMENTATION: &str = "https://spec.matrix.org/v1.16/client-server-api/#rooms-1";
const NOTICE_DOCUMENTATION: &str =
    "https://spec.matrix.org/v1.16/client-server-api/#server-notices";
const MEDIA_DOCUMENTATION: &str =
    "https://spec.matrix.org/v1.16/client-server-api/#content-repository";
