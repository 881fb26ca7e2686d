// The sliding window that Element X opens on its list of rooms (MSC4186).

import { SlidingSync } from "matrix-js-sdk/lib/sliding-sync.js";

const STATE = [
    ["m.room.name", ""],
    ["m.room.encryption", ""],
    ["m.room.member", "$LAZY"],
    ["m.room.member", "$ME"],
    ["m.room.topic", ""],
    ["m.room.avatar", ""],
    ["m.room.canonical_alias", ""],
    ["m.room.power_levels", ""],
    ["m.room.join_rules", ""],
    ["m.room.tombstone", ""],
    ["m.room.create", ""],
    ["m.room.history_visibility", ""],
    ["m.space.child", "*"],
];

/** Twenty rooms, the most recent first, each with its last events. */
export function window(client) {
    const list = { ranges: [[0, 19]], timeline_limit: 20, required_state: STATE, filters: {} };
    const subscription = { timeline_limit: 20, required_state: STATE };
    return new SlidingSync(client.baseUrl, new Map([["all_rooms", list]]), subscription, client, 10_000);
}
