-- Who came to a room or went since a position: asked by everybody in the room who syncs.
CREATE INDEX memberships_by_position ON memberships (room_num, position);
