-- Until when accounts are valid (Unix ms). Users without a row are valid for ever, or until one is made for them.
-- token_hash: SHA-256 of what is in the link of the last mail; NULL: there is none, or it was used.
-- claimed_ts: when somebody began to send the mail about the end; NULL: nobody has. is_mailed: whether it was sent.
CREATE TABLE account_validity (
    user_num {int} PRIMARY KEY,
    expires_ts {int} NOT NULL,
    token_hash {blob} UNIQUE,
    claimed_ts {int},
    is_mailed {int} NOT NULL DEFAULT 0
);
CREATE INDEX account_validity_to_mail ON account_validity (expires_ts) WHERE is_mailed = 0;
