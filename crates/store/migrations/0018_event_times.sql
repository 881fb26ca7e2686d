-- When an event was sent, as its server says: clients jump to a day.
ALTER TABLE events ADD COLUMN origin_server_ts {int} NOT NULL DEFAULT 0;
--- sqlite
UPDATE events SET origin_server_ts = json_extract(json, '$.origin_server_ts');
--- postgres
-- In canonical JSON, nothing after the event's own time has a key of that name.
UPDATE events SET origin_server_ts =
    COALESCE(CAST(substring(json from '.*"origin_server_ts":(-?[0-9]+)') AS BIGINT), 0);
--- both
CREATE INDEX events_by_time ON events (room_num, origin_server_ts, position)
    WHERE position IS NOT NULL AND status = 0;
