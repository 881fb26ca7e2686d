-- The device of a user that waits for messages while they have no other (MSC3814). device_data: its secrets, encrypted, as
-- JSON.
CREATE TABLE dehydrated_devices (
    user_num {int} PRIMARY KEY,
    device_id {text} NOT NULL,
    device_data {text} NOT NULL
);
