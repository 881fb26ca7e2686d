-- What users have reported to those who run the server: an event with its room and sender, a room, or a user.
CREATE TABLE reports (
    report_id {int} PRIMARY KEY,
    reporter_num {int} NOT NULL,
    room_id {text},
    event_id {text},
    user_id {text},
    reason {text},
    created_ts {int} NOT NULL
);
