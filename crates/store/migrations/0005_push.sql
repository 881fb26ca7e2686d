-- The root of the thread that an event is in; NULL in the main timeline.
-- events.notify_count, rooms.notify_count: from here on, of the main timeline.
ALTER TABLE events ADD COLUMN thread_num {int};

-- What events add to counts beyond the running count, for all users of an audience (audience_num < 0: -1 those with
-- the server's push rules, others those whose rules say the same) or for one user (their number).
-- thread_num: 0 in the main timeline. notify is negative where the running count has one too many.
CREATE TABLE notifications (
    room_num {int} NOT NULL,
    audience_num {int} NOT NULL,
    position {int} NOT NULL,
    thread_num {int} NOT NULL,
    notify {int} NOT NULL,
    highlight {int} NOT NULL,
    PRIMARY KEY (room_num, audience_num, position)
){keyed};

-- In which audience a user is, from a position on; without a row in that of the server's rules.
-- is_counted: whether what counts for that one counts for this one too.
CREATE TABLE notification_audiences (
    room_num {int} NOT NULL,
    user_num {int} NOT NULL,
    position {int} NOT NULL,
    audience_num {int} NOT NULL,
    is_counted {int} NOT NULL,
    PRIMARY KEY (room_num, user_num, position)
){keyed};

-- Up to where a user has read a room (thread_num = -1), its main timeline (0), or a thread (its root): by receipts, by
-- what they have sent, and by joining.
-- notify_count: the room's running count there.
CREATE TABLE read_marks (
    user_num {int} NOT NULL,
    room_num {int} NOT NULL,
    thread_num {int} NOT NULL,
    position {int} NOT NULL,
    notify_count {int} NOT NULL,
    PRIMARY KEY (user_num, room_num, thread_num)
){keyed};
