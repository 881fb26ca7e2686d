-- Events that every member is told of for a while, however much is sent after them (MSC4354).
-- expires_ts: until when (Unix ms).
CREATE TABLE sticky_events (
    room_num {int} NOT NULL,
    position {int} NOT NULL,
    event_num {int} NOT NULL,
    expires_ts {int} NOT NULL,
    PRIMARY KEY (room_num, position)
){keyed};
CREATE INDEX sticky_events_by_expiry ON sticky_events (expires_ts);
