-- End-to-end encryption. The server keeps public keys, signatures and ciphertext; it never sees a private key.
-- JSON is canonical, so that two equal keys are equal texts.
CREATE TABLE device_keys (
    user_num {int} NOT NULL,
    device_id {text} NOT NULL,
    keys {text} NOT NULL,
    uploaded_at {int} NOT NULL,
    PRIMARY KEY (user_num, device_id)
){keyed};

-- position: of the upload; keys are given out in this order.
-- issued_at: when the key was claimed. The row stays for a while, so that a repeated upload can't bring the key back.
CREATE TABLE one_time_keys (
    user_num {int} NOT NULL,
    device_id {text} NOT NULL,
    algorithm {text} NOT NULL,
    key_id {text} NOT NULL,
    content {text} NOT NULL,
    position {int} NOT NULL,
    issued_at {int},
    PRIMARY KEY (user_num, device_id, algorithm, key_id)
){keyed};
CREATE INDEX one_time_keys_unissued ON one_time_keys (user_num, device_id, algorithm, position, key_id)
    WHERE issued_at IS NULL;

CREATE TABLE fallback_keys (
    user_num {int} NOT NULL,
    device_id {text} NOT NULL,
    algorithm {text} NOT NULL,
    key_id {text} NOT NULL,
    content {text} NOT NULL,
    used {int} NOT NULL DEFAULT 0,
    PRIMARY KEY (user_num, device_id, algorithm)
){keyed};

-- usage: master, self_signing or user_signing.
CREATE TABLE cross_signing_keys (
    user_num {int} NOT NULL,
    usage {text} NOT NULL,
    public_key {text} NOT NULL,
    content {text} NOT NULL,
    uploaded_at {int} NOT NULL,
    PRIMARY KEY (user_num, usage)
){keyed};

-- signed_key: a device id, or the public part of a cross-signing key.
-- signer_key: the key that signed, with its algorithm: ed25519:DEVICEID or ed25519:PUBLICKEY.
CREATE TABLE key_signatures (
    signed_user_num {int} NOT NULL,
    signed_key {text} NOT NULL,
    signer_user_num {int} NOT NULL,
    signer_key {text} NOT NULL,
    signature {text} NOT NULL,
    position {int} NOT NULL,
    PRIMARY KEY (signed_user_num, signed_key, signer_user_num, signer_key)
){keyed};
CREATE INDEX key_signatures_by_signer ON key_signatures (signer_user_num, position);

-- The latest change of each user's devices or cross-signing keys.
CREATE TABLE device_lists (
    user_num {int} PRIMARY KEY,
    position {int} NOT NULL
);
CREATE UNIQUE INDEX device_lists_by_position ON device_lists (position, user_num);

-- Messages that a device has not acknowledged yet.
CREATE TABLE to_device_messages (
    user_num {int} NOT NULL,
    device_id {text} NOT NULL,
    position {int} NOT NULL,
    sender_num {int} NOT NULL,
    message {text} NOT NULL,
    PRIMARY KEY (user_num, device_id, position)
){keyed};

CREATE TABLE to_device_transactions (
    user_num {int} NOT NULL,
    device_id {text} NOT NULL,
    event_type {text} NOT NULL,
    transaction_id {text} NOT NULL,
    sent_at {int} NOT NULL,
    PRIMARY KEY (user_num, device_id, event_type, transaction_id)
){keyed};
CREATE INDEX to_device_transactions_by_age ON to_device_transactions (sent_at);

-- A deleted backup keeps its row, so that its number is never given again.
CREATE TABLE key_backups (
    user_num {int} NOT NULL,
    version {int} NOT NULL,
    algorithm {text} NOT NULL,
    auth_data {text} NOT NULL,
    etag {int} NOT NULL DEFAULT 0,
    key_count {int} NOT NULL DEFAULT 0,
    created_at {int} NOT NULL,
    deleted {int} NOT NULL DEFAULT 0,
    PRIMARY KEY (user_num, version)
){keyed};

CREATE TABLE key_backup_sessions (
    user_num {int} NOT NULL,
    version {int} NOT NULL,
    room_id {text} NOT NULL,
    session_id {text} NOT NULL,
    first_message_index {int} NOT NULL,
    forwarded_count {int} NOT NULL,
    is_verified {int} NOT NULL,
    session_data {text} NOT NULL,
    PRIMARY KEY (user_num, version, room_id, session_id)
){keyed};
