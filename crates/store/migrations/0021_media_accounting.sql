-- quarantined_at: since when nobody is shown it. protected_at: since when it is neither quarantined nor deleted for its age.
-- used_at: when it was last downloaded, to the day; when it was uploaded, before that.
ALTER TABLE media ADD COLUMN quarantined_at {int};
ALTER TABLE media ADD COLUMN protected_at {int};
ALTER TABLE media ADD COLUMN used_at {int} NOT NULL DEFAULT 0;
UPDATE media SET used_at = created_at;
CREATE INDEX media_old_announcements ON media (expires_at) WHERE digest IS NULL;

-- What each user's uploads take, kept in step with the table media by the same writes.
-- quota_bytes: how much they may take; NULL is the configuration's.
-- day, day_bytes: what was uploaded on that day (UTC, days since 1970).
CREATE TABLE media_usage (
    user_num {int} PRIMARY KEY,
    files {int} NOT NULL DEFAULT 0,
    bytes {int} NOT NULL DEFAULT 0,
    quota_bytes {int},
    day {int} NOT NULL DEFAULT 0,
    day_bytes {int} NOT NULL DEFAULT 0
);
INSERT INTO media_usage (user_num, files, bytes)
SELECT uploader_num, COUNT(*), CAST(SUM(bytes) AS {int}) FROM media WHERE digest IS NOT NULL GROUP BY uploader_num;
