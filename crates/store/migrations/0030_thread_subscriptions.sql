-- To which threads users have subscribed, and from which they have unsubscribed again (MSC4306).
-- automatic: 1 if it was not the user who wanted it, but their client.
-- since_position: from where on in the change stream it counts; ended_position: up to where, NULL: it still does.
-- position: its last change.
CREATE TABLE thread_subscriptions (
    user_num {int} NOT NULL,
    room_num {int} NOT NULL,
    root_num {int} NOT NULL,
    automatic {int} NOT NULL,
    since_position {int} NOT NULL,
    ended_position {int},
    position {int} NOT NULL,
    PRIMARY KEY (user_num, room_num, root_num)
){keyed};
CREATE INDEX thread_subscriptions_by_change ON thread_subscriptions (user_num, position);
CREATE INDEX thread_subscriptions_of_thread ON thread_subscriptions (room_num, root_num);
