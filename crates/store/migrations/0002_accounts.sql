-- The users of this server. name is the whole user id.
-- creation_ts is in Unix *seconds*, as the queries expect that administrators have; every other time is in ms.
-- password_hash: a PHC string (argon2id), or a bcrypt hash that came with an import; NULL: no login with a password.
CREATE TABLE users (
    name {text} PRIMARY KEY,
    user_num {int} NOT NULL UNIQUE,
    user_type {text},
    password_hash {text},
    creation_ts {int} NOT NULL,
    admin {int} NOT NULL DEFAULT 0,
    is_guest {int} NOT NULL DEFAULT 0,
    deactivated {int} NOT NULL DEFAULT 0,
    erased {int} NOT NULL DEFAULT 0
);

CREATE TABLE devices (
    user_num {int} NOT NULL,
    device_id {text} NOT NULL,
    display_name {text},
    created_ts {int} NOT NULL,
    last_seen_ts {int},
    last_seen_ip {text},
    last_seen_user_agent {text},
    PRIMARY KEY (user_num, device_id)
){keyed};

-- A login. Of tokens only SHA-256 hashes are stored.
-- refresh_family_hash: of the part that all refresh tokens of the session share; NULL without refresh tokens.
-- refresh_hash: of the refresh token that is valid now.
-- previous_refresh_hash: of the one before it; NULL as soon as its successor has been used.
-- generation counts the refreshes.
CREATE TABLE sessions (
    session_id {int} PRIMARY KEY,
    user_num {int} NOT NULL,
    device_id {text},
    created_ts {int} NOT NULL,
    refresh_family_hash {blob} UNIQUE,
    refresh_hash {blob},
    previous_refresh_hash {blob},
    refreshed_ts {int} NOT NULL,
    generation {int} NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX sessions_by_device ON sessions (user_num, device_id);

-- expires_ts: NULL: valid until logout.
CREATE TABLE access_tokens (
    token_id {int} PRIMARY KEY,
    token_hash {blob} NOT NULL UNIQUE,
    session_id {int} NOT NULL,
    generation {int} NOT NULL,
    created_ts {int} NOT NULL,
    expires_ts {int}
);
CREATE INDEX access_tokens_by_session ON access_tokens (session_id);
CREATE INDEX access_tokens_by_expiry ON access_tokens (expires_ts) WHERE expires_ts IS NOT NULL;

-- access_token holds the token's id, never the token.
CREATE TABLE user_ips (
    user_id {text} NOT NULL,
    access_token {text} NOT NULL,
    device_id {text},
    ip {text} NOT NULL,
    user_agent {text} NOT NULL,
    last_seen {int} NOT NULL,
    PRIMARY KEY (user_id, access_token, ip)
){keyed};
CREATE INDEX user_ips_by_last_seen ON user_ips (last_seen);

-- timestamp: the day's beginning in UTC. device_id: empty for a session without a device.
CREATE TABLE user_daily_visits (
    user_id {text} NOT NULL,
    device_id {text} NOT NULL,
    timestamp {int} NOT NULL,
    user_agent {text},
    PRIMARY KEY (user_id, timestamp, device_id)
){keyed};
CREATE INDEX user_daily_visits_by_day ON user_daily_visits (timestamp);

-- uses_allowed, expiry_ts: NULL: without end.
CREATE TABLE registration_tokens (
    token {text} PRIMARY KEY,
    uses_allowed {int},
    completed {int} NOT NULL DEFAULT 0,
    expiry_ts {int},
    created_ts {int} NOT NULL
);

-- value: JSON; NULL once the field was removed, so that whoever follows changes learns of it.
CREATE TABLE profile_fields (
    user_num {int} NOT NULL,
    field {text} NOT NULL,
    value {text},
    position {int} NOT NULL,
    PRIMARY KEY (user_num, field)
){keyed};
CREATE INDEX profile_fields_by_position ON profile_fields (position);

-- room_num: -1 for what belongs to no room.
CREATE TABLE account_data (
    user_num {int} NOT NULL,
    room_num {int} NOT NULL,
    type {text} NOT NULL,
    content {text} NOT NULL,
    position {int} NOT NULL,
    PRIMARY KEY (user_num, room_num, type)
){keyed};
CREATE INDEX account_data_by_position ON account_data (user_num, position);

CREATE TABLE filters (
    user_num {int} NOT NULL,
    filter_id {int} NOT NULL,
    definition_hash {blob} NOT NULL,
    definition {text} NOT NULL,
    PRIMARY KEY (user_num, filter_id),
    UNIQUE (user_num, definition_hash)
);
