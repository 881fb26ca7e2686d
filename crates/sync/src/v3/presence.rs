//! Who has come and gone, as far as the filter lets it through.
use ::presence::Seen;
use serde_json::{json, value::to_raw_value};

use super::{Events, Request};
use crate::{error::Result, service::Sync, window::Window};

impl Sync {
    pub(super) async fn who_came_and_went(
        &self,
        request: &Request,
        window: Window,
    ) -> Result<Events> {
        let mut events = Events::default();
        let after = window.since.map(|since| since.position);
        let news = self.presence.news(request.client.user_num, after, window.now.position).await?;
        for seen in news {
            if !request.filter.presence.allows("m.presence", &seen.user_id) {
                continue;
            }
            let event = json!({
                "type": "m.presence", "sender": seen.user_id, "content": content(&seen),
            });
            events.events.push(
                to_raw_value(&event)
                    .map_err(|_| db::Error::inconsistent("presence that is no JSON"))?,
            );
        }
        Ok(events)
    }
}

fn content(seen: &Seen) -> serde_json::Value {
    let mut content = json!({
        "presence": seen.shown.status.as_str(),
        "currently_active": seen.shown.currently_active,
    });
    if let Some(ago) = seen.last_active_ago_ms {
        content["last_active_ago"] = ago.into();
    }
    if let Some(message) = &seen.shown.status_msg {
        content["status_msg"] = message.as_str().into();
    }
    content
}
