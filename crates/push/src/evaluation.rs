//! What one user's rules say about one event.
use protocol::{
    ids::UserId,
    push::{Action, PreparedRules, PushEvent, Recipient, RoomContext},
};
use rooms::{Event, Facts};

/// All that `rules`, the user's, want to be done about an event that somebody else has sent; nothing if it does not notify
/// them. `facts`: the room as it is now; `is_subscribed`: whether to the thread of the event.
pub(crate) fn actions(
    rules: &PreparedRules,
    user: &UserId,
    facts: &Facts,
    event: &Event,
    is_subscribed: bool,
) -> Vec<Action> {
    if event.pdu.sender() == user || event.redacted_by.is_some() {
        return Vec::new();
    }
    let may_notify = |key: &str| facts.powers().can_notify(event.pdu.sender(), key);
    let room = RoomContext {
        member_count: facts.joined,
        in_thread: event.thread.is_some(),
        sender_may_notify: &may_notify,
    };
    let prepared = PushEvent::new(&event.pdu, room);
    let name = rules.ask_for_name().then(|| facts.display_name(user)).flatten();
    let recipient = Recipient {
        is_mentioned: prepared.mentioned_users().iter().any(|mentioned| mentioned == user),
        is_state_key: event.pdu.state_key() == Some(user.as_str()),
        is_subscribed,
        display_name: name.as_deref(),
    };
    rules.actions(&prepared, recipient).to_vec()
}

/// Whether the actions highlight.
pub(crate) fn highlights(actions: &[Action]) -> bool {
    actions.iter().any(Action::is_highlight)
}
