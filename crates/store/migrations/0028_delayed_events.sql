-- Events that are sent later, unless somebody decides otherwise (MSC4140).
-- delay_ms: how long it waits; since_ts: since when (Unix ms); send_ts: the sum of both.
-- sticky_ms: for how long it is sticky; NULL: not at all.
-- transaction_key: as that of events, of the request that has scheduled it.
-- finalised_ts: when it was sent, or it was decided that it never is; NULL: it waits.
-- event_id: what was sent. error: JSON, why nothing could be; neither: it was cancelled.
CREATE TABLE delayed_events (
    delay_id {text} PRIMARY KEY,
    user_num {int} NOT NULL,
    room_num {int} NOT NULL,
    type {text} NOT NULL,
    state_key {text},
    content {text} NOT NULL,
    sticky_ms {int},
    delay_ms {int} NOT NULL,
    since_ts {int} NOT NULL,
    send_ts {int} NOT NULL,
    transaction_key {text},
    finalised_ts {int},
    event_id {text},
    error {text}
);
CREATE INDEX delayed_events_waiting ON delayed_events (send_ts) WHERE finalised_ts IS NULL;
CREATE INDEX delayed_events_by_user ON delayed_events (user_num, finalised_ts);
CREATE INDEX delayed_events_of_state ON delayed_events (room_num, type, state_key)
    WHERE finalised_ts IS NULL AND state_key IS NOT NULL;
CREATE INDEX delayed_events_finalised ON delayed_events (finalised_ts)
    WHERE finalised_ts IS NOT NULL;
CREATE UNIQUE INDEX delayed_events_transactions ON delayed_events (user_num, room_num, transaction_key)
    WHERE transaction_key IS NOT NULL;
