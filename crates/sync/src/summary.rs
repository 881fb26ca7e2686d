//! How a room is shown that has no name: by its members ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#calculating-the-display-name-for-a-room
use protocol::ids::UserId;
use rooms::Facts;
use store::memberships::Membership;

use crate::v3::Summary;

/// How many members stand for the room.
const HEROES: usize = 5;

/// The room's member counts and, if it has no name, its heroes.
pub(crate) fn of(facts: &Facts, user: &UserId) -> Summary {
    let named = facts.state_text("m.room.name", "name").is_some()
        || facts.state_text("m.room.canonical_alias", "alias").is_some();
    Summary {
        heroes: (!named).then(|| heroes(facts, user)),
        joined: Some(facts.joined),
        invited: Some(facts.invited),
    }
}

/// Some members other than `user`, the longest in the room first: joined or invited ones, else those who have left.
pub(crate) fn heroes(facts: &Facts, user: &UserId) -> Vec<String> {
    let present = |membership| matches!(membership, Some(Membership::Join | Membership::Invite));
    let gone = |membership| matches!(membership, Some(Membership::Leave | Membership::Ban));
    let heroes = select(facts, user, present);
    if heroes.is_empty() { select(facts, user, gone) } else { heroes }
}

fn select(
    facts: &Facts,
    user: &UserId,
    wanted: impl Fn(Option<Membership>) -> bool,
) -> Vec<String> {
    let members = facts.state.of_type("m.room.member");
    let others =
        members.filter(|(member, event)| &***member != user.as_str() && wanted(event.membership()));
    // Looking at a few more than are needed keeps this from growing with the room.
    let mut others: Vec<_> = others.take(HEROES * 20).collect();
    others.sort_by_key(|(_, event)| event.position());
    others.into_iter().take(HEROES).map(|(member, _)| member.to_string()).collect()
}
