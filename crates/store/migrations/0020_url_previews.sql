-- What web pages said of themselves, for the previews that clients show of links.
-- url_digest: SHA-256 of the URL. answer: what the client is answered (JSON).
-- media_id: the page's picture, which goes when this row goes.
CREATE TABLE url_previews (
    url_digest {blob} NOT NULL,
    fetched_at {int} NOT NULL,
    expires_at {int} NOT NULL,
    answer {text} NOT NULL,
    media_id {text},
    PRIMARY KEY (url_digest, fetched_at)
){keyed};
CREATE INDEX url_previews_by_expiry ON url_previews (expires_at);
CREATE INDEX url_previews_by_media ON url_previews (media_id) WHERE media_id IS NOT NULL;

-- Which thumbnails a content is, to know whether it is still needed.
CREATE INDEX thumbnails_by_digest ON thumbnails (digest);
