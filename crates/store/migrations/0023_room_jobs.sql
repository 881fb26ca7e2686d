-- Up to which position history was purged: what stands there still (state, a room's last event) counts as read.
-- purged_notify_count: the running count there.
ALTER TABLE rooms ADD COLUMN purged_position {int} NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN purged_notify_count {int} NOT NULL DEFAULT 0;

-- Finds the events of a room that are in no timeline.
CREATE INDEX events_unplaced ON events (room_num, event_num) WHERE position IS NULL;

-- What is being done to rooms, step by step, and what was done.
-- request: JSON, by kind. stage: what it is at. done, total: of the events that go.
-- status: open, done or failed (then failure says why).
CREATE TABLE room_jobs (
    job_id {int} PRIMARY KEY,
    room_id {text} NOT NULL,
    kind {text} NOT NULL,
    request {text} NOT NULL,
    status {text} NOT NULL,
    stage {text} NOT NULL,
    done {int} NOT NULL,
    total {int} NOT NULL,
    failure {text},
    created_ts {int} NOT NULL,
    changed_ts {int} NOT NULL
);
CREATE INDEX room_jobs_open ON room_jobs (job_id) WHERE status = 'open';
