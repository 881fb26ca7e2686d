-- Which events relate to which. Clustered by the parent, which may not be stored (yet).
-- position, child_num, child_id, kind, sender_num, origin_server_ts: of the child.
-- annotation_key: the key of an m.annotation.
-- can_replace: whether the child has what an m.replace needs, whatever its parent is.
CREATE TABLE relations (
    room_num {int} NOT NULL,
    parent_id {text} NOT NULL,
    position {int} NOT NULL,
    child_num {int} NOT NULL,
    child_id {text} NOT NULL,
    rel_type {text} NOT NULL,
    kind {text} NOT NULL,
    sender_num {int} NOT NULL,
    origin_server_ts {int} NOT NULL,
    annotation_key {text},
    can_replace {int} NOT NULL,
    PRIMARY KEY (room_num, parent_id, position)
){keyed};
CREATE INDEX relations_by_thread_sender ON relations (room_num, parent_id, sender_num) WHERE rel_type = 'm.thread';

-- Where each thread has its latest event.
CREATE TABLE threads (
    room_num {int} NOT NULL,
    root_id {text} NOT NULL,
    last_position {int} NOT NULL,
    PRIMARY KEY (room_num, root_id)
){keyed};
CREATE INDEX threads_by_position ON threads (room_num, last_position);

-- related_by: how others relate to the event, of what is bundled with it; 1 m.thread, 2 m.replace, 4 m.reference.
ALTER TABLE events ADD COLUMN related_by {int} NOT NULL DEFAULT 0;

-- What is stored already. Texts with an escaped U+0000 are no JSON to PostgreSQL.
--- sqlite
INSERT INTO relations
SELECT room_num, json_extract(json, '$.content."m.relates_to".event_id'), position, event_num, event_id,
    json_extract(json, '$.content."m.relates_to".rel_type'), json_extract(json, '$.type'), sender_num,
    json_extract(json, '$.origin_server_ts'),
    CASE WHEN json_extract(json, '$.content."m.relates_to".rel_type') = 'm.annotation'
        AND json_type(json, '$.content."m.relates_to".key') = 'text'
        THEN json_extract(json, '$.content."m.relates_to".key') END,
    state_key_num IS NULL AND (json_extract(json, '$.type') = 'm.room.encrypted'
        OR COALESCE(json_type(json, '$.content."m.new_content"'), '') = 'object')
FROM events
WHERE position IS NOT NULL AND status = 0 AND json LIKE '%"m.relates_to"%'
    AND json_type(json, '$.content."m.relates_to".rel_type') = 'text'
    AND json_type(json, '$.content."m.relates_to".event_id') = 'text'
    AND json_extract(json, '$.content."m.relates_to".event_id') LIKE '$%';
--- postgres
INSERT INTO relations
WITH related AS MATERIALIZED (
    SELECT room_num, position, event_num, event_id, sender_num, state_key_num, json::json AS event FROM events
    WHERE position IS NOT NULL AND status = 0 AND json LIKE '%"m.relates_to"%' AND json NOT LIKE '%\\u0000%'
), typed AS MATERIALIZED (
    SELECT *, event -> 'content' -> 'm.relates_to' AS relation FROM related
    WHERE json_typeof(event -> 'content' -> 'm.relates_to') = 'object'
)
SELECT room_num, relation ->> 'event_id', position, event_num, event_id, relation ->> 'rel_type', event ->> 'type',
    sender_num, (event ->> 'origin_server_ts')::BIGINT,
    CASE WHEN relation ->> 'rel_type' = 'm.annotation' AND json_typeof(relation -> 'key') = 'string'
        THEN relation ->> 'key' END,
    CASE WHEN state_key_num IS NULL AND (event ->> 'type' = 'm.room.encrypted'
        OR json_typeof(event -> 'content' -> 'm.new_content') = 'object') THEN 1 ELSE 0 END
FROM typed
WHERE json_typeof(relation -> 'rel_type') = 'string' AND json_typeof(relation -> 'event_id') = 'string'
    AND relation ->> 'event_id' LIKE '$%';
--- both
INSERT INTO threads
SELECT room_num, parent_id, MAX(position) FROM relations WHERE rel_type = 'm.thread' GROUP BY room_num, parent_id;
UPDATE events SET related_by = related_by + 1
WHERE event_id IN (SELECT parent_id FROM relations WHERE rel_type = 'm.thread');
UPDATE events SET related_by = related_by + 2
WHERE event_id IN (SELECT parent_id FROM relations WHERE rel_type = 'm.replace');
UPDATE events SET related_by = related_by + 4
WHERE event_id IN (SELECT parent_id FROM relations WHERE rel_type = 'm.reference');
