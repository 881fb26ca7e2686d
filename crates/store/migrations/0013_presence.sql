-- Who is there, as others were told last. A row is written when that changes, not with every sync.
CREATE TABLE presence (
    user_num {int} PRIMARY KEY,
    status {text} NOT NULL,
    status_msg {text},
    currently_active {int} NOT NULL,
    last_active_ts {int} NOT NULL,
    position {int} NOT NULL
);
CREATE INDEX presence_by_position ON presence (position);
