//! Finding rooms and people: the tree of a space, what a room shows before one is in it.
mod get_hierarchy;
mod get_mutual_rooms;
mod get_room_summary;
mod search_users;
mod summary;

use endpoint::endpoints;

use crate::App;

endpoints! { App:
    get_hierarchy,
    get_room_summary,
    search_users,
    get_mutual_rooms,
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
