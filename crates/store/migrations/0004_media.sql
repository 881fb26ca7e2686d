-- Media that users of this server uploaded.
-- digest: SHA-256 of the content, which is also its name on disk; NULL while the upload is only announced.
-- expires_at: when an announcement ends.
CREATE TABLE media (
    media_id {text} PRIMARY KEY,
    uploader_num {int} NOT NULL,
    content_type {text},
    file_name {text},
    bytes {int} NOT NULL DEFAULT 0,
    digest {blob},
    created_at {int} NOT NULL,
    expires_at {int}
);
CREATE INDEX media_by_uploader ON media (uploader_num, created_at);
CREATE INDEX media_by_digest ON media (digest);
CREATE INDEX media_announced ON media (uploader_num, expires_at) WHERE digest IS NULL;

-- Thumbnails by the content that they were made of.
CREATE TABLE thumbnails (
    source_digest {blob} NOT NULL,
    width {int} NOT NULL,
    height {int} NOT NULL,
    method {text} NOT NULL,
    content_type {text} NOT NULL,
    bytes {int} NOT NULL,
    digest {blob} NOT NULL,
    created_at {int} NOT NULL,
    PRIMARY KEY (source_digest, width, height, method)
){keyed};
