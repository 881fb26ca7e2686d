//! Delayed state that somebody else has set meanwhile: it was meant for what the state was before, and is never sent.
use std::collections::HashSet;

use db::Write;
use store::delayed_events as table;

use crate::{event::Event, service::Rooms};

/// What the sender of such an event is told.
const ERROR: &str = r#"{"errcode":"M_UNKNOWN","error":"Somebody else has set the same state","org.matrix.msc4140.errcode":"M_CANCELLED_BY_STATE_UPDATE"}"#;

impl Rooms {
    /// Ends the delayed events of others that would set the state which `event` sets, but for those that are sent in the
    /// same write. Returns their ids; they are to be [forgotten](Self::forget_pointless) once the write is durable.
    pub(crate) async fn end_pointless(
        &self,
        event: &Event,
        sending: &HashSet<&str>,
        write: &mut Write,
    ) -> db::Result<Vec<String>> {
        let Some(state_key) = event.pdu.state_key() else { return Ok(Vec::new()) };
        let (room, kind, sender) = (event.room_num, event.pdu.kind(), event.sender_num);
        let mut ended = self.waiting().await?.of_others(room, kind, state_key, sender);
        ended.retain(|delay_id| !sending.contains(delay_id.as_str()));
        for delay_id in &ended {
            table::end(write, delay_id, self.now_ms(), Some(ERROR));
        }
        Ok(ended)
    }

    /// They wait no more.
    pub(crate) fn forget_pointless(&self, ended: &[String]) {
        for delay_id in ended {
            self.delayed.remove(delay_id);
        }
    }
}
