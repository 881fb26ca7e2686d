//! Classifying an event, once, before it is committed.
use db::Write;
use rooms::notifications::{Arrival, BoxFuture, NotificationRules};
use store::{EventNum, RoomNum};

use crate::Push;

impl NotificationRules for Push {
    fn classify<'a>(
        &'a self,
        arrival: &'a Arrival<'a>,
        _: &'a mut Write,
    ) -> BoxFuture<'a, db::Result<bool>> {
        Box::pin(async move {
            Ok(matches!(arrival.event.kind(), "m.room.message" | "m.room.encrypted"))
        })
    }

    fn committed(&self, _: RoomNum, _: EventNum, _: i64) {}
}
