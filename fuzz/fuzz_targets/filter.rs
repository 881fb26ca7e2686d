//! A filter that is read can be written and read again, and is applied without a panic.
#![no_main]
use libfuzzer_sys::fuzz_target;
use protocol::{
    Pdu, RoomVersion,
    filter::{Filter, RoomEventFilter},
};

const EVENT: &str = r#"{"auth_events":[],"content":{"url":"x"},"depth":1,"origin_server_ts":1,"prev_events":[],"room_id":"!r:s","sender":"@u:s","type":"m.room.message"}"#;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(filter) = Filter::parse(bytes) {
        let text = serde_json_text(&filter);
        assert_eq!(Filter::parse(text.as_bytes()).expect("a written filter is read"), filter);
    }
    if let Ok(filter) = RoomEventFilter::parse(bytes) {
        let id = "$e".try_into().expect("an event id");
        let event = Pdu::from_stored(id, RoomVersion::V12, EVENT).expect("an event");
        if filter.allows_everything() {
            assert!(filter.matches(&event));
        }
    }
});

fn serde_json_text(filter: &Filter) -> String {
    let object = protocol::canonical::object_from(filter).expect("a filter is an object");
    protocol::canonical::to_string(&object)
}
