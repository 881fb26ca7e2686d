//! Identifiers: what is accepted keeps the limits.
#![no_main]
use libfuzzer_sys::fuzz_target;
use protocol::ids::{self, EventId, MxcUri, RoomAliasId, RoomId, ServerName, UserId};

fuzz_target!(|text: &str| {
    let server = <&ServerName>::try_from("example.org").expect("a server name");
    for user in [ids::new_local_user_id(text, server), ids::local_user_id(text, server)]
        .into_iter()
        .flatten()
    {
        assert!(user.as_str().len() <= ids::ID_BYTES_MAX && ids::is_local(&user, server));
        assert!(<&UserId>::try_from(user.as_str()).is_ok());
    }
    if let Ok(user) = <&UserId>::try_from(text) {
        let _ = (user.localpart(), user.server_name());
    }
    if let Ok(room) = <&RoomId>::try_from(text) {
        let _ = room.server_name();
    }
    if let Ok(alias) = <&RoomAliasId>::try_from(text) {
        let _ = (alias.alias(), alias.server_name());
    }
    if let Ok(event) = <&EventId>::try_from(text) {
        let _ = (event.localpart(), event.server_name());
    }
    let _ = <&MxcUri>::from(text).parts();
});
