-- Up to where in the change stream each application service was told of everything.
-- pending: up to where the transaction reaches that is on its way; sent again after a restart, it is the same.
CREATE TABLE appservice_positions (
    appservice_id {text} PRIMARY KEY,
    position {int} NOT NULL,
    pending {int}
);

-- The room lists of the networks that application services bridge.
CREATE TABLE network_rooms (
    appservice_id {text} NOT NULL,
    network_id {text} NOT NULL,
    room_num {int} NOT NULL,
    PRIMARY KEY (appservice_id, network_id, room_num)
){keyed};
