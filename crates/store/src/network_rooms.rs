//! Table `network_rooms`: the room lists of the networks that application services bridge.
use db::{Read, Result, Write, params};

use crate::numbers::RoomNum;

/// Puts a room into the list of a network.
pub fn insert(write: &mut Write, appservice: &str, network: &str, room: RoomNum) {
    write.execute(
        "INSERT INTO network_rooms (appservice_id, network_id, room_num) VALUES ($1, $2, $3) \
         ON CONFLICT (appservice_id, network_id, room_num) DO NOTHING",
        params![appservice, network, room],
    );
}

/// Takes a room out of the list of a network.
pub fn delete(write: &mut Write, appservice: &str, network: &str, room: RoomNum) {
    write.execute(
        "DELETE FROM network_rooms WHERE appservice_id = $1 AND network_id = $2 AND room_num = $3",
        params![appservice, network, room],
    );
}

/// The rooms in the list of a network.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_network(
    reader: &impl Read,
    appservice: &str,
    network: &str,
) -> Result<Vec<RoomNum>> {
    let rows = reader
        .query(
            "SELECT room_num FROM network_rooms WHERE appservice_id = $1 AND network_id = $2",
            params![appservice, network],
        )
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// The rooms in the lists of all networks.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_all_networks(reader: &impl Read) -> Result<Vec<RoomNum>> {
    let rows = reader.query("SELECT DISTINCT room_num FROM network_rooms", params![]).await?;
    rows.iter().map(|row| row.get(0)).collect()
}
