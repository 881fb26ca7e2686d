//! The event formats that clients get, written from an event's raw parts.
use super::Pdu;
use crate::canonical::write_string;

pub(super) fn write(pdu: &Pdu, out: &mut String, unsigned: Option<&str>, with_room_id: bool) {
    out.reserve(pdu.content().len() + unsigned.map_or(0, str::len) + 320);
    out.push_str(r#"{"content":"#);
    write_content(pdu, out);
    out.push_str(r#","event_id":"#);
    write_string(out, pdu.event_id().as_str());
    if let Some(duration_ms) = pdu.sticky_duration_ms() {
        out.push_str(r#","msc4354_sticky":{"duration_ms":"#);
        write_integer(out, duration_ms);
        out.push('}');
    }
    out.push_str(r#","origin_server_ts":"#);
    write_integer(out, pdu.origin_server_ts());
    if let Some(target) = pdu.redacts() {
        out.push_str(r#","redacts":"#);
        write_string(out, target.as_str());
    }
    if with_room_id {
        out.push_str(r#","room_id":"#);
        write_string(out, pdu.room_id().as_str());
    }
    write_sender_state_key_type(pdu, out);
    if let Some(unsigned) = unsigned {
        out.push_str(r#","unsigned":"#);
        out.push_str(unsigned);
    }
    out.push('}');
}

pub(super) fn write_stripped(pdu: &Pdu, out: &mut String, with_time: bool) {
    out.push_str(r#"{"content":"#);
    out.push_str(pdu.content());
    if with_time {
        out.push_str(r#","origin_server_ts":"#);
        write_integer(out, pdu.origin_server_ts());
    }
    write_sender_state_key_type(pdu, out);
    out.push('}');
}

fn write_sender_state_key_type(pdu: &Pdu, out: &mut String) {
    out.push_str(r#","sender":"#);
    write_string(out, pdu.sender().as_str());
    if let Some(state_key) = pdu.state_key() {
        out.push_str(r#","state_key":"#);
        write_string(out, state_key);
    }
    out.push_str(r#","type":"#);
    write_string(out, pdu.kind());
}

/// Redactions of room versions before 11 get their target into the content as well, for clients that only know the
/// new place ([spec]).
///
/// [spec]: https://spec.matrix.org/v1.16/client-server-api/#mroomredaction
fn write_content(pdu: &Pdu, out: &mut String) {
    let content = pdu.content();
    match pdu.redacts() {
        Some(target) if !pdu.version.redacts_in_content() => {
            let mut object =
                serde_json::from_str::<serde_json::Map<_, _>>(content).unwrap_or_default();
            object.insert("redacts".to_owned(), serde_json::Value::from(target.as_str()));
            out.push_str(&serde_json::Value::from(object).to_string());
        }
        _ => out.push_str(content),
    }
}

fn write_integer(out: &mut String, value: i64) {
    use std::fmt::Write as _;
    // Writing to a string cannot fail.
    let _ = write!(out, "{value}");
}
