// A space with rooms: its hierarchy is read in pages, and a room is joined through it.

import assert from "node:assert/strict";
import { EventType, JoinRule, RoomType } from "matrix-js-sdk";
import { RoomHierarchy } from "matrix-js-sdk/lib/room-hierarchy.js";
import { until } from "../lib/until.js";

const NAMES = ["The kitchen", "The garden", "The attic"];

/** Alice builds a space in which bob finds his way. */
export async function explore(report, alice, bob, meanwhile) {
    const { space, rooms } = await report.need("alice makes a space with three rooms for its members", () => build(alice));
    const root = await report.need("bob joins the space and sees that it is one", async () => {
        await alice.client.invite(space, bob.userId);
        await bob.room(space, "invite");
        await bob.client.joinRoom(space);
        const room = await bob.room(space);
        await until("its type", () => room.isSpaceRoom());
        return room;
    });
    const hierarchy = new RoomHierarchy(root, 2);
    await report.need("bob reads the first page of it", async () => {
        assert.deepEqual((await hierarchy.load()).map((room) => room.name), ["The house", NAMES[0]]);
        assert.ok(hierarchy.canLoadMore);
    });
    await meanwhile();
    await report.step("and the rest", async () => {
        while (hierarchy.canLoadMore) await hierarchy.load();
        assert.deepEqual(hierarchy.rooms.map((room) => room.name), ["The house", ...NAMES]);
        assert.ok(hierarchy.isSuggested(space, rooms[1]));
        assert.equal(hierarchy.roomMap.get(rooms[0]).join_rule, JoinRule.Restricted);
    });
    await report.step("bob joins a room because he is in the space", async () => {
        await bob.client.joinRoom(rooms[2]);
        assert.equal((await bob.room(rooms[2])).name, NAMES[2]);
    });
}

async function build(alice) {
    const { room_id: space } = await alice.client.createRoom({
        name: "The house",
        preset: "private_chat",
        creation_content: { type: RoomType.Space },
    });
    const rooms = [];
    const allow = [{ type: "m.room_membership", room_id: space }];
    for (const [place, name] of NAMES.entries()) {
        const { room_id: id } = await alice.client.createRoom({
            name,
            preset: "private_chat",
            initial_state: [
                { type: EventType.RoomJoinRules, state_key: "", content: { join_rule: JoinRule.Restricted, allow } },
            ],
        });
        const content = { via: [alice.client.getDomain()], order: `${place}`, suggested: place === 1 };
        await alice.client.sendStateEvent(space, EventType.SpaceChild, content, id);
        rooms.push(id);
    }
    return { space, rooms };
}
