//! Removing whole rooms from the tables that hang on them by the room's number, a few rows at a time.
//!
//! The statements are of one shape, so they stand together rather than one beside each table.
use db::{OperationIndex, Write, params};

use crate::numbers::RoomNum;

macro_rules! some_of {
    ($table:literal, $key:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " WHERE (",
            $key,
            ") IN (SELECT ",
            $key,
            " FROM ",
            $table,
            " WHERE room_num = $1 LIMIT $2)"
        )
    };
}

/// What is not read any more once a room has no row. Events go by [`crate::events::purging`].
const TABLES: &[&str] = &[
    some_of!("relations", "room_num, parent_id, position"),
    some_of!("threads", "room_num, root_id"),
    some_of!("notifications", "room_num, audience_num, position"),
    some_of!("notification_audiences", "room_num, user_num, position"),
    some_of!("receipts", "room_num, user_num, receipt_type, thread_id"),
    some_of!("current_state", "room_num, state_key_num"),
    some_of!("state_changes", "room_num, position, state_key_num"),
    some_of!("delayed_events", "delay_id"),
    some_of!("sticky_events", "room_num, position"),
    some_of!("thread_subscriptions", "user_num, room_num, root_num"),
];

/// Removes at most `limit` rows of a room from each table. All is gone when none of the statements changes anything.
pub fn delete_some(write: &mut Write, room: RoomNum, limit: i64) -> Vec<OperationIndex> {
    TABLES.iter().map(|sql| write.execute(sql, params![room, limit])).collect()
}

/// Removes what makes a room one that can be found and entered: its row, its aliases, its places in lists.
pub fn close(write: &mut Write, room: RoomNum) {
    write.execute("DELETE FROM rooms WHERE room_num = $1", params![room]);
    write.execute("DELETE FROM room_aliases WHERE room_num = $1", params![room]);
    write.execute("DELETE FROM network_rooms WHERE room_num = $1", params![room]);
    write.execute("DELETE FROM user_directory_rooms WHERE room_num = $1", params![room]);
}

/// Removes what users of this server have kept about a room that they were in, and the places of all others. Their own
/// places stay, as left and forgotten ones: whoever has not heard of it yet is told by them that they are out.
pub fn leave_behind(write: &mut Write, room: RoomNum) {
    write.execute(
        "DELETE FROM read_marks WHERE room_num = $1 \
         AND user_num IN (SELECT user_num FROM memberships WHERE room_num = $1)",
        params![room],
    );
    write.execute(
        "DELETE FROM account_data WHERE room_num = $1 \
         AND user_num IN (SELECT user_num FROM memberships WHERE room_num = $1)",
        params![room],
    );
    write.execute(
        "DELETE FROM memberships WHERE room_num = $1 AND NOT EXISTS ( \
         SELECT 1 FROM users WHERE users.user_num = memberships.user_num)",
        params![room],
    );
    write.execute(
        "UPDATE memberships SET forgotten = 1 WHERE room_num = $1 AND forgotten = 0",
        params![room],
    );
}
