-- Where users want to be notified.
-- session_id, device_id: of the session that has set it; it goes with the session.
-- profile_tag: NULL: none. data: JSON.
-- set_ts: when it was last set (Unix ms).
-- position: up to where in the change stream it was told what there is to tell.
-- is_behind: whether something after position is still to be told; else it has been told all that was dispatched.
-- failing_since: since when its gateway does not take anything (Unix ms); NULL: it does.
CREATE TABLE pushers (
    pusher_id {int} PRIMARY KEY,
    user_num {int} NOT NULL,
    session_id {int} NOT NULL,
    device_id {text},
    kind {text} NOT NULL,
    app_id {text} NOT NULL,
    pushkey {text} NOT NULL,
    app_display_name {text} NOT NULL,
    device_display_name {text} NOT NULL,
    profile_tag {text},
    lang {text} NOT NULL,
    data {text} NOT NULL,
    enabled {int} NOT NULL,
    set_ts {int} NOT NULL,
    position {int} NOT NULL,
    is_behind {int} NOT NULL DEFAULT 0,
    last_success_ts {int},
    failing_since_ts {int},
    UNIQUE (user_num, app_id, pushkey)
);
CREATE INDEX pushers_by_key ON pushers (app_id, pushkey);
CREATE INDEX pushers_by_session ON pushers (session_id);

-- One row: up to where in the change stream everything was handed to the pushers.
CREATE TABLE push_progress (
    progress_id {int} PRIMARY KEY,
    position {int} NOT NULL
);
