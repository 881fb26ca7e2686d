-- What clients of sliding sync have been told, by the name that each has given to its connection. A connection that is
-- used is in memory; its row is written when it has not been used for a while, and when the server stops.
-- connection: tells it from others that had its place before; it is part of the positions that clients carry.
CREATE TABLE sliding_connections (
    user_num {int} NOT NULL,
    device_id {text} NOT NULL,
    conn_id {text} NOT NULL,
    connection {int} NOT NULL,
    used_ts {int} NOT NULL,
    state {text} NOT NULL,
    PRIMARY KEY (user_num, device_id, conn_id)
);
CREATE INDEX sliding_connections_by_use ON sliding_connections (used_ts);
