-- Tokens for one purpose and a short time. Stored as SHA-256, like all tokens.

-- By which another service learns who somebody is.
CREATE TABLE openid_tokens (
    token_hash {blob} PRIMARY KEY,
    user_num {int} NOT NULL,
    expires_ts {int} NOT NULL
);
CREATE INDEX openid_tokens_by_expiry ON openid_tokens (expires_ts);

-- By which a client logs in once that another client of the user has let in.
CREATE TABLE login_tokens (
    token_hash {blob} PRIMARY KEY,
    user_num {int} NOT NULL,
    expires_ts {int} NOT NULL
);
CREATE INDEX login_tokens_by_expiry ON login_tokens (expires_ts);
