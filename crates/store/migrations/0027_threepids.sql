-- Addresses (e-mail, phone numbers) of this server's users, each in its one spelling.
-- validated_at: when the user has proved to read what is sent there; added_at: when it was added to the account (Unix ms).
CREATE TABLE user_threepids (
    medium {text} NOT NULL,
    address {text} NOT NULL,
    user_id {text} NOT NULL,
    validated_at {int} NOT NULL,
    added_at {int} NOT NULL,
    PRIMARY KEY (medium, address)
){keyed};
CREATE INDEX user_threepids_by_user ON user_threepids (user_id);

-- Proofs under way that somebody reads what is sent to an address. A proof is used up by what it is for.
-- secret_hash: SHA-256 of the secret of the client that has asked; token_hash: of what was sent.
-- purpose: for which one of the things that take such a proof it is.
-- attempts_left: how often a token may still be given.
-- next_link: where the browser goes afterwards.
-- validated_ts: when the token was given (Unix ms); NULL: not yet.
CREATE TABLE threepid_sessions (
    session_id {text} PRIMARY KEY,
    secret_hash {blob} NOT NULL,
    purpose {text} NOT NULL,
    medium {text} NOT NULL,
    address {text} NOT NULL,
    token_hash {blob} NOT NULL,
    attempts_left {int} NOT NULL,
    send_attempt {int} NOT NULL,
    next_link {text},
    expires_ts {int} NOT NULL,
    validated_ts {int},
    UNIQUE (secret_hash, purpose, medium, address)
);
CREATE INDEX threepid_sessions_by_address ON threepid_sessions (medium, address);
CREATE INDEX threepid_sessions_by_expiry ON threepid_sessions (expires_ts);

-- What was sent to addresses lately: nobody is to get more than a few messages that they have not asked for.
CREATE TABLE threepid_messages (
    message_id {int} PRIMARY KEY,
    medium {text} NOT NULL,
    address {text} NOT NULL,
    sent_ts {int} NOT NULL
);
CREATE INDEX threepid_messages_by_address ON threepid_messages (medium, address, sent_ts);
