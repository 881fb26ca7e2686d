//! Events that are no events of a room: a type and a content.
use std::fmt::Write as _;

use protocol::{canonical::write_string, ids::OwnedUserId};
use rooms::Receipt;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

use crate::error::Result;

/// `{"type": kind, "content": content}`; `content` is JSON.
pub(crate) fn typed(kind: &str, content: &str) -> Result<Box<RawValue>> {
    let mut text = String::with_capacity(kind.len() + content.len() + 24);
    text.push_str(r#"{"content":"#);
    text.push_str(content);
    text.push_str(r#","type":"#);
    write_string(&mut text, kind);
    text.push('}');
    Ok(RawValue::from_string(text)?)
}

/// `m.typing`: who is typing now.
pub(crate) fn typing(users: &[OwnedUserId]) -> Result<Box<RawValue>> {
    typed("m.typing", &serde_json::json!({ "user_ids": users }).to_string())
}

/// `m.receipt`: by event, kind and user.
pub(crate) fn receipts(receipts: &[Receipt]) -> Result<Box<RawValue>> {
    typed("m.receipt", &receipts_content(receipts))
}

/// The content of `m.receipt`.
pub(crate) fn receipts_content(receipts: &[Receipt]) -> String {
    let mut events: BTreeMap<&str, BTreeMap<&str, Vec<&Receipt>>> = BTreeMap::new();
    for receipt in receipts {
        let kinds = events.entry(receipt.event_id.as_str()).or_default();
        kinds.entry(receipt.kind.as_str()).or_default().push(receipt);
    }
    let mut text = String::from("{");
    for (number, (event_id, kinds)) in events.into_iter().enumerate() {
        separate(&mut text, number);
        write_string(&mut text, event_id);
        text.push_str(":{");
        for (number, (kind, receipts)) in kinds.into_iter().enumerate() {
            separate(&mut text, number);
            write_string(&mut text, kind);
            text.push_str(":{");
            write_users(&mut text, receipts);
            text.push('}');
        }
        text.push('}');
    }
    text.push('}');
    text
}

/// One entry a user: of a threaded and an unthreaded receipt on the same event, the later stands.
fn write_users(text: &mut String, mut receipts: Vec<&Receipt>) {
    receipts.sort_by(|a, b| a.user_id.cmp(&b.user_id).then(b.position.cmp(&a.position)));
    receipts.dedup_by(|later, first| later.user_id == first.user_id);
    for (number, receipt) in receipts.into_iter().enumerate() {
        separate(text, number);
        write_string(text, receipt.user_id.as_str());
        let _ = write!(text, r#":{{"ts":{}"#, receipt.receipt_ts);
        if let Some(thread_id) = &receipt.thread_id {
            text.push_str(r#","thread_id":"#);
            write_string(text, thread_id);
        }
        text.push('}');
    }
}

fn separate(text: &mut String, number: usize) {
    if number > 0 {
        text.push(',');
    }
}
