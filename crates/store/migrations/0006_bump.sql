-- bump_position: the position of the last event that makes a room recent for those who look at a list of rooms.
ALTER TABLE rooms ADD COLUMN bump_position {int} NOT NULL DEFAULT 0;
UPDATE rooms SET bump_position = last_position;
