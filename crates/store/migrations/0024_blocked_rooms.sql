-- The rooms that nobody of this server may come into. They need not be known here.
-- message: what users are told; NULL: a text of the server's.
-- is_temporary: only until the room is deleted.
CREATE TABLE blocked_rooms (
    room_id {text} PRIMARY KEY,
    message {text},
    is_temporary {int} NOT NULL,
    blocked_ts {int} NOT NULL
);
