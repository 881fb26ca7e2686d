-- Interned numbers. A row is written in the same write as the first use of its number.
CREATE TABLE user_numbers (
    user_num {int} PRIMARY KEY,
    user_id {text} NOT NULL UNIQUE
);

CREATE TABLE room_numbers (
    room_num {int} PRIMARY KEY,
    room_id {text} NOT NULL UNIQUE
);

CREATE TABLE state_keys (
    state_key_num {int} PRIMARY KEY,
    type {text} NOT NULL,
    state_key {text} NOT NULL,
    UNIQUE (type, state_key)
);

-- What the server knows of itself: its name, fixed at the first start.
CREATE TABLE server_facts (
    name {text} PRIMARY KEY,
    value {text} NOT NULL
);

-- One row a room: what changes with every event of the room stands here, so that a send updates one row.
CREATE TABLE rooms (
    room_num {int} PRIMARY KEY,
    room_version {text} NOT NULL,
    creator_num {int} NOT NULL,
    created_ts {int} NOT NULL,
    published {int} NOT NULL DEFAULT 0,
    extremities {text} NOT NULL,
    state_version {int} NOT NULL,
    depth {int} NOT NULL,
    notify_count {int} NOT NULL DEFAULT 0,
    last_position {int} NOT NULL
);
CREATE INDEX rooms_published ON rooms (room_num) WHERE published = 1;

-- position: the place in the room's timeline, which is the position in the change stream; negative for history
-- fetched later than what follows it; NULL for an event that only other events refer to.
-- state_version: the room's state after the event.
-- replaces: the state event whose place a state event took.
-- status: 0 accepted, 1 soft-failed, 2 rejected.
CREATE TABLE events (
    event_num {int} PRIMARY KEY,
    event_id {text} NOT NULL UNIQUE,
    room_num {int} NOT NULL,
    position {int},
    sender_num {int} NOT NULL,
    state_key_num {int},
    state_version {int},
    replaces {int},
    notify_count {int} NOT NULL DEFAULT 0,
    status {int} NOT NULL DEFAULT 0,
    redacted_by {int},
    transaction_key {text},
    json {text} NOT NULL
);
CREATE UNIQUE INDEX events_timeline ON events (room_num, position) WHERE position IS NOT NULL;
CREATE UNIQUE INDEX events_transactions ON events (room_num, sender_num, transaction_key) WHERE transaction_key IS NOT NULL;

-- A state is its parent with a few keys replaced, or a whole snapshot (parent_is_base = 0).
CREATE TABLE state_versions (
    state_version {int} PRIMARY KEY,
    parent {int},
    is_snapshot {int} NOT NULL,
    snapshot_entries {int} NOT NULL,
    entries_since {int} NOT NULL,
    entries {blob} NOT NULL
);

CREATE TABLE current_state (
    room_num {int} NOT NULL,
    state_key_num {int} NOT NULL,
    event_num {int} NOT NULL,
    PRIMARY KEY (room_num, state_key_num)
){keyed};

-- How the current state came to be: sync and history visibility read the state at a position from it.
CREATE TABLE state_changes (
    room_num {int} NOT NULL,
    position {int} NOT NULL,
    state_key_num {int} NOT NULL,
    event_num {int},
    replaced_event_num {int},
    PRIMARY KEY (room_num, position, state_key_num)
){keyed};
CREATE INDEX state_changes_by_key ON state_changes (room_num, state_key_num, position);

CREATE TABLE memberships (
    room_num {int} NOT NULL,
    user_num {int} NOT NULL,
    membership {text} NOT NULL,
    event_num {int} NOT NULL,
    position {int} NOT NULL,
    forgotten {int} NOT NULL DEFAULT 0,
    PRIMARY KEY (room_num, user_num)
){keyed};
CREATE INDEX memberships_by_user ON memberships (user_num, room_num);

CREATE TABLE room_aliases (
    alias {text} PRIMARY KEY,
    room_num {int} NOT NULL,
    creator_num {int} NOT NULL,
    created_ts {int} NOT NULL
);
CREATE INDEX room_aliases_by_room ON room_aliases (room_num);

CREATE TABLE receipts (
    room_num {int} NOT NULL,
    user_num {int} NOT NULL,
    receipt_type {text} NOT NULL,
    thread_id {text} NOT NULL,
    event_id {text} NOT NULL,
    event_position {int} NOT NULL,
    receipt_ts {int} NOT NULL,
    position {int} NOT NULL,
    PRIMARY KEY (room_num, user_num, receipt_type, thread_id)
){keyed};
CREATE INDEX receipts_by_position ON receipts (room_num, position);
CREATE INDEX receipts_by_user ON receipts (user_num, position);
