// A third person knocks at a door that a member of the room opens.

import assert from "node:assert/strict";
import { EventType, JoinRule } from "matrix-js-sdk";
import { text } from "../lib/relations.js";
import { until } from "../lib/until.js";

/** Carol knocks at a room of alice's and is let in; before that she reads nothing of it, and `meanwhile` happens. */
export async function knock(report, alice, carol, meanwhile) {
    const roomId = await report.need("alice makes a room to knock at", async () => {
        const { room_id: id } = await alice.client.createRoom({
            name: "Behind a door",
            preset: "private_chat",
            initial_state: [{ type: EventType.RoomJoinRules, state_key: "", content: { join_rule: JoinRule.Knock } }],
        });
        await alice.room(id);
        return id;
    });
    await report.step("carol may not simply join", async () => {
        await assert.rejects(carol.client.joinRoom(roomId), (error) => error.errcode === "M_FORBIDDEN");
    });
    await report.step("carol knocks, alice sees who and why", async () => {
        await carol.client.knockRoom(roomId, { reason: "I have cake" });
        const room = await alice.room(roomId);
        const member = await until("the knock", () => room.getMember(carol.userId));
        assert.equal(member.membership, "knock");
        assert.equal(member.events.member.getContent().reason, "I have cake");
        const own = await carol.room(roomId, "knock");
        await until("the room's name in the knock", () => own.name === "Behind a door");
    });
    await meanwhile();
    await report.step("alice lets carol in, carol joins", async () => {
        await alice.client.invite(roomId, carol.userId);
        await carol.room(roomId, "invite");
        await carol.client.joinRoom(roomId);
        const room = await alice.room(roomId);
        await until("the join", () => room.getMember(carol.userId).membership === "join");
    });
    await report.step("carol writes in the room", async () => {
        const { event_id: id } = await carol.client.sendMessage(roomId, text("Here is the cake"));
        assert.equal((await alice.sees(roomId, id)).getContent().body, "Here is the cake");
    });
}
