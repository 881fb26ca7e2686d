//! Any events as state, any event upon them: an answer, never a panic. The input is a room version byte and lines of
//! events; the last line is judged.
#![no_main]
use event_auth::{State, auth_types_for, authorize, check_auth_events};
use libfuzzer_sys::fuzz_target;
use protocol::{Pdu, RoomVersion};

struct Events(Vec<Pdu>);

impl State for Events {
    fn get(&self, kind: &str, state_key: &str) -> Option<&Pdu> {
        self.0.iter().rev().find(|event| event.is_state(kind, state_key))
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let version = RoomVersion::ALL[usize::from(*first) % RoomVersion::ALL.len()];
    let parse = |(number, line): (usize, &str)| {
        Pdu::from_stored(format!("${number}:s").try_into().ok()?, version, line).ok()
    };
    let mut events: Vec<Pdu> = text.lines().enumerate().filter_map(parse).collect();
    let Some(event) = events.pop() else { return };
    let _ = auth_types_for(version, &event);
    let _ = check_auth_events(&event, &events, |_| false);
    let _ = authorize(version, &event, &Events(events));
});
