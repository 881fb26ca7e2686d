-- The room in which the server speaks to each user whom it has spoken to.
CREATE TABLE notice_rooms (
    user_num {int} PRIMARY KEY,
    room_id {text} NOT NULL
);
