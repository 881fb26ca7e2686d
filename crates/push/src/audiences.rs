//! The audiences of a room: its members, by what their push rules say about what happens in it.
use std::{collections::HashMap, sync::Arc};

use protocol::{
    ids::{OwnedUserId, RoomId, UserId},
    push::{PreparedRules, PushEvent, Recipient, RoomContext},
};
use store::{
    AudienceNum, RoomNum, UserNum,
    notification_audiences::{self as table, AudienceRow},
};

use crate::{Push, slots::Found};

/// The audiences of one room, other than that of the server's rules.
#[derive(Default)]
pub(crate) struct Audiences {
    pub(crate) all: HashMap<AudienceNum, Audience>,
    pub(crate) members: HashMap<UserNum, AudienceNum>,
}

pub(crate) struct Audience {
    pub(crate) rules: Arc<PreparedRules>,
    /// Whether what counts for those with the server's rules counts here too.
    pub(crate) is_counted: bool,
    /// One of its members: the only one, where what they are called matters.
    pub(crate) member: OwnedUserId,
    pub(crate) member_num: UserNum,
}

/// A user's rules, prepared.
pub(crate) struct Prepared {
    pub(crate) rules: Arc<PreparedRules>,
    /// Where in the change stream they were set; none for the server's.
    pub(crate) position: Option<i64>,
}

/// Which audience somebody belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Belonging {
    pub(crate) audience: AudienceNum,
    pub(crate) is_counted: bool,
}

impl Belonging {
    /// With those who have the server's rules.
    pub(crate) const ORDINARY: Self = Self { audience: AudienceNum::ORDINARY, is_counted: true };
}

impl Push {
    /// Where a user with `rules` belongs in `room`.
    pub(crate) fn belonging(&self, rules: &PreparedRules, room: &RoomId) -> Belonging {
        let print = rules.fingerprint(room);
        if print == self.ordinary.fingerprint(room) {
            return Belonging::ORDINARY;
        }
        Belonging {
            // Below that of the server's rules; positive numbers are users'.
            audience: AudienceNum((print | i64::MIN).min(AudienceNum::ORDINARY.0 - 1)),
            is_counted: counts_messages(rules, room),
        }
    }

    /// The audiences of `room` as they are stored.
    pub(crate) async fn audiences(&self, room: RoomNum) -> db::Result<Arc<Audiences>> {
        let place = match self.audiences.find(&room, |_| false) {
            Found::Known(audiences) => return Ok(audiences),
            Found::Missing(place) => place,
        };
        let mut audiences = Audiences::default();
        for row in table::of_room(&self.store.db, room).await? {
            self.add(&mut audiences, row).await?;
        }
        let audiences = Arc::new(audiences);
        place.put(Arc::clone(&audiences));
        Ok(audiences)
    }

    async fn add(&self, audiences: &mut Audiences, row: AudienceRow) -> db::Result<()> {
        if row.audience == AudienceNum::ORDINARY {
            return Ok(());
        }
        audiences.members.insert(row.user_num, row.audience);
        if audiences.all.contains_key(&row.audience) {
            return Ok(());
        }
        let member = self.store.interner.user_id(row.user_num).await?;
        let rules = self.prepared_rules(row.user_num, &member).await?;
        let rules = Arc::clone(&rules.rules);
        let (is_counted, member_num) = (row.is_counted, row.user_num);
        let audience = Audience { rules, is_counted, member, member_num };
        audiences.all.insert(row.audience, audience);
        Ok(())
    }

    /// The rules of a user, prepared.
    pub(crate) async fn prepared_rules(
        &self,
        user: UserNum,
        user_id: &UserId,
    ) -> db::Result<Arc<Prepared>> {
        let place = match self.prepared.find(&user, |_| false) {
            Found::Known(rules) => return Ok(rules),
            Found::Missing(place) => place,
        };
        let own = self.own_rules(user, user_id).await?;
        let position = own.as_ref().map(|own| own.position);
        let rules = own
            .map_or_else(|| Arc::clone(&self.ordinary), |own| Arc::new(own.rules.prepare(user_id)));
        let prepared = Arc::new(Prepared { rules, position });
        place.put(Arc::clone(&prepared));
        Ok(prepared)
    }
}

/// Whether a message that anybody without power might send to a group notifies. It decides what is counted for an
/// audience and what is stored for it, not the sum of both.
fn counts_messages(rules: &PreparedRules, room: &RoomId) -> bool {
    let room_context =
        RoomContext { member_count: 3, in_thread: false, sender_may_notify: &|_| false };
    let message = PushEvent::plain_message(room, room_context);
    rules.evaluate(&message, Recipient::default()).notifies
}
